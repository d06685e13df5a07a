import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.disk.media import Runs, StreamMedia
from sauveterre.evidence.filesystems import allocation
from sauveterre.evidence.filesystems.allocation import Bitmap, UsedRuns, free_before, free_runs
from sauveterre.evidence.filesystems.regions import ManyRuns, gaps, joined, rows

flags = st.lists(st.booleans(), min_size=1, max_size=100)
runs = st.lists(st.tuples(st.integers(0, 90), st.integers(1, 20)), max_size=20)


def packed(used, *, highest_first=False):
    return np.packbits(np.array(used), bitorder="big" if highest_first else "little").tobytes()


def books(used, *, start=0, unit=1, highest_first=False):
    data = packed(used, highest_first=highest_first)
    return Bitmap(
        lambda offset, size: data[offset : offset + size],
        start=start,
        unit=unit,
        count=len(used),
        highest_first=highest_first,
    )


@given(flags, st.booleans(), st.integers(0, 50), st.integers(0, 50))
def test_a_bitmap_gives_any_stretch_of_its_bits(used, highest_first, first, count):
    first = min(first, len(used) - 1)
    count = max(1, min(count, len(used) - first))
    found = books(used, highest_first=highest_first).used(first, count)
    assert found.tolist() == used[first : first + count]


@given(flags, st.integers(1, 16), st.integers(0, 5), st.integers(1, 9))
def test_free_runs_are_what_is_not_in_use(used, at_once, start, unit):
    before, allocation.UNITS_AT_ONCE = allocation.UNITS_AT_ONCE, at_once
    try:
        found = free_runs(books(used, start=start, unit=unit), 1 << 40)
    finally:
        allocation.UNITS_AT_ONCE = before
    free = [byte for offset, size in found.tolist() for byte in range(offset, offset + size)]
    assert free == [start + at * unit + n for at, is_used in enumerate(used) if not is_used for n in range(unit)]
    assert all(a[0] + a[1] < b[0] for a, b in zip(found.tolist(), found.tolist()[1:], strict=False))


def test_units_past_the_end_of_the_medium_are_not_looked_at():
    huge = UsedRuns(rows([(2, 3)]), start=0, unit=512, count=1 << 60)
    assert free_runs(huge, 512 * 10).tolist() == [[0, 1024], [2560, 2560]]


def test_a_bitmap_that_is_cut_off_says_so():
    short = Bitmap(lambda offset, size: b"\x00"[offset : offset + size], start=0, unit=1, count=100)
    with pytest.raises(UnreadableSource, match="ends at byte 1"):
        free_runs(short, 100)


@given(runs, st.integers(1, 100))
def test_units_in_the_runs_of_files(some, count):
    found = UsedRuns(rows(some), start=0, unit=1, count=count).used(0, count)
    assert found.tolist() == [any(start <= unit < start + size for start, size in some) for unit in range(count)]


@given(flags, st.integers(0, 99), st.integers(1, 40), st.integers(1, 7))
def test_how_much_is_free_before_the_first_unit_in_use(used, first, size, unit):
    found = free_before(books(used, unit=unit), first, size)
    expected = 0
    while expected < size and not ((first + expected) // unit < len(used) and used[(first + expected) // unit]):
        expected += 1
    assert found == expected


@given(runs, st.integers(0, 120), st.integers(0, 40))
def test_many_runs_read_like_few(some, offset, size):
    medium = StreamMedia(io.BytesIO(bytes(range(100))))
    inside = [(start, min(length, 100 - start)) for start, length in some if start < 100]
    many, few = ManyRuns(medium, rows(some)), Runs(medium, inside)
    assert many.size == few.size
    assert many.read_at(offset, size) == few.read_at(offset, size)
    assert [many.origin(at) for at in range(many.size)] == [few.origin(at) for at in range(few.size)]


@given(runs)
def test_joined_runs_cover_the_same_bytes_once_and_gaps_cover_the_rest(some):
    def covered(table):
        return [byte for start, size in table.tolist() for byte in range(start, start + size)]

    whole = joined(rows(some))
    assert covered(whole) == sorted({byte for start, size in some for byte in range(start, start + size)})
    inside = sorted(set(range(100)) - set(covered(whole)))
    assert covered(gaps(whole, 100)) == inside


def test_runs_that_cannot_be_are_left_out():
    assert rows([(-1, 5), (5, 0), (1 << 63, 1), (3, 4)]).tolist() == [[3, 4]]
