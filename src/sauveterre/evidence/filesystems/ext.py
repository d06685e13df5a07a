"""ext2, ext3 and ext4 as the walk sees them."""

from array import array
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import numpy as np
import pytsk3

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.container import moment
from sauveterre.evidence.disk.media import Media
from sauveterre.evidence.filesystems.allocation import Allocation, Flags
from sauveterre.evidence.filesystems.dialect import BROKEN, Dialect, Stream, Times, is_whole, link_target
from sauveterre.evidence.filesystems.ext_layout import INCOMPAT_ENCRYPT, SUPERBLOCK_AT, Groups, superblock
from sauveterre.evidence.filesystems.ext_oversized import Tamed
from sauveterre.evidence.filesystems.seen import Seen
from sauveterre.records.entry import Cause

_FOLDER_MODE, _MODE_MASK = 0x4000, 0xF000
_ENCRYPTED_INODE = 0x800
_IN_USE = int(pytsk3.TSK_FS_META_FLAG_ALLOC)
_SIGN = 1 << 31
_EXTRA = {"ctime": (0x84, 12), "mtime": (0x88, 16), "atime": (0x8C, 8), "crtime": (0x94, 0x90)}
"""Where the further bits of each time lie in an inode, and where its 32 bits of seconds do."""
_EARLIEST_DELETION = 315_532_800
"""1980: a smaller number in the field is the next inode of a list."""


class Ext(Dialect):
    """ext2, ext3, ext4."""

    kind = int(pytsk3.TSK_FS_TYPE_EXT_DETECT)

    def __init__(self, fs: Any, media: Media) -> None:
        """Read the group descriptors."""
        super().__init__(fs, media)
        self._groups = _groups(media)
        self._encrypts = bool(self._groups.super.incompat & INCOMPAT_ENCRYPT)
        self._oversized = media.sizes if isinstance(media, Tamed) else {}

    @classmethod
    def shown(cls, media: Media) -> Media:
        """Return the volume with sizes that can be followed."""
        return Tamed(media, _groups(media))

    def streams(self, file: Any, address: int) -> Iterable[Stream]:
        """One content; of a deleted file ext3 and ext4 keep neither size nor place."""
        meta = file.info.meta
        size = int(meta.size)
        if not int(meta.flags) & _IN_USE and not size:
            failure = (
                "the file system erased its size and where its content lay when it was deleted; what is left of it is "
                "found by content in the unallocated region"
            )
            return (Stream(0, failure=failure, cause=Cause.GONE),)
        if self._encrypts and self._word(address, 32) & _ENCRYPTED_INODE:
            failure = (
                "is encrypted by the file system (fscrypt); its key lies with the user or in the device's hardware"
            )
            return (Stream(size, failure=failure, cause=Cause.ENCRYPTED),)
        if size and not is_whole(file):
            return (Stream(size, failure=BROKEN, cause=Cause.DAMAGED),)
        if address in self._oversized:
            return (Stream(self._oversized[address]),)
        return (Stream(size, target=link_target(file), has_slack=size % self.block != 0),)

    def times(self, file: Any, address: int) -> Times:
        """Return the times; those before 1970 and after 2038 from the inode itself, the Sleuth Kit mistakes them."""
        meta = file.info.meta
        deleted = "" if int(meta.flags) & _IN_USE else self._deletion(address)
        if max(meta.mtime, meta.crtime, meta.atime, meta.ctime) < _SIGN:
            return super().times(file, address)._replace(note=deleted)
        raw = self._groups.inode(address)
        modified, created, accessed, changed = (_extended(raw, name) for name in ("mtime", "crtime", "atime", "ctime"))
        return Times(modified, created, accessed, changed, deleted)

    def lost(self, seen: Seen) -> Iterator[tuple[int, bytes]]:
        """Inodes that were written and that no name led to, folders first."""
        files = array("Q")
        for first, table in self._groups.inodes():
            modes = np.ascontiguousarray(table[:, :2]).view("<u2")[:, 0]
            for row in np.flatnonzero(modes).tolist():
                number = first + row
                if number < self._groups.super.first_inode or number in seen:
                    continue
                if int(modes[row]) & _MODE_MASK == _FOLDER_MODE:
                    yield number, b""
                else:
                    files.append(number)
        yield from ((number, b"") for number in files)

    def allocation(self) -> Allocation:
        """Join the bitmaps of the groups."""
        return _GroupBooks(self._groups)

    def _word(self, address: int, at: int) -> int:
        return int.from_bytes(self._groups.inode(address)[at : at + 4], "little")

    def _deletion(self, address: int) -> str:
        seconds = self._word(address, 20)
        when = moment(seconds) if seconds >= _EARLIEST_DELETION else None
        return f"deleted {when:%Y-%m-%d %H:%M:%S} UTC" if when is not None else ""


def _groups(media: Media) -> Groups:
    stated = superblock(media.read_at(SUPERBLOCK_AT, 1024))
    if stated is None:
        raise UnreadableSource("the superblock states what cannot be; it is damaged, look for another image")
    return Groups(media, stated)


class _GroupBooks:
    """Blocks in use, group by group."""

    def __init__(self, groups: Groups) -> None:
        """Take the groups; blocks before the first one (the boot sector of 1 KiB volumes) count as in use."""
        stated = groups.super
        self.start, self.unit = stated.first_block * stated.block, stated.cluster
        clusters = -(-(stated.blocks - stated.first_block) // (stated.cluster // stated.block))
        self.count = min(clusters, groups.count * stated.clusters_per_group)
        self._groups = groups

    def used(self, first: int, count: int) -> Flags:
        """Join what the groups say."""
        per_group = self._groups.super.clusters_per_group
        last = (first + count - 1) // per_group
        flags = np.concatenate([self._groups.used_clusters(g) for g in range(first // per_group, last + 1)])
        skip = first % per_group
        return flags[skip : skip + count]


def _extended(raw: bytes, name: str) -> datetime | None:
    """Read a time with its further bits: two for the epoch, thirty for nanoseconds."""
    extra_at, at = _EXTRA[name]
    seconds = int.from_bytes(raw[at : at + 4], "little", signed=True)
    has_extra = len(raw) > 128 and 128 + int.from_bytes(raw[128:130], "little") >= extra_at + 4
    if name == "crtime" and not has_extra:
        return None
    extra = int.from_bytes(raw[extra_at : extra_at + 4], "little") if has_extra else 0
    seconds += (extra & 3) << 32
    return moment(seconds, extra >> 2) if seconds or extra else None
