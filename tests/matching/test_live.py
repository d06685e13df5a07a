"""A near index that changes finds what a search through everything that is left finds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sauveterre.errors import LimitExceeded
from sauveterre.matching import live, near
from sauveterre.matching.live import LiveIndex

BASES = np.random.default_rng(30).integers(0, 256, (4, 32), np.uint8)


def around(seeds):
    """Return a hash for each seed, from 0 to 40 bits away from one of four."""
    rows = []
    for seed in seeds:
        value = int.from_bytes(BASES[seed % 4].tobytes(), "big")
        for bit in np.random.default_rng(seed).choice(256, seed % 41, replace=False).tolist():
            value ^= 1 << bit
        rows.append(value.to_bytes(32, "big"))
    return near.to_rows(rows)


def apart(left, right):
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).bit_count()


CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(st.integers(0, 500), max_size=30)),
        st.tuples(st.just("remove"), st.lists(st.integers(0, 200), max_size=30)),
    ),
    max_size=12,
)


@settings(max_examples=100, deadline=None)
@given(start=st.lists(st.integers(0, 500), max_size=20), changes=CHANGES, threshold=st.sampled_from([0, 20, 31]))
def test_what_is_found_is_what_is_left(start, changes, threshold):
    index, kept, given_out = LiveIndex(around(start), tail=10), dict(enumerate(around(start))), len(start)
    for change, values in changes:
        if change == "add":
            added = around(values)
            assert index.add(added).tolist() == list(range(given_out, given_out + len(values)))
            kept |= dict(enumerate(added, given_out))
            given_out += len(values)
        else:
            assert index.remove(np.array(values, np.uint32)) == len(kept.keys() & set(values))
            kept = {number: pdq for number, pdq in kept.items() if number not in values}
    queries = np.concatenate([BASES, around(range(5))])
    pairs = [
        [row, number, apart(query.tobytes(), pdq.tobytes())]
        for row, query in enumerate(queries)
        for number, pdq in kept.items()
    ]
    pairs = [pair for pair in pairs if pair[2] <= threshold]
    assert len(index) == len(kept)
    assert index.near(queries, threshold).tolist() == pairs
    closest = [min((p for p in pairs if p[0] == row), key=lambda p: p[2], default=[0, -1, -1])[1:] for row in range(9)]
    assert index.nearest(queries, threshold).tolist() == closest
    for number in range(given_out):
        if number in kept:
            assert index.hash(number) == kept[number].tobytes()
        else:
            with pytest.raises(KeyError):
                index.hash(number)


def test_what_is_gone_from_the_tail_stays_gone_when_it_gets_more_room(random_hashes):
    hashes = random_hashes(100, 4)
    index = LiveIndex()
    index.add(hashes[:60])
    index.remove(np.array([5, 59], np.uint32))
    index.add(hashes[60:])
    found = index.near(hashes, 0)
    assert found[:, 1].tolist() == [number for number in range(100) if number not in (5, 59)]


def test_memory_stays_below_150_bytes_a_hash(random_hashes):
    index = LiveIndex(random_hashes(150_000, 1))
    index.add(random_hashes(150_000, 2))
    index.remove(np.arange(0, 300_000, 4, dtype=np.uint32))
    index._base.bands  # noqa: B018  (as single queries make them)
    starts = 16 * 65_537 * 8
    assert index.nbytes == 300_000 * (96 + 4) + 300_000 // 8 + starts
    index.add(random_hashes(1_000, 3))
    assert len(index) == 226_000
    assert index.nbytes - starts < 150 * len(index)


def test_removing_most_gives_the_memory_back(random_hashes):
    index = LiveIndex(random_hashes(1_000, 1))
    assert index.remove(np.arange(900, dtype=np.uint32)) == 900
    assert index.nbytes == 100 * 36
    assert index.remove(np.arange(901, dtype=np.uint32)) == 1


def test_numbers_end(random_hashes, monkeypatch):
    index = LiveIndex(random_hashes(3, 1))
    monkeypatch.setattr(live, "_NUMBERS", 4)
    assert index.add(random_hashes(1, 2)).tolist() == [3]
    with pytest.raises(LimitExceeded, match="build it anew"):
        index.add(random_hashes(1, 2))
    with pytest.raises(ValueError, match="rows of 32 bytes"):
        LiveIndex(np.zeros((2, 20), np.uint8))
