"""JSON of any length: the values asked for, and what is read behind a place where it breaks."""

import io
import json
import random

import pytest

from sauveterre.messages.exports.json_items import Fault, Item, items, pointer
from sauveterre.messages.readers import telegram_json
from sauveterre.records.group import Group
from sauveterre.records.message import Message
from sauveterre.records.problem import Problem


def read(value, *patterns, indent=1):
    data = value if isinstance(value, bytes) else json.dumps(value, indent=indent).encode()
    return list(items(io.BytesIO(data), *patterns))


def told(found):
    return [(pointer(one.path), one.value) for one in found if isinstance(one, Item)]


def faults(found):
    return [(pointer(one.path), one.what) for one in found if isinstance(one, Fault)]


def test_only_what_is_asked_for_is_put_together():
    value = {"a": {"list": [{"m": [1, {"x": [2, None]}], "n": "no"}]}, "b": 5, "c": [[]]}
    found = read(value, "a/list/*/m/*", "b", "missing/*")

    assert told(found) == [("/a/list/0/m/0", 1), ("/a/list/0/m/1", {"x": [2, None]}), ("/b", 5)]
    assert [one.pattern for one in found] == ["a/list/*/m/*", "a/list/*/m/*", "b"]


def test_the_whole_and_any_member():
    assert told(read({"a": 1}, "")) == [("/", {"a": 1})]
    assert told(read({"a/b": 1, "~": 2}, "*")) == [("/a~1b", 1), ("/~0", 2)]


@pytest.mark.parametrize("size", [1, 3, 1 << 14])
def test_however_little_a_stream_gives_at_once(size):
    class Slow(io.BytesIO):
        def read(self, count=-1):
            return super().read(min(size, count))

    data = json.dumps({"m": [{"text": "né" * 20_000}, 7]}, ensure_ascii=False, indent=2).encode()
    assert [one.value for one in items(Slow(data), "m/*")] == [{"text": "né" * 20_000}, 7]


def rows(count):
    return {
        "m": [{"id": number, "text": ["a", {"b": number}], "more": {"x": 1}} for number in range(count)],
        "end": "yes",
    }


@pytest.mark.parametrize("indent", [1, 2, 4, "\t"])
def test_behind_a_broken_line_the_next_row_is_read(indent):
    whole = json.dumps(rows(1_000), indent=indent).encode()
    chance = random.Random(5)
    for _ in range(8):
        lines = whole.split(b"\n")
        broken = chance.randrange(4, len(lines) - 4)
        lines[broken] = b"@" + lines[broken]
        found = read(b"\n".join(lines), "m/*", "end")
        numbers = [one.value["id"] for one in found if isinstance(one, Item) and one.pattern == "m/*"]
        assert len(faults(found)) >= 1
        assert numbers == sorted(set(numbers))
        assert len(numbers) >= 998
        assert found[-1].value == "yes"


def test_a_place_behind_a_break_says_so():
    data = json.dumps(rows(4), indent=1).encode().replace(b'"id": 1,', b'"id": @,')
    found = read(data, "m/*", "end")

    assert [(place, value["id"]) for place, value in told(found)[:-1]] == [
        ("/m/0", 0), (f"/m/behind byte {len(data)}/0", 2), (f"/m/behind byte {len(data)}/1", 3),
    ]  # fmt: skip
    assert told(found)[-1] == ("/end", "yes")
    [(place, what)] = faults(found)
    assert place == "/m/1"
    assert what == f"the JSON breaks between byte 0 and byte {len(data)}: read on behind the line that is broken"


def test_a_sector_of_zeros_costs_what_lies_in_it():
    whole = bytearray(json.dumps(rows(3_000), indent=1).encode())
    whole[100_000:104_096] = bytes(4_096)
    found = read(bytes(whole), "m/*", "end")
    numbers = [one.value["id"] for one in found if isinstance(one, Item) and one.pattern == "m/*"]

    assert numbers == sorted(set(numbers))
    assert 2_930 < len(numbers) < 2_970
    assert found[-1].value == "yes"


def test_without_lines_nothing_behind_a_break_is_read():
    data = json.dumps(rows(4)).encode().replace(b'"id": 1,', b'"id": @,')
    found = read(data, "m/*", "end")

    assert [value["id"] for _, value in told(found)] == [0]
    assert faults(found)[0][1].endswith("nothing behind it is read")


def test_more_breaks_than_can_be_mended_end_the_reading():
    data = json.dumps(rows(3_000), indent=1).encode().replace(b'"text"', b'"text')
    found = read(data, "m/*", "end")

    assert len(faults(found)) <= 1_001
    assert told(found) == []


def chat(name, number, count, start):
    messages = [
        {
            "id": start + step,
            "type": "message",
            "date_unixtime": "1777622400",
            "from_id": "user7",
            "text": f"{name} {step}",
        }
        for step in range(count)
    ]
    return {"name": name, "type": "private_supergroup", "id": number, "messages": messages}


@pytest.mark.parametrize("seed", range(8))
def test_behind_damage_no_message_is_told_in_another_chat(kit, seed):
    """Zeros may hide where one chat ends and the next begins: what follows is told apart, unless it states its chat."""
    chats = [chat(f"chat {number}", 50 + number, 40, 1) for number in range(6)]
    whole = {"about": "Telegram", "personal_information": {"user_id": 7}, "chats": {"list": chats}}
    data = bytearray(json.dumps(whole, indent=1).encode())
    at = random.Random(seed).randrange(2_000, len(data) - 6_000)
    data[at : at + 4_096] = bytes(4_096)
    records = kit.read(telegram_json, "result.json", bytes(data))
    titles = {one.stable_id: one.title for one in kit.of(records, Group)}
    messages = kit.of(records, Message)

    for message in messages:
        if message.group.startswith("tg:"):
            assert message.body.startswith(f"{titles[message.group]} ")
    assert len(messages) > 190
    assert sum(message.group.startswith("tg:") for message in messages) > 100
    assert kit.of(records, Problem)


def test_behind_damage_in_the_export_of_one_chat_it_is_still_that_chat(kit):
    data = json.dumps(chat("Film club", 44, 9, 1), indent=1).encode().replace(b'"id": 4,', b'"id": @,')
    records = kit.read(telegram_json, "result.json", data)

    assert {one.group for one in kit.of(records, Message)} == {"tg:channel44"}
    assert [one.key for one in kit.of(records, Message)] == [
        f"tg:channel44|{number}" for number in (1, 2, 3, 5, 6, 7, 8, 9)
    ]
