"""UDF as a tree that is walked like those of the libyal libraries: discs and disks without an ISO 9660 part."""

import stat
import struct
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from itertools import accumulate, islice

from sauveterre.errors import SauveterreError, UnreadableSource
from sauveterre.evidence.disk.media import Media
from sauveterre.evidence.filesystems import udf_layout as udf
from sauveterre.evidence.filesystems.udf_layout import Extent
from sauveterre.evidence.filesystems.udf_partitions import Place, sparable, virtual
from sauveterre.evidence.filesystems.yal_trees import YalTree

_SPARSE = 1
_LOOKED_BACK = 400
"""Blocks before the end that may follow the last one written."""
_BYTES_AT_ONCE = 1 << 20
_LARGEST_FOLDER = 64 << 20
_MODES = {4: stat.S_IFDIR, 12: stat.S_IFLNK, 6: stat.S_IFBLK, 7: stat.S_IFCHR, 9: stat.S_IFIFO, 10: stat.S_IFSOCK}
_DELETED, _PARENT = 0x04, 0x08


class _Padded:
    """A medium that gives zeros where there is less than asked for, and ``OSError`` where it is damaged."""

    def __init__(self, media: Media) -> None:
        self.size = media.size
        self._media = media

    def read_at(self, offset: int, size: int, /) -> bytes:
        try:
            return self._media.read_at(offset, size).ljust(size, b"\0")
        except SauveterreError as error:
            raise OSError(str(error)) from error


class UdfVolume:
    """An opened volume."""

    def __init__(self, media: Media) -> None:
        """Read the volume descriptors; raise ``UnreadableSource`` when they lead nowhere."""
        self.media = _Padded(media)
        self.sector, self.stated = udf.read_volume(self.media)
        self._partitions: dict[int, Place] = {}

    def get_root_directory(self) -> "UdfFile":
        """Return the root folder."""
        data = self.read(udf.long_extent(self.stated.file_set), 512)
        if not udf.is_tag(data, udf.FILE_SET):
            raise OSError("the file set descriptor is damaged")
        root = udf.long_extent(data[400:416])
        return UdfFile(self, "", root.partition, root.block)

    def get_file_entry_by_inode(self, number: int) -> "UdfFile":
        """Return a file by its partition and block."""
        return UdfFile(self, "", number >> 32, number & 0xFFFFFFFF)

    def read(self, extent: Extent, size: int) -> bytes:
        """Read from the start of an extent."""
        place = self.place(extent.partition, extent.block * self.stated.block)
        return self.media.read_at(place, size)

    def place(self, partition: int, offset: int) -> int:
        """Return where a byte of a partition lies in the volume; raise ``OSError`` when that cannot be told."""
        if partition not in self._partitions:
            if partition >= len(self.stated.maps):
                raise OSError(f"there is no partition {partition}")
            self._partitions[partition] = self._partition(self.stated.maps[partition])
        return self._partitions[partition](offset)

    def _partition(self, entry: bytes) -> Place:
        """Return what tells where the bytes of a partition lie."""
        if entry[0] == 1:
            return self._physical(entry[4:6])
        below = self._physical(entry[38:40])
        name = entry[5:28].rstrip(b"\0")
        if name == b"*UDF Sparable Partition":
            return sparable(self.media, below, entry, self.stated.block, self.sector)
        if name == b"*UDF Metadata Partition":
            blocks = (int.from_bytes(entry[at : at + 4], "little") for at in (40, 44))
            files = (self._file_below(entry[38:40], block) for block in blocks)
            return next(file for file in files if file.is_sound).place
        if name == b"*UDF Virtual Partition":
            return virtual(self._table_of_writing(entry[38:40]), below, self.stated.block)
        raise OSError(f"it has a partition of a kind that is not known: {name.decode('ascii', 'backslashreplace')}")

    def _physical(self, number: bytes) -> Place:
        at = self.stated.starts.get(int.from_bytes(number, "little"))
        if at is None:
            raise OSError(f"there is no partition descriptor {int.from_bytes(number, 'little')}")
        start = at * self.sector
        return lambda offset: start + offset

    def _file_below(self, number: bytes, block: int) -> "UdfFile":
        """Return a file of the physical partition that another one is laid over."""
        maps = enumerate(self.stated.maps)
        below = next((at for at, other in maps if other[0] == 1 and other[4:6] == number), None)
        if below is None:
            raise OSError("the partition that another one is laid over is missing")
        return UdfFile(self, "", below, block)

    def _table_of_writing(self, number: bytes) -> bytes:
        """Return the virtual allocation table: its file entry is the last thing that was written."""
        start = self._physical(number)(0)
        last = (self._end_of_writing() - start) // self.stated.block
        for block in range(last, max(-1, last - _LOOKED_BACK), -1):
            file = self._file_below(number, block)
            if file.is_sound and file.is_table:
                return file.read_buffer_at_offset(min(file.size, _LARGEST_FOLDER), 0)
        raise OSError("the table of what was written last is missing; the disc was never closed")

    def _end_of_writing(self) -> int:
        """Return where the last byte lies that is not zero: images are often as long as the disc may be."""
        end = self.media.size
        while end > 0:
            start = max(0, end - _BYTES_AT_ONCE)
            written = self.media.read_at(start, end - start).rstrip(b"\0")
            if written:
                return start + len(written) - 1
            end = start
        return 0


class UdfFile:
    """A file entry, with the names that a libyal file entry has."""

    def __init__(self, volume: UdfVolume, name: str, partition: int, block: int) -> None:
        """Take where the entry lies; it is read when it is first looked at."""
        self.name = name
        self.inode_number = partition << 32 | block
        self._volume = volume
        self._partition = partition
        self._block = block

    @property
    def is_sound(self) -> bool:
        """Whether there is a file entry."""
        return any(udf.is_tag(self._read, kind) for kind in (udf.FILE_ENTRY, udf.EXTENDED_ENTRY))

    @property
    def is_table(self) -> bool:
        """Whether it is a virtual allocation table, of UDF 1.50 or later."""
        return self._entry[27] in (0, 248)

    @cached_property
    def _read(self) -> bytes:
        place = self._volume.place(self._partition, self._block * self._volume.stated.block)
        return self._volume.media.read_at(place, self._volume.stated.block)

    @cached_property
    def _entry(self) -> bytes:
        if not self.is_sound:
            raise OSError(f"block {self._block} of partition {self._partition} holds no file entry")
        return self._read

    @property
    def _is_extended(self) -> bool:
        return int.from_bytes(self._entry[:2], "little") == udf.EXTENDED_ENTRY

    @property
    def size(self) -> int:
        """In bytes, as stated."""
        return int.from_bytes(self._entry[56:64], "little")

    @property
    def file_mode(self) -> int:
        """The kind of file, as POSIX has it."""
        return _MODES.get(self._entry[27], stat.S_IFREG)

    def get_modification_time_as_integer(self) -> int | None:
        """In nanoseconds since 1970."""
        at = 92 if self._is_extended else 84
        return udf.moment(self._entry[at : at + 12])

    def get_access_time_as_integer(self) -> int | None:
        """In nanoseconds since 1970."""
        at = 80 if self._is_extended else 72
        return udf.moment(self._entry[at : at + 12])

    def get_creation_time_as_integer(self) -> int | None:
        """In nanoseconds since 1970; older entries do not state it."""
        return udf.moment(self._entry[104:116]) if self._is_extended else None

    @property
    def symbolic_link_target(self) -> str:
        """Where a link leads."""
        return udf.target(self.read_buffer_at_offset(min(self.size, 1 << 14), 0))

    @property
    def sub_file_entries(self) -> Iterator["UdfFile"]:
        """The names of a folder that are not deleted."""
        data = self.read_buffer_at_offset(min(self.size, _LARGEST_FOLDER), 0)
        at = 0
        while at + 38 <= len(data):
            if not udf.is_tag(data[at : at + 38], udf.NAME):
                raise OSError(f"its names are damaged from byte {at} on")
            length, extra = data[at + 19], int.from_bytes(data[at + 36 : at + 38], "little")
            start = at + 38 + extra
            if not data[at + 18] & (_DELETED | _PARENT):
                place = udf.long_extent(data[at + 20 : at + 36])
                yield UdfFile(self._volume, udf.text(data[start : start + length]), place.partition, place.block)
            at = (start + length + 3) & ~3

    def get_number_of_extents(self) -> int:
        """How many runs the content has; none for one that lies in its entry."""
        return 0 if self._embedded is not None else len(self._extents)

    def get_extent(self, index: int) -> tuple[int, int, int]:
        """Byte offset in the volume, bytes to the end of the last block, and whether it is a hole."""
        extent = self._extents[index]
        if extent.kind != udf.RECORDED:
            return 0, extent.size, _SPARSE
        block = self._volume.stated.block
        size = -(-extent.size // block) * block
        return self._volume.place(extent.partition, extent.block * block), size, 0

    def read_buffer_at_offset(self, size: int, offset: int) -> bytes:
        """Read from the content."""
        size = min(size, self.size - offset)
        if self._embedded is not None:
            return self._embedded[offset : offset + size] if size > 0 else b""
        parts: list[bytes] = []
        while size > 0:
            part = self._piece(offset, size)
            if not part:
                break
            parts.append(part)
            offset, size = offset + len(part), size - len(part)
        return b"".join(parts)

    def place(self, offset: int) -> int:
        """Return where a byte of the content lies in the volume."""
        extent, skip = self._at(offset)
        return self._volume.place(extent.partition, extent.block * self._volume.stated.block) + skip

    def _at(self, offset: int) -> tuple[Extent, int]:
        index = bisect_right(self._ends, offset)
        if index >= len(self._extents):
            raise OSError(f"nothing states where byte {offset} lies")
        extent = self._extents[index]
        return extent, offset - (self._ends[index] - extent.size)

    def _piece(self, offset: int, size: int) -> bytes:
        extent, skip = self._at(offset)
        size = min(size, extent.size - skip)
        if extent.kind != udf.RECORDED:
            return bytes(min(size, 1 << 20))
        place = self.place(offset)
        return self._volume.media.read_at(place, min(size, max(0, self._volume.media.size - place)))

    @property
    def _descriptors(self) -> bytes:
        at = 216 if self._is_extended else 176
        attributes, size = struct.unpack_from("<II", self._entry, at - 8)
        return self._entry[at + attributes : at + attributes + size]

    @property
    def _form(self) -> int:
        return self._entry[34] & 7

    @property
    def _embedded(self) -> bytes | None:
        return self._descriptors if self._form == 3 else None

    @cached_property
    def _extents(self) -> list[Extent]:
        return list(islice(self._all_extents(), udf.MOST_EXTENTS))

    @cached_property
    def _ends(self) -> list[int]:
        return list(accumulate(extent.size for extent in self._extents))

    def _all_extents(self) -> Iterator[Extent]:
        """Yield the extents, those of continued lists too; a list that leads back to itself ends."""
        if self._form > 2:
            raise OSError("it states its place in a way that is not known")
        data, met = self._descriptors, set[tuple[int, int]]()
        while data:
            more = b""
            for extent in udf.extents(data, self._form, self._partition):
                if extent.kind != udf.CONTINUED:
                    yield extent
                    continue
                if (extent.partition, extent.block) not in met:
                    met.add((extent.partition, extent.block))
                    more = self._continued(extent)
                break
            data = more

    def _continued(self, extent: Extent) -> bytes:
        data = self._volume.read(extent, min(extent.size, 1 << 20))
        if not udf.is_tag(data, udf.ALLOCATION):
            raise OSError("the list of its extents is damaged")
        return data[24 : 24 + int.from_bytes(data[20:24], "little")]


def udf_tree(media: Media, label: str) -> YalTree:
    """Open a volume; raise ``UnreadableSource`` when it is damaged or of a kind that is not read."""
    try:
        return YalTree(UdfVolume(media))
    except (OSError, UnreadableSource) as error:
        raise UnreadableSource(f"{label} cannot be opened as UDF: {error}; look for another image of it") from error
