"""Writes the image of a memory card: an MBR with one FAT16 partition, in which some files were deleted.

Written from Microsoft's FAT specification 1.03: boot sector, two allocation tables, a fixed root folder, long names in
directory entries of their own. Deleting works as cameras do it: the first byte of each directory entry becomes 0xE5,
the clusters are free again, and their bytes stay where they are.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

SECTOR = 512
PER_CLUSTER = 4
CLUSTER = SECTOR * PER_CLUSTER
ROOT_ENTRIES = 512
RESERVED = 4
LEAST_CLUSTERS, MOST_CLUSTERS = 4_085, 65_524
"""By the number of its clusters a volume is FAT16 and nothing else."""
PARTITION_START = 2_048
FAT16_TYPE = 0x06
DELETED = 0xE5
END_OF_CHAIN = 0xFFFF
DIRECTORY, ARCHIVE, LONG_NAME = 0x10, 0x20, 0x0F
STAMP_DATE = ((2026 - 1980) << 9) | (4 << 5) | 25
STAMP_TIME = 7 << 11
"""25 April 2026, 07:00, as FAT writes it: in the camera's own time, which no zone goes with."""


@dataclass(slots=True)
class _Folder:
    first: int
    """Its first cluster; 0 for the root."""
    entries: bytearray = field(default_factory=bytearray)
    names: int = 0


class Card:
    """A memory card that is filled file by file. The same calls give the same bytes."""

    def __init__(self, clusters: int = LEAST_CLUSTERS + 11) -> None:
        """Make an empty card of so many clusters of 2,048 bytes."""
        if not LEAST_CLUSTERS <= clusters <= MOST_CLUSTERS:
            raise ValueError(f"{clusters} clusters do not make a FAT16 volume")
        self._clusters = clusters
        self._table = [0xFFF8, END_OF_CHAIN] + [0] * clusters
        self._data = bytearray(clusters * CLUSTER)
        self._next = 2
        self._folders = {"": _Folder(0)}

    def write(self, path: str, data: bytes, *, deleted: bool = False) -> None:
        """Write a file in one run of clusters; a deleted one leaves its name's shadow and its bytes."""
        first = self._store(data)
        self._enter(path, ARCHIVE, first, len(data), deleted=deleted)
        if deleted:
            self._free(first, len(data))

    def leave(self, data: bytes) -> None:
        """Leave a file's bytes in free clusters, with no name that leads to them."""
        self._free(self._store(data), len(data))

    def image(self) -> bytes:
        """Return the whole card: partition table, a gap, the partition, a gap at the end."""
        volume = self._volume()
        sectors = len(volume) // SECTOR
        entry = struct.pack("<B3sB3sII", 0, b"\xfe\xff\xff", FAT16_TYPE, b"\xfe\xff\xff", PARTITION_START, sectors)
        record = bytes(446) + entry + bytes(48) + b"\x55\xaa"
        gap = bytes((PARTITION_START - 1) * SECTOR)
        return record + gap + volume + bytes(64 * SECTOR)

    def _store(self, data: bytes) -> int:
        count = -(-len(data) // CLUSTER)
        if not count:
            return 0
        first = self._next
        if first + count > self._clusters + 2:
            raise ValueError("the card is full")
        start = (first - 2) * CLUSTER
        self._data[start : start + len(data)] = data
        self._table[first : first + count] = [*range(first + 1, first + count), END_OF_CHAIN]
        self._next = first + count
        return first

    def _free(self, first: int, size: int) -> None:
        count = -(-size // CLUSTER)
        self._table[first : first + count] = [0] * count

    def _enter(self, path: str, attributes: int, first: int, size: int, *, deleted: bool = False) -> None:
        above, _, name = path.rpartition("/")
        folder = self._folder(above)
        folder.names += 1
        rows = _directory_entries(name, folder.names, attributes, first, size)
        if deleted:
            for at in range(0, len(rows), 32):
                rows[at] = DELETED
        folder.entries += rows

    def _folder(self, path: str) -> _Folder:
        if path not in self._folders:
            first = self._next
            self._store(bytes(CLUSTER * 4))
            self._enter(path, DIRECTORY, first, 0)
            around = self._folders[path.rpartition("/")[0]]
            dots = _short_entry(b".          ", DIRECTORY, first, 0)
            dots += _short_entry(b"..         ", DIRECTORY, around.first, 0)
            self._folders[path] = _Folder(first, dots)
        return self._folders[path]

    def _volume(self) -> bytes:
        for folder in self._folders.values():
            if folder.first:
                start = (folder.first - 2) * CLUSTER
                if len(folder.entries) > CLUSTER * 4:
                    raise ValueError("a folder of the card is full")
                self._data[start : start + len(folder.entries)] = folder.entries
        table = struct.pack(f"<{len(self._table)}H", *self._table)
        table_sectors = -(-len(table) // SECTOR)
        table = table.ljust(table_sectors * SECTOR, b"\0")
        root = bytes(self._folders[""].entries).ljust(ROOT_ENTRIES * 32, b"\0")
        return self._boot_sector(table_sectors) + table + table + root + bytes(self._data)

    def _boot_sector(self, table_sectors: int) -> bytes:
        total = RESERVED + 2 * table_sectors + ROOT_ENTRIES * 32 // SECTOR + self._clusters * PER_CLUSTER
        small = total if total < 1 << 16 else 0
        head = struct.pack(
            "<3s8sHBHBHHBHHHII",
            b"\xeb\x3c\x90", b"MSDOS5.0", SECTOR, PER_CLUSTER, RESERVED, 2, ROOT_ENTRIES, small, 0xF8, table_sectors,
            63, 255, PARTITION_START, 0 if small else total,
        )  # fmt: skip
        head += struct.pack("<BBBI11s8s", 0x80, 0, 0x29, 0x20260425, b"WEATHER    ", b"FAT16   ")
        return head.ljust(510, b"\0") + b"\x55\xaa" + bytes((RESERVED - 1) * SECTOR)


def _directory_entries(name: str, number: int, attributes: int, first: int, size: int) -> bytearray:
    """Return the entries of one name: its long form in pieces of 13 characters, last piece first, then the short."""
    ending = name.rpartition(".")[2][:3] if "." in name else ""
    short = f"F{number:06d}".ljust(8)[:8] + ending.upper().ljust(3)
    plain = short.encode("ascii", "replace").replace(b"?", b"_")
    units = [int.from_bytes(pair, "little") for pair in _pairs(name.encode("utf-16-le"))]
    pieces = [units[at : at + 13] for at in range(0, len(units), 13)]
    rows = bytearray()
    for order in range(len(pieces), 0, -1):
        piece = pieces[order - 1]
        if len(piece) < 13:
            piece = [*piece, 0, *[0xFFFF] * (12 - len(piece))]
        mark = order | (0x40 if order == len(pieces) else 0)
        rows += struct.pack(
            "<B5HBBB6HH2H", mark, *piece[:5], LONG_NAME, 0, _checksum(plain), *piece[5:11], 0, *piece[11:]
        )
    return rows + _short_entry(plain, attributes, first, size)


def _short_entry(name: bytes, attributes: int, first: int, size: int) -> bytearray:
    return bytearray(
        struct.pack(
            "<11sBBBHHHHHHHI",
            name, attributes, 0, 0, STAMP_TIME, STAMP_DATE, STAMP_DATE, 0, STAMP_TIME, STAMP_DATE, first, size,
        )
    )  # fmt: skip


def _checksum(short: bytes) -> int:
    total = 0
    for byte in short:
        total = ((total >> 1) + (total << 7 & 0x80) + byte) & 0xFF
    return total


def _pairs(data: bytes) -> list[bytes]:
    return [data[at : at + 2] for at in range(0, len(data), 2)]


def card_of(live: Mapping[str, bytes], deleted: Mapping[str, bytes], nameless: list[bytes]) -> bytes:
    """Return a card with these files, live and deleted, and with bytes that no name leads to any more."""
    everything = [*live.values(), *deleted.values(), *nameless]
    needed = sum(-(-len(data) // CLUSTER) for data in everything) + 64
    card = Card(max(LEAST_CLUSTERS + 11, needed))
    for path, data in live.items():
        card.write(path, data)
    for path, data in deleted.items():
        card.write(path, data, deleted=True)
    for data in nameless:
        card.leave(data)
    return card.image()
