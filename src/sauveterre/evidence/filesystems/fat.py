"""FAT12, FAT16, FAT32 and exFAT as the walk sees them: a file's record is its entry in a folder."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytsk3

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.disk.media import Media
from sauveterre.evidence.filesystems.allocation import Allocation, Bitmap, Flags, free_runs
from sauveterre.evidence.filesystems.attribute import TSK_ERRORS
from sauveterre.evidence.filesystems.dialect import BROKEN, Dialect, Stream, Times, is_whole
from sauveterre.evidence.filesystems.fat_layout import (
    ENTRY_BYTES,
    EXFAT_FILE,
    EXFAT_IN_USE,
    FIRST_ENTRY_ADDRESS,
    exfat,
    exfat_times,
    fat,
    is_label,
    wall_clock,
)
from sauveterre.evidence.filesystems.seen import Seen
from sauveterre.records.entry import Cause

MOST_SEARCHED = 256 << 30
"""Most bytes of free space that are searched for folders: about ten minutes."""
_ALLOCATION_BITMAP = 0x81
_PAGE = 4096
_NO_TIMES = Times(None, None, None, None)


class FolderEntries(Dialect):
    """What FAT and exFAT share."""

    entries_at: int
    """Where the entry of address 3 lies, in bytes."""
    cluster: int

    def __init__(self, fs: Any, media: Media) -> None:
        """Start with no page of folder entries at hand."""
        super().__init__(fs, media)
        self._page_at, self._page = -1, b""

    def streams(self, file: Any, address: int) -> Iterable[Stream]:  # noqa: ARG002
        """One content, without holes."""
        size = int(file.info.meta.size)
        if not is_whole(file):
            return (Stream(size, failure=BROKEN, cause=Cause.DAMAGED),)
        return (Stream(size, has_slack=size % self.cluster != 0, may_have_holes=False),)

    def lost(self, seen: Seen) -> Iterator[tuple[int, bytes]]:
        """Yield what The Sleuth Kit finds in free clusters: entries of folders that no folder names any more.

        It reads all of them for that. Raises ``UnreadableSource`` where that would take too long.
        """
        books = self.allocation()
        free = 0 if books is None else int(free_runs(books, self.media.size)[:, 1].sum())
        if free > MOST_SEARCHED:
            raise UnreadableSource(
                f"{free:,} bytes are free, and folders that no folder names are looked for in {MOST_SEARCHED:,} at "
                "most; what they hold is found by content"
            )
        try:
            for file in self.fs.open_dir(inode=int(self.fs.info.last_inum)):
                name = file.info.name
                if int(name.meta_addr) not in seen:
                    yield int(name.meta_addr), bytes(name.name or b"")
        except TSK_ERRORS:
            return

    def entry(self, address: int) -> bytes:
        """Return the 32 bytes of a folder entry as they are stored; zeros where they cannot be read."""
        at = self.entries_at + (address - FIRST_ENTRY_ADDRESS) * ENTRY_BYTES
        page, offset = divmod(at, _PAGE)
        if page != self._page_at:
            self._page_at = page
            try:
                self._page = self.media.read_at(page * _PAGE, _PAGE)
            except UnreadableSource:
                self._page = b""
        return self._page[offset : offset + ENTRY_BYTES].ljust(ENTRY_BYTES, b"\x00")


class FatVolume(FolderEntries):
    """FAT12, FAT16, FAT32."""

    kind = int(pytsk3.TSK_FS_TYPE_FAT_DETECT)

    def __init__(self, fs: Any, media: Media) -> None:
        """Read the boot sector."""
        super().__init__(fs, media)
        stated = fat(media.read_at(0, 512), media.size)
        if stated is None:
            raise UnreadableSource("its boot sector states what cannot be")
        self._stated = stated
        self.entries_at, self.cluster = stated.data_at, stated.cluster

    def is_file(self, address: int, meta: Any) -> bool:  # noqa: ARG002
        """All but the entry that names the volume."""
        return not is_label(self.entry(address))

    def times(self, file: Any, address: int) -> Times:  # noqa: ARG002
        """FAT states the time of day and no zone: it is told in words."""
        return _NO_TIMES._replace(note=wall_clock(self.entry(address)))

    def allocation(self) -> Allocation:
        """Read the first table."""
        return _Table(self)

    def extent(self) -> tuple[int, int, int]:
        """Clusters."""
        return self._stated.clusters_at, self.cluster, self._stated.clusters


class _Table:
    """Clusters in use by the file allocation table; bad ones count as free, as no file holds them."""

    def __init__(self, volume: FatVolume) -> None:
        stated = volume._stated
        self.start, self.unit, self.count = stated.clusters_at, stated.cluster, stated.clusters
        self._media, self._at, self._bits = volume.media, stated.table_at, stated.bits

    def used(self, first: int, count: int) -> Flags:
        """Unpack entries of 12, 16 or 32 bits; cluster 0 here is number 2 there."""
        first_bit, bits = (first + 2) * self._bits, self._bits
        lead = first_bit & 7
        size = (lead + count * bits + 7) >> 3
        raw = self._media.read_at(self._at + (first_bit >> 3), size)
        if len(raw) < size:
            raise UnreadableSource("the file allocation table ends before the volume does")
        if bits == 12:
            values = _twelve(raw, lead, count)
        else:
            values = np.frombuffer(raw, "<u2" if bits == 16 else "<u4").astype(np.int64)
        mask = {12: 0xFFF, 16: 0xFFFF, 32: 0x0FFFFFFF}[bits]
        values = values & mask
        flags: Flags = (values != 0) & (values != mask - 8)
        return flags


def _twelve(raw: bytes, lead: int, count: int) -> Any:
    """Unpack entries of twelve bits, the lowest bit first."""
    bits = np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little")[lead : lead + 12 * count]
    return bits.reshape(count, 12).astype(np.int64) @ (1 << np.arange(12))


def _read(file: Any, offset: int, size: int) -> bytes:
    return bytes(file.read_random(offset, size))


class ExFatVolume(FolderEntries):
    """exFAT."""

    kind = int(pytsk3.TSK_FS_TYPE_EXFAT)

    def is_written_whole(self, attribute: Any, address: int) -> bool:  # noqa: ARG002
        """Leave it to The Sleuth Kit, which reads up to where each entry says that was written."""
        return False

    def __init__(self, fs: Any, media: Media) -> None:
        """Read the boot sector."""
        super().__init__(fs, media)
        stated = exfat(media.read_at(0, 512))
        if stated is None:
            raise UnreadableSource("its boot sector states what cannot be")
        self._stated = stated
        self.entries_at, self.cluster = stated.clusters_at, stated.cluster

    def is_file(self, address: int, meta: Any) -> bool:  # noqa: ARG002
        """All but the bitmap, the table of capital letters, and the label."""
        return self.entry(address)[0] & ~EXFAT_IN_USE == EXFAT_FILE

    def times(self, file: Any, address: int) -> Times:  # noqa: ARG002
        """EXFAT states a time zone for each time, mostly."""
        (modified, created, accessed), note = exfat_times(self.entry(address))
        return Times(modified, created, accessed, None, note)

    def allocation(self) -> Allocation | None:
        """Read the bitmap that the root folder names."""
        for file in self.fs.open_dir(inode=int(self.fs.info.root_inum)):
            if self.entry(int(file.info.name.meta_addr))[0] == _ALLOCATION_BITMAP:
                return Bitmap(
                    partial(_read, file),
                    start=self._stated.clusters_at,
                    unit=self.cluster,
                    count=self._stated.clusters,
                )
        return None

    def extent(self) -> tuple[int, int, int]:
        """Clusters."""
        return self._stated.clusters_at, self.cluster, self._stated.clusters
