"""File systems through the libyal libraries: one walk for all of them, as primary reader or as the second one."""

import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import pyfsext
import pyfsfat
import pyfshfs
import pyfsntfs
import pyfsxfs

from sauveterre.evidence.disk.libyal import LIBYAL_ERRORS, YalFile, opened, reason
from sauveterre.evidence.disk.media import Media
from sauveterre.evidence.filesystems.seen import Seen
from sauveterre.records.entry import EntryKind

DEEPEST = 512
LONGEST_PATH = 32 << 10
NAMELESS = b"$Name not UTF-8 (record %d)"
"""Stands for a name that the libraries refuse to give."""
_NO_NAME = "$No name"
_RECORD_MASK = (1 << 48) - 1
_FAT_FOLDER = 0x10
_RESOURCE_FORK = "com.apple.ResourceFork"
_KINDS = {
    stat.S_IFDIR: EntryKind.FOLDER,
    stat.S_IFLNK: EntryKind.SYMLINK,
    stat.S_IFCHR: EntryKind.DEVICE,
    stat.S_IFBLK: EntryKind.DEVICE,
    stat.S_IFIFO: EntryKind.FIFO,
    stat.S_IFSOCK: EntryKind.SOCKET,
}


class Handle(Protocol):
    """What holds a content."""

    def read_buffer_at_offset(self, size: int, offset: int, /) -> bytes:
        """Read at a position."""


@dataclass(frozen=True, slots=True)
class YalStream:
    """One content of a file."""

    suffix: bytes
    size: int
    handle: Any


@dataclass(slots=True)
class Node:
    """A name in the tree, and what it leads to."""

    path: bytes
    number: int
    kind: EntryKind
    entry: Any
    trouble: str = ""


class YalTree:
    """A file system whose entries have a POSIX mode and an inode number."""

    packs = False
    """Whether content without extents may be packed, rather than a hole."""

    def __init__(self, volume: Any) -> None:
        """Take an opened volume of a libyal library."""
        self._volume = volume

    def root(self) -> Any:
        """Return the root folder."""
        return self._volume.get_root_directory()

    def by_number(self, number: int) -> Any:
        """Return an entry by the number of its record."""
        return self._volume.get_file_entry_by_inode(number)

    def number(self, entry: Any) -> int:
        """Return the number of an entry's record."""
        return int(entry.inode_number)

    def kind(self, entry: Any) -> EntryKind:
        """Return what an entry is."""
        return _KINDS.get(stat.S_IFMT(int(entry.file_mode)), EntryKind.FILE)

    def streams(self, entry: Any) -> list[YalStream]:
        """Return the contents of a file."""
        return [YalStream(b"", int(entry.size), entry)]

    def has_streams(self, folder: Any) -> bool:  # noqa: ARG002
        """Say whether a folder has contents of its own, which are no folder entries."""
        return False

    def walk(self) -> Iterator[Node]:
        """Yield every file, and every folder that cannot be listed; each folder is entered once."""
        seen = Seen()
        try:
            root = self.root()
            pending = [(self.number(root), b"", 0)]
        except LIBYAL_ERRORS as error:
            yield Node(b"/", 0, EntryKind.FOLDER, None, f"cannot be listed: {reason(error)}")
            return
        seen.add(pending[0][0])
        while pending:
            number, path, depth = pending.pop()
            if depth > DEEPEST or len(path) > LONGEST_PATH:
                trouble = f"lies more than {DEEPEST} folders or {LONGEST_PATH:,} bytes of names deep"
                yield Node(path, number, EntryKind.FOLDER, None, trouble)
                continue
            try:
                for node in self._inside(root if not path else self.by_number(number), path):
                    if node.kind is not EntryKind.FOLDER:
                        yield node
                        continue
                    if self.has_streams(node.entry):
                        yield Node(node.path, node.number, EntryKind.FILE, node.entry)
                    if seen.add(node.number):
                        pending.append((node.number, node.path, depth + 1))
            except LIBYAL_ERRORS as error:
                yield Node(path or b"/", number, EntryKind.FOLDER, None, f"cannot be listed: {reason(error)}")

    def folder(self, path: bytes) -> Iterator[Node]:
        """Yield what the folder at a path holds, going down to it name by name; nothing where there is none."""
        at, here = self.root(), b""
        while here != path:
            down = (node for node in self._inside(at, here) if (path + b"/").startswith(node.path + b"/"))
            node = next((node for node in down if node.kind is EntryKind.FOLDER), None)
            if node is None:
                return
            at, here = self.by_number(node.number), node.path
        yield from self._inside(at, here)

    def _inside(self, folder: Any, path: bytes) -> Iterator[Node]:
        for entry in folder.sub_file_entries:
            number = self.number(entry)
            try:
                name = (entry.name or _NO_NAME).encode("utf-8", "surrogateescape")
            except LIBYAL_ERRORS:
                name = NAMELESS % number
            full = path + b"/" + name if path else name
            try:
                yield Node(full, number, self.kind(entry), entry)
            except LIBYAL_ERRORS as error:
                yield Node(full, number, EntryKind.FILE, None, f"its record {number} cannot be read: {reason(error)}")


class HfsTree(YalTree):
    """HFS+: resource forks."""

    def by_number(self, number: int) -> Any:
        """Return an entry by its catalogue number."""
        return self._volume.get_file_entry_by_identifier(number)

    def number(self, entry: Any) -> int:
        """Return the catalogue number."""
        return int(entry.identifier)

    def streams(self, entry: Any) -> list[YalStream]:
        """Return both forks."""
        found = super().streams(entry)
        if entry.has_resource_fork():
            fork = entry.get_resource_fork()
            found.append(YalStream(b":rsrc", int(fork.size), fork))
        return found


class ApfsTree(HfsTree):
    """APFS: resource forks are extended attributes; content may be packed in others."""

    packs = True

    def streams(self, entry: Any) -> list[YalStream]:
        """Return both forks."""
        found = [YalStream(b"", int(entry.size), entry)]
        if entry.has_extended_attribute_by_name(_RESOURCE_FORK):
            fork = entry.get_extended_attribute_by_name(_RESOURCE_FORK)
            found.append(YalStream(b":rsrc", int(fork.size), fork))
        return found


class NtfsTree(YalTree):
    """NTFS: alternate streams."""

    def by_number(self, number: int) -> Any:
        """Return an entry by the number of its MFT record."""
        return self._volume.get_file_entry(number)

    def number(self, entry: Any) -> int:
        """Return the number of the MFT record, without its sequence number."""
        return int(entry.file_reference) & _RECORD_MASK

    def kind(self, entry: Any) -> EntryKind:
        """Tell folders, and links by their reparse point."""
        if entry.has_directory_entries_index():
            return EntryKind.FOLDER
        return EntryKind.SYMLINK if entry.symbolic_link_target else EntryKind.FILE

    def has_streams(self, folder: Any) -> bool:
        """Say whether a folder has alternate streams."""
        return int(folder.number_of_alternate_data_streams) > 0

    def streams(self, entry: Any) -> list[YalStream]:
        """Return the main content, of all but folders, and the alternate ones."""
        main = [] if entry.has_directory_entries_index() else [YalStream(b"", int(entry.size), entry)]
        return main + [
            YalStream(b":" + stream.name.encode("utf-8", "surrogateescape"), int(stream.size), stream)
            for stream in entry.alternate_data_streams
        ]


class FatTree(YalTree):
    """FAT and exFAT."""

    def by_number(self, number: int) -> Any:
        """Return an entry by the place of its folder entry."""
        return self._volume.get_file_entry_by_identifier(number)

    def number(self, entry: Any) -> int:
        """Return the place of the folder entry."""
        return int(entry.identifier)

    def kind(self, entry: Any) -> EntryKind:
        """Tell folders."""
        return EntryKind.FOLDER if int(entry.file_attribute_flags) & _FAT_FOLDER else EntryKind.FILE


_TREES: dict[str, tuple[Callable[[], Any], type[YalTree]]] = {
    "ntfs": (pyfsntfs.volume, NtfsTree),
    "ext": (pyfsext.volume, YalTree),
    "fat": (pyfsfat.volume, FatTree),
    "exfat": (pyfsfat.volume, FatTree),
    "hfs": (pyfshfs.volume, HfsTree),
    "xfs": (pyfsxfs.volume, YalTree),
}


def yal_tree(media: Media, kind: str, label: str) -> YalTree:
    """Open a file system by the name of its reader; raise ``UnreadableSource`` when it is damaged."""
    make, tree = _TREES[kind]
    volume = make()
    opened(label, kind, lambda: volume.open_file_object(YalFile(media)))
    return tree(volume)
