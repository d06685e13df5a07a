"""The walk through a file system: from name to record, and from there to the records that no name leads to.

Live folders come before deleted ones, so that a record is met under its live name first. A folder is entered once,
whatever leads to it; one folder's names are in memory at a time.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytsk3

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.filesystems.attribute import TSK_ERRORS, plain
from sauveterre.evidence.filesystems.dialect import Dialect, Stream
from sauveterre.evidence.filesystems.seen import Seen
from sauveterre.evidence.filesystems.verdict import Verdict, judge
from sauveterre.records.entry import EntryKind

DEEPEST = 512
LONGEST_PATH = 32 << 10
ORPHANS = b"$Orphan"
NO_NAME = b"$No name"
"""Stands for a name without letters, which damage leaves."""

_IN_USE = int(pytsk3.TSK_FS_META_FLAG_ALLOC)
_NAME_IN_USE = int(pytsk3.TSK_FS_NAME_FLAG_ALLOC)
_NAME_IS_FOLDER = int(pytsk3.TSK_FS_NAME_TYPE_DIR)
_FOLDER = int(pytsk3.TSK_FS_META_TYPE_DIR)
_INVENTED = (int(pytsk3.TSK_FS_META_TYPE_VIRT), int(pytsk3.TSK_FS_META_TYPE_VIRT_DIR))
_KINDS = {
    _FOLDER: EntryKind.FOLDER,
    int(pytsk3.TSK_FS_META_TYPE_LNK): EntryKind.SYMLINK,
    int(pytsk3.TSK_FS_META_TYPE_CHR): EntryKind.DEVICE,
    int(pytsk3.TSK_FS_META_TYPE_BLK): EntryKind.DEVICE,
    int(pytsk3.TSK_FS_META_TYPE_FIFO): EntryKind.FIFO,
    int(pytsk3.TSK_FS_META_TYPE_SOCK): EntryKind.SOCKET,
}
_NO_MORE = (Verdict.REUSED, Verdict.NAME_ONLY)


@dataclass(slots=True)
class Folder:
    """A folder that is still to be entered; its path is put together only then."""

    address: int
    parent: "Folder | None"
    name: bytes
    depth: int
    deleted: bool

    def path(self) -> bytes:
        """Return the path, without a slash at its start; empty for the root."""
        names = []
        at: Folder | None = self
        while at is not None:
            names.append(at.name)
            at = at.parent
        return b"/".join(name for name in reversed(names) if name)


@dataclass(slots=True)
class Found:
    """One file, or one folder that cannot be entered."""

    path: bytes
    kind: EntryKind
    verdict: Verdict
    address: int | None
    """None when no record is to be opened."""
    where: str
    """What its locator adds to the address."""
    file: Any = None
    streams: Iterable[Stream] = ()
    trouble: str = ""
    """Why its record or its names cannot be read."""
    index: int = -1
    """Which of its folder's names it is, from 0."""
    again: bool = False
    """Whether another name led to the same record before."""


class Walk:
    """One walk through a file system."""

    def __init__(self, fs: Any, dialect: Dialect) -> None:
        """Take an opened file system."""
        self._fs = fs
        self._dialect = dialect
        self._seen = Seen()
        self.troubles: list[str] = []
        """What was wrong beside what was found; complete when the walk is."""
        self._live: list[Folder] = []
        self._deleted: list[Folder] = []

    def files(self) -> Iterator[Found]:
        """Yield every file, live and deleted, and every folder that cannot be entered."""
        root = Folder(int(self._fs.info.root_inum), None, b"", 0, deleted=False)
        self._seen.add(root.address)
        if self._is_folder(root.address):
            self._live.append(root)
            yield from self._pending()
        else:
            yield _closed(root, b"", "cannot be listed: its record is damaged")
        for address, name in self._unnamed():
            if self._seen.add(address):
                yield from self._lost(address, name)
                yield from self._pending()

    def _is_folder(self, address: int) -> bool:
        """Say whether an address is a folder, not what The Sleuth Kit makes up where a damaged volume has no root."""
        try:
            return int(self._fs.open_meta(inode=address).info.meta.type) == _FOLDER
        except TSK_ERRORS:
            return False

    def _unnamed(self) -> Iterator[tuple[int, bytes]]:
        try:
            yield from self._dialect.lost(self._seen)
        except (UnreadableSource, *TSK_ERRORS) as error:
            self.troubles.append(f"records that no folder names cannot be looked for to the end: {plain(error)}")

    def _pending(self) -> Iterator[Found]:
        while self._live or self._deleted:
            yield from self._enter((self._live or self._deleted).pop())

    def _enter(self, folder: Folder) -> Iterator[Found]:
        path = folder.path()
        if folder.depth > DEEPEST or len(path) > LONGEST_PATH:
            yield _closed(folder, path, f"lies more than {DEEPEST} folders or {LONGEST_PATH:,} bytes of names deep")
            return
        gone: set[tuple[int, bytes]] = set()
        names = self.names(folder, path)
        while True:
            try:
                found, address, name = next(names)
            except StopIteration:
                return
            except TSK_ERRORS as error:
                yield _closed(folder, path, f"cannot be listed to its end: {plain(error)}")
                return
            if found.verdict is not Verdict.LIVE:
                if (address, name) in gone:
                    continue
                gone.add((address, name))
            if found.kind is EntryKind.FOLDER and found.verdict not in _NO_MORE and not found.trouble:
                self._defer(found, folder, name)
            else:
                yield found

    def _defer(self, found: Found, folder: Folder, name: bytes) -> None:
        """Enter a folder later, unless it was met before."""
        if not found.again and found.address is not None:
            deleted = found.verdict is not Verdict.LIVE
            later = self._deleted if deleted else self._live
            later.append(Folder(found.address, folder, name, folder.depth + 1, deleted=deleted))

    def names(self, folder: Folder, path: bytes) -> Iterator[tuple[Found, int, bytes]]:
        """Yield what each name of a folder leads to, with its address and the name itself."""
        directory = self._fs.open_dir(inode=folder.address)
        streams = tuple(self._dialect.folder_streams(folder.address))
        if streams:
            where = "" if self._dialect.names_parent else f" in {folder.address}"
            verdict = Verdict.DELETED if folder.deleted else Verdict.LIVE
            file = self._fs.open_meta(inode=folder.address)
            yield Found(path, EntryKind.FILE, verdict, folder.address, where, file, streams), folder.address, b""
        prefix = path + b"/" if path else b""
        for index, file in enumerate(directory):
            name = file.info.name
            text = name.name or NO_NAME
            if text in (b".", b".."):
                continue
            found = self._named(folder, prefix + text, index, file, name)
            if found is not None:
                found.index = index
                yield found, int(name.meta_addr), text

    def _named(self, folder: Folder, path: bytes, index: int, file: Any, name: Any) -> Found | None:
        address, meta, trouble = int(name.meta_addr), file.info.meta, ""
        in_use = bool(int(name.flags) & _NAME_IN_USE)
        here = f" in {folder.address} at {index}"
        if meta is None and address:
            try:
                file = self._fs.open_meta(inode=address)
                meta = file.info.meta
            except TSK_ERRORS as error:
                trouble = f"its record {address} cannot be read: {plain(error)}"
        if meta is None:
            if not in_use:
                return Found(path, _kind_of(name), Verdict.NAME_ONLY, None, here)
            return Found(
                path, _kind_of(name), Verdict.LIVE, None, here, trouble=trouble or "its name leads to no record"
            )
        kind = int(meta.type)
        if kind in _INVENTED or not self._dialect.is_file(address, meta):
            return None
        verdict = judge(
            name_in_use=in_use,
            record_in_use=bool(int(meta.flags) & _IN_USE),
            in_deleted_folder=folder.deleted,
            name_sequence=int(name.meta_seq),
            record_sequence=int(meta.seq),
        )
        if verdict is Verdict.REUSED:
            return Found(path, _kind_of(name), verdict, None, here)
        found = self._record(path, address, file, verdict, here)
        if self._seen.add(address):
            found.where = "" if self._dialect.names_parent else f" in {folder.address}"
        else:
            found.again = True
        return found

    def _record(self, path: bytes, address: int, file: Any, verdict: Verdict, where: str) -> Found:
        kind = _KINDS.get(int(file.info.meta.type), EntryKind.FILE)
        if kind is EntryKind.FOLDER:
            return Found(path, kind, verdict, address, where, file)
        try:
            return Found(path, kind, verdict, address, where, file, self._dialect.streams(file, address))
        except TSK_ERRORS as error:
            trouble = f"its record {address} cannot be read: {plain(error)}"
            return Found(path, kind, verdict, address, where, file, trouble=trouble)

    def _lost(self, address: int, name: bytes) -> Iterator[Found]:
        path = b"%b/%d" % (ORPHANS, address) + (b"/" + name if name else b"")
        found = self.record(address, path)
        if found.kind is not EntryKind.FOLDER or found.trouble:
            yield found
            return
        deleted = found.verdict is not Verdict.LOST
        (self._deleted if deleted else self._live).append(Folder(address, None, path, 1, deleted=deleted))

    def record(self, address: int, path: bytes) -> Found:
        """Return what a record holds, whatever leads to it; its verdict is then ``DELETED`` or ``LOST``."""
        try:
            file = self._fs.open_meta(inode=address)
            in_use = bool(int(file.info.meta.flags) & _IN_USE)
        except TSK_ERRORS as error:
            trouble = f"its record {address} cannot be read: {plain(error)}"
            return Found(path, EntryKind.FILE, Verdict.LOST, address, "", trouble=trouble)
        return self._record(path, address, file, Verdict.LOST if in_use else Verdict.DELETED, "")


def _kind_of(name: Any) -> EntryKind:
    return EntryKind.FOLDER if int(name.type) == _NAME_IS_FOLDER else EntryKind.FILE


def _closed(folder: Folder, path: bytes, trouble: str) -> Found:
    verdict = Verdict.DELETED if folder.deleted else Verdict.LIVE
    where = "" if folder.parent is None else f" in {folder.parent.address}"
    return Found(path or b"/", EntryKind.FOLDER, verdict, folder.address, where, trouble=trouble)
