"""Partition tables: MBR with logical ones, GPT, Apple's map. A volume for each partition, a region for each gap."""

from collections.abc import Iterator
from itertools import pairwise

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.disk.layers import Layers, media_below
from sauveterre.evidence.disk.media import Media, Part
from sauveterre.evidence.disk.partition_tables import (
    Partition,
    PartitionTable,
    is_apm,
    is_gpt,
    is_mbr,
    read_table,
)
from sauveterre.records.entry import Cause, EntryKind
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.reader import Origin

NAME = "partitions"
VERSION = 1


def recognises(peek: Peek) -> bool:
    """Say whether either end of a medium holds a partition table."""
    if peek.is_folder or peek.size is None:
        return False
    return is_gpt(peek.head, peek.tail) or is_apm(peek.head) or is_mbr(peek.head, peek.size)


def open(origin: Origin, limits: Limits) -> "Partitions":
    """Open a medium that is divided; raise ``UnreadableSource`` when its table cannot be read."""
    media = media_below(origin)
    table = read_table(media)
    if table is None:
        raise UnreadableSource(
            f"{origin.identity} holds no partition table that can be read; search it for files by content"
        )
    return Partitions(origin.identity, limits, media, table)


class Partitions(Layers):
    """A divided medium."""

    def __init__(self, identity: str, limits: Limits, media: Media, table: PartitionTable) -> None:
        """List the partitions in the order of their slots, then what lies between them."""
        super().__init__(identity, NAME, limits)
        for what in table.problems:
            self._problem(table.scheme, what)
        for partition in table.partitions:
            self._list(partition, media)
        for what in overlaps(table.partitions):
            self._problem(table.scheme, what)
        for start, end in gaps(table, media.size):
            self.add(
                f"unallocated {start}-{end - 1}".encode(),
                f"gap {start}",
                Part(media, start, end - start),
                kind=EntryKind.REGION,
                allocated=False,
                opens="carving",
            )

    def _list(self, partition: Partition, media: Media) -> None:
        locator = f"partition {partition.number}"
        size = max(0, min(partition.size, media.size - partition.start))
        failure = note = ""
        if not size:
            failure = f"begins at byte {partition.start:,}, past the end of the medium; look for a complete image"
        elif size < partition.size:
            note = f", {partition.size - size:,} bytes shorter than its table states"
            self._problem(
                locator,
                f"partition {partition.number} has {partition.size:,} bytes by its table and only {size:,} of them lie "
                "on the medium; look for a complete image",
            )
        self.add(
            b"p%d" % partition.number,
            locator,
            Part(media, partition.start, size),
            note=f"at byte {partition.start:,}, {partition.about}{note}",
            failure=failure,
            cause=Cause.DAMAGED if failure else Cause.NONE,
        )


def gaps(table: PartitionTable, size: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of what neither a partition nor the table covers, if it is more than one sector."""
    at = 0
    taken = sorted([*table.tables, *((partition.start, partition.size) for partition in table.partitions)])
    for start, length in [*taken, (size, 0)]:
        end = min(start, size)
        if end - at > table.sector_size:
            yield at, end
        at = max(at, start + length)


def overlaps(partitions: list[Partition]) -> Iterator[str]:
    """Yield a sentence for each partition that begins before the one in front of it ends."""
    ordered = sorted(partitions, key=lambda partition: (partition.start, partition.number))
    for before, after in pairwise(ordered):
        if after.start < before.start + before.size:
            shared = before.start + before.size - after.start
            yield f"partitions {before.number} and {after.number} share {shared:,} bytes; both are read"
