"""Inodes of ext2 and ext3 that state more bytes than the volume has, made harmless for who follows their block maps.

The Sleuth Kit follows such a map block by block as soon as it meets the inode: up to a thousand million steps for one
damaged number. It is shown a smaller size instead; the stated one stays known here.
"""

from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray

from sauveterre.evidence.disk.media import Media
from sauveterre.evidence.filesystems.ext_layout import Groups

MOST_FOLLOWED = 4 << 30
_SIZE_LOW_AT, _FLAGS_AT, _SIZE_HIGH_AT = 4, 32, 108
_EXTENTS, _INLINE = 0x80000, 0x10000000
_INODE_BYTES = 128
_FILE, _FOLDER, _LINK = 0x8000, 0x4000, 0xA000


class Tamed:
    """A volume whose oversized inodes state a size that can be followed."""

    def __init__(self, media: Media, groups: Groups) -> None:
        """Look through all inodes once."""
        self.size = media.size
        self.base = media
        self.sizes: dict[int, int] = {}
        """What those inodes state."""
        self.shown = min(media.size, MOST_FOLLOWED)
        """What they state here instead."""
        self._places: list[int] = []
        for first, table in groups.inodes():
            kinds = _words(table, 0) & 0xF000
            high = np.where(kinds == _FOLDER, 0, _words(table, _SIZE_HIGH_AT))
            sizes = _words(table, _SIZE_LOW_AT) | high << 32
            mapped = (_words(table, _FLAGS_AT) & (_EXTENTS | _INLINE)) == 0
            wanted = mapped & np.isin(kinds, (_FILE, _FOLDER, _LINK)) & ((sizes > media.size) | (sizes < 0))
            for row in np.flatnonzero(wanted).tolist():
                self.sizes[first + row] = int(sizes[row])
                self._places.append(groups.place(first + row) or 0)
        self._places.sort()

    def read_at(self, offset: int, size: int, /) -> bytes:
        """Read from the volume, the sizes of those inodes changed."""
        data = self.base.read_at(offset, size)
        first = bisect_left(self._places, offset - _INODE_BYTES)
        near = self._places[first : bisect_left(self._places, offset + len(data))]
        if not near:
            return data
        changed = bytearray(data)
        for place in near:
            for at, number in ((_SIZE_LOW_AT, self.shown & 0xFFFFFFFF), (_SIZE_HIGH_AT, self.shown >> 32)):
                for index, byte in enumerate(number.to_bytes(4, "little")):
                    where = place + at + index - offset
                    if 0 <= where < len(changed):
                        changed[where] = byte
        return bytes(changed)


def _words(table: NDArray[np.uint8], at: int) -> NDArray[np.int64]:
    return np.ascontiguousarray(table[:, at : at + 4]).view("<u4")[:, 0].astype(np.int64)
