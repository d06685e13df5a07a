"""Partitions of UDF that are laid over another one: with spare packets, or with a table of what was written last."""

import struct
from collections.abc import Callable

from sauveterre.evidence.disk.media import Media
from sauveterre.evidence.filesystems.udf_layout import is_tag

Place = Callable[[int], int]
"""From a byte of a partition to a byte of the volume; raises ``OSError`` when that cannot be told."""
_SPARING = 0
_MOST_SPARED = 4_096
_NOWHERE = 0xFFFFFFFF


def sparable(media: Media, below: Place, entry: bytes, block: int, sector: int) -> Place:
    """Return the place of bytes in a partition whose worn packets lie elsewhere (UDF 2.2.9, 2.2.12)."""
    packet, tables, size = struct.unpack_from("<HBxI", entry, 40)
    if not packet:
        raise OSError("its packets have no length")
    spared: dict[int, int] = {}
    for number in range(tables):
        at = int.from_bytes(entry[48 + 4 * number : 52 + 4 * number], "little")
        data = media.read_at(at * sector, min(size, 56 + 8 * _MOST_SPARED))
        if is_tag(data, _SPARING) and data[17:36] == b"*UDF Sparing Table\0":
            spared = _spared(data)
            break

    def place(offset: int) -> int:
        first, skip = divmod(offset, packet * block)
        moved = spared.get(first * packet)
        return below(offset) if moved is None else moved * sector + skip

    return place


def virtual(table: bytes, below: Place, block: int) -> Place:
    """Return the place of bytes in a partition whose blocks are named by a table (UDF 2.2.10, 2.2.11)."""
    header = int.from_bytes(table[:2], "little")
    is_later = 152 <= header <= len(table)
    numbers = table[header:] if is_later else table[:-36]
    count = len(numbers) // 4

    def place(offset: int) -> int:
        number, skip = divmod(offset, block)
        found = int.from_bytes(numbers[4 * number : 4 * number + 4], "little") if number < count else _NOWHERE
        if found == _NOWHERE:
            raise OSError(f"the table of what was written last does not know block {number}")
        return below(found * block + skip)

    return place


def _spared(data: bytes) -> dict[int, int]:
    """Read a sparing table: which packet lies where instead; large numbers stand for packets that are not in use."""
    count = min(int.from_bytes(data[48:50], "little"), (len(data) - 56) // 8)
    pairs = (struct.unpack_from("<II", data, 56 + 8 * number) for number in range(count))
    return {packet: place for packet, place in pairs if packet < 0xFFFFFFF0}
