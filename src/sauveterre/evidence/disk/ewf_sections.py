"""The sections of EWF images (EnCase ``.E01`` and its kin, version 1): where each chunk of the medium lies.

Format: "Expert Witness Compression Format specification" of the libewf project. A segment is a header of 13 bytes and
a chain of sections; tables of offsets lead to the chunks, each compressed by zlib or stored with an Adler-32.
"""

import struct
import zlib
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import lt

from sauveterre.evidence.disk.media import Media

MAGIC = b"EVF\x09\x0d\x0a\xff\x00"
MAGIC_2 = b"EVF2\r\n\x81\x00"
HEADER_BYTES = 32
_DESCRIPTOR_2, _NEXT_2 = 64, 0x0D
COMPRESSED = 1 << 31
_HEADER = struct.Struct("<8sBHH")
_SECTION = struct.Struct("<16sQQ40xI")
_VOLUME = struct.Struct("<4xIIIQ")
_TABLE = struct.Struct("<I4xQ4xI")
_ENTRY, _CHECKSUM = 4, 4
_VOLUME_BYTES = 1052
_ERRORS_HEADER = 520
_MOST_SECTIONS = 1 << 16
_MOST_TABLE_ENTRIES = 1 << 22
LARGEST_CHUNK = 64 << 20
MOST_ERRORS = 1 << 16


@dataclass(frozen=True, slots=True)
class Table:
    """One table of chunk offsets."""

    first: int
    """The number of its first chunk."""
    count: int
    segment: int
    base: int
    """What its offsets count from, in the segment."""
    entries_at: tuple[int, ...]
    """Where its entries lie in the segment, and where their mirror does."""
    data_end: int
    """The first byte after its last chunk."""


@dataclass(frozen=True, slots=True)
class Offsets:
    """The entries of one table: offsets of 31 bits, and a bit that says whether the chunk is compressed."""

    values: "array[int]"
    rising: bool
    """Whether each lies behind the one before it. Some versions of EnCase count past 31 bits, and begin again."""


@dataclass(slots=True)
class Sections:
    """What the sections of all segments say."""

    chunk_size: int = 0
    chunks: int = 0
    media_size: int = 0
    sector_size: int = 0
    tables: list[Table] = field(default_factory=list)
    unread: list[tuple[int, int]] = field(default_factory=list)
    """What could not be read when the image was made: runs of sectors as (first, count)."""

    @property
    def reachable(self) -> int:
        """How many chunks the tables lead to."""
        return self.tables[-1].first + self.tables[-1].count if self.tables else 0


def segment_number(head: bytes) -> int | None:
    """Return the number that a segment's first bytes state, None when they are not those of one."""
    if head.startswith(MAGIC) and len(head) >= _HEADER.size:
        return int.from_bytes(head[9:11], "little")
    if head.startswith(MAGIC_2) and len(head) >= HEADER_BYTES:
        return int.from_bytes(head[12:16], "little")
    return None


def says_more_follows(segment: Media) -> bool:
    """Say whether a segment states that another one follows it."""
    if segment.read_at(0, len(MAGIC_2)) == MAGIC_2:
        last = segment.read_at(max(0, segment.size - _DESCRIPTOR_2), _DESCRIPTOR_2)
        return int.from_bytes(last[:4], "little") == _NEXT_2
    return any(kind == b"next" for kind, _, _ in _sections(segment))


def read_sections(segments: Sequence[Media]) -> Sections | None:
    """Return where the chunks lie; None for variants that are not laid out as EnCase does (SMART), and for damage."""
    found = Sections()
    for number, segment in enumerate(segments):
        if segment.read_at(0, len(MAGIC)) != MAGIC or not _read_segment(found, number, segment):
            return None
    fits = 0 < found.chunk_size <= LARGEST_CHUNK and 0 < found.media_size <= found.chunks * found.chunk_size
    return found if fits else None


def read_offsets(table: Table, segment: Media) -> Offsets | None:
    """Return where a table's chunks lie; None when neither of its copies has its checksum."""
    for at in table.entries_at:
        data = segment.read_at(at, table.count * _ENTRY + _CHECKSUM)
        entries, checksum = data[:-_CHECKSUM], int.from_bytes(data[-_CHECKSUM:], "little")
        if len(entries) == table.count * _ENTRY and zlib.adler32(entries) == checksum:
            values = array("I", struct.unpack(f"<{table.count}I", entries))
            starts = array("I", (value & ~COMPRESSED for value in values))
            return Offsets(values, all(map(lt, starts, starts[1:])))
    return None


def _read_segment(found: Sections, number: int, segment: Media) -> bool:
    """Take one segment's sections; say whether they are what they should be."""
    data_end = 0
    for kind, start, size in _sections(segment):
        at = start + _SECTION.size
        match kind:
            case b"volume" | b"disk":
                if size < _VOLUME_BYTES or not _take_volume(found, segment.read_at(at, _VOLUME_BYTES)):
                    return False
            case b"sectors":
                data_end = start + size
            case b"table":
                if not data_end or not _take_table(found, number, segment, at, data_end):
                    return False
            case b"table2":
                _take_mirror(found, segment, at)
            case b"error2":
                _take_errors(found, segment, at, size)
    return True


def _sections(segment: Media) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, start and size of each section; stop where the chain ends or is damaged."""
    at = _HEADER.size
    for _ in range(_MOST_SECTIONS):
        data = segment.read_at(at, _SECTION.size)
        if len(data) < _SECTION.size:
            return
        kind, following, size, checksum = _SECTION.unpack(data)
        if zlib.adler32(data[:-_CHECKSUM]) != checksum:
            return
        yield kind.rstrip(b"\x00"), at, size
        if following <= at:
            return
        at = following


def _take_volume(found: Sections, data: bytes) -> bool:
    if len(data) < _VOLUME_BYTES or zlib.adler32(data[:-_CHECKSUM]) != int.from_bytes(data[-_CHECKSUM:], "little"):
        return False
    chunks, sectors_per_chunk, sector_size, sectors = _VOLUME.unpack_from(data)
    found.chunks, found.chunk_size, found.sector_size = chunks, sectors_per_chunk * sector_size, sector_size
    found.media_size = sectors * sector_size
    return True


def _take_table(found: Sections, number: int, segment: Media, at: int, data_end: int) -> bool:
    table = _table(segment, at)
    if table is None:
        return False
    count, base = table
    if count:
        found.tables.append(
            Table(found.reachable, count, number, base, (at + _TABLE.size,), min(data_end, segment.size))
        )
    return found.reachable <= found.chunks


def _take_mirror(found: Sections, segment: Media, at: int) -> None:
    table = _table(segment, at)
    last = found.tables[-1] if found.tables else None
    if last is not None and table == (last.count, last.base):
        entries_at = (*last.entries_at, at + _TABLE.size)
        found.tables[-1] = Table(last.first, last.count, last.segment, last.base, entries_at, last.data_end)


def _table(segment: Media, at: int) -> tuple[int, int] | None:
    """Return how many entries a table has and what they count from; None when its header is damaged."""
    header = segment.read_at(at, _TABLE.size)
    if len(header) < _TABLE.size:
        return None
    count, base, checksum = _TABLE.unpack(header)
    if zlib.adler32(header[:-_CHECKSUM]) != checksum or count > _MOST_TABLE_ENTRIES:
        return None
    return count, base


def _take_errors(found: Sections, segment: Media, at: int, size: int) -> None:
    """Take the sectors that the imaging program could not read."""
    count = int.from_bytes(segment.read_at(at, 4), "little")
    count = min(count, MOST_ERRORS, max(0, size) // 8)
    data = segment.read_at(at + _ERRORS_HEADER, count * 8)
    pairs = struct.iter_unpack("<II", data[: len(data) // 8 * 8])
    found.unread.extend((first, number) for first, number in pairs if number)
