"""UDF byte by byte: descriptors, where a block of a partition lies, file entries, names and clocks.

Sources: ECMA-167, 3rd edition, and OSTA's Universal Disk Format Specification 2.60.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.disk.media import Media

SECTORS = (2048, 512, 4096)
SEQUENCE_AT, SEQUENCE_STEP, SEQUENCE_LENGTH = 0x8000, 2048, 16
_ANCHOR, _POINTER, _PARTITION, _LOGICAL, _END = 2, 3, 5, 6, 8
FILE_SET, NAME, ALLOCATION, FILE_ENTRY, EXTENDED_ENTRY = 256, 257, 258, 261, 266
_MOST_DESCRIPTORS = 1_000
MOST_EXTENTS = 1_000_000
_UNKNOWN_ZONE = -2047
RECORDED, CONTINUED = 0, 3


@dataclass(frozen=True, slots=True)
class Extent:
    """A run of a file: where it lies in which partition, or nowhere."""

    kind: int
    size: int
    block: int
    partition: int


@dataclass(slots=True)
class Volume:
    """What the volume descriptors state: the block size, the partitions, and where the file set is."""

    block: int = 2048
    starts: dict[int, int] = field(default_factory=dict)
    """First sector of each partition by its number."""
    maps: list[bytes] = field(default_factory=list)
    file_set: bytes = b""


def has_sequence(head: bytes) -> bool:
    """Say whether the volume recognition sequence names UDF, and no ISO 9660 beside it."""
    names = {
        head[SEQUENCE_AT + SEQUENCE_STEP * n + 1 : SEQUENCE_AT + SEQUENCE_STEP * n + 6] for n in range(SEQUENCE_LENGTH)
    }
    return bool(names & {b"NSR02", b"NSR03"}) and b"BEA01" in names and b"CD001" not in names


def is_tag(data: bytes, identifier: int) -> bool:
    """Say whether a descriptor begins with a sound tag of this kind (ECMA-167, 3/7.2)."""
    if len(data) < 16 or int.from_bytes(data[:2], "little") != identifier:
        return False
    return (sum(data[:16]) - data[4]) & 0xFF == data[4]


def read_volume(media: Media) -> tuple[int, Volume]:
    """Return sector size and volume; raise ``UnreadableSource`` when no anchor leads to one."""
    for sector in SECTORS:
        last = media.size // sector - 1
        for at in (256, last - 256, last, 512):
            anchor = media.read_at(at * sector, 512) if at > 0 else b""
            if is_tag(anchor, _ANCHOR):
                for extent in (anchor[16:24], anchor[24:32]):
                    volume = _descriptors(media, sector, *struct.unpack("<II", extent))
                    if volume.file_set and volume.starts and volume.maps:
                        return sector, volume
    raise UnreadableSource("no anchor leads to sound volume descriptors; the disc is damaged or was never closed")


def _descriptors(media: Media, sector: int, size: int, first: int) -> Volume:
    found = Volume()
    for number in range(min(size // sector, _MOST_DESCRIPTORS)):
        data = media.read_at((first + number) * sector, 4096)
        if is_tag(data, _PARTITION):
            found.starts[int.from_bytes(data[22:24], "little")] = int.from_bytes(data[188:192], "little")
        elif is_tag(data, _LOGICAL):
            found.block = int.from_bytes(data[212:216], "little")
            found.file_set = data[248:264]
            found.maps = list(_maps(data))
        elif is_tag(data, _END):
            break
    return found if found.block in (512, 1024, 2048, 4096) else Volume()


def _maps(data: bytes) -> Iterator[bytes]:
    size, count = struct.unpack_from("<II", data, 264)
    at = 440
    for _ in range(min(count, 64)):
        length = data[at + 1] if at + 1 < len(data) else 0
        if length < 6 or at + length > min(len(data), 440 + size):
            return
        yield data[at : at + length]
        at += length


def long_extent(data: bytes) -> Extent:
    """Read a long allocation descriptor (4/14.14.2)."""
    size, block, partition = struct.unpack_from("<IIH", data)
    return Extent(size >> 30, size & 0x3FFFFFFF, block, partition)


def extents(data: bytes, form: int, partition: int) -> Iterator[Extent]:
    """Read allocation descriptors of a form: short, long or extended ones."""
    step = {0: 8, 1: 16, 2: 20}[form]
    for at in range(0, len(data) - step + 1, step):
        if form == 0:
            size, block = struct.unpack_from("<II", data, at)
            found = Extent(size >> 30, size & 0x3FFFFFFF, block, partition)
        elif form == 1:
            found = long_extent(data[at : at + 16])
        else:
            size, _, _, block, place = struct.unpack_from("<IIIIH", data, at)
            found = Extent(size >> 30, size & 0x3FFFFFFF, block, place)
        if not found.size:
            return
        yield found


def text(data: bytes) -> str:
    """Read a compressed name (OSTA CS0): one or two bytes a letter."""
    if not data:
        return ""
    return data[1:].decode("utf-16-be" if data[0] in (16, 255) else "latin-1", "replace")


def moment(data: bytes) -> int | None:
    """Read a timestamp (1/7.3) as nanoseconds since 1970; None for one that no calendar has, or without a zone."""
    kind, year, month, day, hour, minute, second, centi, hundreds, micro = struct.unpack("<HhBBBBBBBB", data)
    zone = kind & 0xFFF
    zone -= 0x1000 if zone & 0x800 else 0
    if zone == _UNKNOWN_ZONE:
        return None
    try:
        clock = datetime(year, month, day, hour, minute, second, tzinfo=UTC) - timedelta(minutes=zone)
    except (ValueError, OverflowError):
        return None
    seconds: int = (clock - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    fraction: int = (centi * 10_000 + hundreds * 100 + micro) * 1_000
    return seconds * 1_000_000_000 + fraction


def target(data: bytes) -> str:
    """Read the components of a symbolic link (4/14.16.1)."""
    parts: list[str] = []
    at = 0
    while at + 4 <= len(data):
        kind, length = data[at], data[at + 1]
        name = text(data[at + 4 : at + 4 + length])
        parts.append({2: "", 3: "..", 4: "."}.get(kind, name))
        at += 4 + length
    return "/".join(parts)
