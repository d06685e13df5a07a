"""Damaged and hostile Telegram exports: never an unhandled exception, always the place."""

import json

import pytest

from sauveterre.errors import SauveterreError
from sauveterre.messages.readers import telegram_json
from sauveterre.records.group import Group
from sauveterre.records.message import Message
from sauveterre.records.problem import Problem
from sauveterre.records.store import StoreLocation
from sauveterre.scenarios.telegram_writer import write_telegram

LOCATION = StoreLocation("telegram_json", "result.json", needs_key=False)
HEAD = b'{"name": "Film club", "type": "private_supergroup", "id": 44, "messages": ['
ROW = b'{"id": %d, "type": "message", "date_unixtime": "1777622400", "from_id": "user7", "text": "rain"}'


def rows(count):
    return b", ".join(ROW % number for number in range(1, count + 1))


@pytest.fixture(scope="module")
def written(tellers, tmp_path_factory):
    return write_telegram(tmp_path_factory.mktemp("hostile"), tellers[0], chat="garden").read_bytes()


def test_cut_or_flipped_anywhere(kit, written):
    whole = len(kit.of(kit.read(telegram_json, "result.json", written), Message))
    for sort, data in kit.damaged(written, 200, seed=3):
        records, error = kit.attempt(telegram_json, kit.Tree({"result.json": data}), LOCATION)
        assert all(record.provenance.path == "result.json" for record in records)
        if sort == "cut":
            assert error or kit.of(records, Problem)
            assert len(kit.of(records, Message)) <= whole


def test_a_cut_keeps_what_came_before_and_says_where(kit):
    data = HEAD + rows(500) + b"]}"
    records = kit.read(telegram_json, "result.json", data[: len(data) // 2])

    assert len(kit.of(records, Message)) == 250
    [(place, what)] = kit.whats(records)
    assert place.startswith("/messages/2")
    assert "ends too early between byte" in what


def test_what_breaks_in_the_middle_stops_there(kit):
    records = kit.read(telegram_json, "result.json", HEAD + rows(3) + b", {]" + rows(3) + b"]}")

    assert len(kit.of(records, Message)) == 3
    assert "the JSON breaks" in kit.whats(records)[0][1]


def test_control_characters_as_telegram_writes_them(kit):
    row = rb'{"id": 1, "type": "message", "date_unixtime": "5", "from_id": "user7", "text": "a\x1Fb \\x41 c"}'
    [told] = kit.of(kit.read(telegram_json, "result.json", HEAD + row + b"]}"), Message)

    assert told.body == "a\x1fb \\x41 c"


@pytest.mark.parametrize("shift", range(0, 40, 3))
def test_such_an_escape_may_lie_across_two_chunks(kit, shift):
    row = rb'{"id": 1, "type": "message", "date_unixtime": "5", "from_id": "user7", "text": "' + b"\\\\" * 9
    padding = b" " * ((1 << 14) - len(HEAD) - len(row) - shift)
    data = HEAD + padding + row + rb"\\\x1F" * 8 + b'"}]}'
    [told] = kit.of(kit.read(telegram_json, "result.json", data), Message)

    assert told.body == "\\" * 9 + "\\\x1f" * 8


def test_digits_in_a_text_are_no_number(kit):
    long_text = (
        b'{"id": 1, "type": "message", "date_unixtime": "5", "from_id": "user7", "text": "' + b"7" * 40_000 + b'"}'
    )
    records = kit.read(telegram_json, "result.json", HEAD + long_text + b"]}")
    assert [len(one.body) for one in kit.of(records, Message)] == [40_000]

    records = kit.read(telegram_json, "result.json", HEAD + rows(2) + b', {"id": ' + b"7" * 40_000 + b"}]}")
    assert any("thousands of digits" in what for _, what in kit.whats(records))


def test_bytes_that_are_no_text_are_shown_and_told(kit):
    records = kit.read(telegram_json, "result.json", HEAD + rows(1).replace(b"rain", b"r\xff\xfen") + b"]}")

    assert [one.body for one in kit.of(records, Message)] == ["r\ufffd\ufffdn"]
    assert "not UTF-8" in kit.whats(records)[0][1]


@pytest.mark.parametrize(
    ("inside", "what"),
    [(b"[" * 200 + b"]" * 200, "nested deeper than 64"), (b"[" + b"1," * 60_000 + b"1]", "more than 50,000 values"),
     (b"[" + (b'"' + b"x" * 1_000_000 + b'",') * 5 + b"1]", "more than 4,000,000 characters")],
)  # fmt: skip
def test_a_message_beyond_bounds_is_left_out_and_the_next_is_read(kit, inside, what):
    records = kit.read(telegram_json, "result.json", HEAD + b'{"id": 1, "x": ' + inside + b"}, " + ROW % 2 + b"]}")

    assert [one.key for one in kit.of(records, Message)] == ["tg:channel44|2"]
    [(place, told)] = kit.whats(records)
    assert place == "/messages/0"
    assert what in told


def test_nesting_around_the_messages_ends_the_reading(kit):
    data = b'{"about": "Telegram", "chats": {"list": []}, "x": ' + b"[" * 500_000
    records = kit.read(telegram_json, "result.json", data)

    assert "deeper than 1000 levels" in kit.whats(records)[0][1]


def test_numbers_that_repeat_do_not_make_two_messages_one(kit):
    data = HEAD + ROW % 5 + b", " + ROW % 5 + b", " + ROW % 4 + b"]}"
    records = kit.read(telegram_json, "result.json", data)
    keys = [one.key for one in kit.of(records, Message)]

    assert keys[0] == "tg:channel44|5"
    assert len(set(keys)) == 3
    assert len(kit.of(records, Problem)) == 1


@pytest.mark.parametrize("value", [None, 5, "x", [], {}, [[]], True, {"id": {"id": {}}}])
@pytest.mark.parametrize(
    "name",
    ["id", "type", "date_unixtime", "from", "from_id", "text", "text_entities", "photo", "file", "reactions", "poll",
     "reply_to_message_id", "members", "action", "actor_id", "contact_information", "inline_bot_buttons", "edited",
     "forwarded_from", "location_information", "self_destruct_period_seconds", "todo_list"],
)  # fmt: skip
def test_a_value_of_another_sort(kit, name, value):
    for sort in ("message", "service"):
        row = {"id": 1, "type": sort, "date_unixtime": "5", "from_id": "user7", "action": "invite_members", name: value}
        whole = {"name": "x", "type": "private_supergroup", "id": 44, "messages": [row, value]}
        records = kit.read(telegram_json, "result.json", whole)
        assert len(kit.of(records, Group)) == 1


@pytest.mark.parametrize("name", ["personal_information", "contacts", "frequent_contacts", "chats", "left_chats"])
@pytest.mark.parametrize("value", [None, 5, [], {"list": 5}, {"list": [5, [], {"messages": [{}]}]}])
def test_a_part_of_another_sort(kit, name, value):
    whole = {"about": "Telegram", "chats": {"list": []}, name: value}
    assert kit.read(telegram_json, "result.json", whole)


def test_long_names_stay_within_what_an_identifier_may_be(kit):
    row = {"id": 1, "type": "service", "actor": "A" * 5_000, "action": "x" * 5_000, "date": "y" * 999}
    whole = {"name": "n" * 5_000, "type": "z" * 5_000, "id": 1 << 200, "messages": [row]}
    for record in kit.read(telegram_json, "result.json", whole):
        for name in ("stable_id", "account", "actor", "group", "key", "sender"):
            assert len(getattr(record, name, None) or "") <= 300
        assert len(getattr(record, "at_raw", "")) <= 40


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"5", b'{"about": "cooking"}', b'{"messages": []}', b"\xff" * 99])
def test_what_is_no_export_is_refused(kit, data):
    tree = kit.Tree({"result.json": data})

    assert list(telegram_json.find(tree)) == []
    with pytest.raises(SauveterreError, match=r"result\.json"):
        list(telegram_json.read(tree, LOCATION, None))


@pytest.mark.parametrize(
    "name", ["result.json", "old/result (1).json", "Telegram copy.json", "ChatExport_2026-05-01/a.json"]
)
def test_it_is_found_by_name_and_first_bytes(kit, name):
    full = {"about": "x", "contacts": {"list": []}, "chats": {"list": []}}
    for content in (HEAD + b"]}", json.dumps(full).encode(), b"\xef\xbb\xbf" + json.dumps(full).encode()):
        assert [one.root for one in telegram_json.find(kit.Tree({name: content, "x.json": content}))] == [name]
