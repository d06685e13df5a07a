"""The regions of a volume that no file holds: free units, and the slack behind the end of files."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from sauveterre.evidence.disk.media import Media
from sauveterre.evidence.filesystems.allocation import (
    Allocation,
    UsedRuns,
    free_before,
    free_runs,
)
from sauveterre.evidence.filesystems.attribute import COMPRESSED, RESIDENT, TSK_ERRORS, runs_of
from sauveterre.evidence.filesystems.dialect import Dialect, Remains, Stream
from sauveterre.evidence.filesystems.regions import ManyRuns, joined, rows
from sauveterre.evidence.filesystems.verdict import Verdict
from sauveterre.evidence.filesystems.walk import Found
from sauveterre.records.entry import EntryKind

_IN_USE = (Verdict.LIVE, Verdict.LOST)


def unallocated(media: Media, dialect: Dialect, allocation: Allocation) -> ManyRuns:
    """Return what no unit in use covers, from the first unit to the medium's end.

    Raises ``UnreadableSource`` when the bookkeeping cannot be read.
    """
    end = allocation.start + allocation.count * allocation.unit
    tail = [(end, media.size - end)] if end < media.size else []
    more = rows((*dialect.unheld(), *tail))
    return ManyRuns(media, joined(np.concatenate((free_runs(allocation, media.size), more))))


def complement(dialect: Dialect, files: Iterable[Found]) -> UsedRuns:
    """Return books made from the runs of all files, for a volume that has none that can be read."""
    start, unit, count = dialect.extent()
    runs = rows(
        ((offset - start) // unit, -(-size // unit))
        for file, stream in _live(files)
        for _, offset, size in _runs(file, stream, dialect)
    )
    return UsedRuns(runs, start=start, unit=unit, count=count)


def slack(media: Media, dialect: Dialect, files: Iterable[Found]) -> ManyRuns:
    """Return what lies between the end of each file and the end of its last unit."""
    tails = (
        (offset + max(0, stream.size - at), size - max(0, stream.size - at))
        for file, stream in _live(files)
        if stream.has_slack
        for at, offset, size in _runs(file, stream, dialect)
        if at + size > stream.size
    )
    return ManyRuns(media, joined(rows(tails)))


def remains(attribute: Any, stream: Stream, block: int, allocation: Allocation | None) -> Remains:
    """Return what is left of a deleted content."""
    if int(attribute.info.flags) & RESIDENT:
        return Remains(stream.size)
    covered = guessed_from = 0
    for at, offset, size in runs_of(attribute, block):
        guessed_from = guessed_from or covered
        free = size if allocation is None else free_before(allocation, offset, size)
        if free < size:
            covered = at if int(attribute.info.flags) & COMPRESSED else at + free
            return Remains(min(stream.size, covered), 0 if stream.may_have_holes else guessed_from)
        covered = at + size
    if stream.may_have_holes:
        return Remains(stream.size if covered else 0)
    return Remains(min(stream.size, covered), guessed_from)


def _live(files: Iterable[Found]) -> Iterator[tuple[Found, Stream]]:
    for file in files:
        if file.kind is EntryKind.FILE and file.verdict in _IN_USE and not file.again:
            yield from ((file, stream) for stream in file.streams)


def _runs(file: Found, stream: Stream, dialect: Dialect) -> Iterator[tuple[int, int, int]]:
    try:
        attribute = dialect.attribute(file.file, stream.attribute)
        if attribute is not None:
            yield from runs_of(attribute, dialect.block)
    except TSK_ERRORS:
        return
