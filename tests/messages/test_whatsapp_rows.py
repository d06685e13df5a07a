"""Single rows of WhatsApp's database: what each kind of message and system row becomes."""

import base64
import sqlite3
from collections import defaultdict
from contextlib import closing

import pytest
from tests.messages.conftest import FolderTree

from sauveterre.errors import UnreadableSource
from sauveterre.messages.readers import whatsapp_android as reader
from sauveterre.records.account import Account, AccountIdentifier
from sauveterre.records.group import Group, GroupEvent, GroupKind, MemberSnapshot
from sauveterre.records.message import Attachment, Delivery, Link, Message, Reaction
from sauveterre.records.problem import Problem
from sauveterre.records.store import StoreInfo, StoreLocation
from sauveterre.scenarios.whatsapp_schema import CONTACTS, CURRENT, OLD

ME, ANA, BEN, GROUP = (
    "999000001@s.whatsapp.net",
    "999000002@s.whatsapp.net",
    "999000003@s.whatsapp.net",
    "12036300001@g.us",
)
HIDDEN, COMMUNITY, CHANNEL = "70000000009@lid", "12036300002@g.us", "12036300003@newsletter"
PEOPLE = {ME: 1, ANA: 2, BEN: 3, GROUP: 4, HIDDEN: 5, COMMUNITY: 6, CHANNEL: 7, "status@broadcast": 8}
NOW = 1_777_000_000_000
ANA_CHAT, GROUP_CHAT, COMMUNITY_CHAT, CHANNEL_CHAT, STATUS_CHAT = 1, 2, 3, 4, 5
CHATS = ((2, None, 0), (4, "Soup", 0), (6, "All soups", 1), (7, "Soup of the day", 0), (8, None, 0))


@pytest.fixture
def phone(tmp_path):
    """An empty telephone: ``write(table, **values)``, then ``read()`` by type of record."""
    return Phone(tmp_path)


class Phone:
    def __init__(self, folder):
        self.folder = folder
        self.rows = [("jid", {"_id": row, "user": "", "server": "", "raw_string": raw}) for raw, row in PEOPLE.items()]
        self.rows += [("chat", {"jid_row_id": j, "subject": s, "group_type": t}) for j, s, t in CHATS]
        self.number = 0

    def write(self, table, **values):
        self.rows.append((table, values))

    def message(self, kind=0, chat=GROUP_CHAT, **values):
        self.number += 1
        values = {"from_me": 0, "key_id": f"K{self.number}", "sender_jid_row_id": 2, **values}
        values = {"timestamp": NOW, "received_timestamp": NOW, **values}
        self.write("message", _id=self.number, chat_row_id=chat, message_type=kind, **values)
        return self.number

    def system(self, action, *people, chat=GROUP_CHAT, joined=None, **values):
        number = self.message(7, chat, **{"from_me": 1, **values})
        self.write("message_system", message_row_id=number, action_type=action)
        for one in people:
            self.write("message_system_chat_participant", message_row_id=number, user_jid_row_id=one)
        if joined is not None:
            self.write("message_system_group", message_row_id=number, is_me_joined=joined)
        return number

    def contact(self, table, **values):
        with closing(sqlite3.connect(self.folder / "wa.db")) as database, database:
            if not database.execute("SELECT 1 FROM sqlite_schema").fetchone():
                database.executescript(CONTACTS)
            insert(database, table, values)

    def read(self, script=CURRENT, path="msgstore.db"):
        with closing(sqlite3.connect(self.folder / path)) as database, database:
            database.executescript(script)
            for table, values in self.rows:
                insert(database, table, values)
        found = defaultdict(list)
        for record in reader.read(FolderTree(self.folder), StoreLocation(reader.NAME, path, False), None):
            found[type(record)].append(record)
        return found


def insert(database, table, values):
    marks = ", ".join("?" * len(values))
    database.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))


def jid(address):
    return f"jid:{address}"


ROWS = [
    (1, (), {"text_data": "New soup"}, "renamed", ANA, None, "New soup"),
    (4, (), {}, "added", None, ANA, "the row does not say by whom"),
    (5, (), {}, "left", ANA, ANA, ""),
    (6, (), {}, "avatar", ANA, None, "changed"),
    (7, (), {}, "removed", None, ANA, "the row names one account and does not say by whom"),
    (11, (), {"text_data": "Soup"}, "created", ANA, None, "Soup"),
    (12, (3,), {}, "added", ANA, BEN, ""),
    (13, (3,), {}, "left", BEN, BEN, ""),
    (14, (3,), {}, "removed", ANA, BEN, ""),
    (14, (3,), {"sender_jid_row_id": None}, "removed", None, BEN, ""),
    (15, (), {}, "promoted", ANA, ME, ""),
    (16, (), {}, "demoted", ANA, ME, ""),
    (15, (), {"sender_jid_row_id": 1}, "promoted", None, ME, ""),
    (18, (), {}, "updated", None, ANA, "security code changed"),
    (20, (3,), {}, "joined_by_link", BEN, BEN, ""),
    (20, (), {}, "joined_by_link", ANA, ANA, ""),
    (21, (), {}, "link_reset", ANA, None, ""),
    (27, (), {"text_data": "All about soup"}, "description", ANA, None, "All about soup"),
    (31, (), {}, "settings", ANA, None, "messages may be sent by administrators"),
    (52, (3,), {}, "invite_accepted", BEN, BEN, ""),
    (79, (3,), {}, "joined", BEN, BEN, "from the community"),
    (84, (), {}, "settings", ANA, None, "link: an administrator approves"),
    (120, (3,), {}, "join_requested", BEN, BEN, ""),
    (999, (), {}, "updated", None, None, "action 999"),
]  # fmt: skip


@pytest.mark.parametrize(("action", "people", "values", "kind", "actor", "target", "detail"), ROWS)
def test_a_system_row_is_an_event_with_actor_and_target(phone, action, people, values, kind, actor, target, detail):
    phone.system(12, 1, joined=1)
    number = phone.system(action, *people, **values)
    found = phone.read()
    (event,) = [one for one in found[GroupEvent] if one.provenance.locator == f"message rowid {number}"]
    assert (str(event.kind), event.actor, event.target) == (kind, actor and jid(actor), target and jid(target))
    assert event.detail == detail
    assert event.group == jid(GROUP)
    assert bool(found[Problem]) == (action == 999)


def test_several_added_at_once_are_several_events(phone):
    phone.system(12, 2, 3, sender_jid_row_id=5)
    events = phone.read()[GroupEvent]
    assert [(one.actor, one.target) for one in events] == [(jid(HIDDEN), jid(ANA)), (jid(HIDDEN), jid(BEN))]


def test_a_hidden_address_is_the_account_whose_number_a_row_states(phone):
    phone.write("jid_map", lid_row_id=5, jid_row_id=3)
    phone.write("lid_display_name", lid_row_id=5, display_name="Ben of the soups")
    phone.message(sender_jid_row_id=5)
    found = phone.read()
    assert found[Message][0].sender == jid(BEN)
    stated = {(one.account, one.type, one.value) for one in found[AccountIdentifier]}
    assert {(jid(BEN), "lid", HIDDEN), (jid(BEN), "profile_name", "Ben of the soups")} <= stated
    assert jid(HIDDEN) not in {one.stable_id for one in found[Account]}


def test_a_community_its_administrator_and_its_members(phone):
    phone.system(12, 1, joined=1)
    phone.system(81, 3, chat=COMMUNITY_CHAT)
    phone.system(81, 3, chat=GROUP_CHAT)
    phone.write("parent_group_participants", parent_group_jid_row_id=6, user_jid_row_id=3)
    found = phone.read()
    kinds = {one.stable_id: one.kind for one in found[Group]}
    assert kinds[jid(COMMUNITY)] is GroupKind.COMMUNITY
    assert kinds[jid(CHANNEL)] is GroupKind.CHANNEL
    assert [(one.group, str(one.kind), one.target) for one in found[GroupEvent][1:]] == [
        (jid(COMMUNITY), "promoted", jid(BEN)),
        (jid(GROUP), "updated", jid(BEN)),
    ]
    assert [(one.group, one.account, one.role_stated) for one in found[MemberSnapshot]] == [
        (jid(COMMUNITY), jid(BEN), False)
    ]


def test_a_number_change_joins_two_accounts(phone):
    number = phone.system(28, chat=ANA_CHAT)
    phone.write("message_system_number_change", message_row_id=number, old_jid_row_id=2, new_jid_row_id=3)
    (event,) = phone.read()[GroupEvent]
    assert (str(event.kind), event.actor, event.target) == ("number_changed", jid(ANA), jid(BEN))
    assert event.detail == f"from {jid(ANA)} to {jid(BEN)}"


def test_edited_deleted_and_forwarded_messages_keep_the_first_key(phone):
    edited = phone.message(text_data="More salt", key_id="EDIT")
    phone.write(
        "message_edit_info", message_row_id=edited, original_key_id="E1", edited_timestamp=1, sender_timestamp=1
    )
    deleted = phone.message(15, key_id="DEL")
    phone.write("message_revoked", message_row_id=deleted, revoked_key_id="D1")
    removed = phone.message(64, key_id="ADM")
    phone.write("message_revoked", message_row_id=removed, revoked_key_id="R1", admin_jid_row_id=3)
    forwarded = phone.message(text_data="Old soup")
    phone.write("message_forwarded", message_row_id=forwarded, forward_score=3)
    phone.message(text_data="Still soup", origination_flags=1)
    quoting = phone.message(text_data="Yes")
    phone.write(
        "message_quoted", message_row_id=quoting, chat_row_id=2, parent_message_chat_row_id=2, from_me=0, key_id="E1"
    )
    told = phone.read()[Message]
    one, two, three, four, five, six = told
    assert (one.key, one.revision, one.deleted) == (f"{jid(GROUP)}|E1", 1, "no")
    assert (two.key, two.deleted, two.deleted_by) == (f"{jid(GROUP)}|D1", "by_author", jid(ANA))
    assert (three.key, three.deleted, three.deleted_by) == (f"{jid(GROUP)}|R1", "by_admin", jid(BEN))
    assert [message.forwarded_from for message in (one, four, five, six)] == [None, "", "", None]
    assert six.reply_to == one.key


def test_what_a_message_carries_is_written_out(phone):
    place = phone.message(5)
    phone.write("message_location", message_row_id=place, latitude=47.5, longitude=-1.25, place_name="Mill")
    card = phone.message(4)
    phone.write(
        "message_vcard", message_row_id=card, vcard="BEGIN:VCARD\nFN:Cook\nitem1.TEL;waid=9:+999 000\nEND:VCARD"
    )
    poll = phone.message(66, text_data="Which soup?")
    for name, votes in (("leek", 3), ("pea", 0)):
        phone.write("message_poll_option", message_row_id=poll, option_name=name, vote_total=votes)
    bodies = [(one.kind, one.body) for one in phone.read()[Message]]
    assert bodies == [
        ("location", "47.5, -1.25\nMill"),
        ("contact", "Cook\n+999 000"),
        ("poll", "Which soup?\n- leek (3)\n- pea (0)"),
    ]


def test_an_invitation_tells_its_group_and_not_its_code(phone):
    code = "Soup0Soup1Soup2Soup3AB"
    invited = phone.message(24)
    phone.write(
        "message_group_invite", message_row_id=invited, group_jid_row_id=6, admin_jid_row_id=2, group_name="All soups",
        invite_code=code,
    )  # fmt: skip
    phone.message(text_data=f"Come: https://chat.whatsapp.com/{code} or https://example.org/soup")
    found = phone.read()
    links = [(one.kind, one.url, one.group) for one in found[Link]]
    assert links == [
        ("group_invite", "https://chat.whatsapp.com/", jid(COMMUNITY)),
        ("group_invite", "https://chat.whatsapp.com/", jid(COMMUNITY)),
        ("text", "https://example.org/soup", None),
    ]
    assert found[Link][0].credential == found[Link][1].credential
    assert code not in repr(found)


def test_status_updates_are_one_list_for_each_author(phone):
    phone.message(chat=STATUS_CHAT, sender_jid_row_id=2, text_data="Sun")
    phone.message(chat=STATUS_CHAT, sender_jid_row_id=3, text_data="Rain")
    found = phone.read()
    assert [one.group for one in found[Message]] == [f"jid:status@broadcast|{jid(one)}" for one in (ANA, BEN)]
    assert {one.group for one in found[Message]} <= {one.stable_id for one in found[Group]}


def test_ranks_pending_and_past_members(phone):
    phone.system(14, 3, timestamp=NOW - 1_000)
    for user, rank, pending in ((1, 0, 0), (2, 2, 0), (3, 7, 0), (5, 1, 1)):
        phone.write("group_participant_user", group_jid_row_id=4, user_jid_row_id=user, rank=rank, pending=pending)
    for user, left, at in ((3, 0, NOW - 1_000), (5, 1, NOW - 9_000), (2, 0, NOW - 90_000)):
        phone.write(
            "group_past_participant_user", group_jid_row_id=4, user_jid_row_id=user, is_leave=left, timestamp=at
        )
    found = phone.read()
    assert [(one.account, str(one.role), one.role_stated) for one in found[MemberSnapshot]] == [
        (jid(ME), "member", True), (jid(ANA), "owner", True), (jid(BEN), "member", False),
    ]  # fmt: skip
    assert [(str(one.kind), one.actor, one.target) for one in found[GroupEvent]] == [
        ("removed", jid(ANA), jid(BEN)), ("left", jid(HIDDEN), jid(HIDDEN)), ("removed", None, jid(ANA)),
    ]  # fmt: skip
    assert sorted(one.what[:20] for one in found[Problem]) == ["rank 7 is not known;", "some are marked as p"]


def test_calls_have_a_caller(phone):
    phone.message(from_me=1, sender_jid_row_id=None)
    phone.write("call_log", jid_row_id=2, from_me=0, timestamp=NOW, video_call=1, duration=65, call_result=5)
    phone.write("call_log", jid_row_id=2, from_me=1, timestamp=NOW, video_call=0, call_result=4, group_jid_row_id=4)
    phone.write("call_log", jid_row_id=4, from_me=0, timestamp=NOW, video_call=0)
    found = phone.read()
    owner = next(one.stable_id for one in found[Account] if one.is_owner)
    one, two, three = found[GroupEvent]
    assert (three.group, three.actor, three.target) == (jid(GROUP), None, None)
    assert (one.actor, one.target, one.detail) == (jid(ANA), owner, "video call, accepted, 65 s")
    assert (two.group, two.actor, two.target, two.detail) == (jid(GROUP), owner, None, "audio call, missed")


def test_whose_device_it_is(phone):
    """By elimination ana and the hidden one fall out: they wrote. Ben was never seen in every group."""
    phone.message(from_me=1, sender_jid_row_id=None)
    phone.message(sender_jid_row_id=2)
    for user in (1, 2):
        phone.write("group_participant_user", group_jid_row_id=4, user_jid_row_id=user, rank=0, pending=0)
    found = phone.read()
    assert [one.stable_id for one in found[Account] if one.is_owner] == [jid(ME)]
    assert "inferred by elimination" in found[StoreInfo][0].notes[-1]
    assert found[Message][0].sender == jid(ME)


@pytest.mark.parametrize(
    ("strings", "owner"),
    [
        ({"registration_jid": "999000001"}, jid(ME)),
        ({"registration_jid": "999000001@s.whatsapp.net", "push_name": "Cook"}, jid(ME)),
        ({"cc": "999", "ph": "000001"}, jid(ME)),
        ({"ph": "999000001"}, None),
        ({"registration_jid": "soup"}, None),
        ({"registration_jid": GROUP}, None),
    ],
)
def test_settings_state_the_owner(phone, strings, owner):
    rows = "".join(f'<string name="{name}">{value}</string>' for name, value in strings.items())
    settings = phone.folder / "shared_prefs/com.whatsapp_preferences_light.xml"
    settings.parent.mkdir()
    settings.write_text(f"<map>{rows}</map>")
    (phone.folder / "databases").mkdir()
    phone.message()
    found = phone.read(path="databases/msgstore.db")
    (told,) = [one for one in found[Account] if one.is_owner]
    assert (told.stable_id if owner else told.stable_id[:12]) == (owner or "self:sha256:")
    assert told.provenance.path == "databases/msgstore.db"
    if owner:
        assert {one.provenance.path for one in found[AccountIdentifier] if one.account == owner} >= {
            "shared_prefs/com.whatsapp_preferences_light.xml"
        }


def test_an_owner_who_cannot_be_told_is_one_of_this_store(phone):
    phone.message(from_me=1, sender_jid_row_id=None)
    for user in (1, 3):
        phone.write("group_participant_user", group_jid_row_id=4, user_jid_row_id=user, rank=0, pending=0)
    found = phone.read()
    (owner,) = [one.stable_id for one in found[Account] if one.is_owner]
    assert owner.startswith("self:sha256:")
    assert "could not be told" in found[StoreInfo][0].notes[-1]


def test_a_file_without_digest_or_with_a_wrong_one(phone):
    for path, digest in (
        ("Media/WhatsApp Images/a.jpg", None),
        ("Media/b.jpg", "soup"),
        ("Media/c.jpg", good := base64.b64encode(bytes(32)).decode()),
    ):
        number = phone.message(1)
        phone.write("message_media", message_row_id=number, file_path=path, mime_type="image/jpeg", file_hash=digest)
    (phone.folder / "WhatsApp/Media/WhatsApp Images").mkdir(parents=True)
    (phone.folder / "WhatsApp/Media/WhatsApp Images/a.jpg").write_bytes(b"a cloud")
    found = phone.read()
    assert [(one.sha256, one.path) for one in found[Attachment]] == [
        (None, "attachments/WhatsApp/Media/WhatsApp Images/a.jpg"), (None, None), ("00" * 32, None),
    ]  # fmt: skip
    assert good
    assert [one.what for one in found[Problem]] == ["a file's digest is not base64 of 32 bytes"]


def test_a_withdrawn_reaction_is_none_and_direct_ones_are_the_peers(phone):
    number = phone.message(chat=ANA_CHAT, from_me=1, sender_jid_row_id=None)
    for add_on, emoji in ((1, "🌻"), (2, "")):
        phone.write("message_add_on", _id=add_on, from_me=0, parent_message_row_id=number, message_add_on_type=56)
        phone.write("message_add_on_reaction", message_add_on_row_id=add_on, reaction=emoji, sender_timestamp=NOW)
    phone.write(
        "receipt_user", message_row_id=number, receipt_user_jid_row_id=2, receipt_timestamp=NOW, read_timestamp=-1
    )
    found = phone.read()
    assert [(one.account, one.emoji) for one in found[Reaction]] == [(jid(ANA), "🌻")]
    assert [(one.account, one.status) for one in found[Delivery]] == [(jid(ANA), "delivered")]


def test_old_receipts_and_rows_that_stand_in_both_tables(phone):
    phone.message(text_data="In both")
    old = {"key_remote_jid": GROUP, "key_from_me": 0, "remote_resource": BEN, "timestamp": NOW, "media_wa_type": "0"}
    phone.write("messages", _id=1, key_id="K1", data="In both", **old)
    phone.write("messages", _id=9, key_id="K9", data="In the old one", **old)
    phone.write("receipts", key_remote_jid=GROUP, key_id="K9", remote_resource=ANA, receipt_device_timestamp=NOW)
    found = phone.read(CURRENT + ";" + OLD)
    assert [(one.body, one.sender, one.provenance.locator) for one in found[Message]] == [
        ("In both", jid(ANA), "message rowid 1"), ("In the old one", jid(BEN), "messages rowid 9"),
    ]  # fmt: skip
    assert [(one.message, one.account) for one in found[Delivery]] == [(f"{jid(GROUP)}|K9", jid(ANA))]


def test_other_databases_are_not_taken_for_whatsapps(tmp_path):
    with closing(sqlite3.connect(tmp_path / "msgstore.db")) as database, database:
        database.execute("CREATE TABLE message (a)")
    (tmp_path / "msgstore-notes.db").write_bytes(b"soup")
    assert list(reader.find(FolderTree(tmp_path))) == []
    with pytest.raises(UnreadableSource, match="none of the tables"):
        list(reader.read(FolderTree(tmp_path), StoreLocation(reader.NAME, "msgstore.db", False), None))
