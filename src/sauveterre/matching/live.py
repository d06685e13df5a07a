"""A set of PDQ hashes that grows and shrinks while it is searched, without being built anew for each change.

What is added goes to a tail beside the large index, what is removed gets a bit. When the tail has outgrown its share,
or more than half is gone, both become one large index again: so a hash is copied a bounded number of times.
"""

import numpy as np
from numpy.typing import NDArray

from sauveterre.errors import LimitExceeded
from sauveterre.matching import near
from sauveterre.matching.near import THRESHOLD, WIDTH, Hashes, NearIndex

TAIL = 1 << 16
"""Hashes that the tail may always hold."""
_SHARE = 16
"""The tail may hold one for so many of the large index."""
_NUMBERS = 1 << 32

Numbers = NDArray[np.uint32]


class LiveIndex:
    """Hashes under numbers that count from 0 in the order of adding; a number is never given twice.

    Memory: about 101 bytes a hash with the bands of single queries and joins, 37 without; half as much again while the
    tail is merged. Not for use from several threads while it is changed.
    """

    def __init__(self, hashes: Hashes | None = None, *, tail: int = TAIL) -> None:
        """Start with some hashes (N × 32 bytes), or none; ``tail`` is what may always wait to be merged."""
        self._base = NearIndex(np.empty((0, WIDTH), np.uint8) if hashes is None else hashes)
        self._base_numbers: Numbers = np.arange(len(self._base), dtype=np.uint32)
        self._most_waiting = tail
        self._next = self._live = len(self._base)
        self._start_tail()

    def __len__(self) -> int:
        return self._live

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the index holds now."""
        tail = self._room.nbytes + self._tail_gone.nbytes + self._tail_numbers.nbytes
        return self._base.nbytes + self._base_numbers.nbytes + tail

    def hash(self, number: int) -> bytes:
        """Return the 32 bytes under a number; raise ``KeyError`` where there are none any more."""
        for part, numbers in self._parts():
            row = int(np.searchsorted(numbers, number))
            if row < len(part) and numbers[row] == number and not _is_gone(part, np.array([row]))[0]:
                return part.hash(row)
        raise KeyError(number)

    def add(self, hashes: Hashes) -> Numbers:
        """Add hashes (N × 32 bytes) and return their numbers; raise ``LimitExceeded`` after 2³² of them."""
        if self._next + len(hashes) > _NUMBERS:
            raise LimitExceeded("A near index numbers 4,294,967,296 hashes at most; build it anew from what is left")
        held = len(self._tail)
        end = held + len(hashes)
        if end > len(self._room):
            self._widen(end)
        self._room[held:end] = hashes
        numbers = np.arange(self._next, self._next + len(hashes), dtype=np.uint32)
        self._tail_numbers[held:end] = numbers
        self._next += len(hashes)
        self._live += len(hashes)
        self._show_tail(end)
        if end > max(self._most_waiting, len(self._base) // _SHARE):
            self._merge()
        return numbers

    def remove(self, numbers: Numbers) -> int:
        """Let hashes never be found again, and return how many of them were still there."""
        removed = 0
        for part, held in self._parts():
            rows = np.flatnonzero(np.isin(held, numbers))
            rows = rows[~_is_gone(part, rows)]
            if len(rows) and not len(part.gone):
                part.gone = np.zeros(-(-len(part) // 8), np.uint8)
            np.bitwise_or.at(part.gone, rows >> 3, (1 << (rows & 7)).astype(np.uint8))
            removed += len(rows)
        self._live -= removed
        if self._live < (len(self._base) + len(self._tail)) // 2:
            self._merge()
        return removed

    def near(self, queries: Hashes, threshold: int = THRESHOLD) -> NDArray[np.int64]:
        """Return every pair within the threshold as rows of query, number, distance, by query, then number."""
        found = []
        for part, numbers in self._parts():
            pairs = near.near(part, queries, threshold)
            pairs[:, 1] = numbers[pairs[:, 1]]
            found.append(pairs)
        both = np.concatenate(found)
        return both[np.argsort(both[:, 0], kind="stable")]

    def nearest(self, queries: Hashes, threshold: int = THRESHOLD) -> NDArray[np.int64]:
        """Return for each query the closest number and its distance, of equals the first (N × 2); else -1 and -1."""
        best = np.full((len(queries), 2), -1, np.int64)
        for part, numbers in self._parts():
            found = near.nearest(part, queries, threshold)
            better = (found[:, 0] >= 0) & ((best[:, 0] < 0) | (found[:, 1] < best[:, 1]))
            best[better, 0] = numbers[found[better, 0]]
            best[better, 1] = found[better, 1]
        return best

    def _parts(self) -> tuple[tuple[NearIndex, Numbers], tuple[NearIndex, Numbers]]:
        return (self._base, self._base_numbers), (self._tail, self._tail_numbers[: len(self._tail)])

    def _start_tail(self) -> None:
        self._room: Hashes = np.empty((0, WIDTH), np.uint8)
        self._tail_gone = np.zeros(0, np.uint8)
        self._tail_numbers: Numbers = np.empty(0, np.uint32)
        self._show_tail(0)

    def _show_tail(self, held: int) -> None:
        self._tail = NearIndex(self._room[:held])
        self._tail.gone = self._tail_gone

    def _widen(self, least: int) -> None:
        """Make room for so many hashes in the tail, at least twice as many as now."""
        held, rows = len(self._tail), -(-max(least, 2 * len(self._room), 64) // 8) * 8
        room, gone, numbers = (
            np.empty((rows, WIDTH), np.uint8),
            np.zeros(rows // 8, np.uint8),
            np.empty(rows, np.uint32),
        )
        room[:held], numbers[:held] = self._room[:held], self._tail_numbers[:held]
        gone[: len(self._tail_gone)] = self._tail_gone
        self._room, self._tail_gone, self._tail_numbers = room, gone, numbers

    def _merge(self) -> None:
        kept = [(part, numbers, ~_is_gone(part, np.arange(len(part)))) for part, numbers in self._parts()]
        self._base = NearIndex(np.concatenate([part.words[alive].view(np.uint8) for part, _, alive in kept]))
        self._base_numbers = np.concatenate([numbers[alive] for _, numbers, alive in kept])
        self._start_tail()


def _is_gone(part: NearIndex, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    if not len(part.gone):
        return np.zeros(len(rows), np.bool_)
    gone: NDArray[np.bool_] = (part.gone[rows >> 3] >> (rows & 7)) & 1 != 0
    return gone
