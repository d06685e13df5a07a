"""vPDQ as text and JSON, read and written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.errors import MalformedList
from sauveterre.records.video import HashedFrame
from sauveterre.records.vpdq import read_vpdq_json, read_vpdq_text, vpdq_json, vpdq_text

HASH = "0f" * 32
frames = st.lists(st.builds(
    HashedFrame, st.integers(0, 10**9), st.binary(min_size=32, max_size=32), st.integers(0, 100),
    st.integers(0, 10**9).map(lambda thousandths: thousandths / 1000),
)).map(tuple)  # fmt: skip


@pytest.mark.parametrize(("name", "count"), [
    ("doorknob-hd-no-bar", 120), ("pattern-hd-no-bar", 206), ("pattern-sd-grey-bar", 206),
])  # fmt: skip
def test_the_samples_come_back_as_they_were(fixtures, name, count):
    text = (fixtures / "video" / f"{name}.txt").read_text()
    read = read_vpdq_text(text)
    assert len(read) == count
    assert vpdq_text(read).split() == text.split()


@given(frames)
def test_text_comes_back(some):
    assert read_vpdq_text(vpdq_text(some)) == some


@given(frames)
def test_json_comes_back_but_for_the_numbers(some):
    expected = tuple(HashedFrame(at, frame.pdq, frame.quality, frame.seconds) for at, frame in enumerate(some))
    assert read_vpdq_json(vpdq_json(some)) == expected


def test_times_rounded_to_three_digits_and_the_older_object_are_read():
    assert read_vpdq_json(json.dumps([f"{HASH},90,1.23e+03"]))[0].seconds == 1230.0
    older = {"30": {"quality": 90, "hash": HASH, "timestamp": 1.0}, "4": {"quality": 7, "hash": HASH, "timestamp": 0.1}}
    pdq = bytes.fromhex(HASH)
    assert read_vpdq_json(json.dumps(older)) == (HashedFrame(4, pdq, 7, 0.1), HashedFrame(30, pdq, 90, 1.0))


@pytest.mark.parametrize("line", [
    "0,101,{},0.0", "0,100,{}0,0.0", "0,100,{}", "x,100,{},0.0", "0,100,{},nan", "0,100,{},-1", "-1,100,{},0.0",
])  # fmt: skip
def test_a_line_that_is_none_is_named(line):
    with pytest.raises(MalformedList, match="line 2 of the film's hashes is not"):
        read_vpdq_text(f"0,100,{HASH},0.0\n{line.format(HASH)}\n")


@pytest.mark.parametrize("stored", [
    7, [7], ["a,b"], [f"{HASH},101,0"], [f"{HASH[2:]},1,0"], [f"{HASH},1,nan"], {"x": {}}, {"1": []},
    {"1": {"quality": None, "hash": HASH, "timestamp": 0}}, {"1": {"quality": 1, "hash": 5, "timestamp": 0}},
])  # fmt: skip
def test_json_that_is_something_else_is_refused(stored):
    with pytest.raises(MalformedList):
        read_vpdq_json(json.dumps(stored))


@given(st.text())
def test_any_text_is_read_or_refused(text):
    for read in (read_vpdq_text, read_vpdq_json):
        try:
            assert isinstance(read(text), tuple)
        except MalformedList as error:
            assert "ask its sender" in str(error)
