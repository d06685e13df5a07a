"""Single models of a report, in the shapes that published excerpts have."""

import io
import random
from datetime import UTC, datetime

import pytest

from sauveterre.errors import UnreadableSource
from sauveterre.messages.readers import cellebrite_ufdr as reader
from sauveterre.messages.ufdr.models import header_moment, moment, value_of
from sauveterre.records.account import Account, AccountIdentifier
from sauveterre.records.group import Group, GroupEvent, MemberSnapshot
from sauveterre.records.message import Attachment, Delivery, Link, Message
from sauveterre.records.problem import Problem
from sauveterre.records.store import StoreInfo, StoreLocation
from sauveterre.scenarios.report_xml import Counter, field, many, one, project, tagged_file, truth, when

XML = Counter(random.Random(8))
OWNER, HAZEL, SEDGE = "999000000001@s.whatsapp.net", "999000000002@s.whatsapp.net", "999000000003@s.whatsapp.net"
NOON = 1_776_859_200_000
LOCATION = StoreLocation(reader.NAME, "report.xml", needs_key=False)


class MemoryTree:
    identity = "folder:drawn"

    def __init__(self, files):
        self.files = files

    def paths(self):
        return list(self.files)

    def open(self, path):
        if path not in self.files:
            raise UnreadableSource(f"{path} is not among the files of this tree")
        return io.BytesIO(self.files[path])


def party(identifier, name="", *extra, owner=None, admin=None):
    fields = [field("Identifier", identifier), field("Name", name), *extra]
    return XML.model("Party", *fields, truth("IsPhoneOwner", owner), truth("IsGroupAdmin", admin))


ME = party(OWNER, "Rowan", owner=True)


def message(sender, *extra, body="", key="", at=NOON, guid="", deleted=False, to=()):
    fields = [one("From", "Party", sender), many("To", "Party", *to), field("Body", body), field("Identifier", key)]
    return XML.model("InstantMessage", *fields, when("TimeStamp", at), *extra, identifier=guid, deleted=deleted)


def chat(*messages, source="WhatsApp", identifier="1203630000000001@g.us", parties=(ME,), extra=(), deleted=False):
    head = [field("Source", source), field("Id", identifier), *extra, when("LastActivity", NOON)]
    inside = [many("Participants", "Party", *parties), many("Messages", "InstantMessage", *messages)]
    return XML.model("Chat", *head, *inside, deleted=deleted)


def read(*models, files=None, head="", listed=""):
    data = project(head, [f"<taggedFiles>{listed}</taggedFiles>", f"<decodedData>{''.join(models)}</decodedData>"])
    return list(reader.read(MemoryTree({"report.xml": data, **(files or {})}), LOCATION, None))


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


def test_a_mark_of_administrator_is_true_false_or_not_known():
    parties = [ME, party(HAZEL, "Hazel", admin=True), party(SEDGE, "Sedge", admin=False)]
    snapshots = of(read(chat(parties=parties)), MemberSnapshot)
    assert [(one.account[4:], one.role.value, one.role_stated) for one in snapshots] == [
        (OWNER, "member", False), (HAZEL, "admin", True), (SEDGE, "member", True),
    ]  # fmt: skip
    assert {one.at for one in snapshots} == {datetime.fromtimestamp(NOON / 1000, UTC)}


def test_a_forwarded_message_shows_the_content_that_it_embeds():
    embedded = XML.model(
        "InstantMessage", one("From", "Party"), field("Body", None),
        many("Attachments", "Attachment", XML.model("Attachment", field("Filename", "soup.jpg"), file_id="f1")),
        identifier="inner",
    )  # fmt: skip
    data = many(
        "MessageExtraData", "InstantMessageExtraData", XML.model("MessageLabel", field("Label", "Forwarded")),
        XML.model("QuotedMessageData", field("Label", "Forwarded"), field("ReferenceId", "inner", "Guid")),
    )  # fmt: skip
    twice = many("EmbeddedInstantMessage", "InstantMessage", embedded) * 2
    listed = tagged_file("f1", "/x/soup.jpg", r"files\Image\soup.jpg", 4, {"MD5": "0" * 32})
    records = read(
        chat(message(party(HAZEL), data, twice, key="A")), listed=listed, files={"Files/image/Soup.jpg": b"1"}
    )
    [told], [carried] = of(records, Message), of(records, Attachment)
    assert (told.forwarded_from, told.reply_to, told.kind) == ("", None, "text")
    assert (carried.role, carried.file_name, carried.path, carried.sha256) == (
        "attachment", "soup.jpg", "Files/image/Soup.jpg", None,
    )  # fmt: skip


def test_the_first_author_of_a_forwarded_message():
    origin = one("OriginalSender", "Party", party(SEDGE, "Sedge"))
    data = many("MessageExtraData", "", XML.model("ForwardedMessageData", origin, field("Label", "Forwarded")))
    [told] = of(read(chat(message(party(HAZEL), data, body="rain", key="A"))), Message)
    assert told.forwarded_from == f"jid:{SEDGE}"


@pytest.mark.parametrize("shape", ["original", "reference", "embedded", "labels"])
def test_a_reply_leads_to_its_message_whether_before_or_after(shape):
    fields = {"original": field("OriginalMessageID", "B"), "reference": field("ReferenceId", "second", "Guid")}
    inner = message(party(HAZEL), key="B", guid="shown")
    models = {
        "embedded": XML.model("ReplyMessageData", one("InstantMessage", "InstantMessage", inner)),
        "labels": XML.model("QuotedMessageData", fields["original"]),
    }
    data = models.get(shape) or XML.model("QuotedMessageData", field("Label", "Reply"), fields.get(shape, ""))
    extra = [many("MessageExtraData", "", data)]
    if shape == "labels":
        extra.append('<multiField name="Labels" type="Label"><value type="Label">Reply</value></multiField>')
    first = message(party(SEDGE), *extra, body="yes", key="A")
    second = message(party(HAZEL), body="who comes?", key="B", guid="second", at=NOON - 5)
    told = of(read(chat(first, second)), Message)
    assert [one.reply_to for one in told] == ["jid:1203630000000001@g.us|B", None]


def test_messages_of_one_second_are_told_apart_and_replies_still_lead_to_them():
    data = XML.model("QuotedMessageData", field("Label", "Reply"), field("OriginalMessageID", "5860000002:12"))
    who = party("5860000002", "Hazel")
    mine = party("5860000001", "Rowan", owner=True)
    two = [message(who, body=body, key=f"5860000002:{body}") for body in ("11", "12")]
    answer = message(mine, many("MessageExtraData", "", data), key="5860000002:13", at=NOON + 9_000)
    chats = chat(answer, *two, source="Telegram", identifier="5860000002", parties=[who, mine])
    told = of(read(chats), Message)
    start = "direct:tg:user5860000001|tg:user5860000002|tg:user586000000"
    assert [one.key for one in told] == [
        f"{start}1|1776859209", f"{start}2|1776859200", f"{start}2|1776859200|5860000002:12",
    ]  # fmt: skip
    assert told[0].reply_to == told[2].key


def test_a_shared_contact_is_written_out_and_labels_are_kept():
    entries = many("Entries", "", XML.model("UserID", field("Category", "WhatsApp User Id"), field("Value", SEDGE)),
                   XML.model("PhoneNumber", field("Value", "+999 00 00 00 003")))  # fmt: skip
    shared = many("SharedContacts", "Contact", XML.model("Contact", field("Name", "Sedge"), entries))
    labels = '<multiField name="Labels" type="Label"><value>Edited</value><value>Starred</value></multiField>'
    [told] = of(read(chat(message(party(HAZEL), shared, labels, key="A"))), Message)
    assert told.body == f"Sedge\n{SEDGE}\n+999 00 00 00 003"
    assert told.kind == "contact, edited, starred"


def test_receipts_with_every_date_and_what_the_owner_had():
    dates = [when("DateDelivered", NOON + 1), when("DateRead", NOON + 2), when("DatePlayed", NOON + 3)]
    mine = message(ME, key="A", to=[party(HAZEL, "Hazel", *dates)])
    to = [party(OWNER, "", dates[0], owner=True), party(SEDGE, "", dates[1])]
    theirs = message(party(HAZEL), key="B", to=to)
    records = read(chat(mine, theirs, identifier=HAZEL, parties=[ME, party(HAZEL)]))
    assert [(one.status, one.at.timestamp() * 1000) for one in of(records, Delivery)] == [
        ("delivered", NOON + 1), ("read", NOON + 2), ("viewed", NOON + 3),
    ]  # fmt: skip
    assert [one.received_at for one in of(records, Message)] == [None, datetime.fromtimestamp((NOON + 1) / 1000, UTC)]
    assert [one.stable_id for one in of(records, Group)] == [f"direct:jid:{OWNER}|jid:{HAZEL}"]


def test_an_activity_in_a_system_message_and_again_in_the_chats_log_is_one_event():
    activity = XML.model(
        "ChatActivity", field("Action", "ParticipantJoined"), field("SystemMessageId", "s1", "Guid"),
        when("SystemMessageTimeStamp", NOON), field("SystemMessageBody", "You joined the group via invite link"),
        one("Participant", "Party", party("5860000001", "Squirrel")),
    )  # fmt: skip
    system = message(party("System message"), many("ActivityLog", "ChatActivity", activity), guid="s1")
    silent = message(party("System Message"), body="The rain has begun", guid="s2")
    log = many("ActivityLog", "ChatActivity", activity)
    records = read(chat(system, silent, source="Telegram", identifier="1600000001", parties=[], extra=[log]))
    assert [(one.kind, one.actor, one.target, one.detail) for one in of(records, GroupEvent)] == [
        ("joined", "tg:user5860000001", "tg:user5860000001", "You joined the group via invite link"),
        ("updated", None, None, "The rain has begun"),
    ]  # fmt: skip
    assert of(records, Message) == []
    assert [one.stable_id for one in of(records, Account)] == ["tg:user5860000001"]


def test_who_acts_in_an_activity_is_not_taken_from_the_message_around_it():
    activity = XML.model(
        "ChatActivity", field("Action", "ParticipantRemoved"), one("Participant", "Party", party(SEDGE))
    )
    around = message(party(HAZEL), many("ActivityLog", "ChatActivity", activity), deleted=True)
    [event] = of(read(chat(around)), GroupEvent)
    assert (event.kind, event.actor, event.target) == ("removed", None, f"jid:{SEDGE}")
    assert event.detail == (
        f"in a message under the name of jid:{HAZEL}; recovered from what the device had deleted, confidence high"
    )


def test_recovered_messages_and_chats_say_so():
    records = read(chat(message(party(HAZEL), body="fog", key="A", deleted=True), parties=[ME], deleted=True))
    [told], [snapshot] = of(records, Message), of(records, MemberSnapshot)
    assert told.deleted == "on_device"
    assert told.provenance.locator.endswith("deleted_state Deleted decoding_confidence High")
    assert snapshot.at == datetime.fromtimestamp(NOON / 1000, UTC)


def test_accounts_contacts_and_calls():
    def entry(kind, category, value):
        return XML.model(kind, field("Category", category), field("Value", value))

    own = XML.model(
        "UserAccount", field("Source", "WhatsApp Business"), field("Name", "Rowan"), field("Password", "plum-17"),
        many("Entries", "", entry("UserID", "WhatsApp User Id", OWNER), entry("UserID", "Additional Name", "Ro")),
    )  # fmt: skip
    numbers = [entry("PhoneNumber", "", "+99900000002"), entry("PhoneNumber", "", "0612 34")]
    numbers.append(entry("EmailAddress", "", "h@example.org"))
    book = XML.model("Contact", field("Name", "Hazel, baker"), many("Entries", "", *numbers))
    call = XML.model("Call", field("Source", "WhatsApp"), field("Direction", "Incoming"), field("Status", "Missed"),
                     when("TimeStamp", NOON), truth("VideoCall", True), field("Duration", "00:00:00"),
                     many("Parties", "Party", party(HAZEL, "Hazel", field("Role", "From"))))  # fmt: skip
    records = read(own, book, call)
    owners = [(one.service, one.stable_id) for one in of(records, Account) if one.is_owner]
    assert owners == [("whatsapp", f"jid:{OWNER}")]
    names = [(one.account, one.value) for one in of(records, AccountIdentifier) if one.type == "contact_name"]
    assert names == [("e164:+99900000002", "Hazel, baker"), ("ufdr:phone:0612 34", "Hazel, baker")]
    [event] = of(records, GroupEvent)
    assert (event.kind, event.actor, event.target) == ("call", f"jid:{HAZEL}", f"jid:{OWNER}")
    assert event.detail == "video call, incoming, missed, duration 00:00:00"
    assert "plum-17" not in repr(records)


def test_short_messages_of_the_telephone_and_messages_listed_twice():
    def sms(number, role):
        return XML.model("SMS", field("Body", "rain"), when("TimeStamp", NOON),
                         many("Parties", "Party", party(number, "", field("Role", role))))  # fmt: skip

    again = message(party(HAZEL), body="twice", key="A", guid="same")
    records = read(sms("+99900000002", "From"), sms("+99900000002", "To"), chat(again), again)
    told = of(records, Message)
    owner = next(one.stable_id for one in of(records, Account) if one.stable_id.startswith("self:"))
    assert [(one.sender, one.direction, one.kind) for one in told] == [
        ("e164:+99900000002", "in", "sms"), (owner, "out", "sms"), (f"jid:{HAZEL}", "in", "text"),
    ]  # fmt: skip
    assert {one.group for one in told[:2]} == {f"direct:e164:+99900000002|{owner}"}
    assert of(records, Problem) == []


def test_people_with_a_name_only_and_apps_without_a_scheme():
    parties = [party("", "Juniper", owner=False), party("maple.hill", "Maple"), party("", "Rowan", owner=True)]
    records = read(chat(source="Paper Plane", identifier="room 9", parties=parties, extra=[field("Name", "Soups")]))
    ids = [one.stable_id for one in of(records, Account)]
    source = records[0].provenance.source
    assert ids == [f"name:{source[7:23]}:Juniper", "ufdr:paper plane:maple.hill", f"self:{source}"]
    [group] = of(records, Group)
    assert (group.service, group.stable_id, group.title) == ("paper plane", "ufdr:paper plane:room 9", "Soups")


@pytest.mark.parametrize(("source", "identifier"), [("", "12"), ("Paper Plane", "12"), ("Native Messages", "thread-9")])
def test_a_number_that_the_device_may_have_given_names_no_conversation_elsewhere(source, identifier):
    group = field("ChatType", "Group")
    [told] = of(read(chat(source=source, identifier=identifier, extra=[group])), Group)
    assert told.stable_id.startswith("source:")


def test_links_lose_their_secrets_everywhere():
    secret = "https://files.example.org/a#key=lavender-0042"
    records = read(chat(message(party(HAZEL, f"see {secret}"), body=secret, key="A"), extra=[field("Name", secret)]))
    assert [one.url for one in of(records, Link)] == ["https://files.example.org/a"]
    assert "lavender-0042" not in repr(records)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("14/09/2026 16:49:42(UTC-3)", datetime(2026, 9, 14, 19, 49, 42, tzinfo=UTC)),
        ("09/14/2026 16:49:42(UTC+0)", datetime(2026, 9, 14, 16, 49, 42, tzinfo=UTC)),
        ("05/05/2026 06:00:00(UTC+5:30)", datetime(2026, 5, 5, 0, 30, tzinfo=UTC)),
        ("04/05/2026 06:00:00(UTC+1)", None),
        ("14/09/2026 16:49:42", None),
        ("40/40/2026 16:49:42(UTC+0)", None),
        ("2026-09-14T16:49:42+02:00", datetime(2026, 9, 14, 14, 49, 42, tzinfo=UTC)),
    ],
)
def test_times_of_the_head_are_known_only_when_they_are_sure(text, told):
    assert header_moment(text) == told


def test_values_in_base64_and_times_without_a_zone():
    assert value_of(" cmFpbg== ".strip(), "Base64String") == "rain"
    assert value_of("no base64!", "Base64String") == ""
    assert moment("2026-09-14T16:49:42") is None
    assert moment("0001-01-01T00:00:00+14:00") is None


def test_a_bare_chat_is_read_and_a_folder_of_a_report_found():
    bare = chat(message(party(HAZEL), body="dew", key="A")).encode()
    told = list(reader.read(MemoryTree({"report.xml": bare}), LOCATION, None))
    assert [one.body for one in of(told, Message)] == ["dew"]
    tree = MemoryTree({"exports/phone/Report.xml": project("", []), "exports/report.xml": b"<list/>", "a.xml": b""})
    assert [one.root for one in reader.find(tree)] == ["exports/phone/Report.xml"]
    assert isinstance(
        next(reader.read(tree, StoreLocation(reader.NAME, "exports/phone/Report.xml", False), None)), StoreInfo
    )
