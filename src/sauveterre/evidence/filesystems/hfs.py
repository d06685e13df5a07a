"""HFS+ and HFSX as the walk sees them."""

import struct
from collections.abc import Iterable
from typing import Any

import pytsk3

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.disk.media import Media
from sauveterre.evidence.filesystems.allocation import Allocation, Bitmap
from sauveterre.evidence.filesystems.attribute import COMPRESSED, RESIDENT
from sauveterre.evidence.filesystems.dialect import BROKEN, Dialect, Stream, is_whole, link_target
from sauveterre.records.entry import Cause

HEADER_AT = 1024
_DATA = int(pytsk3.TSK_FS_ATTR_TYPE_HFS_DATA)
_RESOURCE = int(pytsk3.TSK_FS_ATTR_TYPE_HFS_RSRC)
_ALLOCATION_FILE, _FIRST_USER = 6, 16


def header(data: bytes) -> tuple[int, int] | None:
    """Return block size and number of blocks from a volume header; None when it is none, or states what cannot be.

    Source: Apple's Technical Note TN1150.
    """
    if len(data) < 512 or data[:4] not in (b"H+\x00\x04", b"HX\x00\x05"):
        return None
    block, blocks = struct.unpack_from(">II", data, 40)
    return (block, blocks) if 512 <= block <= 1 << 24 and block & (block - 1) == 0 and blocks else None


class Hfs(Dialect):
    """HFS+: a data fork and a resource fork for each file."""

    kind = int(pytsk3.TSK_FS_TYPE_HFS_DETECT)
    several = True

    def __init__(self, fs: Any, media: Media) -> None:
        """Read the volume header."""
        super().__init__(fs, media)
        stated = header(media.read_at(HEADER_AT, 512))
        if stated is None:
            raise UnreadableSource("its volume header states what cannot be")
        self._unit, self._blocks = stated

    def is_file(self, address: int, meta: Any) -> bool:  # noqa: ARG002
        """All but the trees and maps of the file system, which have numbers below 16."""
        return address >= _FIRST_USER

    def streams(self, file: Any, address: int) -> Iterable[Stream]:  # noqa: ARG002
        """Return the data fork, and the resource fork where it holds anything."""
        found: list[Stream] = []
        for attribute in file:
            kind, size = int(attribute.info.type), int(attribute.info.size)
            if kind == _DATA or (kind == _RESOURCE and size):
                whole = int(attribute.info.flags) & (RESIDENT | COMPRESSED) or size % self._unit == 0
                where = (kind, int(attribute.info.id))
                if kind == _DATA:
                    found.insert(0, Stream(size, b"", where, target=link_target(file), has_slack=not whole))
                else:
                    found.append(Stream(size, b":rsrc", where, has_slack=not whole))
        if not is_whole(file):
            return [*found, Stream(int(file.info.meta.size), failure=BROKEN, cause=Cause.DAMAGED)]
        return found or (Stream(0),)

    def allocation(self) -> Allocation:
        """Read the allocation file."""
        file = self.fs.open_meta(inode=_ALLOCATION_FILE)
        return Bitmap(
            lambda offset, size: bytes(file.read_random(offset, size)),
            start=0,
            unit=self._unit,
            count=min(self._blocks, int(file.info.meta.size) * 8),
            highest_first=True,
        )
