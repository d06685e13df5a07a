"""Damaged and hostile databases of Signal on iOS, and archives made to harm: never an unhandled exception."""

import io
import plistlib
import random
import sqlite3
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.messages.signal_world import MemoryTree, of
from tests.messages.test_signal_ios_rows import ANA, BEN, KEY, ME, SENT, info, member, model, person, phone, update

from sauveterre.errors import Locked, SauveterreError, UnreadableSource
from sauveterre.messages.readers import signal_ios
from sauveterre.messages.signal.ios import archive
from sauveterre.messages.signal.ios.archive import Archived, NotArchive, Pairs, unarchived
from sauveterre.messages.stores import find_stores
from sauveterre.records.message import Message
from sauveterre.records.problem import Problem
from sauveterre.records.store import StoreLocation
from sauveterre.scenarios import signal_ios_writer as writer
from sauveterre.scenarios.keyed_archive import Keyed, Thing, archived

DATABASE, LOG = "grdb/signal.sqlite", "grdb/signal.sqlite-wal"
PLACE = StoreLocation(signal_ios.NAME, DATABASE, needs_key=True)


def raw(objects, top=None):
    whole = {
        "$version": 1,
        "$archiver": "NSKeyedArchiver",
        "$top": top or {"root": plistlib.UID(1)},
        "$objects": objects,
    }
    return plistlib.dumps(whole, fmt=plistlib.FMT_BINARY)


def test_an_archive_comes_out_as_it_went_in():
    value = Thing("Group", {"name": "Film club", "size": 3, "pairs": Keyed(((person(ANA), 5), ("x", [b"y", "z"])))})
    found = unarchived(archived(value))

    assert (found.kind, found.get("name"), found.get("size"), found.get("gone")) == ("Group", "Film club", 3, None)
    assert isinstance(found.get("pairs"), Pairs)
    assert found.get("pairs").get("x") == [b"y", "z"]
    assert found.get("pairs").items[0][0] == Archived("SignalServiceAddress", {"backingUuid": ANA})


def test_references_that_lead_back_count_as_nothing():
    found = unarchived(raw(["$null", {"self": plistlib.UID(1), "other": plistlib.UID(2)}, {"back": plistlib.UID(1)}]))

    assert found.members == {"self": None, "other": Archived("", {"back": None})}
    assert unarchived(raw(["$null", plistlib.UID(1)])) is None
    assert unarchived(raw(["$null"], {"root": plistlib.UID(99)})) is None


def nested(depth):
    return raw(["$null", *({"inner": plistlib.UID(number + 2)} for number in range(depth)), "end"])


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (None, "holds no bytes"),
        (5, "holds no bytes"),
        (b"", "no binary property list"),
        (b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><plist>&a;</plist>", "no binary property list"),
        (b"bplist00" + bytes(40), "damaged"),
        (b"bplist00" + b"\xff" * 40, "damaged"),
        (plistlib.dumps([1], fmt=plistlib.FMT_BINARY), "no archive of objects"),
        (plistlib.dumps({"$objects": 5, "$top": {}}, fmt=plistlib.FMT_BINARY), "no archive of objects"),
        (nested(archive.MOST_DEPTH + 5), "too deep"),
        (nested(5_000), "too deep"),
        (b"bplist00" + bytes(archive.MOST_BYTES), "larger than"),
    ],
    ids=range(11),
)
def test_what_is_no_archive_is_refused_in_words(data, what):
    with pytest.raises(NotArchive, match=what):
        unarchived(data)


def test_a_list_that_multiplies_itself_is_made_once_and_too_many_objects_are_refused():
    lists = [{"NS.objects": [plistlib.UID(number + 2)] * 9} for number in range(12)]
    found = unarchived(raw(["$null", *lists, "end"]))
    assert len(found) == 9

    many = raw(["$null", {"NS.objects": [plistlib.UID(2)] * (archive.MOST_OBJECTS + 1)}, "x"])
    with pytest.raises(NotArchive, match="more than"):
        unarchived(many)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_an_archive_with_bits_flipped_never_raises_anything_else(data):
    whole = bytearray(archived(model(member(ME), member(ANA, role=1))))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(8, len(whole) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        unarchived(bytes(whole))
    except NotArchive as error:
        assert len(str(error)) > 10


def test_a_length_of_ten_gigabytes_is_not_believed():
    data = b"bplist00" + b"\x4f\x13" + (10 << 30).to_bytes(8, "big") + b"abc" + b"\x08" + bytes(6) + b"\x01\x01"
    data += (1).to_bytes(8, "big") + bytes(8) + (len(data) - 10).to_bytes(8, "big")
    with pytest.raises(NotArchive, match=r"damaged|no archive"):
        unarchived(data)


def read(files):
    return list(signal_ios.read(MemoryTree(files), PLACE, KEY.hex()))


def use(files):
    """Read all that a database holds; return the records, or the error of the family that refused it."""
    try:
        records = read(files)
        for entry in signal_ios.attachments(MemoryTree(files), PLACE, KEY.hex()):
            try:
                signal_ios.open_attachment(MemoryTree(files), PLACE, KEY.hex(), entry).read()
            except UnreadableSource:
                continue
    except SauveterreError as error:
        assert len(str(error)) > 20
        return error
    assert all(record.provenance.locator for record in records)
    return records


@pytest.fixture(scope="module")
def whole():
    """A database of some hundred messages, under a key and plain."""
    rows = [{"body": f"film {n} " + "x" * 60} for n in range(300)]
    made = phone(*rows, update({"otherUserLeft": {"userAci": BEN}}), info(3, NewGroupModel=model(member(ME))))
    return {"sealed": writer.written(made, KEY), "plain": writer.written(made, b"")}


@pytest.mark.parametrize("kind", ["sealed", "plain"])
@pytest.mark.parametrize("name", [DATABASE, LOG])
def test_a_database_or_log_cut_anywhere(whole, kind, name):
    chance, files = random.Random(5), whole[kind]
    assert len(of(read(files), Message)) == 300
    outcomes = set()
    for _ in range(50):
        found = use({**files, name: files[name][: chance.randrange(len(files[name]))]})
        outcomes.add(type(found))
        assert not isinstance(found, list) or of(found, Problem) or len(of(found, Message)) <= 300
    assert list in outcomes


@pytest.mark.parametrize("kind", ["sealed", "plain"])
@pytest.mark.parametrize("name", [DATABASE, LOG])
def test_flipped_bits_are_told_or_harmless(whole, kind, name):
    chance, files, told = random.Random(6), whole[kind], 0
    for _ in range(50):
        data = bytearray(files[name])
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        found = use({**files, name: bytes(data)})
        told += not isinstance(found, list) or bool(of(found, Problem))
    assert told or name == LOG or kind == "plain"


ODD = [None, 0, -1, 1 << 62, 2.5, "", "x", b"", b"\x00" * 40, "PNI:", "+", "../../x", "\x00", b"bplist00", archived([]),
       archived(Keyed(((5, None), (None, "x")))), archived(Thing("T", {"state": "x", "timestamp": [], "address": 5})),
       archived(model(member(ME))), archived("text")]  # fmt: skip
COLUMNS = ("recordType", "uniqueThreadId", "authorUUID", "body", "quotedMessage", "linkPreview", "messageSticker",
           "contactShare", "recipientAddressStates", "infoMessageUserInfo", "messageType", "callType", "timestamp",
           "expiresInSeconds", "serverTimestamp", "creatorUuid", "wasRemotelyDeleted", "storyTimestamp")  # fmt: skip


def test_rows_with_anything_in_them_are_told_and_never_raise():
    chance, rows = random.Random(11), []
    for kind in (10, 19, 20, 21, 28, 65, 68, 9, 99):
        for _ in range(25):
            row = {name: chance.choice(ODD) for name in COLUMNS if chance.random() < 0.5}
            rows.append({**row, "recordType": kind, "timestamp": chance.choice((SENT, 0, -5, 1 << 62)),
                         "uniqueThreadId": chance.choice(("g", "d", "gone"))})  # fmt: skip
    odd = {"OldGroupModel": 5, "NewGroupModel": Thing("X", {"groupId": 7})}
    odd["ProfileChanges"] = Thing("P", {"address": 5, "oldNameComponents": 3})
    kinds = [info(number, UpdateMessagesV2=chance.choice(ODD[4:9]), **odd) for number in range(30)]
    made = phone(*rows, *kinds, update({"otherUserLeft": 5}, 7, "x", {"a" * 900: None}))
    for count, value in enumerate(ODD):
        made.row("model_TSThread", recordType=chance.choice((26, 27, 72, 80)), uniqueId=f"t{count}", groupModel=value)
        made.row("model_SignalRecipient", recordType=31, uniqueId=f"s{count}", recipientUUID=value, pni=value)
        made.row("keyvalue", key=f"k{count}", collection="c", value=value if value is not None else b"")
        made.row("Attachment", mimeType="x", encryptionKey=b"1", localRelativeFilePath=value, sha256ContentHash=value)
        made.row("EditRecord", latestRevisionId=count, pastRevisionId=(count + 1) % len(ODD))
    made.files["attachment_files/x"] = b"plain"
    records = use(writer.written(made, KEY))

    assert isinstance(records, list)
    assert len(of(records, Problem)) > 20
    for record in records:
        repr(record).encode()


def altered(whole, statements):
    """The plain database after some statements, as a foreign version would have written it."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(whole["plain"][DATABASE].replace(b"\x10\x00\x02\x02", b"\x10\x00\x01\x01", 1))
        for statement in statements:
            database.execute(statement)
        database.commit()
        return {DATABASE: database.serialize()}


@pytest.mark.parametrize(
    "statements",
    [
        ["DROP TABLE model_TSThread"],
        ["DROP TABLE keyvalue", "DROP TABLE Attachment", "DROP TABLE EditRecord", "DROP TABLE model_OWSReaction"],
        ["ALTER TABLE model_TSInteraction RENAME COLUMN timestamp TO sent"],
        ["ALTER TABLE model_TSInteraction DROP COLUMN infoMessageUserInfo"],
        ["ALTER TABLE MessageAttachmentReference RENAME COLUMN ownerRowId TO o"],
        ["DROP TABLE model_SignalRecipient", "CREATE VIEW model_SignalRecipient AS SELECT 1 AS recipientUUID"],
        ["DROP TABLE keyvalue", "CREATE TABLE keyvalue (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID"],
    ],
)
def test_a_foreign_schema_is_read_as_far_as_it_goes(whole, statements):
    assert isinstance(use(altered(whole, statements)), list)


def test_another_database_is_refused_and_no_database_found_in_other_files(whole):
    files = altered(whole, ["DROP TABLE model_TSThread", "DROP TABLE model_TSInteraction"])
    assert "neither threads nor interactions" in str(use(files))
    assert find_stores(MemoryTree({"a/signal.sqlite": b"no database", "b/other.sqlite": files[DATABASE]})) == []
    with pytest.raises(Locked):
        read({DATABASE: io.BytesIO(b"x" * 5000).getvalue()})
