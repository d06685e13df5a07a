"""Limits by name: what a person may write, what it means, and what is refused."""

import ast
import re
from dataclasses import asdict, fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.errors import InvalidInput
from sauveterre.records.limit_values import NAMES, changed, with_assignments, with_values
from sauveterre.records.limits import Limits

ROOT = Path(__file__).parents[2]
FIRST = Limits()


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("entry_bytes=200GiB", "entry_bytes", 200 << 30),
        ("entry_bytes = 1.5 TiB", "entry_bytes", 3 << 39),
        ("nested_bytes=500MB", "nested_bytes", 500_000_000),
        ("ratio_floor=1048576", "ratio_floor", 1_048_576),
        ("seconds_per_bytes=4mib", "seconds_per_bytes", 4 << 20),
        ("silence_seconds=0090.5", "silence_seconds", 90.5),
        ("depth=64", "depth", 64),
        ("picture_pixels=2000000000", "picture_pixels", 2_000_000_000),
    ],
)
def test_a_value_is_read_in_the_unit_of_its_limit(text, name, value):
    found = with_assignments(FIRST, [text])
    assert found == replace(FIRST, **{name: value})
    assert changed(found) == {name: value}


def test_the_last_of_several_counts_and_none_changes_nothing():
    assert with_assignments(FIRST, ["depth=9", "layers=3", "depth=10"]) == replace(FIRST, depth=10, layers=3)
    assert with_assignments(FIRST, []) == FIRST
    assert changed(FIRST) == {}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"entry_byte": 1}, "there is no limit called 'entry_byte'; the limits are ratio, ratio_floor, depth"),
        ({"entry_bytes": "lots"}, "the limit entry_bytes is 'lots', and a size such as 64GiB or 500MB is meant"),
        ({"entry_bytes": "4GiBs"}, "is '4GiBs', and a size"),
        ({"entry_bytes": "4 miles"}, "is '4 miles', and a size"),
        ({"entry_bytes": "1,5GiB"}, "is '1,5GiB', and a size"),
        ({"entry_bytes": -1}, "is -1, and a size"),
        ({"entry_bytes": 10}, "the limit entry_bytes is 10, and it may be from 1,048,576 to "),
        ({"memory_bytes": "10MiB"}, "is 10,485,760, and it may be from 671,088,640 to"),
        ({"entry_bytes": "9999999TiB"}, "and it may be from"),
        ({"depth": 0}, "the limit depth is 0, and it may be from 1 to 64; correct it"),
        ({"depth": True}, "is True, and a whole number such as 12 is meant"),
        ({"depth": "8.5"}, "is '8.5', and a whole number"),
        ({"depth": [8]}, r"is \[8\], and a whole number"),
        ({"layers": "٨"}, "and a whole number"),
        ({"entry_seconds": "nan"}, "is 'nan', and a number of seconds such as 1200"),
        ({"entry_seconds": 0.5}, "is 0.5, and it may be from 1 to 100,000,000"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(values, words):
    with pytest.raises(InvalidInput, match=words):
        with_values(FIRST, values)


def test_an_assignment_without_a_value_is_refused():
    with pytest.raises(InvalidInput, match="'depth' sets no limit; write NAME=VALUE"):
        with_assignments(FIRST, ["depth"])


@given(st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), st.text() | st.integers() | st.floats()))
def test_whatever_is_given_becomes_limits_of_the_right_types_or_a_refusal(values):
    try:
        found = with_values(FIRST, values)
    except InvalidInput:
        return
    assert {name: type(value) for name, value in asdict(found).items()} == {
        name: type(value) for name, value in asdict(FIRST).items()
    }
    assert all(value >= 1 for value in asdict(found).values())


def test_the_documentation_names_every_limit_with_what_it_is_at_first():
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \|", (ROOT / "docs" / "commands.md").read_text(), re.MULTILINE)
    stated = [(name, value) for name, value in rows if name in NAMES]
    assert [name for name, _ in stated] == [one.name for one in fields(Limits)]
    assert with_values(replace(FIRST, **dict.fromkeys(NAMES, 0)), dict(stated)) == FIRST


def test_every_message_that_says_what_to_raise_names_a_limit():
    """The next step that a message gives is one that can be taken."""
    named = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr):
                text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
            else:
                continue
            assert not re.search(r"raise the limit$", text) or path.name == "budgets.py", (path, text)
            named |= set(re.findall(r"raise (?:the limit )?([a-z]+_[a-z_]+)", text))
            named |= set(re.findall(r"raise the limit (\w+)", text))
    assert named - set(NAMES) == set()
    assert {"depth", "layers", "ratio", "entries", "entry_bytes", "nested_bytes", "memory_bytes"} <= named
