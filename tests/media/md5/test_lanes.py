"""MD5 of many contents at once, held against the standard library's."""

import hashlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.media.md5 import kernel, lanes
from sauveterre.media.md5.lanes import md5_of_many

ROUND_A_BLOCK = (0, 1, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129)


def drawn(*sizes):
    chance = random.Random(7)
    return [chance.randbytes(size) for size in sizes]


def one_by_one(contents):
    return [hashlib.md5(content).hexdigest() for content in contents]


@pytest.fixture
def laned(monkeypatch):
    """Everything goes into lanes, however short and few."""
    monkeypatch.setattr(lanes, "SHORT_BYTES", 0)
    monkeypatch.setattr(lanes, "WORTH_BYTES", -1)
    monkeypatch.setattr(lanes, "LONGEST_SHARE", 0)


@pytest.fixture
def forgotten(monkeypatch):
    """No machine code was made yet, and what is made is forgotten afterwards."""
    lanes._kernel.cache_clear()
    monkeypatch.setattr(lanes, "_digested", 0)
    yield
    lanes._kernel.cache_clear()


def test_lengths_round_a_block(laned):
    contents = drawn(*ROUND_A_BLOCK, *(5_000 + size for size in ROUND_A_BLOCK))
    assert md5_of_many(contents) == one_by_one(contents)


@given(
    st.lists(
        st.tuples(st.integers(0, 3_000), st.integers(0, 2**32)).map(
            lambda two: random.Random(two[1]).randbytes(two[0])
        ),
        max_size=3 * kernel.LANES,
    )
)
def test_any_number_of_any_length(contents):
    machine = lanes._kernel()
    assert machine is not None
    ordered = sorted(contents, key=len, reverse=True)
    assert lanes._side_by_side(ordered, machine) == one_by_one(ordered)


def test_long_short_and_lonely_ones_keep_their_places(monkeypatch):
    monkeypatch.setattr(lanes, "WORTH_BYTES", -1)
    contents = drawn(3_000_000, 0, 20_000, 17_000, 40, lanes.SHORT_BYTES, lanes.SHORT_BYTES - 1, *range(30_000, 30_040))
    assert md5_of_many(contents) == one_by_one(contents)
    assert md5_of_many([]) == []
    assert md5_of_many(drawn(100_000)) == one_by_one(drawn(100_000))


def test_one_that_outweighs_the_others_is_digested_by_itself():
    assert lanes._lanes_for(drawn(900_000, 20_000, 20_000, 20_000, 20_000)) == [1, 2, 3, 4]
    assert lanes._lanes_for(drawn(20_000, 30_000)) == []


@pytest.mark.usefixtures("forgotten")
def test_the_machine_code_is_made_for_those_with_much_to_digest(monkeypatch):
    made = []
    monkeypatch.setattr(lanes, "compiled", lambda: made.append(1) or kernel.compiled())
    monkeypatch.setattr(lanes, "WORTH_BYTES", 1_000_000)
    contents = drawn(*[20_000] * 30)
    assert md5_of_many(contents) == one_by_one(contents)
    assert not made
    assert md5_of_many(contents) == md5_of_many(contents) == one_by_one(contents)
    assert made == [1]


@pytest.mark.usefixtures("forgotten", "laned")
@pytest.mark.parametrize("failure", [OSError, RuntimeError, ImportError])
def test_where_none_can_be_made_it_goes_one_by_one(monkeypatch, failure):
    def fails():
        raise failure("no")

    monkeypatch.setattr(lanes, "compiled", fails)
    contents = drawn(*range(1_000, 1_040))
    assert md5_of_many(contents) == one_by_one(contents)


@pytest.mark.usefixtures("forgotten", "laned")
def test_machine_code_that_is_wrong_is_not_used(monkeypatch):
    monkeypatch.setattr(lanes, "compiled", lambda: lambda *_: None)
    contents = drawn(*range(1_000, 1_040))
    assert lanes._kernel() is None
    assert md5_of_many(contents) == one_by_one(contents)
