"""Folders on disk. Nothing is followed, nothing is left out, and nothing but regular files is ever opened.

Every folder and file is reached from the source's own folder one name at a time with ``O_NOFOLLOW``, so that a name
which turns into a symbolic link between listing and reading leads nowhere.
"""

import os
import posixpath
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO, Self

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.container import check_count, moment, refuse, special_refusal
from sauveterre.evidence.content import Window
from sauveterre.records.entry import Entry, EntryKind, display_path
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance
from sauveterre.records.reader import Origin

NAME = "directory"
VERSION = 1

FOLDERS_DEEP = 512
"""Folders inside one another that are listed; each costs one system call for each folder around it."""

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC

_KINDS = {
    stat.S_IFREG: EntryKind.FILE,
    stat.S_IFLNK: EntryKind.SYMLINK,
    stat.S_IFCHR: EntryKind.DEVICE,
    stat.S_IFBLK: EntryKind.DEVICE,
    stat.S_IFIFO: EntryKind.FIFO,
    stat.S_IFSOCK: EntryKind.SOCKET,
}


def recognises(peek: Peek) -> bool:
    """Say that this reader opens every folder and nothing else."""
    return peek.is_folder


def open(origin: Origin, limits: Limits) -> "Folder":
    """Open a folder; raise ``UnreadableSource`` when it cannot be listed."""
    if origin.folder is None:
        raise UnreadableSource(f"{origin.identity} is not a folder; open it with the reader of its own format")
    return Folder(origin.folder, origin.identity, limits)


@dataclass(frozen=True, slots=True)
class _Found:
    """One name in a folder, as ``lstat`` tells it."""

    name: bytes
    mode: int | None = None
    size: int | None = None
    modified: int = 0
    """In nanoseconds since 1970."""
    target: bytes = b""
    trouble: str = ""


class Folder:
    """An opened folder. Lists by walking, so that memory does not grow with the number of files."""

    def __init__(self, path: str, identity: str, limits: Limits) -> None:
        """Open the folder itself; it may be named by a symbolic link, as the examiner chose it."""
        self.problems: list[Problem] = []
        self._path = os.fsencode(path)
        self._identity = identity
        self._limits = limits
        try:
            self._root = os.open(path, _FOLDER_FLAGS)
            os.scandir(self._root).close()
        except OSError as error:
            raise UnreadableSource(
                f"{display_path(self._path)} cannot be opened as a folder: {error.strerror}; "
                "check the path and its permissions"
            ) from error

    def entries(self) -> Iterator[Entry]:
        """List every name that is no folder, and every folder that cannot be listed; sorted by the bytes of names."""
        for listed, entry in enumerate(self._walk()):
            check_count(listed, self._identity, self._limits)
            yield entry

    def entry_at(self, locator: str) -> Entry:
        """Return the entry with this locator as it is now."""
        segments = _segments(locator)
        try:
            parent = self._reach(segments[:-1])
            try:
                found = _look(segments[-1], parent)
            finally:
                os.close(parent)
        except OSError as error:
            raise self._gone(locator, error) from error
        return self._entry(b"/".join(segments), found)

    def beside(self, entry: Entry) -> Iterator[Entry]:
        """List what lies in the folder of an entry and is no folder itself."""
        above = _segments(entry.locator)[:-1]
        for found in self._inside(above)[0]:
            if found.mode is None or not stat.S_ISDIR(found.mode):
                yield self._entry(b"/".join((*above, found.name)), found)

    def open(self, entry: Entry) -> BinaryIO:
        """Open a regular file; whatever else it has become since it was listed raises ``UnreadableSource``."""
        refuse(entry)
        segments = _segments(entry.locator)
        try:
            parent = self._reach(segments[:-1])
            try:
                descriptor = _open_file(segments[-1], parent)
            finally:
                os.close(parent)
        except OSError as error:
            raise self._gone(entry.locator, error) from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise UnreadableSource(
                f"{entry.provenance.path} is no regular file any more; list the source again, "
                "it changes while it is read"
            )
        os.set_blocking(descriptor, True)
        raw = os.fdopen(descriptor, "rb", buffering=0)
        name = entry.provenance.path
        return Window(name, raw, 0, None, most=self._limits.entry_bytes, on_close=raw.close)

    def close(self) -> None:
        """Release the folder. Closing twice is harmless."""
        if self._root >= 0:
            os.close(self._root)
            self._root = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _walk(self) -> Iterator[Entry]:
        """Walk depth first with a stack of our own: names are hostile, and so is their depth."""
        top, trouble = self._inside(())
        if trouble and not top:
            raise UnreadableSource(f"{display_path(self._path)} {trouble}")
        if trouble:
            self.problems.append(Problem(Provenance(self._identity, "", "path", NAME), trouble))
        stack = [iter(top)]
        above: list[bytes] = []
        while stack:
            found = next(stack[-1], None)
            if found is None:
                stack.pop()
                if above:
                    above.pop()
                continue
            path = b"/".join((*above, found.name))
            if found.mode is None or not stat.S_ISDIR(found.mode):
                yield self._entry(path, found)
                continue
            inside, trouble = self._inside((*above, found.name))
            if trouble:
                yield self._entry(path, replace(found, trouble=trouble))
            above.append(found.name)
            stack.append(iter(inside))

    def _inside(self, segments: tuple[bytes, ...]) -> tuple[list[_Found], str]:
        """Return what a folder holds, and why that is not all or nothing at all."""
        if len(segments) > FOLDERS_DEEP:
            return [], f"lies more than {FOLDERS_DEEP} folders deep and is not listed; add it as a source of its own"
        found: list[_Found] = []
        try:
            self._list(segments, found)
        except OSError as error:
            return found, (
                f"cannot be listed{' to its end' if found else ''}: {error.strerror}; what it holds is not accounted "
                "for, check its permissions and the medium"
            )
        return found, ""

    def _list(self, segments: tuple[bytes, ...], found: list[_Found] | None = None) -> list[_Found]:
        """Fill in and return what a folder holds, sorted; what was found before an error stays in ``found``."""
        found = [] if found is None else found
        folder = self._reach(segments)
        try:
            with os.scandir(folder) as names:
                found.extend(_look(os.fsencode(each.name), folder) for each in names)
        finally:
            os.close(folder)
            found.sort(key=lambda each: each.name)
        return found

    def _reach(self, segments: tuple[bytes, ...]) -> int:
        """Open the folder at the end of these names, following no link on the way."""
        if self._root < 0:
            raise UnreadableSource(f"{self._identity} was closed; open the source again")
        folder = os.dup(self._root)
        for name in segments:
            try:
                inner = os.open(name, _FOLDER_FLAGS | os.O_NOFOLLOW, dir_fd=folder)
            finally:
                os.close(folder)
            folder = inner
        return folder

    def _entry(self, path: bytes, found: _Found) -> Entry:
        locator = _locator(path)
        mode = stat.S_IFREG if found.mode is None else stat.S_IFMT(found.mode)
        kind = EntryKind.FOLDER if mode == stat.S_IFDIR else _KINDS.get(mode, EntryKind.DEVICE)
        refusal = special_refusal(kind)
        if kind is EntryKind.SYMLINK and not found.trouble:
            refusal = self._link_refusal(path, found.target)
        return Entry(
            path=path,
            size=None if kind is EntryKind.FOLDER else found.size,
            locator=locator,
            kind=kind,
            allocated=True,
            modified=None if found.mode is None else moment(*divmod(found.modified, 1_000_000_000)),
            provenance=Provenance(self._identity, display_path(path), locator, NAME),
            refusal=refusal,
            failure=found.trouble,
        )

    def _link_refusal(self, path: bytes, target: bytes) -> str:
        """Say where a link leads, worked out from the names alone."""
        shown = display_path(target)
        place = posixpath.normpath(posixpath.join(self._path, posixpath.dirname(path), target))
        source = posixpath.normpath(self._path)
        if place == source or place.startswith(source.rstrip(b"/") + b"/"):
            return f"is a symbolic link to {shown}, which is not followed: that is listed under its own name"
        return (
            f"is a symbolic link out of the source, to {shown}, which is not followed; add that place as a source of "
            "its own if it was seized"
        )

    def _gone(self, locator: str, error: OSError) -> UnreadableSource:
        return UnreadableSource(
            f"{locator.removeprefix('path ')} cannot be opened: {error.strerror}; check its permissions, and that the "
            "source does not change while it is read"
        )


def _look(name: bytes, folder: int) -> _Found:
    try:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        target = os.readlink(name, dir_fd=folder) if stat.S_ISLNK(status.st_mode) else b""
    except OSError as error:
        return _Found(name, trouble=f"cannot be looked at: {error.strerror}; check its permissions and the medium")
    return _Found(name, status.st_mode, status.st_size, status.st_mtime_ns, target)


def _open_file(name: bytes, folder: int) -> int:
    """Open a file without leaving a trace where the system allows that: its access time stays as it is."""
    try:
        return os.open(name, _FILE_FLAGS | os.O_NOATIME, dir_fd=folder)
    except PermissionError:
        return os.open(name, _FILE_FLAGS, dir_fd=folder)


def _locator(path: bytes) -> str:
    r"""Return the path as text that can be turned back: ``\\`` for a backslash, ``\xNN`` for what is not UTF-8."""
    return "path " + path.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")


def _segments(locator: str) -> tuple[bytes, ...]:
    """Turn a locator back into names; refuse names that lead elsewhere."""
    text = locator.removeprefix("path ").encode("utf-8", "surrogatepass")
    pieces = text.split(b"\\\\")
    raw = b"\\".join(_unescape(piece) for piece in pieces)
    segments = tuple(raw.split(b"/"))
    if any(segment in (b"", b".", b"..") or b"\x00" in segment for segment in segments):
        raise UnreadableSource(f"{locator!r} is no path inside a folder; list the source again")
    return segments


def _unescape(piece: bytes) -> bytes:
    first, *rest = piece.split(b"\\x")
    try:
        return first + b"".join(bytes.fromhex(each[:2].decode("ascii")) + each[2:] for each in rest)
    except ValueError:
        raise UnreadableSource(f"{display_path(piece)!r} is no path inside a folder; list the source again") from None
