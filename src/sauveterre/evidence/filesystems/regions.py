"""Bytes that no file holds, as a medium of scattered runs that stays small however many runs there are."""

import numpy as np

from sauveterre.evidence.disk.media import Media, Runs
from sauveterre.evidence.filesystems.allocation import Offsets


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
