"""Damaged and hostile reports: an error of our own or a problem that names the place, in constant memory."""

import io
import random
import tracemalloc

import pytest

from sauveterre.errors import SauveterreError, UnreadableSource
from sauveterre.messages.readers import cellebrite_ufdr as reader
from sauveterre.messages.ufdr import context, report
from sauveterre.messages.ufdr.clean import BLOCK, clean_text
from sauveterre.messages.ufdr.report import Piece, read_report
from sauveterre.records.account import Account
from sauveterre.records.group import Group, GroupEvent, MemberSnapshot
from sauveterre.records.message import Attachment, Message
from sauveterre.records.problem import Problem
from sauveterre.records.store import StoreInfo, StoreLocation
from sauveterre.scenarios.report_xml import NAMESPACE, Counter, field, many, one, project, tagged_file, when

XML = Counter(random.Random(8))
LOCATION = StoreLocation(reader.NAME, "report.xml", needs_key=False)
PERSON = XML.model("Party", field("Identifier", "999000000002@s.whatsapp.net"), field("Name", "Hazel & Sons"))


class MemoryTree:
    identity = "folder:drawn"

    def __init__(self, data, **files):
        self.files = {"report.xml": data, **files}

    def paths(self):
        return list(self.files)

    def open(self, path):
        if path not in self.files:
            raise UnreadableSource(f"{path} is not among the files of this tree")
        return io.BytesIO(self.files[path])


def message(number, *extra, guid="", body=""):
    said = body or f"film {number}"
    parts = [one("From", "Party", PERSON), field("Body", said), field("Identifier", f"K{number}")]
    return XML.model("InstantMessage", *parts, when("TimeStamp", 1_776_859_200_000 + number), *extra, identifier=guid)


def chat(*messages, identifier="12036300000001@g.us"):
    head = [field("Source", "WhatsApp"), field("Id", identifier), many("Participants", "Party", PERSON)]
    return XML.model("Chat", *head, many("Messages", "InstantMessage", *messages), identifier=f"chat {identifier}")


def whole(*models):
    listed = tagged_file("f1", "/x", r"files\x", 4, {"MD5": "0" * 32})
    return project("", [f"<taggedFiles>{listed}</taggedFiles>", f"<decodedData>{''.join(models)}</decodedData>"])


def read(data):
    return list(reader.read(MemoryTree(data), LOCATION, None))


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


def problems(records):
    return " / ".join(problem.what for problem in of(records, Problem))


WORLD = whole(chat(*(message(n) for n in range(12))), chat(message(50), identifier="12036300000002@g.us"))


def test_a_report_cut_anywhere_says_so_and_keeps_what_came_before():
    chance = random.Random(5)
    ends = [WORLD.index(f"K{n}]]".encode()) for n in range(12)]
    for cut in sorted(chance.randrange(len(WORLD) - 12) for _ in range(200)):
        try:
            records = read(WORLD[:cut])
        except UnreadableSource as error:
            assert cut < 400
            assert "export the report again" in str(error)
            continue
        assert "it breaks off about" in problems(records)
        assert len(of(records, Message)) <= sum(end < cut for end in ends) + 1
        assert len(of(records, Message)) >= sum(end < cut for end in ends) - 1
        assert {one.group for one in of(records, Message)} <= {one.stable_id for one in of(records, Group)}


def test_a_cut_chat_keeps_what_was_read_of_it():
    records = read(WORLD[: WORLD.index(b"film 7")])
    assert [one.stable_id for one in of(records, Group)] == ["jid:12036300000001@g.us"]
    assert [one.body for one in of(records, Message)] == [f"film {n}" for n in range(7)]
    assert "after model" in problems(records)


def test_flipped_bits_are_told_or_harmless():
    chance = random.Random(6)
    for _ in range(200):
        data = bytearray(WORLD)
        for _ in range(chance.choice((1, 1, 8))):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        try:
            records = read(bytes(data))
            list(reader.attachments(MemoryTree(bytes(data)), LOCATION, None))
        except SauveterreError as error:
            assert len(str(error)) > 20
            continue
        assert isinstance(records[0], StoreInfo)
        assert len(of(records, Message)) == 13 or problems(records)
        assert all(record.provenance.locator for record in records)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("junk", ["&#x0;", "&#31;", "&#xD800;", "\x01", "\ufffe", "&nbsp;", "& ", "&#99999999;"])
def test_what_xml_forbids_stops_nobody(junk, encoding):
    head = f'<metadata section="x"><item name="n{junk}">{junk}</item></metadata>'
    data = project(head, [f"<decodedData>{chat(message(1))}</decodedData>"]).decode()
    data = data.replace("film 1", f"film{junk}1").encode(encoding)
    [told] = of(read(data), Message)
    inside = junk.replace("\x01", "\ufffd").replace("\ufffe", "\ufffd")
    assert told.body == f"film{inside}1"


def test_no_reference_or_mark_is_cut_in_two_by_the_end_of_a_block():
    for piece in ("&#x0;", "<![CDATA[a & b &#x0;]]>", "& c", "&amp;", "]]>&#0;"):
        for before in range(BLOCK - 12, BLOCK + 1):
            text = "".join(clean_text(io.BytesIO(b" " * before + piece.encode() + b"tail")))
            assert text.strip() == "".join(clean_text(io.BytesIO(piece.encode() + b"tail")))


def test_a_document_type_is_refused_and_no_entity_is_followed():
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]>' + WORLD.partition(b"?>")[2].strip()
    with pytest.raises(UnreadableSource, match="document type"):
        read(bomb)
    [told] = of(read(whole(chat(message(1, body="film &a;")))), Message)
    assert told.body == "film &a;"


def test_a_protected_report_is_refused_in_one_sentence():
    tree = MemoryTree(b"\x2d\x06\x52\x6d" + bytes(500))
    [location] = reader.find(tree)
    for call in (reader.read, reader.attachments):
        with pytest.raises(UnreadableSource, match="export the report again without protection"):
            list(call(tree, location, "any key"))


@pytest.mark.parametrize("data", [b"", b"<", b"hello", b"<list><a/></list>", bytes(900), b"\xff\xfe<\x00"])
def test_what_is_no_report_is_refused_in_our_own_words(data):
    assert list(reader.find(MemoryTree(data))) == []
    with pytest.raises(UnreadableSource, match="no report that can be read"):
        read(data)


def test_deep_nesting_costs_what_lies_deep():
    nested = '<modelField name="x"><model type="Deep" id="d">' * 600 + "</model></modelField>" * 600
    records = read(whole(chat(message(1, nested), message(2))))
    assert [one.body for one in of(records, Message)] == ["film 1", "film 2"]
    assert "more than 60 elements deep" in problems(records)
    endless = whole(chat(message(1), message(2, "<a>" * 6_000)))
    assert "more than 5,000 deep" in problems(read(endless))
    assert [one.body for one in of(read(endless), Message)] == ["film 1"]


def test_identifiers_that_repeat_or_lead_in_a_circle():
    def reply(number, to, guid):
        data = XML.model("QuotedMessageData", field("Label", "Reply"), field("ReferenceId", to, "Guid"))
        return message(number, many("MessageExtraData", "", data), guid=guid)

    records = read(whole(chat(reply(1, "b", "a"), reply(2, "a", "b"), reply(3, "c", "c"), message(4, guid="a"))))
    told = of(records, Message)
    assert [one.reply_to.rpartition("|")[2] for one in told] == ["K2", "K1", "K3"]
    assert "came before: it is not told again" in problems(records)


def test_claims_of_absurd_sizes_are_only_kept_as_claims():
    big = '<dataField name="Data"><source length="10737418240" /><source length="99999999999999999999" /></dataField>'
    carried = XML.model("Attachment", field("Filename", "a.jpg"), big, file_id="nowhere")
    [told] = of(read(whole(chat(message(1, many("Attachments", "Attachment", carried))))), Attachment)
    assert (told.size, told.path, told.sha256) == (10 << 30, None, None)


def test_what_one_model_holds_is_bounded(monkeypatch):
    monkeypatch.setattr(report, "MOST_MODELS", 50)
    monkeypatch.setattr(report, "MOST_TEXT", 100)
    wide = message(1, "".join(field(f"f{n}", "x") for n in range(300)))
    records = read(whole(chat(wide, message(3, body="y" * 500), message(2))))
    assert [len(one.body) for one in of(records, Message)] == [6, 100, 6]
    assert "beyond 50 values" in problems(records)
    assert "beyond 100 characters" in problems(records)


def test_endless_values_and_names_end_the_reading(monkeypatch):
    monkeypatch.setattr(report, "MOST_SILENCE", 1 << 18)
    monkeypatch.setattr(report, "MOST_NAMES", 200)
    silent = whole(chat(message(1), message(2, body="z" * (1 << 20))))
    assert "a single value is longer" in problems(read(silent))
    named = whole(chat(message(1), "".join(f"<n{n}/>" for n in range(300))))
    assert "more than 200 different names" in problems(read(named))


def test_problems_without_end_are_counted(monkeypatch):
    monkeypatch.setattr(context, "MOST_PROBLEMS", 5)
    monkeypatch.setattr(reader, "MOST_PROBLEMS", 5)
    timeless = [message(n).replace("2026-", "when-") for n in range(20)]
    records = read(whole(chat(*timeless)))
    assert len(of(records, Message)) == 20
    assert len(of(records, Problem)) == 6
    assert "16 more problems" in problems(records)


def test_other_versions_of_the_format_lose_what_they_name_otherwise():
    other = whole(chat(message(1)).replace('"Messages"', '"Posts"').replace('"Participants"', '"People"'))
    records = read(other)
    assert (len(of(records, Group)), len(of(records, Message))) == (1, 1)
    assert "Party in People of chats 1" in problems(records)
    assert "Note in Messages of chats 1" in problems(
        read(whole(chat(message(1)).replace('"InstantMessage" id', '"Note" id')))
    )
    plain = whole(chat(message(1))).replace(f' xmlns="{NAMESPACE}"'.encode(), b"").replace(b"source_index", b"si")
    assert [one.body for one in of(read(plain), Message)] == ["film 1"]


def test_files_that_are_not_what_the_report_claims_are_not_handed_out():
    carried = XML.model("Attachment", field("Filename", "a.jpg"), file_id="f1")
    tree = MemoryTree(whole(chat(message(1, many("Attachments", "Attachment", carried)))), **{"files/x": b"rain"})
    [entry] = reader.attachments(tree, LOCATION, None)
    with pytest.raises(UnreadableSource, match="does not hold the bytes whose digest the report states"):
        reader.open_attachment(tree, LOCATION, None, entry)


NESTED = """Participants Party Messages InstantMessage ActivityLog ChatActivity From Party To Party Participant Party
OriginalSender Party Parties Party Attachments Attachment EmbeddedInstantMessage InstantMessage SharedContacts Contact
Entries UserID Position Coordinate MessageExtraData QuotedMessageData
Photos ContactPhoto InstantMessage InstantMessage"""
TYPES = dict(zip(NESTED.split()[::2], NESTED.split()[1::2], strict=True))
FIELDS = """Source Id Identifier Name ChatType Account Body TimeStamp Label Labels Role Direction OriginalMessageID
ReferenceId IsPhoneOwner IsGroupAdmin Action SystemMessageId LastActivity DateRead Value Category Status Type"""
TOPS = """Chat Chat Chat Chat InstantMessage Party ChatActivity Contact UserAccount Call SMS MMS x ReplyMessageData"""
VALUES = (
    """True;False;Group;OneOnOne;Channel;WhatsApp;Telegram;Signal;Element;discord;wind;Reply;Forwarded;From;To;a;b;
1@g.us;5@s.whatsapp.net;-100123456789;77;+99900000001;@a:b;$e;ParticipantJoined;2026-04-22T12:00:00+00:00;
9999-12-31T23:59:59-12:00;User Id;System Message;https://example.org/#key=x;files\\x;..;;"""
    + "y" * 900
)


def nonsense(chance, kind, depth=0):
    fields, values = FIELDS.split(), VALUES.split(";")
    parts = [field(chance.choice(fields), chance.choice(values)) for _ in range(chance.randrange(1, 7))]
    for _ in range(chance.randrange(4) if depth < 5 else 0):
        name = chance.choice(list(TYPES))
        inner = TYPES[name] if chance.random() < 0.9 else chance.choice(TOPS.split())
        parts.append(many(name, "x", *(nonsense(chance, inner, depth + 1) for _ in range(chance.randrange(3)))))
    chance.shuffle(parts)
    return XML.model(kind, *parts, identifier=chance.choice(("", "", "a", "b")), file_id=chance.choice(("", "f1")))


def test_well_formed_nonsense_is_told_and_never_raises():
    chance = random.Random(12)
    kinds = set()
    for _ in range(30):
        models = [nonsense(chance, chance.choice(TOPS.split())) for _ in range(15)]
        tree = MemoryTree(whole(*models), **{"files/x": b"rain"})
        records = list(reader.read(tree, LOCATION, None))
        kinds |= {type(record).__name__ for record in records}
        assert all(len(one.key) <= 900 and len(one.group) <= 300 for one in of(records, Message))
        assert all(len(one.kind) <= 40 and len(one.sent_raw) <= 40 for one in of(records, Message))
        told = {one.stable_id for one in of(records, Account)}
        assert {one.sender for one in of(records, Message)} - {None} <= told
        assert {one.account for one in of(records, MemberSnapshot)} <= told
        assert {one.group for one in of(records, GroupEvent)} <= {one.stable_id for one in of(records, Group)}
        list(reader.attachments(tree, LOCATION, None))
    assert kinds >= {"Account", "Group", "Message", "Attachment", "GroupEvent", "Problem", "MemberSnapshot"}


class Endless(io.RawIOBase):
    """A report of many messages, made as it is read."""

    def __init__(self, count):
        start = whole(chat(message(0))).partition(b"</model></multiModelField></model></decodedData>")
        one_more = message(7).encode()
        self.parts = iter([start[0] + b"</model>", *(one_more for _ in range(count)), start[1][8:] + start[2]])
        self.held = b""

    def read(self, size=-1):
        while len(self.held) < size and (part := next(self.parts, None)):
            self.held += part
        given, self.held = self.held[:size], self.held[size:]
        return given


def test_memory_does_not_grow_with_the_report():
    def peak(count):
        tracemalloc.start()
        pieces = sum(isinstance(found, Piece) for found in read_report(Endless(count)))
        assert pieces == count + 3
        return (tracemalloc.get_traced_memory()[1], tracemalloc.stop())[0]

    assert peak(4_000) < 1.5 * peak(400) + 100_000
