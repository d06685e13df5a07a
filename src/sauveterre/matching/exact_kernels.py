"""The loops behind the exact index: look-up in sorted columns, merging of sorted runs, the prefix table.

A digest lies in two columns: ``heads``, its first 8 bytes as a number, and ``rests``, the other bytes. Both are sorted,
by head and then by rest. ``table[b]`` is the first row whose head starts with the bits ``b``; ``shift`` is 64 minus the
number of those bits.
"""

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

_HEADS = types.Array(types.uint64, 1, "C", readonly=True)
_RESTS = types.Array(types.uint8, 2, "C", readonly=True)
_NUMBERS = types.Array(types.uint32, 1, "C", readonly=True)
_PLACES = types.Array(types.int64, 1, "C", readonly=True)

Heads = NDArray[np.uint64]
Rests = NDArray[np.uint8]
Numbers = NDArray[np.uint32]
Places = NDArray[np.int64]
Row = int | np.int64


@njit(types.int64(_RESTS, types.int64, _RESTS, types.int64), nogil=True, cache=True)
def compare(left: Rests, i: Row, right: Rests, j: Row) -> int:
    """Return the order of two rests: negative, zero or positive."""
    for k in range(left.shape[1]):
        if left[i, k] != right[j, k]:
            return np.int64(left[i, k]) - np.int64(right[j, k])  # type: ignore[return-value]
    return 0


@njit(
    types.void(_HEADS, _RESTS, _PLACES, _HEADS, _RESTS, _NUMBERS, _NUMBERS, types.uint64, types.int64[::1]),
    nogil=True,
    cache=True,
)
def find(
    q_heads: Heads,
    q_rests: Rests,
    order: Places,
    heads: Heads,
    rests: Rests,
    items: Numbers,
    table: Numbers,
    shift: np.uint64,
    out: Places,
) -> None:
    """Write each query's item number, or -1, visiting the queries in the given order.

    The table is not trusted: places outside the columns are cut to their length. Crowded buckets are halved first, so
    that a list made of equal prefixes costs a logarithm and not a scan.
    """
    n = np.int64(len(heads))
    for t in range(len(order)):
        q = order[t]
        head = q_heads[q]
        bucket = np.int64(head >> shift)
        low = min(np.int64(table[bucket]), n)
        end = min(np.int64(table[bucket + 1]), n)
        high = end
        while high - low > 16:
            middle = (low + high) >> 1
            if heads[middle] < head or (heads[middle] == head and compare(rests, middle, q_rests, q) < 0):
                low = middle + 1
            else:
                high = middle
        while low < end and heads[low] < head:
            low += 1
        while low < end and heads[low] == head and compare(rests, low, q_rests, q) < 0:
            low += 1
        if low < end and heads[low] == head and compare(rests, low, q_rests, q) == 0:
            out[q] = np.int64(items[low])
        else:
            out[q] = -1


@njit(types.void(_HEADS, types.uint64, types.uint32[::1]), nogil=True, cache=True)
def fill_table(heads: Heads, shift: np.uint64, table: Numbers) -> None:
    """Write the prefix table of sorted heads."""
    row = np.int64(0)
    n = np.int64(len(heads))
    for bucket in range(len(table) - 1):
        while row < n and np.int64(heads[row] >> shift) < bucket:
            row += 1
        table[bucket] = row
    table[len(table) - 1] = n


@njit(
    types.int64(
        _HEADS, _RESTS, _NUMBERS, _PLACES, types.uint64[::1], types.uint8[:, ::1], types.uint32[::1], types.boolean
    ),
    nogil=True,
    cache=True,
)
def merge(
    heads: Heads,
    rests: Rests,
    items: Numbers,
    ends: Places,
    out_heads: Heads,
    out_rests: Rests,
    out_items: Numbers,
    write: bool,  # noqa: FBT001  (a kernel takes positions only)
) -> int:
    """Merge sorted runs that lie one behind another, and return how many different digests there are.

    Run r reaches from ``ends[r]`` to ``ends[r + 1]``. Of equal digests the one of the earliest run stays: first wins.
    Without ``write`` it only counts.
    """
    runs = len(ends) - 1
    at = ends[:-1].copy()
    count = np.int64(0)
    last = np.int64(-1)
    while True:
        best = -1
        for run in range(runs):
            if at[run] == ends[run + 1]:
                continue
            if best >= 0:
                here, there = heads[at[run]], heads[at[best]]
                if here > there or (here == there and compare(rests, at[run], rests, at[best]) >= 0):
                    continue
            best = run
        if best < 0:
            return count  # type: ignore[return-value]
        row = at[best]
        at[best] += 1
        if last >= 0 and heads[row] == heads[last] and compare(rests, row, rests, last) == 0:
            continue
        last = row
        if write:
            out_heads[count] = heads[row]
            out_items[count] = items[row]
            for k in range(rests.shape[1]):
                out_rests[count, k] = rests[row, k]
        count += 1
