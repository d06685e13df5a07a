"""ISO 9660 as a tree that is walked like those of the libyal libraries.

The Sleuth Kit is not used here: it knows no Rock Ridge names, and its times carry the time zone of the machine it runs
on.
"""

import stat
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from itertools import accumulate

from sauveterre.errors import SauveterreError, UnreadableSource
from sauveterre.evidence.disk.media import Media
from sauveterre.evidence.filesystems import iso_layout as iso
from sauveterre.evidence.filesystems.iso_layout import Record, RockRidge
from sauveterre.evidence.filesystems.seen import Seen
from sauveterre.evidence.filesystems.yal_trees import Node, YalTree
from sauveterre.records.entry import EntryKind

_MOST_DESCRIPTORS = 64
_LARGEST_FOLDER = 64 << 20
_MOST_EXTENTS = 100_000
_RECORD_BYTES = 256
_OTHER = {True: b"$Joliet", False: b"$ISO 9660"}
"""Where a file is listed that only the names of the other kind lead to."""


class IsoVolume:
    """An opened disc: one tree of names, or two."""

    def __init__(self, media: Media) -> None:
        """Read the descriptors; raise ``UnreadableSource`` when there are none."""
        self.media = media
        found = [media.read_at(iso.DESCRIPTOR_AT + n * iso.SECTOR, iso.SECTOR) for n in range(_MOST_DESCRIPTORS)]
        primary = next((n for n, data in enumerate(found) if iso.is_descriptor(data)), None)
        if primary is None:
            raise UnreadableSource("it has no primary volume descriptor")
        joliet = next((n for n, data in enumerate(found) if iso.is_joliet(data)), None)
        self.block = iso.block_size(found[primary])
        self._roots = {False: iso.DESCRIPTOR_AT + primary * iso.SECTOR + 156}
        if joliet is not None:
            self._roots[True] = iso.DESCRIPTOR_AT + joliet * iso.SECTOR + 156
        self.prefix = self._shared_prefix()

    def trees(self) -> list[bool]:
        """Which trees there are, the one with the better names first; True stands for Joliet."""
        return sorted(self._roots, reverse=self.prefix is None)

    def root(self, *, joliet: bool) -> "IsoFile":
        """Return the root folder of a tree."""
        return IsoFile(self, self._roots[joliet], joliet=joliet)

    def get_root_directory(self) -> "IsoFile":
        """Return the root folder with the better names."""
        return self.root(joliet=self.trees()[0])

    def get_file_entry_by_inode(self, number: int) -> "IsoFile":
        """Return a file by the place of its record."""
        return IsoFile(self, number >> 1, joliet=bool(number & 1))

    def read(self, offset: int, size: int) -> bytes:
        """Read from the disc; raise ``OSError`` where it is damaged."""
        try:
            return self.media.read_at(offset, size)
        except SauveterreError as error:
            raise OSError(str(error)) from error

    def read_block(self, block: int, offset: int, size: int) -> bytes:
        """Read from a place in a block."""
        return self.read(block * self.block + offset, size)

    def _shared_prefix(self) -> int | None:
        """Return how many bytes come before Rock Ridge's in each record; None where there is no Rock Ridge."""
        root = iso.record(self.media.read_at(self._roots[False], 34))
        first = None if root is None else iso.record(self.media.read_at(root.extent * self.block, _RECORD_BYTES))
        return None if first is None else iso.shared_prefix(first.system)


class IsoFile:
    """A folder record with what follows it, with the names that a libyal file entry has."""

    def __init__(self, volume: IsoVolume, place: int, *, joliet: bool) -> None:
        """Take where the record lies, in bytes."""
        self.inode_number = place << 1 | joliet
        self._volume = volume
        self._place = place
        self._joliet = joliet

    @cached_property
    def _records(self) -> list[Record]:
        """The record, and those after it that continue the file."""
        found: list[Record] = []
        at = self._place
        while len(found) < _MOST_EXTENTS:
            one = iso.record(self._volume.read(at, _RECORD_BYTES)[:_RECORD_BYTES])
            if one is None and found:
                at, one = self._next_sector(at)
            if one is None:
                break
            found.append(one)
            if not one.flags & iso.MORE_EXTENTS:
                return found
            at += self._volume.read(at, 1)[0]
        if not found:
            raise OSError(f"there is no folder record at byte {self._place:,}")
        return found

    def _next_sector(self, at: int) -> tuple[int, Record | None]:
        at = (at // iso.SECTOR + 1) * iso.SECTOR
        return at, iso.record(self._volume.read(at, _RECORD_BYTES))

    @property
    def _record(self) -> Record:
        return self._records[0]

    @cached_property
    def rock_ridge(self) -> RockRidge:
        """What Rock Ridge adds."""
        if self._volume.prefix is None or self._joliet:
            return RockRidge()
        return iso.rock_ridge(self._record.system[self._volume.prefix :], self._volume.read_block)

    @property
    def name(self) -> str:
        """The best name that there is."""
        if self._joliet:
            raw = iso.joliet_name(self._record.name)
        else:
            raw = self.rock_ridge.name or iso.plain_name(self._record.name)
        return raw.decode("utf-8", "surrogateescape")

    @property
    def file_mode(self) -> int:
        """The kind of file, as POSIX has it."""
        mode = self.rock_ridge.mode
        if self._record.flags & iso.FOLDER or self.rock_ridge.child is not None:
            return stat.S_IFDIR
        return mode if stat.S_IFMT(mode) not in (0, stat.S_IFDIR) else stat.S_IFREG

    @property
    def size(self) -> int:
        """In bytes, of all extents."""
        return sum(one.size for one in self._records)

    @property
    def symbolic_link_target(self) -> str:
        """Where a link leads."""
        return (self.rock_ridge.target or b"").decode("utf-8", "surrogateescape")

    def get_modification_time_as_integer(self) -> int | None:
        """In nanoseconds since 1970: as Rock Ridge says, or when the record was written."""
        return iso.nanoseconds(self.rock_ridge.modified or self._record.recorded)

    def get_creation_time_as_integer(self) -> int | None:
        """In nanoseconds since 1970."""
        return iso.nanoseconds(self.rock_ridge.created)

    def get_access_time_as_integer(self) -> int | None:
        """In nanoseconds since 1970."""
        return iso.nanoseconds(self.rock_ridge.accessed)

    @property
    def sub_file_entries(self) -> Iterator["IsoFile"]:
        """The names of a folder."""
        block, size = self._folder()
        start = block * self._volume.block
        continues = False
        for at, one in iso.records(self._volume.read(start, min(size, _LARGEST_FOLDER))):
            is_first, continues = not continues, bool(one.flags & iso.MORE_EXTENTS)
            if is_first and one.name not in (b"\0", b"\1"):
                file = IsoFile(self._volume, start + at, joliet=self._joliet)
                if not file.rock_ridge.is_moved:
                    yield file

    def _folder(self) -> tuple[int, int]:
        """Return first block and bytes of a folder, where it was moved to if it was."""
        child = self.rock_ridge.child
        if child is None:
            return self._record.extent, self._record.size
        own = iso.record(self._volume.read_block(child, 0, _RECORD_BYTES))
        if own is None:
            raise OSError(f"the folder that was moved to block {child} is not there")
        return child, own.size

    def get_number_of_extents(self) -> int:
        """How many runs the content has."""
        return len([one for one in self._records if one.size])

    def get_extent(self, index: int) -> tuple[int, int, int]:
        """Byte offset on the disc, bytes to the end of the last block, and no flags."""
        one = [one for one in self._records if one.size][index]
        block = self._volume.block
        return one.extent * block, -(-one.size // block) * block, 0

    def read_buffer_at_offset(self, size: int, offset: int) -> bytes:
        """Read from the content."""
        if self._record.interleaved or self.rock_ridge.is_packed:
            how = "interleaved with others" if self._record.interleaved else "packed by zisofs"
            raise OSError(f"it is {how}, which is not read here")
        ends = list(accumulate(one.size for one in self._records))
        index = bisect_right(ends, offset)
        if index >= len(ends):
            return b""
        one = self._records[index]
        skip = offset - (ends[index] - one.size)
        data = self._volume.read(one.extent * self._volume.block + skip, min(size, one.size - skip))
        if not data:
            raise OSError("the disc ends before it")
        return data


class IsoTree(YalTree):
    """Both trees of names of a disc: what only the second one leads to is listed apart."""

    def walk(self) -> Iterator[Node]:
        """Yield every file once, under the better of its names."""
        volume: IsoVolume = self._volume
        met = Seen()
        for node in super().walk():
            place = _place(node)
            if place is not None:
                met.add(place)
            yield node
        for joliet in volume.trees()[1:]:
            for node in _Other(volume, joliet=joliet).walk():
                place = _place(node)
                if node.trouble or (place is not None and met.add(place)):
                    node.path = _OTHER[joliet] + b"/" + node.path
                    yield node

    def folder(self, path: bytes) -> Iterator[Node]:
        """Yield what the folder at a path of either tree holds."""
        volume: IsoVolume = self._volume
        for joliet in volume.trees()[1:]:
            prefix = _OTHER[joliet] + b"/"
            if (path + b"/").startswith(prefix):
                for node in _Other(volume, joliet=joliet).folder(path[len(prefix) :]):
                    node.path = prefix + node.path
                    yield node
                return
        yield from super().folder(path)


class _Other(YalTree):
    """The second tree."""

    def __init__(self, volume: IsoVolume, *, joliet: bool) -> None:
        super().__init__(volume)
        self._joliet = joliet

    def root(self) -> IsoFile:
        root: IsoFile = self._volume.root(joliet=self._joliet)
        return root


def _place(node: Node) -> int | None:
    """Return the sector in which the content of a file begins; None for one without content."""
    if node.trouble or node.kind is not EntryKind.FILE:
        return None
    try:
        return int(node.entry.get_extent(0)[0]) // iso.SECTOR if node.entry.get_number_of_extents() else None
    except OSError:
        return None


def iso_tree(media: Media, label: str) -> IsoTree:
    """Open a disc; raise ``UnreadableSource`` when it is damaged."""
    try:
        return IsoTree(IsoVolume(media))
    except UnreadableSource as error:
        raise UnreadableSource(f"{label} cannot be opened as ISO 9660: {error}; look for another image") from error
