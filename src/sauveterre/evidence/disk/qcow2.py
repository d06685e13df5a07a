"""QCOW2 images, version 2 and 3: where each cluster lies, what it overlays, and the snapshots inside.

Format: "The QCOW2 image format specification", docs/interop/qcow2.txt of QEMU. libqcow (20260703) gives zeros for some
compressed clusters without a word, and plain bytes for encrypted ones: it is not used here.
"""

import struct
import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.container import moment
from sauveterre.evidence.disk.blocks import BlockMedia
from sauveterre.evidence.disk.media import Media

MAGIC = b"QFI\xfb"
_HEADER = struct.Struct(">4sIQIIQIIQQIIQ")
_HEADER_3 = struct.Struct(">QQQII")
_SNAPSHOT = struct.Struct(">QIHHIIQII")
_EXTENSION_BACKING_FORMAT, _EXTENSION_DATA_FILE = 0xE2792ACA, 0x44415441
_CORRUPT, _DATA_FILE, _COMPRESSION, _WIDE_ENTRIES = 1 << 1, 1 << 2, 1 << 3, 1 << 4
_KNOWN = 1 | _CORRUPT | _DATA_FILE | _COMPRESSION | _WIDE_ENTRIES
_OFFSET = 0x00FFFFFFFFFFFE00
_COMPRESSED, _COPIED, _ZERO = 1 << 62, 1 << 63, 1
_MOST_L1_BYTES = 32 << 20
_MOST_SNAPSHOTS = 65_536
_KEPT_TABLES = 64
_SUBCLUSTERS = 32
_ZLIB = 0


@dataclass(frozen=True, slots=True)
class Header:
    """What the header of an image says."""

    version: int
    cluster_bits: int
    size: int
    encrypted: bool
    l1_at: int
    l1_entries: int
    snapshots: int
    snapshots_at: int
    wide: bool
    """Whether the entries of tables are 16 bytes, with a bit for each 32nd of a cluster."""
    compression: int
    corrupt: bool
    backing: bytes
    """The file that this image overlays, as it was named when it was made; empty for none."""
    backing_format: bytes
    data_file: bytes
    """The file that holds the clusters, if not this one."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An earlier state of the medium, kept in the image."""

    number: int
    name: str
    taken: datetime | None
    size: int
    l1_at: int
    l1_entries: int


def read_header(media: Media, label: str) -> Header:
    """Read the header; raise ``UnreadableSource`` when it is not one, or asks for what is not known."""
    data = media.read_at(0, 4096)
    if len(data) < _HEADER.size or not data.startswith(MAGIC):
        raise UnreadableSource(f"{label} has no QCOW2 header; it is damaged, look for another copy")
    _, version, name_at, name_size, bits, size, crypt, l1_entries, l1_at, _, _, snapshots, snapshots_at = (
        _HEADER.unpack_from(data)
    )
    features, header_size, compression = 0, _HEADER.size, _ZLIB
    if version >= 3:
        features, _, _, _, header_size = _HEADER_3.unpack_from(data, _HEADER.size)
        if features & _COMPRESSION and header_size > 104:
            compression = data[104]
    extensions = dict(_extensions(data, header_size))
    if not 9 <= bits <= 21 or version not in (2, 3) or features & ~_KNOWN or l1_entries * 8 > _MOST_L1_BYTES:
        raise UnreadableSource(
            f"{label} is a QCOW2 image of a kind that is not read (version {version}, features {features:#x}, clusters "
            f"of 2^{bits} bytes); convert it with `qemu-img convert -O raw` and add that"
        )
    return Header(
        version, bits, size, crypt != 0, l1_at, l1_entries, snapshots, snapshots_at, bool(features & _WIDE_ENTRIES),
        compression, bool(features & _CORRUPT), media.read_at(name_at, min(name_size, 1023)) if name_at else b"",
        extensions.get(_EXTENSION_BACKING_FORMAT, b""),
        extensions.get(_EXTENSION_DATA_FILE, b"?") if features & _DATA_FILE else b"",
    )  # fmt: skip


def read_snapshots(media: Media, header: Header) -> Iterator[Snapshot]:
    """Yield the snapshots inside an image, as far as their table can be followed."""
    at = header.snapshots_at
    for number in range(1, min(header.snapshots, _MOST_SNAPSHOTS) + 1):
        data = media.read_at(at, _SNAPSHOT.size)
        if len(data) < _SNAPSHOT.size:
            return
        l1_at, l1_entries, id_size, name_size, seconds, nanoseconds, _, _, extra_size = _SNAPSHOT.unpack(data)
        rest = media.read_at(at + _SNAPSHOT.size, min(extra_size, 1024) + id_size + name_size)
        extra, names = rest[: min(extra_size, 1024)], rest[min(extra_size, 1024) :]
        size = int.from_bytes(extra[8:16], "big") if len(extra) >= 16 else header.size
        name = names[id_size : id_size + name_size].decode("utf-8", "replace")
        if l1_entries * 8 <= _MOST_L1_BYTES and extra_size <= 1024:
            yield Snapshot(number, name, moment(seconds, nanoseconds), size, l1_at, l1_entries)
        at += -(-(_SNAPSHOT.size + extra_size + id_size + name_size) // 8) * 8


class Qcow2Media(BlockMedia):
    """The medium in an image, or an earlier state of it."""

    def __init__(
        self,
        label: str,
        image: Media,
        header: Header,
        *,
        below: Media | None,
        data: Media | None = None,
        snapshot: Snapshot | None = None,
    ) -> None:
        """Take the image, what it overlays (None where that is missing) and the file that holds its clusters."""
        super().__init__((snapshot or header).size, 1 << header.cluster_bits, self._cluster)
        self._label = label
        self._image = image
        self._header = header
        self._below = below
        self._data = data or image
        self._cluster_size = 1 << header.cluster_bits
        self._entry_words = 2 if header.wide else 1
        self._per_table = self._cluster_size // (8 * self._entry_words)
        self._l1 = _words(image.read_at((snapshot or header).l1_at, (snapshot or header).l1_entries * 8))
        self._tables: OrderedDict[int, tuple[int, ...]] = OrderedDict()
        self._tables_lock = threading.Lock()
        self._zeros = bytes(self._cluster_size)

    def _cluster(self, number: int) -> bytes:
        entry, bits = self._entry(number)
        if entry & _COMPRESSED:
            return self._unpacked(number, entry)
        at = entry & _OFFSET
        in_use = at != 0 or (self._data is not self._image and bool(entry & _COPIED))
        if self._header.wide:
            return self._in_parts(number, at, bits)
        if self._header.version >= 3 and entry & _ZERO:
            return self._zeros
        return self._plain(number, at, self._cluster_size) if in_use else self._under(number, 0, self._cluster_size)

    def _entry(self, number: int) -> tuple[int, int]:
        """Return a cluster's entry, and the bits of its parts; zeros where there is no table for it."""
        which, at = divmod(number, self._per_table)
        table_at = self._l1[which] & _OFFSET if which < len(self._l1) else 0
        if not table_at:
            return 0, 0
        table = self._table(table_at)
        at *= self._entry_words
        if at + self._entry_words > len(table):
            raise self._damage(number, "is led to by a table that is cut off")
        return table[at], table[at + 1] if self._header.wide else 0

    def _table(self, at: int) -> tuple[int, ...]:
        with self._tables_lock:
            table = self._tables.get(at)
            if table is None:
                table = self._tables[at] = _words(self._image.read_at(at, self._cluster_size))
                if len(self._tables) > _KEPT_TABLES:
                    self._tables.popitem(last=False)
            else:
                self._tables.move_to_end(at)
            return table

    def _plain(self, number: int, at: int, size: int) -> bytes:
        data = self._data.read_at(at, size)
        if len(data) < size and number * self._cluster_size + len(data) < self.size:
            raise self._damage(number, "lies past the end of the image")
        return data

    def _under(self, number: int, skip: int, size: int) -> bytes:
        """Return what the image overlays there: zeros where it overlays nothing."""
        if not self._header.backing:
            return self._zeros[:size]
        if self._below is None:
            raise UnreadableSource(
                f"{self._label}: the cluster at byte {number * self._cluster_size + skip:,} lies in the image that "
                "this one overlays, which is missing; put it beside this one"
            )
        return self._below.read_at(number * self._cluster_size + skip, size).ljust(size, b"\x00")

    def _in_parts(self, number: int, at: int, bits: int) -> bytes:
        """Return a cluster whose parts are each in use, zero or not there (section "Extended L2 entries")."""
        size = self._cluster_size // _SUBCLUSTERS
        parts = []
        for part in range(_SUBCLUSTERS):
            if bits >> part & 1:
                parts.append(self._plain(number, at + part * size, size))
            elif bits >> (part + _SUBCLUSTERS) & 1:
                parts.append(self._zeros[:size])
            else:
                parts.append(self._under(number, part * size, size))
        return b"".join(parts)

    def _unpacked(self, number: int, entry: int) -> bytes:
        if self._header.compression != _ZLIB:
            raise UnreadableSource(
                f"{self._label} has clusters compressed by Zstandard, which is not read in QCOW2 images; convert it "
                "with `qemu-img convert -O raw` and add that"
            )
        offset_bits = 62 - (self._header.cluster_bits - 8)
        at = entry & ((1 << offset_bits) - 1)
        sectors = (entry >> offset_bits) & ((1 << (62 - offset_bits)) - 1)
        packed = self._image.read_at(at, (sectors + 1) * 512 - at % 512)
        try:
            cluster = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, self._cluster_size)
        except zlib.error:
            cluster = b""
        if len(cluster) < self._cluster_size:
            raise self._damage(number, "cannot be decompressed")
        return cluster

    def _damage(self, number: int, what: str) -> UnreadableSource:
        at = number * self._cluster_size
        return UnreadableSource(f"{self._label}: the cluster at byte {at:,} {what}; the image is damaged, look for "
                                "another copy")  # fmt: skip


def _extensions(data: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    while at + 8 <= len(data):
        kind, size = struct.unpack_from(">II", data, at)
        if not kind:
            return
        yield kind, data[at + 8 : at + 8 + size]
        at += 8 + -(-size // 8) * 8


def _words(data: bytes) -> tuple[int, ...]:
    return struct.unpack(f">{len(data) // 8}Q", data[: len(data) // 8 * 8])
