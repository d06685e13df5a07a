"""Damaged and hostile profiles: never an unhandled exception, always a problem or an error that names the place."""

import json
import random
import sqlite3
from contextlib import closing

import pytest
from tests.messages.signal_world import MemoryTree, of
from tests.messages.test_signal_desktop_rows import ANA, BEN, KEY, ME, SENT, change, profile

from sauveterre.errors import Locked, SauveterreError, UnreadableSource
from sauveterre.messages.readers import signal_desktop
from sauveterre.messages.stores import find_stores
from sauveterre.records.message import Attachment, Message
from sauveterre.records.problem import Problem
from sauveterre.records.store import StoreLocation
from sauveterre.scenarios import signal_desktop_writer as writer

DATABASE, LOG = "sql/db.sqlite", "sql/db.sqlite-wal"
PLACE = StoreLocation(signal_desktop.NAME, "", needs_key=False)
RICH = {
    "attachments": [{"path": "a/b", "localKey": "QUJD", "size": 3, "plaintextHash": "ab" * 32}],
    "preview": [{"url": "https://example.org/x", "image": {"path": "a/c"}}],
    "quote": {"id": SENT, "authorAci": ANA, "attachments": [{"thumbnail": {"path": "a/d"}}]},
    "reactions": [{"emoji": "x", "fromId": "c-ana", "timestamp": SENT}],
    "sendStateByConversationId": {"c-ana": {"status": "Read", "updatedAt": SENT}},
    "editHistory": [{"body": "2", "timestamp": SENT + 1, "attachments": [{"path": "a/b"}]}, {"timestamp": SENT}],
    "poll": {"question": "?", "options": ["a"], "votes": [{"optionIndexes": [0]}]},
    "contact": [{"name": {"givenName": "A"}, "number": [{"value": "1"}], "address": [{"city": "B"}]}],
    "sticker": {"emoji": "s", "data": {"path": "a/e"}},
    "groupV2Change": {"from": ANA, "details": [{"type": "member-add", "aci": BEN, "inviter": ME}]},
    "expirationTimerUpdate": {"expireTimer": 5, "sourceServiceId": ANA},
    "groupMigration": {"areWeInvited": True, "droppedMemberIds": [ANA], "invitedMembers": [{"uuid": BEN}]},
    "group_update": {"joined": [ANA], "left": BEN, "name": "n"},
    "profileChange": {"oldName": "A", "newName": "B"}, "callHistoryDetails": {"wasIncoming": True},
    "pinMessage": {"targetAuthorAci": ANA, "targetSentTimestamp": SENT}, "storyReaction": {"emoji": "y"},
}  # fmt: skip
STATE = {
    "membersV2": [{"aci": ANA, "role": 2}], "pendingMembersV2": [{"serviceId": BEN, "timestamp": SENT}],
    "bannedMembersV2": [BEN], "pendingAdminApprovalV2": [{"aci": ME, "timestamp": SENT}],
}  # fmt: skip
ODD = [
    None, True, False, 0, -1, 1 << 62, 1 << 200, 1e308, -1e-9, "", "x", "\ud800", "a" * 70_000, "[", [], [[]],
    [None, 5], {}, {"a": 1}, "PNI:", "+", "../../etc", "\x00", ["x"] * 50, float("inf"), float("nan"), {"": {}}, [{}],
    [{"type": 3}],
]  # fmt: skip
KINDS = (
    "incoming", "outgoing", "story", "group-v2-change", "timer-notification", "profile-change", "group", "keychange",
    "group-v1-migration", "call-history", "pinned-message-notification", "poll-terminate", "conversation-merge",
    "message-request-response-event", "verified-change",
)  # fmt: skip


def read(files):
    return list(signal_desktop.read(MemoryTree(files), PLACE, KEY.hex()))


def use(files):
    """Read all that a profile holds; return the records, or the error of the family that refused it."""
    try:
        records = read(files)
        for entry in signal_desktop.attachments(MemoryTree(files), PLACE, KEY.hex()):
            try:
                signal_desktop.open_attachment(MemoryTree(files), PLACE, KEY.hex(), entry).read()
            except UnreadableSource:
                continue
    except SauveterreError as error:
        assert len(str(error)) > 20
        return error
    assert all(record.provenance.locator for record in records)
    return records


@pytest.fixture(scope="module")
def whole():
    """A profile of some hundred messages, under a key and plain."""
    made = profile(
        *(({"body": f"film {n}", "sourceServiceId": ANA}, {"body": "x" * 50}) for n in range(300)), state=STATE
    )
    config = writer.config_with(KEY, "plain", "", random.Random(0))
    return {"sealed": writer.written(made, KEY, config), "plain": writer.written(made, b"", config)}


@pytest.mark.parametrize("kind", ["sealed", "plain"])
@pytest.mark.parametrize("name", [DATABASE, LOG])
def test_a_database_or_log_cut_anywhere(whole, kind, name):
    chance, files = random.Random(5), whole[kind]
    messages = len(of(read(files), Message))
    assert messages == 300
    outcomes = set()
    for _ in range(50):
        cut = {**files, name: files[name][: chance.randrange(len(files[name]))]}
        found = use(cut)
        outcomes.add(type(found))
        assert not isinstance(found, list) or of(found, Problem) or len(of(found, Message)) <= messages
    assert list in outcomes


@pytest.mark.parametrize("kind", ["sealed", "plain"])
@pytest.mark.parametrize("name", [DATABASE, LOG])
def test_flipped_bits_are_told_or_harmless(whole, kind, name):
    chance, files = random.Random(6), whole[kind]
    told = 0
    for _ in range(50):
        data = bytearray(files[name])
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        found = use({**files, name: bytes(data)})
        told += not isinstance(found, list) or bool(of(found, Problem))
    assert told or name == LOG or kind == "plain"


def test_damage_names_the_table_and_the_last_row_before_it(whole):
    files = whole["sealed"]
    data = bytearray(files[DATABASE])
    found = []
    for page in range(8, len(data) // 4096):
        flipped = data.copy()
        flipped[page * 4096 + 99] ^= 1
        records = use({**files, DATABASE: bytes(flipped)})
        found += of(records, Problem) if isinstance(records, list) else []
    assert found
    said = ("cannot be read", "cannot be dated", "is not described", "which no conversation describes")
    assert [problem.what for problem in found if not any(words in problem.what for words in said)] == []
    assert any(problem.provenance.locator == "messages" for problem in found)


def test_a_damaged_page_costs_its_own_rows_alone(whole):
    files, most = whole["sealed"], 0
    for page in range(4, len(files[DATABASE]) // 4096):
        data = bytearray(files[DATABASE])
        data[page * 4096 + 99] ^= 1
        records = use({**files, DATABASE: bytes(data)})
        lost = 300 - len(of(records, Message)) if isinstance(records, list) else 0
        most = max(most, lost)
        assert not lost or any("messages cannot be read" in problem.what for problem in of(records, Problem))
        assert lost <= 40 or any("after row 0" in problem.what for problem in of(records, Problem))
    assert most


def odd(chance, value, depth=0):
    """Return a value with something in it exchanged for what should not be there."""
    if depth and chance.random() < 0.15:
        return chance.choice(ODD)
    if isinstance(value, dict):
        return {name: odd(chance, one, depth + 1) for name, one in value.items() if chance.random() < 0.9}
    if isinstance(value, list):
        return [odd(chance, one, depth + 1) for one in value]
    return value


def test_json_with_anything_in_it_is_told_and_never_raises():
    chance = random.Random(11)
    rows = [({"type": kind, "conversationId": chance.choice(("c-ana", "c-group", "gone"))}, odd(chance, RICH))
            for kind in KINDS for _ in range(12)]  # fmt: skip
    made = profile(*rows, state=odd(chance, STATE))
    for count in range(60):
        state = odd(chance, {**STATE, "masterKey": "QUJD", "accessControl": {"addFromInviteLink": 1}, "serviceId": ANA})
        made.row(
            "conversations", id=f"odd{count}", type=chance.choice(("group", "private", None)), json=json.dumps(state)
        )
    for value in (None, "", "[]", "{", "5", "[" * 90_000, '{"a":' * 90_000, b"\xff\xfe", 7, 2.5):
        made.row("messages", id=f"j{value!r:.9}", conversationId="c-ana", type="incoming", sent_at=SENT, json=value)
        made.row("conversations", id=f"k{value!r:.9}", type="group", json=value)
        made.row("items", id=f"i{value!r:.9}", json=value)
        made.row("callsHistory", callId=f"c{value!r:.9}", peerId=value, timestamp=value)
    for count, kind in enumerate(("attachment", "odd", "")):
        made.row("message_attachments", messageId="m0", editHistoryIndex=count - 1, attachmentType=kind,
                 orderInMessage=0, size=1 << 62, path="../../x",
                 localKey="!", plaintextHash="z", version=9)  # fmt: skip
    made.files["attachments.noindex/a/b"] = b"x"
    records = use(writer.written(made, KEY, writer.config_with(KEY, "plain", "", random.Random(0))))

    assert isinstance(records, list)
    assert len(of(records, Problem)) > 20
    for record in records:
        repr(record).encode()
    assert [a.path for a in of(records, Attachment) if a.path and ".." in a.path] == []


def test_ids_that_repeat_or_lead_nowhere_keep_their_first_meaning():
    made = profile(({"conversationId": "gone", "sourceServiceId": ANA}, {}), ({"conversationId": "gone"}, {}))
    made.row(
        "conversations", id="twin", type="group", name="Another", json=json.dumps({"masterKey": "BQUF" * 10 + "BQU="})
    )
    made.row("conversations", id="same", type="group", json=made.rows["conversations"][3]["json"])
    records = use(writer.written(made, KEY, b"{}"))
    problems = [problem.what for problem in of(records, Problem)]

    assert len([what for what in problems if "'gone' is not described" in what]) == 1
    assert any("another conversation is, too" in what for what in problems)
    assert len(of(records, Message)) == 2


def altered(whole, statements):
    """The plain profile after some statements, as a foreign version would have written it."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(whole["plain"][DATABASE].replace(b"\x10\x00\x02\x02", b"\x10\x00\x01\x01", 1))
        for statement in statements:
            database.execute(statement)
        database.commit()
        return {**{k: v for k, v in whole["plain"].items() if k != LOG}, DATABASE: database.serialize()}


@pytest.mark.parametrize(
    ("statements", "what"),
    [
        (["DROP TABLE conversations"], None),
        (
            ["DROP TABLE items", "DROP TABLE message_attachments", "DROP TABLE callsHistory", "DROP TABLE sessions"],
            None,
        ),
        (["ALTER TABLE messages RENAME COLUMN sent_at TO sent_when"], None),
        (["ALTER TABLE messages RENAME COLUMN json TO data"], None),
        (["ALTER TABLE messages DROP COLUMN conversationId"], None),
        (["ALTER TABLE message_attachments RENAME COLUMN messageId TO m"], None),
        (["DROP TABLE messages", "DROP TABLE conversations"], "holds neither conversations nor messages"),
        (["CREATE TABLE configDump (a)"], "belongs to Session"),
        (["DROP TABLE messages", "CREATE TABLE messages (id TEXT PRIMARY KEY, json TEXT) WITHOUT ROWID"], None),
        (["DROP TABLE messages", "CREATE VIEW messages AS SELECT 1 AS id"], None),
    ],
)
def test_a_foreign_schema_is_read_as_far_as_it_goes(whole, statements, what):
    found = use(altered(whole, statements))
    assert isinstance(found, UnreadableSource if what else list)
    assert what is None or what in str(found)


@pytest.mark.parametrize("config", [b"", b"{", b'{"key": 5}', b'{"encryptedKey": "zz"}', b"[" * 90_000, b"\xff" * 10])
def test_a_config_that_is_damaged_needs_the_key(whole, config):
    files = {**whole["sealed"], "config.json": config}
    [place] = find_stores(MemoryTree(files))

    assert place.needs_key
    assert len(of(read(files), Message)) == 300
    with pytest.raises(Locked, match="enter the 64 hex digits"):
        list(signal_desktop.read(MemoryTree(files), place, None))


def test_a_change_row_survives_beside_damage():
    records = use(writer.written(profile(change({"type": "create"})), KEY, b"{}"))
    assert of(records, Problem) == []
