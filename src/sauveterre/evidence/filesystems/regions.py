"""Bytes that no file holds, as a medium of scattered runs that stays small however many runs there are."""

from array import array
from collections.abc import Callable, Iterable
from functools import cached_property

import numpy as np

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.disk.media import Media, Runs
from sauveterre.evidence.filesystems.allocation import MOST_RUNS, Offsets

_LARGEST_OFFSET = 1 << 62


class ManyRuns(Runs):
    """Scattered runs of a medium, kept in two arrays: sixteen bytes for each run."""

    def __init__(self, base: Media, runs: Offsets) -> None:
        """Show rows of (byte offset, bytes) one behind the other; what lies past the end of the medium is left out."""
        sizes = np.clip(runs[:, 1], 0, np.maximum(base.size - runs[:, 0], 0))
        kept = sizes > 0
        self._base = base
        self._starts = runs[kept, 0]
        self._bounds = np.cumsum(sizes[kept])
        self.size = int(self._bounds[-1]) if len(self._bounds) else 0

    def read_at(self, offset: int, size: int, /) -> bytes:
        """Read across runs."""
        parts: list[bytes] = []
        size = min(size, self.size - offset)
        at = int(np.searchsorted(self._bounds, offset, "right"))
        while size > 0:
            left = int(self._bounds[at]) - offset
            part = self._base.read_at(self.origin(offset), min(size, left))
            if not part:
                break
            parts.append(part)
            offset, size = offset + len(part), size - len(part)
            at += len(part) == left
        return b"".join(parts)

    def origin(self, offset: int) -> int:
        """Return where in the base a byte of the runs lies."""
        at = int(np.searchsorted(self._bounds, offset, "right"))
        before = int(self._bounds[at - 1]) if at else 0
        return int(self._starts[at]) + offset - before


class Later:
    """A medium that is put together when it is first looked at."""

    def __init__(self, make: Callable[[], Media]) -> None:
        """Take what makes it."""
        self._make = make

    @cached_property
    def _media(self) -> Media:
        return self._make()

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return self._media.size

    def read_at(self, offset: int, size: int, /) -> bytes:
        """Read from it."""
        return self._media.read_at(offset, size)


def rows(runs: Iterable[tuple[int, int]]) -> Offsets:
    """Return (byte offset, bytes) runs as rows; those that cannot be are left out.

    Raises ``UnreadableSource`` when there are too many.
    """
    flat = array("q")
    for offset, size in runs:
        if 0 <= offset < _LARGEST_OFFSET and 0 < size < _LARGEST_OFFSET:
            flat.append(offset)
            flat.append(size)
            if len(flat) > 2 * MOST_RUNS:
                raise UnreadableSource(
                    f"the files of the volume lie in more than {MOST_RUNS:,} pieces; it is damaged, or carve it as a "
                    "whole"
                )
    return np.array(flat, np.int64).reshape(-1, 2)


def gaps(runs: Offsets, size: int) -> Offsets:
    """Return what lies between joined runs, before the first and behind the last one, up to a size."""
    starts = np.concatenate(([0], runs[:, 0] + runs[:, 1]))
    ends = np.concatenate((runs[:, 0], [size]))
    between = np.column_stack((starts, ends - starts))
    return between[between[:, 1] > 0]


def joined(runs: Offsets) -> Offsets:
    """Return runs in the order of the medium, with those joined that touch or overlap."""
    if not len(runs):
        return runs
    runs = runs[np.argsort(runs[:, 0], kind="stable")]
    ends = np.maximum.accumulate(runs[:, 0] + runs[:, 1])
    begins = np.concatenate(([True], runs[1:, 0] > ends[:-1]))
    firsts = runs[begins, 0]
    lasts = ends[np.concatenate((np.flatnonzero(begins)[1:] - 1, [len(runs) - 1]))]
    return np.column_stack((firsts, lasts - firsts))
