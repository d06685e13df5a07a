"""``Manifest.db`` of an iOS backup: one row for each file, folder and link, with a keyed archive of its metadata.

Table ``Files``: ``fileID`` (SHA-1 of domain, hyphen and path, in hexadecimal digits), ``domain``, ``relativePath``,
``flags`` (1 file, 2 folder, 4 symbolic link), ``file`` (an archived ``MBFile``: times in seconds since 1970, size,
mode, protection class, and in encrypted backups the file's sealed key).
"""

import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sauveterre.evidence.container import LARGEST_SIZE, moment
from sauveterre.evidence.database import Database
from sauveterre.evidence.property_list import BadPropertyList, read_keyed_object
from sauveterre.records.entry import EntryKind

_FILES = """
    SELECT rowid, fileID, domain, relativePath, flags, CASE WHEN length(file) <= 1048576 THEN file END
    FROM Files
"""
_KINDS = {1: EntryKind.FILE, 2: EntryKind.FOLDER, 4: EntryKind.SYMLINK}
_KINDS_BY_MODE = {
    stat.S_IFREG: EntryKind.FILE,
    stat.S_IFDIR: EntryKind.FOLDER,
    stat.S_IFLNK: EntryKind.SYMLINK,
    stat.S_IFCHR: EntryKind.DEVICE,
    stat.S_IFBLK: EntryKind.DEVICE,
    stat.S_IFIFO: EntryKind.FIFO,
    stat.S_IFSOCK: EntryKind.SOCKET,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFile:
    """One row."""

    row: int
    file_id: str
    """Lowercase hexadecimal digits, if the row is as it should be."""
    path: bytes
    """Domain and path in it, parted by ``/``."""
    kind: EntryKind
    size: int | None = None
    modified: datetime | None = None
    created: datetime | None = None
    changed: datetime | None = None
    target: bytes = b""
    """Where a symbolic link leads."""
    sealed_key: bytes = b""
    """Protection class and sealed key; empty where the file is not encrypted by itself."""
    fault: str = ""
    """Why the metadata cannot be read; empty when it can."""


def listed_files(database: Database) -> Iterator[ListedFile]:
    """Yield every row in order; raise ``UnreadableSource`` at damage, after the rows before it."""
    for row in database.rows(_FILES + "ORDER BY rowid"):
        yield _listed(row)


def listed_at(database: Database, row: int) -> ListedFile | None:
    """Return the row with this number, None when there is none."""
    return next((_listed(found) for found in database.rows(_FILES + "WHERE rowid = ?", (row,))), None)


def _listed(row: tuple[Any, ...]) -> ListedFile:
    number, file_id, domain, path, flags, record = row
    metadata: Mapping[str, Any] = {}
    fault = ""
    try:
        metadata = read_keyed_object(_bytes(record))
    except BadPropertyList as error:
        fault = str(error)
    parts = [part for part in (_bytes(domain), _bytes(path)) if part]
    size = _number(metadata, "Size")
    return ListedFile(
        row=number,
        file_id=_bytes(file_id).decode("ascii", "backslashreplace").lower(),
        path=b"/".join(parts),
        kind=_kind(flags, metadata),
        size=size if size is not None and 0 <= size <= LARGEST_SIZE else None,
        modified=_moment(metadata, "LastModified"),
        created=_moment(metadata, "Birth"),
        changed=_moment(metadata, "LastStatusChange"),
        target=_bytes(metadata.get("Target")),
        sealed_key=_bytes(metadata.get("EncryptionKey")),
        fault=fault,
    )


def _kind(flags: object, metadata: Mapping[str, Any]) -> EntryKind:
    known = _KINDS.get(flags) if isinstance(flags, int) else None
    return known or _KINDS_BY_MODE.get(stat.S_IFMT((_number(metadata, "Mode") or 0) & 0xFFFF), EntryKind.FILE)


def _bytes(value: object) -> bytes:
    """Return text or bytes as bytes; a column may hold what it should not."""
    if isinstance(value, bytes):
        return value
    return b"" if value is None else str(value).encode("utf-8", "surrogatepass")


def _number(metadata: Mapping[str, Any], key: str) -> int | None:
    value = metadata.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _moment(metadata: Mapping[str, Any], key: str) -> datetime | None:
    seconds = _number(metadata, key)
    return moment(seconds) if seconds else None
