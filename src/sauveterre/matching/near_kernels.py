"""The loops behind near matches: Hamming distance over 256 bits, by brute force and by bands.

A PDQ hash is four 64-bit words, 16 bands of 16 bits. If two hashes differ in at most 31 bits, then some band differs in
at most one, for 16 bands with two bits each would make 32. So a hash is compared only with those that share a band with
it, or all but one bit of a band: exact, with nothing missed. Hashes are sorted by their value in a band (``starts``
and ``order``), and a bucket is compared with the 17 buckets that one bit or none parts from it, two of the four words
first.

Three ways give the same pairs: ``join_band`` for many queries, ``probe`` for few on a large set, ``compare_all`` where
bands are not worth their making. Each passes over the rows whose bit is set in ``gone`` (row r is bit r & 7 of byte
r >> 3), which may be empty.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic
from numba.np import arrayobj
from numpy.typing import NDArray

BANDS = 16
VALUES = 1 << 16
WORDS = 4
"""64-bit words of a hash."""
_AHEAD = 12
"""Rows that a probe asks memory for before it needs them."""

_WORDS = types.Array(types.uint64, 2, "C", readonly=True)
_STARTS = types.Array(types.int64, 1, "C", readonly=True)
_ORDER = types.Array(types.uint32, 1, "C", readonly=True)
_GONE = types.Array(types.uint8, 1, "C", readonly=True)

Words = NDArray[np.uint64]
Starts = NDArray[np.int64]
Order = NDArray[np.uint32]
Gone = NDArray[np.uint8]
Row = int | np.int64


def _ones(_context: Any, _value: Any) -> Any:

    def generate(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


ones: Any = intrinsic(_ones)
"""How many bits of a 64-bit number are set: one instruction of the processor."""


_READ_SOON = [ir.IntType(32)(0), ir.IntType(32)(3), ir.IntType(32)(1)]
"""What ``llvm.prefetch`` takes: for reading, to be kept near, as data."""


def _fetch(_context: Any, words: Any, row: Any) -> Any:

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        made = arrayobj.make_array(signature.args[0])(context, builder, arguments[0])  # type: ignore[no-untyped-call]
        at = builder.mul(arguments[1], context.get_constant(types.int64, WORDS))
        place = builder.bitcast(builder.gep(made.data, [at]), ir.IntType(8).as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [place.type, *(number.type for number in _READ_SOON)])
        builder.call(builder.module.declare_intrinsic("llvm.prefetch", [place.type], kind), [place, *_READ_SOON])
        return context.get_dummy_value()

    return types.none(words, row), generate


fetch: Any = intrinsic(_fetch)
"""Ask the processor to bring a hash (words, row) into its cache, without waiting for it."""


@njit(types.int64(_WORDS, types.int64, _WORDS, types.int64), nogil=True, cache=True)
def distance(left: Words, i: Row, right: Words, j: Row) -> int:
    """Return the number of differing bits of two hashes."""
    return np.int64(  # type: ignore[return-value]
        ones(left[i, 0] ^ right[j, 0])
        + ones(left[i, 1] ^ right[j, 1])
        + ones(left[i, 2] ^ right[j, 2])
        + ones(left[i, 3] ^ right[j, 3])
    )


@njit(types.int64(_WORDS, types.int64, types.int64), nogil=True, cache=True)
def band_value(words: Words, i: Row, band: int) -> int:
    """Return the 16 bits of a hash in a band."""
    shift = np.uint64((band & 3) * 16)
    return np.int64((words[i, band >> 2] >> shift) & np.uint64(0xFFFF))  # type: ignore[return-value]


@njit(types.boolean(_WORDS, types.int64, _WORDS, types.int64, types.int64), nogil=True, cache=True)
def is_first_band(left: Words, i: Row, right: Words, j: Row, band: int) -> bool:
    """Say whether no earlier band of the two differs in one bit or none: each pair is reported from one band."""
    for earlier in range(band):
        parted = band_value(left, i, earlier) ^ band_value(right, j, earlier)
        if parted & (parted - 1) == 0:
            return False
    return True


@njit(types.void(_WORDS, types.int64, types.int64[::1], types.uint32[::1]), nogil=True, cache=True)
def sort_by_band(words: Words, band: int, starts: Starts, order: Order) -> None:
    """Counting-sort hashes by their value in a band: bucket v is ``order[starts[v]:starts[v + 1]]``."""
    starts[:] = 0
    n = words.shape[0]
    for i in range(n):
        starts[band_value(words, i, band) + 1] += 1
    for value in range(VALUES):
        starts[value + 1] += starts[value]
    place = starts[:VALUES].copy()
    for i in range(n):
        value = band_value(words, i, band)
        order[place[value]] = i
        place[value] += 1


@njit(
    types.int64(types.uint64[::1], types.uint64[::1], types.int64, types.uint64, types.uint64), nogil=True, cache=True
)
def least(first: Words, second: Words, n: int, a: np.uint64, b: np.uint64) -> int:
    """Return the least distance over two words to the first n; a plain loop, which the compiler makes wide."""
    low = np.int64(999)
    for i in range(n):
        low = min(low, np.int64(ones(first[i] ^ a) + ones(second[i] ^ b)))
    return low  # type: ignore[return-value]


@njit(
    types.void(
        types.int64, types.int64, types.int64, _GONE,
        types.int64[:, ::1], types.int64[::1], types.int64[:, ::1], types.boolean,
    ),
    nogil=True,
    cache=True,
)  # fmt: skip
def report(
    query: Row,
    row: Row,
    apart: Row,
    gone: Gone,
    pairs: NDArray[np.int64],
    count: NDArray[np.int64],
    nearest: NDArray[np.int64],
    all_pairs: bool,  # noqa: FBT001  (a kernel takes positions only)
) -> None:
    """Note one pair, unless its row is gone.

    With ``all_pairs`` it is written as query, item, distance, and counted in ``count[0]`` also where ``pairs`` is
    full. Else ``nearest[query]`` keeps the item at the least distance and, of equals, the first, with the distance.
    """
    if gone.shape[0] and (gone[row >> 3] >> (row & 7)) & 1:
        return
    if all_pairs:
        at = count[0]
        if at < pairs.shape[0]:
            pairs[at, 0], pairs[at, 1], pairs[at, 2] = query, row, apart
        count[0] = at + 1
    elif apart < nearest[query, 1] or (apart == nearest[query, 1] and row < nearest[query, 0]):
        nearest[query, 0], nearest[query, 1] = row, apart


@njit(
    types.void(
        _WORDS, _STARTS, _ORDER, _WORDS, _STARTS, _ORDER, types.int64, types.int64, _GONE,
        types.int64[:, ::1], types.int64[::1], types.int64[:, ::1], types.boolean,
    ),
    nogil=True,
    cache=True,
)  # fmt: skip
def join_band(
    words: Words,
    starts: Starts,
    order: Order,
    queries: Words,
    q_starts: Starts,
    q_order: Order,
    band: int,
    threshold: int,
    gone: Gone,
    pairs: NDArray[np.int64],
    count: NDArray[np.int64],
    nearest: NDArray[np.int64],
    all_pairs: bool,  # noqa: FBT001  (a kernel takes positions only)
) -> None:
    """Compare two sets through one band, and report what is within the threshold."""
    third, fourth = ((band >> 2) + 1) & 3, ((band >> 2) + 2) & 3
    widest = np.diff(starts).max()
    first, second = np.zeros(widest + 8, np.uint64), np.zeros(widest + 8, np.uint64)
    asked = np.empty((2, len(q_order)), np.uint64)
    for t in range(len(q_order)):
        asked[0, t], asked[1, t] = queries[q_order[t], third], queries[q_order[t], fourth]
    for value in range(VALUES):
        start, n = starts[value], starts[value + 1] - starts[value]
        if n == 0:
            continue
        padded = (n + 7) & ~7
        for i in range(padded):
            row = np.int64(order[start + min(i, n - 1)])
            first[i], second[i] = words[row, third], words[row, fourth]
        for bit in range(17):
            other = value if bit == 16 else value ^ (1 << bit)
            for t in range(q_starts[other], q_starts[other + 1]):
                a, b = asked[0, t], asked[1, t]
                if least(first, second, padded, a, b) > threshold:
                    continue
                query = np.int64(q_order[t])
                for i in range(n):
                    if np.int64(ones(first[i] ^ a) + ones(second[i] ^ b)) > threshold:
                        continue
                    row = np.int64(order[start + i])
                    apart = distance(words, row, queries, query)
                    if apart > threshold:
                        continue
                    if not all_pairs or is_first_band(words, row, queries, query, band):
                        report(query, row, apart, gone, pairs, count, nearest, all_pairs)


@njit(
    types.void(
        _WORDS, types.Array(types.int64, 2, "C", readonly=True), types.Array(types.uint32, 2, "C", readonly=True),
        _WORDS, types.int64, _GONE, types.int64[:, ::1], types.int64[::1], types.int64[:, ::1], types.boolean,
    ),
    nogil=True,
    cache=True,
)  # fmt: skip
def probe(
    words: Words,
    starts: NDArray[np.int64],
    order: NDArray[np.uint32],
    queries: Words,
    threshold: int,
    gone: Gone,
    pairs: NDArray[np.int64],
    count: NDArray[np.int64],
    nearest: NDArray[np.int64],
    all_pairs: bool,  # noqa: FBT001
) -> None:
    """Look up each query by itself in the buckets of all bands, and report what is within the threshold."""
    for query in range(queries.shape[0]):
        for band in range(BANDS):
            own = band_value(queries, query, band)
            for bit in range(17):
                value = own if bit == 16 else own ^ (1 << bit)
                start, stop = starts[band, value], starts[band, value + 1]
                for t in range(start, min(start + _AHEAD, stop)):
                    fetch(words, np.int64(order[band, t]))
                for t in range(start, stop):
                    if t + _AHEAD < stop:
                        fetch(words, np.int64(order[band, t + _AHEAD]))
                    row = np.int64(order[band, t])
                    apart = distance(words, row, queries, query)
                    if apart > threshold:
                        continue
                    if not all_pairs or is_first_band(words, row, queries, query, band):
                        report(query, row, apart, gone, pairs, count, nearest, all_pairs)


@njit(
    types.void(
        _WORDS, _WORDS, types.int64, _GONE,
        types.int64[:, ::1], types.int64[::1], types.int64[:, ::1], types.boolean,
    ),
    nogil=True,
    cache=True,
)  # fmt: skip
def compare_all(
    words: Words,
    queries: Words,
    threshold: int,
    gone: Gone,
    pairs: NDArray[np.int64],
    count: NDArray[np.int64],
    nearest: NDArray[np.int64],
    all_pairs: bool,  # noqa: FBT001
) -> None:
    """Compare every query with every hash, in blocks that stay in the cache; report what is within the threshold."""
    n = words.shape[0]
    first, second = np.zeros(8192, np.uint64), np.zeros(8192, np.uint64)
    for start in range(0, n, 8192):
        size = min(8192, n - start)
        for i in range(size):
            first[i], second[i] = words[start + i, 0], words[start + i, 1]
        for query in range(queries.shape[0]):
            a, b = queries[query, 0], queries[query, 1]
            if least(first, second, size, a, b) > threshold:
                continue
            for i in range(size):
                apart = np.int64(ones(first[i] ^ a) + ones(second[i] ^ b))
                if apart > threshold:
                    continue
                row = start + i
                apart += np.int64(ones(words[row, 2] ^ queries[query, 2]) + ones(words[row, 3] ^ queries[query, 3]))
                if apart > threshold:
                    continue
                report(query, row, apart, gone, pairs, count, nearest, all_pairs)
