"""The loops behind stacks: who is near whom, as far as a few neighbours tell, and then stars around the best.

Words, bands, ``starts`` and ``order`` are those of ``near_kernels``.
"""

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

from sauveterre.matching.near_kernels import (
    BANDS,
    VALUES,
    Order,
    Row,
    Starts,
    Words,
    band_value,
    distance,
    is_first_band,
    least,
    ones,
)

_WORDS = types.Array(types.uint64, 2, "C", readonly=True)
_STARTS = types.Array(types.int64, 1, "C", readonly=True)
_ORDER = types.Array(types.uint32, 1, "C", readonly=True)
_NEIGHBOURS = types.Array(types.uint32, 2, "C", readonly=True)

Neighbours = NDArray[np.uint32]
Degrees = NDArray[np.int64]


@njit(types.boolean(types.uint32[:, ::1], types.int64[::1], types.int64, types.int64), nogil=True, cache=True)
def note(neighbours: Neighbours, degrees: Degrees, query: Row, row: Row) -> bool:
    """Note one neighbour of a row, and say whether there was room for it."""
    degree = degrees[query]
    degrees[query] = degree + 1
    if degree == neighbours.shape[1]:
        return False
    neighbours[query, degree] = row
    return True


@njit(
    types.void(_WORDS, _STARTS, _ORDER, types.int64, types.int64, types.uint32[:, ::1], types.int64[::1]),
    nogil=True,
    cache=True,
)
def list_neighbours(
    words: Words,
    starts: Starts,
    order: Order,
    band: int,
    threshold: int,
    neighbours: Neighbours,
    degrees: Degrees,
) -> None:
    """Write for each row the rows within the threshold that this band is the first to show.

    A row with more than its part of ``neighbours`` holds gets a degree one above it and asks no more, so that a crowd
    of near-equal hashes costs little more than one pass, and no set of pairs is kept.
    """
    room = neighbours.shape[1]
    third, fourth = ((band >> 2) + 1) & 3, ((band >> 2) + 2) & 3
    n = words.shape[0]
    first, second = np.zeros(n + 8, np.uint64), np.zeros(n + 8, np.uint64)
    for t in range(n):
        first[t], second[t] = words[order[t], third], words[order[t], fourth]
    for value in range(VALUES):
        start, size = starts[value], starts[value + 1] - starts[value]
        if size == 0:
            continue
        near_first, near_second = first[start : start + size], second[start : start + size]
        for bit in range(17):
            other = value if bit == 16 else value ^ (1 << bit)
            for t in range(starts[other], starts[other + 1]):
                a, b = first[t], second[t]
                if bit < 16 and least(near_first, near_second, size, a, b) > threshold:
                    continue
                query = np.int64(order[t])
                if degrees[query] > room:
                    continue
                for i in range(size):
                    if np.int64(ones(near_first[i] ^ a) + ones(near_second[i] ^ b)) > threshold:
                        continue
                    row = np.int64(order[start + i])
                    if row == query or distance(words, row, words, query) > threshold:
                        continue
                    if is_first_band(words, row, words, query, band) and not note(neighbours, degrees, query, row):
                        break


@njit(
    types.void(
        _WORDS, types.Array(types.int64, 2, "C", readonly=True), types.uint32[:, ::1], types.int64,
        _NEIGHBOURS, _STARTS, types.int64[::1], types.int64[::1],
    ),
    nogil=True,
    cache=True,
)  # fmt: skip
def absorb(
    words: Words,
    starts: NDArray[np.int64],
    order: NDArray[np.uint32],
    threshold: int,
    neighbours: Neighbours,
    degrees: Degrees,
    heads: Starts,
    apart: Starts,
) -> None:
    """Give each row its head, in the order of the rows: a row that has none yet becomes a head and takes its own.

    ``heads`` comes in as -1 for each row that has a neighbour and leaves as the row of its head, ``apart`` as the
    distance to it. A head with too many neighbours for its list asks the buckets; rows that have a head are dropped
    from them (``order`` is overwritten) when they are met, so each is met once a band.
    """
    room = neighbours.shape[1]
    ends = starts[:, 1:].copy()
    for row in range(words.shape[0]):
        if heads[row] >= 0:
            continue
        heads[row] = row
        if degrees[row] <= room:
            for k in range(degrees[row]):
                other = np.int64(neighbours[row, k])
                if heads[other] < 0:
                    heads[other] = row
                    apart[other] = distance(words, row, words, other)
            continue
        for band in range(BANDS):
            own = band_value(words, row, band)
            for bit in range(17):
                value = own if bit == 16 else own ^ (1 << bit)
                start, end, kept = starts[band, value], ends[band, value], starts[band, value]
                for t in range(start, end):
                    other = np.int64(order[band, t])
                    if heads[other] >= 0:
                        continue
                    between = distance(words, row, words, other)
                    if between <= threshold:
                        heads[other] = row
                        apart[other] = between
                        continue
                    order[band, kept] = other
                    kept += 1
                ends[band, value] = kept
