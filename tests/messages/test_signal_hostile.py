"""Damaged and hostile backups: never an unhandled exception, always a problem that names the place."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sauveterre.errors import SauveterreError
from sauveterre.messages.protobuf import Malformed, read_varint
from sauveterre.messages.readers import signal_backup
from sauveterre.messages.signal import frames as frames_module
from sauveterre.messages.signal.schema import SCHEMA
from sauveterre.records.account import Account
from sauveterre.records.group import Group, GroupEvent, MemberSnapshot
from sauveterre.records.message import Message
from sauveterre.records.problem import Problem

CONTACT = {"recipient": {"id": 2, "contact": {"aci": b"\x22" * 16}}}
START = [
    {"account": {"givenName": "Ana"}},
    {"recipient": {"id": 1, "self": {}}},
    CONTACT,
    {"chat": {"id": 7, "recipientId": 2}},
]


def text_item(number, **fields):
    text = {"standardMessage": {"text": {"body": f"film {number}"}}}
    return {
        "chatItem": {
            "chatId": 7,
            "authorId": 2,
            "dateSent": 1_700_000_000_000 + number,
            "incoming": {},
            **text,
            **fields,
        }
    }


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


def problems(records):
    return [(problem.provenance.locator, problem.what) for problem in of(records, Problem)]


def starts_of_frames(data):
    at, found = 0, []
    while at < len(data):
        found.append(at)
        length, at = read_varint(data, at)
        at += length
    return found


def test_a_stream_cut_anywhere_says_so_and_keeps_what_came_before(kit, tmp_path):
    data = kit.stream([*START, *(text_item(n) for n in range(6))])
    starts = starts_of_frames(data)
    whole = kit.read(tmp_path, data)
    assert problems(whole) == []
    for cut in range(1, len(data), max(1, len(data) // 60)):
        records = kit.read(tmp_path, data[:cut])
        whole_parts = sum(1 for end in [*starts[1:], len(data)] if end <= cut)
        if cut not in starts:
            assert any(f"in the middle of frame {whole_parts}" in what for _, what in problems(records)), cut
        assert len(of(records, Message)) == max(0, whole_parts - 1 - len(START)), cut


def test_flipped_bits_are_told_or_harmless(kit, cases, tmp_path):
    chance = random.Random(7)
    for path in chance.sample(cases, 14):
        whole = path.read_bytes()
        for _ in range(30):
            data = bytearray(whole)
            for _ in range(chance.choice((1, 1, 8))):
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            records = kit.read(tmp_path, bytes(data))
            assert all(record.provenance.locator for record in records)
            assert list(signal_backup.attachments(kit.Tree(tmp_path), kit.location("store.binproto"), None)) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=8))
def test_random_frames_never_raise(tmp_path_factory, kit, parts):
    folder = tmp_path_factory.mktemp("random")
    records = kit.read(folder, kit.stream([*START, *parts]))

    assert len(of(records, Account)) >= 2


def made_up(chance, message, depth=0):
    """Make a message of any known fields with odd values: well formed, and nonsense."""
    fields = {}
    for row in SCHEMA.messages[message].values():
        if chance.random() > (0.5 if depth < 5 else 0.15):
            continue
        values = [made_up_value(chance, row, depth) for _ in range(chance.choice((1, 1, 2)) if row.repeated else 1)]
        fields[row.name] = values if row.repeated else values[0]
    return fields


def made_up_value(chance, row, depth):
    if row.kind in SCHEMA.messages:
        return made_up(chance, row.kind, depth + 1) if depth < 9 else {}
    if row.kind == "string":
        return chance.choice(("", "rain", "https://signal.group/#x", "\x00", "é" * 50))
    if row.kind == "bytes":
        return chance.randbytes(chance.choice((0, 1, 15, 16, 17, 32, 64)))
    if row.kind == "bool":
        return chance.random() < 0.5
    if row.kind in SCHEMA.enums:
        return chance.choice((0, 1))
    if row.kind in ("fixed32", "float"):
        return 7
    return chance.choice((0, 1, 2, 3, 7, 1_700_000_000_000)) if row.kind == "uint64" else chance.choice((0, 1, 9))


def test_well_formed_nonsense_is_told_and_never_raises(kit, tmp_path):
    chance = random.Random(11)
    for _ in range(12):
        made = [made_up(chance, "Frame") for _ in range(25)]
        wire = kit.read(tmp_path, kit.stream([*START, *made]))
        lines = [kit.to_json("BackupInfo", kit.info), *(kit.to_json("Frame", frame) for frame in [*START, *made])]
        text = kit.read(tmp_path, kit.export(lines[0], lines[1:]), "main.jsonl")
        assert Counter(type(record).__name__ for record in wire) == Counter(type(record).__name__ for record in text)
        assert len(wire) > 60


@pytest.mark.parametrize("length", [10 << 30, (1 << 63) + 5, frames_module.MAX_FRAME + 1])
def test_an_absurd_length_is_not_believed(kit, tmp_path, length):
    data = kit.stream(START) + kit.varint(length) + b"\x22" * 100
    records = kit.read(tmp_path, data)

    assert any("frame 5" in where and f"claims {length} bytes" in what for where, what in problems(records))


def test_a_length_that_never_ends(kit, tmp_path):
    records = kit.read(tmp_path, kit.stream(START) + b"\xff" * 50)

    assert any("no usable length" in what for _, what in problems(records))


def test_an_overlong_frame_is_passed_over_and_the_next_one_read(kit, tmp_path, monkeypatch):
    monkeypatch.setattr(frames_module, "MAX_FRAME", 1000)
    records = kit.read(tmp_path, kit.stream([*START, b"\x22" * 5000, text_item(1)]))

    assert [where for where, what in problems(records) if "claims 5000" in what] == ["frame 5"]
    assert [message.body for message in of(records, Message)] == ["film 1"]


def test_deep_nesting_costs_one_frame(kit, tmp_path):
    item = b""
    for _ in range(3000):
        item = b"\x32" + kit.varint(len(item)) + item
    records = kit.read(tmp_path, kit.stream([*START, b"\x22" + kit.varint(len(item)) + item, text_item(1)]))

    assert any(where == "frame 5" and "inside one another" in what for where, what in problems(records))
    assert len(of(records, Message)) == 1


def test_a_damaged_frame_costs_one_frame_and_names_its_byte(kit, tmp_path):
    data = kit.stream([*START, b"\x22\x05abc", text_item(1)])
    offset = starts_of_frames(data)[5]
    records = kit.read(tmp_path, data)

    assert [(where, f"byte {offset}" in what) for where, what in problems(records)] == [("frame 5", True)]
    assert len(of(records, Message)) == 1


def test_references_to_nothing_get_a_placeholder_and_one_problem(kit, tmp_path):
    lost = [
        text_item(1, authorId=99),
        text_item(2, authorId=99),
        text_item(3, chatId=98),
        text_item(4, chatId=98),
        {"chat": {"id": 8, "recipientId": 97}},
        text_item(5, chatId=8),
    ]
    records = kit.read(tmp_path, kit.stream([*START, *lost]))
    accounts = {account.stable_id for account in of(records, Account)}
    groups = [group.stable_id for group in of(records, Group)]

    assert [where for where, _ in problems(records)] == ["frame 5", "frame 7", "frame 9"]
    assert len(of(records, Message)) == 5
    assert all(message.sender in accounts and message.group in groups for message in of(records, Message))
    assert len(groups) == len(set(groups)) == 3


def test_a_recipient_or_chat_described_twice_keeps_its_first_meaning(kit, tmp_path):
    again = {"recipient": {"id": 2, "contact": {"aci": b"\x44" * 16}}}
    records = kit.read(tmp_path, kit.stream([*START, again, {"chat": {"id": 7, "recipientId": 1}}, text_item(1)]))
    [message] = of(records, Message)

    assert [where for where, what in problems(records) if "twice" in what] == ["frame 5", "frame 6"]
    assert message.sender == "aci:22222222-2222-2222-2222-222222222222"
    assert message.group.count("|") == 1
    assert "22222222" in message.group


def test_invalid_identifiers_are_told_where_they_stand(kit, tmp_path):
    state = {"members": [{"userId": b"\x01" * 5}, {"userId": bytes(16)}, {"role": 2},
                         {"userId": b"\x01" * 16, "role": 9}],
             "membersBanned": [{"userId": b"\x01" + b"\x07" * 16}]}  # fmt: skip
    odd = [
        {"recipient": {"id": 3, "contact": {"aci": b"\x01" * 3}}},
        {"recipient": {"id": 4, "group": {"masterKey": b"short", "snapshot": state}}},
        {"recipient": {"id": 5, "distributionList": {"distributionId": b"\x01"}}},
        {"recipient": {"id": 6}},
    ]
    records = kit.read(tmp_path, kit.stream([*START, *odd]))
    places = [where for where, _ in problems(records)]

    assert places == ["frame 5", "frame 6", "frame 6 member 0", "frame 6 member 0", "frame 6 member 1",
                      "frame 6 member 1",
                      "frame 6 member 2", "frame 6 member 3", "frame 7", "frame 8"]  # fmt: skip
    assert [(s.role, s.account[:4]) for s in of(records, MemberSnapshot)] == [("member", "aci:"), ("banned", "pni:")]


def test_group_changes_that_hold_nothing_known_keep_their_time(kit, tmp_path):
    def change(update):
        return {"chatItem": {"chatId": 7, "authorId": 1, "dateSent": 9, "directionless": {}, "updateMessage": update}}

    data = [
        change({"groupChange": {}}),
        change({"groupChange": {"updates": [{}]}}),
        change({}),
        change({"simpleUpdate": {"type": 77}}),
    ]
    records = kit.read(tmp_path, kit.stream([*START, *data]))

    assert [(event.kind, event.at_raw, event.actor) for event in of(records, GroupEvent)] == [
        ("updated", "9", None)
    ] * 4
    assert [where for where, _ in problems(records)] == ["frame 5", "frame 6 update 0", "frame 7", "frame 8"]


def test_the_author_of_a_message_that_is_a_group_is_no_sender(kit, tmp_path):
    group = {"recipient": {"id": 3, "group": {"masterKey": b"\x05" * 32}}}
    records = kit.read(tmp_path, kit.stream([*START, group, text_item(1, authorId=3)]))

    assert [message.sender for message in of(records, Message)] == [None]
    assert ("frame 6", True) in [(where, "no person" in what) for where, what in problems(records)]


def test_times_beyond_the_calendar_are_kept_raw(kit, tmp_path):
    records = kit.read(tmp_path, kit.stream([*START, text_item(0, dateSent=(1 << 64) - 1), text_item(0, dateSent=0)]))

    assert [(m.sent_at, m.sent_raw) for m in of(records, Message)] == [(None, str((1 << 64) - 1)), (None, "0")]
    assert len([1 for _, what in problems(records) if "no usable time" in what]) == 2


def test_a_backup_without_a_time_or_account_says_so(kit, tmp_path):
    group = {
        "recipient": {
            "id": 3,
            "group": {"masterKey": b"\x05" * 32, "snapshot": {"members": [{"userId": b"\x22" * 16}]}},
        }
    }
    records = kit.read(tmp_path, kit.stream([*START[1:], group], info={"version": 3}))
    told = " ".join(what for _, what in problems(records))

    assert "states version 3" in told
    assert "no account frame" in told
    assert "no usable time" in told
    assert of(records, MemberSnapshot) == []


@pytest.mark.parametrize(
    "data", [b"", b"\x00", b"\x05", b"\xff" * 20, b"hello world, this is no backup", b"{}", b"\n\n"]
)
@pytest.mark.parametrize("name", ["store.binproto", "main.jsonl"])
def test_what_is_no_backup_at_all_is_read_into_problems(kit, tmp_path, data, name):
    records = kit.read(tmp_path, data, name)

    assert problems(records)
    assert list(signal_backup.find(kit.Tree(tmp_path))) == []


def test_endless_empty_frames_stop(kit, tmp_path, monkeypatch):
    monkeypatch.setattr(signal_backup, "MAX_PROBLEMS", 50)
    records = kit.read(tmp_path, kit.stream(START) + bytes(100_000))

    assert "50 frames are damaged" in problems(records)[-1][1]
    assert len(records) < 100


def test_fields_of_a_newer_version_are_told_once(kit, tmp_path):
    newer = kit.encode("Frame", CONTACT) + b"\xa2\x06\x01x"
    records = kit.read(tmp_path, kit.stream([*START, newer, newer, text_item(1)]))

    assert [what for where, what in problems(records) if "Frame.100" in what and where == "frame 5"] == [
        "the field Frame.100 is not known and was not read (2 times): a newer version may have it"
    ]


def test_ordinary_files_are_not_taken_for_backups(kit, tmp_path):
    for name, data in {
        "README": b"A list of films.",
        "data": bytes(range(256)) * 20,
        "a.jsonl": b'{"version": 1}\n{"account": 1}',
        "b.jsonl": b'{"version":"1","backupTimeMs":"5"}\n{"account":{}}',
        "c.binproto": kit.stream(START[1:]),
        "d.bin": kit.stream(START),
        "main": b"x",
        "e" * 3: b"",
    }.items():
        (tmp_path / name).write_bytes(data)

    assert list(signal_backup.find(kit.Tree(tmp_path))) == []
    (tmp_path / "plain").write_bytes(kit.stream(START))
    assert [location.root for location in signal_backup.find(kit.Tree(tmp_path))] == ["plain"]


def test_a_main_file_that_cannot_be_opened_is_one_of_our_errors(kit, tmp_path):
    with pytest.raises(SauveterreError):
        list(signal_backup.read(kit.Tree(tmp_path), kit.location("gone"), None))
    with pytest.raises(Malformed):
        read_varint(b"", 0)
