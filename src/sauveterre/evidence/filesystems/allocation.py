"""Which units (blocks, clusters) of a file system are in use, by its own bookkeeping or by the runs of its files."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sauveterre.errors import UnreadableSource

Flags = NDArray[np.bool_]
Offsets = NDArray[np.int64]

UNITS_AT_ONCE = 1 << 22
MOST_RUNS = 1 << 24
"""Most pieces of free space that are kept: 256 MiB of memory."""
ReadAt = Callable[[int, int], bytes]


class Allocation(Protocol):
    """The bookkeeping of a file system: ``count`` units of ``unit`` bytes each, the first at byte ``start``."""

    start: int
    unit: int
    count: int

    def used(self, first: int, count: int) -> Flags:
        """Say of each of these units whether it is in use; raise ``UnreadableSource`` where that cannot be read."""


class Bitmap:
    """One bit for each unit, the lowest bit first (NTFS, exFAT, ext) or the highest one first (HFS+)."""

    def __init__(self, read: ReadAt, *, start: int, unit: int, count: int, highest_first: bool = False) -> None:
        """Take what reads the bitmap's bytes at a position."""
        self.start, self.unit, self.count = start, unit, count
        self._read = read
        self._order: str = "big" if highest_first else "little"

    def used(self, first: int, count: int) -> Flags:
        """Unpack bits."""
        lead = first & 7
        size = (lead + count + 7) >> 3
        packed = self._read(first >> 3, size)
        if len(packed) < size:
            raise UnreadableSource(
                f"the bitmap of units in use ends at byte {(first >> 3) + len(packed):,}, before the volume does; free "
                "space cannot be told from it"
            )
        bits = np.unpackbits(np.frombuffer(packed, np.uint8), bitorder=self._order)  # type: ignore[call-overload]
        flags: Flags = bits[lead : lead + count].astype(np.bool_)
        return flags


class UsedRuns:
    """Units that lie in the runs of files: for file systems that keep no books, or whose books are damaged."""

    def __init__(self, runs: Offsets, *, start: int, unit: int, count: int) -> None:
        """Take rows of (first unit, units), in any order; they may overlap and reach beyond the end."""
        self.start, self.unit, self.count = start, unit, count
        firsts = np.clip(runs[:, 0], 0, count)
        ends = np.clip(runs[:, 0] + runs[:, 1], 0, count)
        self._firsts, self._ends = np.sort(firsts), np.sort(ends)

    def used(self, first: int, count: int) -> Flags:
        """Count runs: a unit is in use when more of them began up to it than ended."""
        units = np.arange(first, first + count)
        began = np.searchsorted(self._firsts, units, "right")
        ended = np.searchsorted(self._ends, units, "right")
        return began > ended


def free_runs(allocation: Allocation, size: int) -> Offsets:
    """Return rows of (byte offset, bytes) of a medium of some size that no unit in use covers, in order and joined.

    Raises ``UnreadableSource`` when the bookkeeping cannot be read to its end, or tells of too many pieces.
    """
    edges: list[Offsets] = []
    total, was_free = 0, False
    count = min(allocation.count, max(0, -((allocation.start - size) // allocation.unit)))
    for first in range(0, count, UNITS_AT_ONCE):
        free = ~allocation.used(first, min(UNITS_AT_ONCE, count - first))
        changes = np.flatnonzero(free[1:] != free[:-1]) + (first + 1)
        if bool(free[0]) != was_free:
            changes = np.concatenate(([first], changes))
        edges.append(changes.astype(np.int64))
        was_free = bool(free[-1])
        total += len(changes)
        if total > 2 * MOST_RUNS:
            raise UnreadableSource(
                f"free space lies in more than {MOST_RUNS:,} pieces; the bookkeeping is damaged, or carve the volume "
                "as a whole"
            )
    if was_free:
        edges.append(np.array([count], np.int64))
    pairs = np.concatenate(edges).reshape(-1, 2) if edges else np.empty((0, 2), np.int64)
    pairs = pairs * allocation.unit
    return np.column_stack((pairs[:, 0] + allocation.start, pairs[:, 1] - pairs[:, 0]))


def free_before(allocation: Allocation, offset: int, size: int) -> int:
    """Return how many of these bytes of the volume come before the first unit that is in use."""
    first = max(0, (offset - allocation.start) // allocation.unit)
    end = min(allocation.count, -((allocation.start - offset - size) // allocation.unit))
    for at in range(first, end, UNITS_AT_ONCE):
        flags = allocation.used(at, min(UNITS_AT_ONCE, end - at))
        found = int(flags.argmax())
        if flags[found]:
            return max(0, allocation.start + (at + found) * allocation.unit - offset)
    return size
