"""VirtualBox's disks (VDI, version 1.1), fixed and dynamic.

Format: ``VDICore.h`` of VirtualBox describes it: a header, a map with one number for each block, the blocks.
"""

import struct
from dataclasses import dataclass

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.disk.blocks import BlockMedia
from sauveterre.evidence.disk.layers import Layers, media_below
from sauveterre.evidence.disk.media import Media
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.reader import Origin

NAME = "vdi"
VERSION = 1

_MAGIC, _MAGIC_AT = b"\x7f\x10\xda\xbe\x01\x00\x01\x00", 64
_LAYOUT, _LAYOUT_AT = struct.Struct("<II16xIQIII"), 340
_KIND_AT, _DIFFERENCING = 76, 4
_NEVER_WRITTEN, _ZEROS = 0xFFFFFFFF, 0xFFFFFFFE
_MOST_BLOCKS = 1 << 25


def recognises(peek: Peek) -> bool:
    """Say whether the header is that of a disk of VirtualBox."""
    return not peek.is_folder and peek.head[_MAGIC_AT : _MAGIC_AT + 8] == _MAGIC


def open(origin: Origin, limits: Limits) -> "VdiImage":
    """Open a disk."""
    return VdiImage(origin, limits)


class VdiImage(Layers):
    """An opened disk."""

    def __init__(self, origin: Origin, limits: Limits) -> None:
        """Read the header."""
        super().__init__(origin.identity, NAME, limits)
        image = media_below(origin)
        header = image.read_at(0, 512)
        if len(header) < 400 or header[_MAGIC_AT : _MAGIC_AT + 8] != _MAGIC:
            raise UnreadableSource(f"{origin.identity} has no header of a VirtualBox disk; look for another copy")
        map_at, data_at, _, size, block_size, extra, blocks = _LAYOUT.unpack_from(header, _LAYOUT_AT)
        if not 512 <= block_size <= 64 << 20 or extra or blocks > _MOST_BLOCKS or size > blocks * block_size:
            raise UnreadableSource(
                f"{origin.identity} has a header that contradicts itself (blocks of {block_size:,} bytes, {blocks:,} "
                "of them); it is damaged, look for another copy"
            )
        partial = header[_KIND_AT] == _DIFFERENCING
        if partial:
            self._problem(
                "header",
                "the disk holds only what changed since another one, which it knows by a number alone: what lies there "
                "cannot be read; join the two with `VBoxManage clonemedium` and add what comes out",
            )
        blocks_of = _Blocks(origin.identity, image, map_at, data_at, block_size, size, partial)
        self.add_media(BlockMedia(size, block_size, blocks_of.load))


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Where the blocks of a disk lie."""

    label: str
    image: Media
    map_at: int
    data_at: int
    block_size: int
    size: int
    partial: bool
    """Whether a block that was never written lies in another disk."""

    def load(self, number: int) -> bytes:
        """Return a block."""
        entry = self.image.read_at(self.map_at + 4 * number, 4)
        place = int.from_bytes(entry, "little")
        if len(entry) < 4:
            raise self._damage(number, "is led to by a map that is cut off")
        if place == _ZEROS or (place == _NEVER_WRITTEN and not self.partial):
            return bytes(self.block_size)
        if place == _NEVER_WRITTEN:
            raise self._damage(number, "lies in the disk that this one is a difference from, which is not known")
        block = self.image.read_at(self.data_at + place * self.block_size, self.block_size)
        if len(block) < min(self.block_size, self.size - number * self.block_size):
            raise self._damage(number, "lies past the end of the image")
        return block

    def _damage(self, number: int, what: str) -> UnreadableSource:
        return UnreadableSource(
            f"{self.label}: the block at byte {number * self.block_size:,} {what}; look for a complete copy"
        )
