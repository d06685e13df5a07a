"""NTFS as the walk sees it."""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import pytsk3

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.disk.media import Media
from sauveterre.evidence.filesystems.allocation import Allocation, Bitmap
from sauveterre.evidence.filesystems.attribute import COMPRESSED, ENCRYPTED, RESIDENT, TSK_ERRORS, runs_of
from sauveterre.evidence.filesystems.dialect import BROKEN, Below, Dialect, Stream, is_whole
from sauveterre.evidence.filesystems.ntfs_layout import (
    BAD_CLUSTERS,
    FIRST_BLANK,
    FIRST_USER,
    ROOT,
    Name,
    boot,
    file_name,
    is_cloud,
    reparse,
    written_bytes,
)
from sauveterre.evidence.filesystems.seen import Seen
from sauveterre.evidence.filesystems.shadow import shadows
from sauveterre.records.entry import Cause

_DATA = int(pytsk3.TSK_FS_ATTR_TYPE_NTFS_DATA)
_FILE_NAME = int(pytsk3.TSK_FS_ATTR_TYPE_NTFS_FNAME)
_REPARSE = int(pytsk3.TSK_FS_ATTR_TYPE_NTFS_REPARSE)
_INDEX = int(pytsk3.TSK_FS_ATTR_TYPE_NTFS_IDXROOT)
_SPARSE = int(pytsk3.TSK_FS_ATTR_SPARSE)
_IN_USE = int(pytsk3.TSK_FS_META_FLAG_ALLOC)
_FOLDER = int(pytsk3.TSK_FS_META_TYPE_DIR)
_BITMAP = 6
_LONGEST_REPARSE = 16 << 10
_BYTES_AT_ONCE = 1 << 20
_DEEPEST = 512


class Ntfs(Dialect):
    """NTFS: several contents for each record, sequence numbers, names in the records themselves."""

    kind = int(pytsk3.TSK_FS_TYPE_NTFS)
    names_parent = True
    several = True

    def __init__(self, fs: Any, media: Media) -> None:
        """Read the boot sector."""
        super().__init__(fs, media)
        stated = boot(media.read_at(0, 512))
        if stated is None:
            raise UnreadableSource("its boot sector states what cannot be")
        self._boot = stated

    @cached_property
    def _mft(self) -> Any:
        return self.fs.open_meta(inode=0)

    def streams(self, file: Any, address: int) -> Iterable[Stream]:
        """Return the main content, and the alternate ones; a record without any has one of no bytes."""
        found: list[Stream] = []
        point, has_index = b"", False
        for attribute in file:
            kind = int(attribute.info.type)
            if kind == _DATA:
                found.append(self._stream(attribute, address))
            elif kind == _REPARSE:
                point = file.read_random(0, min(int(attribute.info.size), _LONGEST_REPARSE), kind, attribute.info.id)
            has_index = has_index or kind == _INDEX
        if not any(not stream.suffix for stream in found):
            whole = is_whole(file) and (found or point or has_index or address < FIRST_USER)
            broken = Stream(int(file.info.meta.size), failure=BROKEN, cause=Cause.DAMAGED)
            found.insert(0, Stream(0) if whole else broken)
        return _reparsed(found, point) if point else found

    def is_written_whole(self, attribute: Any, address: int) -> bool:
        """Look it up in the record itself, where the attribute stands there and not in a record of its own."""
        try:
            record = bytes(self._mft.read_random(address * self._boot.record, self._boot.record))
        except TSK_ERRORS:
            return False
        written = written_bytes(record, int(attribute.info.type), int(attribute.info.id))
        return written is not None and written >= int(attribute.info.size)

    def folder_streams(self, address: int) -> Iterable[Stream]:
        """Return the alternate contents of a folder."""
        file = self.fs.open_meta(inode=address)
        data = (attribute for attribute in file if int(attribute.info.type) == _DATA)
        return [stream for stream in (self._stream(attribute, address) for attribute in data) if stream.suffix]

    def lost(self, seen: Seen) -> Iterator[tuple[int, bytes]]:
        """Yield records that no folder led to, folders first; what belongs to another record, or is blank, is none."""
        files = array("Q")
        for first, table in self._records():
            signed = (table[:, :4] == np.frombuffer(b"FILE", np.uint8)).all(axis=1)
            base = table[:, 32:38].any(axis=1)
            for row in np.flatnonzero(signed & ~base).tolist():
                number = first + row
                if number < FIRST_BLANK or number in seen:
                    continue
                if table[row, 22] & 2:
                    yield from self._named(number)
                else:
                    files.append(number)
        for number in files:
            if number not in seen:
                yield from self._named(number)

    def path_of(self, address: int) -> bytes | None:
        """Return the path that a record and the folders above it state; None when it does not lead to the root."""
        names: list[bytes] = []
        while address != ROOT:
            name = self._name(self.fs.open_meta(inode=address)) if len(names) < _DEEPEST else None
            if name is None or not self._is_folder(name):
                return None
            names.append(name.text)
            address = name.parent
        return b"/".join(reversed(names))

    def folder_of(self, address: int) -> int | None:
        """Return the folder that a record's name is in, None where that is no longer the one that it was in."""
        name = self._name(self.fs.open_meta(inode=address))
        return name.parent if name is not None and self._is_folder(name) else None

    def allocation(self) -> Allocation:
        """Read the file ``$Bitmap``."""
        file = self.fs.open_meta(inode=_BITMAP)
        return Bitmap(
            lambda offset, size: bytes(file.read_random(offset, size)),
            start=0,
            unit=self._boot.cluster,
            count=min(self._boot.clusters, int(file.info.meta.size) * 8),
        )

    def unheld(self) -> Iterator[tuple[int, int]]:
        """Clusters that are marked as bad: they can be used to hide what nobody looks at."""
        for attribute in self.fs.open_meta(inode=BAD_CLUSTERS):
            if int(attribute.info.type) == _DATA and attribute.info.name == b"$Bad":
                yield from ((offset, size) for _, offset, size in runs_of(attribute, self.block))

    def volumes(self) -> Iterator[Below]:
        """Shadow copies."""
        for number, shadow, created in shadows(self.media):
            note = "the volume as it was when Windows took a shadow copy of it"
            yield Below(b"$Shadow/%d" % number, f"shadow {number}", shadow, "ntfs", created, note)

    def _stream(self, attribute: Any, address: int) -> Stream:
        info = attribute.info
        flags, size = int(info.flags), int(info.size)
        name = bytes(info.name or b"")
        refusal = failure = ""
        cause = Cause.NONE
        if address == BAD_CLUSTERS and name == b"$Bad":
            refusal = (
                "is the file system's list of bad clusters, as long as the volume and empty but for those; what they "
                "hold is in the unallocated region"
            )
            cause = Cause.SPECIAL
        elif flags & ENCRYPTED:
            failure = (
                "is encrypted by Windows (EFS); what opens it is the user's certificate, which this program does not "
                "take: have it decrypted on a copy of the system, and add the result as a source of its own"
            )
            cause = Cause.ENCRYPTED
        whole = flags & (RESIDENT | COMPRESSED) or size % self._boot.cluster == 0
        return Stream(
            size,
            b":" + name if name else b"",
            (_DATA, int(info.id)),
            refusal,
            failure,
            cause,
            has_slack=not whole,
            may_have_holes=bool(flags & (_SPARSE | COMPRESSED)),
        )

    def _records(self) -> Iterator[tuple[int, Any]]:
        """Yield the number of an MFT record, and rows of stored records from it on."""
        mft, size = self.fs.open_meta(inode=0), self._boot.record
        at_once = max(1, _BYTES_AT_ONCE // size)
        last = int(mft.info.meta.size) // size
        for first in range(0, last, at_once):
            try:
                raw = bytes(mft.read_random(first * size, min(at_once, last - first) * size))
            except TSK_ERRORS:
                continue
            rows = len(raw) // size
            yield first, np.frombuffer(raw[: rows * size], np.uint8).reshape(rows, size)

    def _named(self, number: int) -> Iterator[tuple[int, bytes]]:
        """Yield a lost record with its name, unless it is blank."""
        try:
            file = self.fs.open_meta(inode=number)
            name = self._name(file)
            data = any(int(attribute.info.size) for attribute in file if int(attribute.info.type) == _DATA)
            in_use = number >= FIRST_USER and int(file.info.meta.flags) & _IN_USE
        except TSK_ERRORS:
            yield number, b""
            return
        if name is not None or data or in_use:
            yield number, b"" if name is None else name.text

    def _name(self, file: Any) -> Name | None:
        """Return a record's name, the long one where there are two."""
        names = (
            file_name(bytes(file.read_random(0, int(attribute.info.size), _FILE_NAME, int(attribute.info.id))))
            for attribute in file
            if int(attribute.info.type) == _FILE_NAME
        )
        found = sorted((name for name in names if name is not None), key=lambda name: name.is_short)
        return found[0] if found else None

    def _is_folder(self, name: Name) -> bool:
        """Say whether the folder that a name is in is still the one that it was in."""
        meta = self.fs.open_meta(inode=name.parent).info.meta
        behind = int(meta.seq) - name.parent_sequence
        return int(meta.type) == _FOLDER and behind in (0, 1)


def _reparsed(streams: list[Stream], point: bytes) -> list[Stream]:
    """Apply a reparse point to the main content."""
    told = reparse(point)
    main = next(stream for stream in streams if not stream.suffix)
    failure = told.failure
    if is_cloud(point) and main.size and main.may_have_holes:
        failure = "is kept by a cloud service and marked as such; its content may not lie on this volume"
    changed = replace(main, target=told.target, failure=main.failure or failure)
    return [changed if stream is main else stream for stream in streams]
