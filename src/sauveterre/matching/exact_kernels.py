"""The loops behind the exact index: sifting and settling of queries, and merging of sorted runs.

A digest that is on its way into an index lies in two columns: ``heads``, its first 8 bytes as a number, and ``rests``,
the other bytes. In the index it lies in ``rows``, whole, with the number of its item behind it, sorted; ``marks`` holds
bytes 6 and 7 of each, and ``table[b]`` is the first row that starts with the bits ``b``; ``shift`` is 64 minus the
number of those bits.
"""

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

_HEADS = types.Array(types.uint64, 1, "C", readonly=True)
_BYTES = types.Array(types.uint8, 2, "C", readonly=True)
_NUMBERS = types.Array(types.uint32, 1, "C", readonly=True)
_MARKS = types.Array(types.uint16, 1, "C", readonly=True)
_PLACES = types.Array(types.int64, 1, "C", readonly=True)

CROWD = 64
"""Rows of a bucket from which its marks are passed over: it is halved instead."""
_AHEAD = 64
"""Queries that are looked ahead."""

Heads = NDArray[np.uint64]
Bytes = NDArray[np.uint8]
Numbers = NDArray[np.uint32]
Marks = NDArray[np.uint16]
Places = NDArray[np.int64]
Row = int | np.int64


@njit(types.int64(_BYTES, types.int64, _BYTES, types.int64, types.int64), nogil=True, cache=True)
def compare(left: Bytes, i: Row, right: Bytes, j: Row, width: int) -> int:
    """Return the order of the first bytes of two rows: negative, zero or positive."""
    for k in range(width):
        if left[i, k] != right[j, k]:
            return np.int64(left[i, k]) - np.int64(right[j, k])  # type: ignore[return-value]
    return 0


@njit(types.void(_HEADS, types.int64[::1]), nogil=True, cache=True)
def order_roughly(heads: Heads, order: Places) -> None:
    """Order queries by their first bits, about one query a value: enough to walk through the index once."""
    bits = 1
    while bits < 16 and (1 << bits) < len(heads):
        bits += 1
    shift = np.uint64(64 - bits)
    places = np.zeros((1 << bits) + 1, np.int64)
    for q in range(len(heads)):
        places[np.int64(heads[q] >> shift) + 1] += 1
    for value in range(1 << bits):
        places[value + 1] += places[value]
    for q in range(len(heads)):
        place = np.int64(heads[q] >> shift)
        order[places[place]] = q
        places[place] += 1


@njit(
    types.int64(_HEADS, _PLACES, _MARKS, _NUMBERS, types.uint64, types.int64[::1], types.int64[::1], types.int64[::1]),
    nogil=True,
    cache=True,
)
def sift(
    heads: Heads,
    order: Places,
    marks: Marks,
    table: Numbers,
    shift: np.uint64,
    waiting: Places,
    firsts: Places,
    out: Places,
) -> int:
    """Answer the queries that no mark speaks for with -1, and return how many others wait.

    Visits the queries in the given order. Writes each that waits to ``waiting``, and to ``firsts`` the first row that
    it may be. The table is not trusted: places outside the columns are cut to their length. Places are looked up some
    queries ahead of the marks there, and those ahead of their comparison, so that memory answers many at once.
    """
    n = np.int64(len(marks))
    count = np.int64(0)
    starts, ends, touched = np.empty(_AHEAD, np.int64), np.empty(_AHEAD, np.int64), np.empty(_AHEAD, np.uint16)
    for block in range(0, len(order), _AHEAD):
        size = min(_AHEAD, len(order) - block)
        for t in range(size):
            bucket = np.int64(heads[order[block + t]] >> shift)
            starts[t], ends[t] = min(np.int64(table[bucket]), n), min(np.int64(table[bucket + 1]), n)
        for t in range(size):
            touched[t] = marks[starts[t]] if starts[t] < ends[t] else 0
        for t in range(size):
            q, row, end = order[block + t], starts[t], ends[t]
            if end - row <= CROWD:
                mark = np.uint16(heads[q] & np.uint64(0xFFFF))
                while row < end and marks[row] != mark:
                    row += 1
            if row < end:
                waiting[count], firsts[count] = q, row
                count += 1
            else:
                out[q] = -1
    return count  # type: ignore[return-value]


@njit(
    types.void(_HEADS, _BYTES, _PLACES, _PLACES, _BYTES, _NUMBERS, types.uint64, types.int64[::1]),
    nogil=True,
    cache=True,
)
def settle(
    heads: Heads,
    queries: Bytes,
    waiting: Places,
    firsts: Places,
    rows: Bytes,
    table: Numbers,
    shift: np.uint64,
    out: Places,
) -> None:
    """Write the item number, or -1, of each query that waits, by halving what is left of its bucket."""
    n = np.int64(len(rows))
    width = queries.shape[1]
    for t in range(len(waiting)):
        q, low = waiting[t], firsts[t]
        end = min(np.int64(table[np.int64(heads[q] >> shift) + 1]), n)
        high = low if compare(rows, low, queries, q, width) == 0 else end
        while low < high:
            middle = (low + high) >> 1
            if compare(rows, middle, queries, q, width) < 0:
                low = middle + 1
            else:
                high = middle
        out[q] = -1
        if low < end and compare(rows, low, queries, q, width) == 0:
            item = np.int64(0)
            for k in range(4):
                item |= np.int64(rows[low, width + k]) << (8 * k)
            out[q] = item


@njit(
    types.void(_HEADS, _BYTES, _NUMBERS, types.int64, types.uint8[:, ::1], types.int64),
    nogil=True,
    cache=True,
)
def lay_row(heads: Heads, rests: Bytes, items: Numbers, row: Row, out_rows: Bytes, at: Row) -> None:
    """Write a digest whole, with the number of its item behind it, least byte first."""
    width = rests.shape[1]
    for k in range(8):
        out_rows[at, k] = np.uint8((heads[row] >> np.uint64(56 - 8 * k)) & np.uint64(0xFF))
    for k in range(width):
        out_rows[at, 8 + k] = rests[row, k]
    for k in range(4):
        out_rows[at, 8 + width + k] = np.uint8((items[row] >> np.uint32(8 * k)) & np.uint32(0xFF))


@njit(
    types.int64(
        _HEADS, _BYTES, _NUMBERS, _PLACES,
        types.uint16[::1], types.uint8[:, ::1], types.uint32[::1], types.uint64, types.boolean,
    ),
    nogil=True,
    cache=True,
)  # fmt: skip
def merge(
    heads: Heads,
    rests: Bytes,
    items: Numbers,
    ends: Places,
    out_marks: Marks,
    out_rows: Bytes,
    out_table: Numbers,
    shift: np.uint64,
    write: bool,  # noqa: FBT001  (a kernel takes positions only)
) -> int:
    """Merge sorted runs that lie one behind another, and return how many different digests there are.

    Run r reaches from ``ends[r]`` to ``ends[r + 1]``. Of equal digests the one of the earliest run stays: first wins.
    Without ``write`` it only counts.
    """
    runs, width = len(ends) - 1, rests.shape[1]
    at = ends[:-1].copy()
    count = np.int64(0)
    last = np.int64(-1)
    bucket = np.int64(0)
    while True:
        best = -1
        for run in range(runs):
            if at[run] == ends[run + 1]:
                continue
            if best >= 0:
                here, there = heads[at[run]], heads[at[best]]
                if here > there or (here == there and compare(rests, at[run], rests, at[best], width) >= 0):
                    continue
            best = run
        if best < 0:
            break
        row = at[best]
        at[best] += 1
        if last >= 0 and heads[row] == heads[last] and compare(rests, row, rests, last, width) == 0:
            continue
        last = row
        if write:
            while bucket <= np.int64(heads[row] >> shift):
                out_table[bucket] = count
                bucket += 1
            out_marks[count] = np.uint16(heads[row] & np.uint64(0xFFFF))
            lay_row(heads, rests, items, row, out_rows, count)
        count += 1
    if write:
        out_table[bucket:] = count
    return count  # type: ignore[return-value]
