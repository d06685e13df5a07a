"""Near matches of pictures: every pair of PDQ hashes within 31 of 256 bits, with none missed.

PDQ, its quality and its limits (31 bits, quality 50) are those of the public description of PDQ by Facebook's
ThreatExchange. The way of searching is told in ``near_kernels``.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sauveterre.matching import near_kernels

WIDTH = 32
"""Bytes of a PDQ hash."""
THRESHOLD = 31
"""Most differing bits of a near match. Bands find every pair up to here; above it every pair is compared."""
QUALITY = 50
"""Least PDQ quality of a hash that may be matched."""

Way = Literal["brute", "probe", "join"]
"""How to search: compare everything, look each query up in the bands, or join all queries with each band."""

_BRUTE_SIZE = 20_000
"""Hashes up to which comparing everything is the fastest way, whatever the queries."""
_BRUTE_QUERIES = 100
"""Queries together from which a probe's jumps through memory cost more than a pass over everything; and single queries
whose passes over everything cost as much as making the bands."""
_JOIN_QUERIES, _JOIN_COMPARISONS = 2_000, 1 << 30
"""Queries, and queries times hashes, from which it pays to gather every bucket once."""
_FIRST_ROOM = 1 << 16

Hashes = NDArray[np.uint8]
Words = NDArray[np.uint64]


def matchable(pdq: bytes, quality: int | None, *, least_quality: int = QUALITY) -> bool:
    """Say whether a hash tells enough of its picture to be matched.

    It does not when the quality is too low, or when the hash lies within the threshold of one colour (all bits equal)
    or repeats one byte. A quality of None (lists state none) leaves the second question only.
    """
    if len(pdq) != WIDTH or (quality is not None and quality < least_quality):
        return False
    bits = int.from_bytes(pdq, "big").bit_count()
    return THRESHOLD < bits < 8 * WIDTH - THRESHOLD and len(set(pdq)) > 1


def to_rows(hashes: list[bytes]) -> Hashes:
    """Return hashes of 32 bytes as an array of N × 32."""
    return np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, WIDTH)


class NearIndex:
    """A set of PDQ hashes to search: 32 bytes each, and 64 more (with 8 MiB) once bands are worth their making."""

    def __init__(self, hashes: Hashes) -> None:
        """Take hashes of N × 32 bytes; raise ``ValueError`` for another shape."""
        self.words = words_of(hashes)
        self.gone: NDArray[np.uint8] = np.empty(0, np.uint8)
        """Bits of the rows that are never found, row r at bit r & 7 of byte r >> 3; empty while there are none."""
        self._bands: tuple[NDArray[np.int64], NDArray[np.uint32]] | None = None
        self._compared = 0

    def __len__(self) -> int:
        return len(self.words)

    def hash(self, row: int) -> bytes:
        """Return the 32 bytes of one hash."""
        return bytes(self.words[row].view(np.uint8))

    @property
    def bands(self) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
        """The hashes sorted by their value in each band: starts (16 × 65,537) and order (16 × N)."""
        if self._bands is None:
            self._bands = sort_bands(self.words)
        return self._bands

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the index holds now."""
        bands = sum(part.nbytes for part in self._bands) if self._bands is not None else 0
        return self.words.nbytes + self.gone.nbytes + bands

    def way(self, queries: int) -> Way:
        """Choose how to search for so many queries, by the sizes and by what has been asked before."""
        if queries >= _JOIN_QUERIES and queries * len(self) > _JOIN_COMPARISONS:
            return "join"
        if len(self) <= _BRUTE_SIZE or queries >= _BRUTE_QUERIES:
            return "brute"
        self._compared += queries
        return "brute" if self._bands is None and self._compared <= _BRUTE_QUERIES else "probe"


def near(index: NearIndex, queries: Hashes, threshold: int = THRESHOLD, *, way: Way | None = None) -> NDArray[np.int64]:
    """Return every pair within the threshold as rows of query, item, distance, ordered by query, then item.

    The memory grows with the pairs found; ``nearest`` does not. ``way`` forces one of the ways of searching, which
    give the same; by default the sizes decide.
    """
    found = _search(index, words_of(queries), threshold, way=way, all_pairs=True)
    return found[np.lexsort((found[:, 1], found[:, 0]))]


def nearest(
    index: NearIndex, queries: Hashes, threshold: int = THRESHOLD, *, way: Way | None = None
) -> NDArray[np.int64]:
    """Return for each query the closest item and its distance (N × 2); -1 and -1 where none is near.

    Of items equally close it is the first.
    """
    found = _search(index, words_of(queries), threshold, way=way, all_pairs=False)
    found[found[:, 0] < 0] = -1
    return found


def _search(index: NearIndex, queries: Words, threshold: int, *, way: Way | None, all_pairs: bool) -> NDArray[np.int64]:
    if not 0 <= threshold <= 8 * WIDTH:
        raise ValueError(f"a threshold of {threshold} bits is not between 0 and {8 * WIDTH}")
    chosen: Way = "brute" if threshold > THRESHOLD else way or index.way(len(queries))
    closest = np.empty((len(queries) if not all_pairs else 0, 2), np.int64)
    closest[:] = (-1, 8 * WIDTH + 1)
    pairs = np.empty((_FIRST_ROOM if all_pairs else 0, 3), np.int64)
    while True:
        count = np.zeros(1, np.int64)
        if chosen == "brute":
            near_kernels.compare_all(index.words, queries, threshold, index.gone, pairs, count, closest, all_pairs)
        elif chosen == "probe":
            near_kernels.probe(
                index.words, *index.bands, queries, threshold, index.gone, pairs, count, closest, all_pairs
            )
        else:
            _join(index, queries, threshold, pairs, count, closest, all_pairs=all_pairs)
        if not all_pairs:
            return closest
        if count[0] <= len(pairs):
            return pairs[: count[0]]
        pairs = np.empty((count[0], 3), np.int64)


def _join(
    index: NearIndex,
    queries: Words,
    threshold: int,
    pairs: NDArray[np.int64],
    count: NDArray[np.int64],
    closest: NDArray[np.int64],
    *,
    all_pairs: bool,
) -> None:
    starts, order = index.bands
    q_starts, q_order = np.empty(near_kernels.VALUES + 1, np.int64), np.empty(len(queries), np.uint32)
    for band in range(near_kernels.BANDS):
        near_kernels.sort_by_band(queries, band, q_starts, q_order)
        near_kernels.join_band(
            index.words, starts[band], order[band], queries, q_starts, q_order, band, threshold, index.gone,
            pairs, count, closest, all_pairs,
        )  # fmt: skip


def words_of(hashes: Hashes) -> Words:
    """Return hashes of N × 32 bytes as four words each (N × 4); raise ``ValueError`` for another shape."""
    if hashes.ndim != 2 or hashes.shape[1] != WIDTH or hashes.dtype != np.uint8:
        raise ValueError(f"PDQ hashes are rows of {WIDTH} bytes, not {hashes.dtype} of {hashes.shape}")
    return np.ascontiguousarray(hashes).view(np.uint64)


def sort_bands(words: Words) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """Return starts (16 × 65,537) and order (16 × N) of the hashes sorted by their value in each band."""
    starts = np.empty((near_kernels.BANDS, near_kernels.VALUES + 1), np.int64)
    order = np.empty((near_kernels.BANDS, len(words)), np.uint32)
    for band in range(near_kernels.BANDS):
        near_kernels.sort_by_band(words, band, starts[band], order[band])
    return starts, order
