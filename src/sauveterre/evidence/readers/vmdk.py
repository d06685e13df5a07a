"""VMware's disks: sparse and stream-optimised files, and disks in several extents with their descriptor.

Sparse extents are read through libvmdk. Flat ones need no library, and get none: libvmdk passes over the offset of an
extent in its file. Format: "Virtual Disk Format 5.0", VMware.
"""

import re
from dataclasses import dataclass
from typing import BinaryIO

import pyvmdk

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.disk.layers import Layers, Missing, media_below
from sauveterre.evidence.disk.libyal import YalFile, opened, yal_media
from sauveterre.evidence.disk.media import Joined, Media, Part, media_of
from sauveterre.records.entry import display_path
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.reader import Origin

NAME = "vmdk"
VERSION = 1

_SPARSE = b"KDMV"
_DESCRIPTOR = re.compile(rb"\A\s*# *disk descriptor *file", re.IGNORECASE)
_EXTENT = re.compile(
    rb'^(?:RW|RDONLY|NOACCESS)\s+(\d{1,18})\s+(\w+)(?:\s+"([^"\r\n]*)"(?:\s+(\d{1,18}))?)?', re.MULTILINE
)
_DESCRIPTOR_AT, _DESCRIPTOR_BYTES = 28, 1 << 20
_SECTOR = 512
_FLAT, _ZERO = (b"FLAT", b"VMFS"), b"ZERO"
_NAMED = 5
_MOST_PARENTS = 32
_NO_PARENT = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Extent:
    """One line of a descriptor."""

    size: int
    kind: bytes
    name: bytes
    offset: int


def recognises(peek: Peek) -> bool:
    """Say whether the first bytes are those of a sparse disk or of a descriptor."""
    return not peek.is_folder and (peek.head.startswith(_SPARSE) or _DESCRIPTOR.match(peek.head) is not None)


def open(origin: Origin, limits: Limits) -> "VmdkImage":
    """Open a disk with its extents and parents, where these lie beside it."""
    return VmdkImage(origin, limits)


class VmdkImage(Layers):
    """An opened disk."""

    def __init__(self, origin: Origin, limits: Limits) -> None:
        """Open all files of the disk."""
        super().__init__(origin.identity, NAME, limits, self._let_go)
        self._origin = origin
        self._handles: list[pyvmdk.handle] = []
        image = media_below(origin)
        extents = read_extents(image)
        if extents and all(extent.kind in (*_FLAT, _ZERO) for extent in extents):
            self.add_media(Joined([self._flat(extent) for extent in extents]))
            return
        try:
            handle = self._opened(image, origin.identity, 1)
            size = opened(origin.identity, "a VMDK disk", handle.get_media_size)
        except BaseException:
            self._let_go()
            raise
        self.add_media(yal_media(origin.identity, handle, size))

    def _flat(self, extent: Extent) -> Media:
        if extent.kind == _ZERO:
            return Zeros(extent.size)
        stream = self._beside(extent.name)
        if stream is None:
            return Missing(extent.size, f"{self._identity}: what is asked for lies in {display_path(extent.name)}")
        return Part(media_of(stream), extent.offset, extent.size)

    def _opened(self, image: Media, label: str, level: int) -> pyvmdk.handle:
        """Return a disk opened by libvmdk with its extents and, below them, its parents."""
        if image.read_at(0, 4) == _SPARSE and not _describes_itself(image):
            raise UnreadableSource(
                f"{label} is one extent of a disk in several files, which is read through its descriptor (a small "
                ".vmdk beside it); if that is missing, look for it"
            )
        handle = pyvmdk.handle()
        file = YalFile(image)
        opened(label, "a VMDK disk", lambda: handle.open_file_object(file))
        self._handles.append(handle)
        files = [YalFile(media) for media in self._extents(image, label)]
        opened(label, "a VMDK disk", lambda: handle.open_extent_data_files_as_file_objects(files))
        wanted = opened(label, "a VMDK disk", handle.get_parent_content_identifier)
        if wanted != _NO_PARENT:
            self._add_parent(handle, label, wanted, level)
        return handle

    def _extents(self, image: Media, label: str) -> list[Media]:
        if image.read_at(0, 4) == _SPARSE:
            return [image]
        names = [extent.name for extent in read_extents(image)]
        streams = [self._beside(name) for name in names]
        missing = [display_path(name) for name, stream in zip(names, streams, strict=True) if stream is None]
        if missing:
            raise UnreadableSource(
                f"{label} lies in {len(names):,} files, of which {len(missing):,} are missing "
                f"({', '.join(missing[:_NAMED])}); put all of them into one folder and add the descriptor again"
            )
        return [media_of(stream) for stream in streams if stream is not None]

    def _add_parent(self, handle: pyvmdk.handle, label: str, wanted: int, level: int) -> None:
        name = opened(label, "a VMDK disk", handle.get_parent_filename) or ""
        stream = self._beside(name.encode("utf-8", "surrogateescape")) if name and level < _MOST_PARENTS else None
        if stream is not None:
            parent = self._opened(media_of(stream), name, level + 1)
            if opened(name, "a VMDK disk", parent.get_content_identifier) == wanted:
                opened(label, "a VMDK disk", lambda: handle.set_parent(parent))
                return
        self._problem(
            "descriptor",
            f"the disk holds only what changed since {name or 'its parent'}, which does not lie beside it or was "
            "changed since: what is in there cannot be read; put both into one folder and add this one again",
        )

    def _beside(self, path: bytes) -> BinaryIO | None:
        name = path.replace(b"\\", b"/").rpartition(b"/")[2]
        return self._origin.sibling(name) if name else None

    def _let_go(self) -> None:
        for handle in self._handles:
            handle.close()


class Zeros:
    """A medium that holds nothing but zeros."""

    def __init__(self, size: int) -> None:
        """Take how many."""
        self.size = size

    def read_at(self, offset: int, size: int, /) -> bytes:
        """Give zeros."""
        return bytes(max(0, min(size, self.size - offset)))


def _describes_itself(image: Media) -> bool:
    """Say whether a sparse file holds a descriptor: one extent of several holds none, or an empty one."""
    at = int.from_bytes(image.read_at(_DESCRIPTOR_AT, 8), "little") * _SECTOR
    return at > 0 and _DESCRIPTOR.match(image.read_at(at, _SECTOR)) is not None


def read_extents(image: Media) -> list[Extent]:
    """Return the extents that a descriptor names; none for a sparse disk, which may have been renamed since."""
    text = image.read_at(0, min(image.size, _DESCRIPTOR_BYTES))
    if not _DESCRIPTOR.match(text):
        return []
    return [
        Extent(int(size) * _SECTOR, kind, name or b"", int(offset or 0) * _SECTOR)
        for size, kind, name, offset in _EXTENT.findall(text)
    ]
