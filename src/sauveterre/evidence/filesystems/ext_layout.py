"""The books of ext2, ext3 and ext4: groups, their bitmaps, and the inodes as they are stored.

Source: the documentation of the Linux kernel, "ext4 Data Structures and Algorithms".
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.disk.media import Media
from sauveterre.evidence.filesystems.allocation import Flags

SUPERBLOCK_AT = 1024
INCOMPAT_META_BG, INCOMPAT_64BIT, INCOMPAT_ENCRYPT = 0x10, 0x80, 0x10000
_RO_SPARSE_SUPER, _RO_GDT_CSUM, _RO_BIGALLOC, _RO_METADATA_CSUM = 0x1, 0x10, 0x200, 0x400
_COMPAT_SPARSE_SUPER2 = 0x200
_INODES_UNUSED, _BLOCKS_UNUSED = 0x1, 0x2
_MOST_GROUPS = 1 << 24
_BYTES_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class Superblock:
    """What the superblock states; block numbers and counts as they are, sizes in bytes."""

    block: int
    cluster: int
    blocks: int
    first_block: int
    clusters_per_group: int
    inodes: int
    inodes_per_group: int
    inode_bytes: int
    first_inode: int
    descriptor_bytes: int
    compat: int
    incompat: int
    ro_compat: int
    reserved_descriptor_blocks: int
    first_meta_group: int

    @property
    def blocks_per_group(self) -> int:
        """How many blocks each group but the last one has."""
        return self.clusters_per_group * (self.cluster // self.block)

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return -(-(self.blocks - self.first_block) // self.blocks_per_group)


def superblock(data: bytes) -> Superblock | None:
    """Read the 1,024 bytes of a superblock; None when they are none, or one that states what cannot be."""
    if len(data) < 1024 or data[56:58] != b"\x53\xef":
        return None
    inodes, blocks = struct.unpack_from("<II", data)
    first_block, log_block, log_cluster, per_group, clusters_per_group, inodes_per_group = struct.unpack_from(
        "<6I", data, 20
    )
    revision, first_inode, inode_bytes = struct.unpack_from("<I4xIH", data, 76)
    compat, incompat, ro_compat = struct.unpack_from("<III", data, 92)
    if not revision:
        first_inode, inode_bytes, compat, incompat, ro_compat = 11, 128, 0, 0, 0
    wide = bool(incompat & INCOMPAT_64BIT)
    blocks |= struct.unpack_from("<I", data, 0x150)[0] << 32 if wide else 0
    descriptor_bytes = struct.unpack_from("<H", data, 0xFE)[0] if wide else 32
    if log_block > 6 or revision > 1 or not inodes or not inodes_per_group or blocks <= first_block or first_block > 1:
        return None
    clustered = bool(ro_compat & _RO_BIGALLOC)
    in_group, bits = clusters_per_group if clustered else per_group, 8 << (10 + log_block)
    if not 0 < in_group <= bits or inodes_per_group > bits:
        return None
    if not 128 <= inode_bytes <= bits // 8 or inode_bytes & (inode_bytes - 1):
        return None
    if (clustered and not log_block <= log_cluster <= 20) or not 32 <= descriptor_bytes <= 1024:
        return None
    return Superblock(
        block=1024 << log_block,
        cluster=1024 << (log_cluster if clustered else log_block),
        blocks=blocks,
        first_block=first_block,
        clusters_per_group=in_group,
        inodes=inodes,
        inodes_per_group=inodes_per_group,
        inode_bytes=inode_bytes,
        first_inode=first_inode,
        descriptor_bytes=descriptor_bytes,
        compat=compat,
        incompat=incompat,
        ro_compat=ro_compat,
        reserved_descriptor_blocks=struct.unpack_from("<H", data, 0xCE)[0],
        first_meta_group=struct.unpack_from("<I", data, 0x104)[0],
    )


class Groups:
    """The group descriptors: where each group keeps its bitmaps and inodes."""

    def __init__(self, media: Media, stated: Superblock) -> None:
        """Read all descriptors that the medium holds; raise ``UnreadableSource`` when there are none."""
        self.super = stated
        self._media = media
        fitting = -(-(media.size // stated.block - stated.first_block) // stated.blocks_per_group)
        self.count = max(0, min(stated.groups, fitting, _MOST_GROUPS))
        raw = self._descriptors()
        self.count = min(self.count, len(raw) // stated.descriptor_bytes)
        if not self.count:
            raise UnreadableSource(
                "the group descriptors cannot be read; the volume is damaged, look for another image"
            )
        table = np.frombuffer(raw[: self.count * stated.descriptor_bytes], np.uint8)
        table = table.reshape(self.count, stated.descriptor_bytes)
        wide = stated.descriptor_bytes >= 64
        self.block_bitmaps = _numbers(table, 0, 0x20 if wide else None)
        self.inode_bitmaps = _numbers(table, 4, 0x24 if wide else None)
        self.inode_tables = _numbers(table, 8, 0x28 if wide else None)
        self._flags = _halves(table, 0x12)
        unused = _halves(table, 0x1C).astype(np.int64) | (_halves(table, 0x32).astype(np.int64) << 16 if wide else 0)
        counted = bool(stated.ro_compat & (_RO_GDT_CSUM | _RO_METADATA_CSUM))
        self._unused_inodes = unused if counted else np.zeros_like(unused)
        self._counted = counted

    def used_clusters(self, group: int) -> Flags:
        """Say of each cluster of a group whether it is in use, with no regard to how many the last group has."""
        stated = self.super
        if self._counted and int(self._flags[group]) & _BLOCKS_UNUSED:
            return self._only_metadata(group)
        size = (stated.clusters_per_group + 7) // 8
        packed = self._media.read_at(int(self.block_bitmaps[group]) * stated.block, size)
        if len(packed) < size:
            raise UnreadableSource(f"the bitmap of blocks of group {group:,} cannot be read")
        bits = np.unpackbits(np.frombuffer(packed, np.uint8), bitorder="little")
        flags: Flags = bits[: stated.clusters_per_group].astype(np.bool_)
        return flags

    def inodes(self) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """Yield the number of an inode and rows of stored inodes from it on; groups never written to are left out."""
        stated = self.super
        at_once = max(1, _BYTES_AT_ONCE // stated.inode_bytes)
        for group in range(self.count):
            if self._counted and int(self._flags[group]) & _INODES_UNUSED:
                continue
            count = max(0, stated.inodes_per_group - int(self._unused_inodes[group]))
            start = int(self.inode_tables[group]) * stated.block
            for first in range(0, count, at_once):
                wanted = min(at_once, count - first) * stated.inode_bytes
                raw = self._media.read_at(start + first * stated.inode_bytes, wanted)
                rows = len(raw) // stated.inode_bytes
                if not rows:
                    break
                table = np.frombuffer(raw[: rows * stated.inode_bytes], np.uint8).reshape(rows, stated.inode_bytes)
                yield group * stated.inodes_per_group + first + 1, table

    def inode(self, number: int) -> bytes:
        """Return a stored inode; nothing when it lies outside the medium."""
        place = self.place(number)
        return b"" if place is None else self._media.read_at(place, self.super.inode_bytes)

    def place(self, number: int) -> int | None:
        """Return where an inode lies, in bytes; None when it lies outside the medium."""
        group, index = divmod(number - 1, self.super.inodes_per_group)
        if not 0 <= group < self.count:
            return None
        return int(self.inode_tables[group]) * self.super.block + index * self.super.inode_bytes

    def _descriptors(self) -> bytes:
        stated = self.super
        first, size = (stated.first_block + 1) * stated.block, self.count * stated.descriptor_bytes
        if not stated.incompat & INCOMPAT_META_BG:
            return self._media.read_at(first, size)
        per_block = stated.block // stated.descriptor_bytes
        together = min(self.count, stated.first_meta_group * per_block)
        parts = [self._media.read_at(first, together * stated.descriptor_bytes)]
        for group in range(together, self.count, per_block):
            start = stated.first_block + group * stated.blocks_per_group + (1 if self._keeps_superblock(group) else 0)
            parts.append(self._media.read_at(start * stated.block, stated.block))
        return b"".join(parts)

    def _keeps_superblock(self, group: int) -> bool:
        if group <= 1 or not self.super.ro_compat & _RO_SPARSE_SUPER:
            return True
        if self.super.compat & _COMPAT_SPARSE_SUPER2:
            return True  # which two groups is stated elsewhere; taking a copy for used costs a few blocks of free space
        return any(_is_power(group, root) for root in (3, 5, 7))

    def _only_metadata(self, group: int) -> Flags:
        """Return what is in use in a group whose bitmap was never written: its copies and tables alone."""
        stated = self.super
        ratio = stated.cluster // stated.block
        flags = np.zeros(stated.clusters_per_group, np.bool_)
        start = stated.first_block + group * stated.blocks_per_group
        copies = 0
        if self._keeps_superblock(group):
            copies = 1 + -(-self.count * stated.descriptor_bytes // stated.block) + stated.reserved_descriptor_blocks
        table_blocks = -(-stated.inodes_per_group * stated.inode_bytes // stated.block)
        places = [(np.array([start]), copies), (self.block_bitmaps, 1), (self.inode_bitmaps, 1)]
        for firsts, length in (*places, (self.inode_tables, table_blocks)):
            near = firsts[(firsts + length > start) & (firsts < start + stated.blocks_per_group)]
            for first in near.tolist():
                flags[max(0, first - start) // ratio : -(-(first + length - start) // ratio)] = True
        return flags


def _is_power(number: int, root: int) -> bool:
    while number % root == 0:
        number //= root
    return number == 1


def _halves(table: NDArray[np.uint8], at: int) -> NDArray[np.uint16]:
    return np.ascontiguousarray(table[:, at : at + 2]).view("<u2")[:, 0]


def _numbers(table: NDArray[np.uint8], low: int, high: int | None) -> NDArray[np.int64]:
    numbers: NDArray[np.int64] = np.ascontiguousarray(table[:, low : low + 4]).view("<u4")[:, 0].astype(np.int64)
    if high is not None:
        numbers |= np.ascontiguousarray(table[:, high : high + 4]).view("<u4")[:, 0].astype(np.int64) << 32
    return np.minimum(np.maximum(numbers, 0), 1 << 48)
