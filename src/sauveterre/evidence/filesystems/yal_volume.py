"""A file system that only the libyal libraries read, as a source: XFS, and the volumes of APFS."""

import contextlib
import re
from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from typing import Any, BinaryIO, Self

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.container import LARGEST_SIZE, check_count, moment, refuse, special_refusal
from sauveterre.evidence.disk.libyal import LIBYAL_ERRORS, reason
from sauveterre.evidence.disk.media import Media, MediaStream
from sauveterre.evidence.filesystems.attribute import FileStream
from sauveterre.evidence.filesystems.entries import SLACK, UNALLOCATED, Naming, region_of
from sauveterre.evidence.filesystems.yal_space import slack, stored_bytes, unallocated
from sauveterre.evidence.filesystems.yal_stream import YalMedia
from sauveterre.evidence.filesystems.yal_trees import Node, YalStream, YalTree
from sauveterre.records.entry import Cause, Entry, EntryKind, display_path
from sauveterre.records.limits import Limits
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance
from sauveterre.records.reader import Origin

_LOCATOR = re.compile(r"meta (\d{1,20})(?:( rsrc))? at (.*)", re.DOTALL)
_ESCAPE = re.compile(rb"\\\\|\\x([0-9a-f]{2})")
_LEAST_UNIT = 512
_NANOSECONDS = 1_000_000_000
_TIMES = ("modification_time", "creation_time", "access_time", "inode_change_time")


class YalVolume:
    """An opened file system. One thread at a time may use it; the medium stays with the caller."""

    def __init__(
        self, origin: Origin, reader: str, limits: Limits, media: Media, tree: YalTree, *, has_regions: bool
    ) -> None:
        """Take an opened tree; ``has_regions`` says whether all that no file of it lies on is a region of it."""
        self.problems: list[Problem] = []
        self._origin = origin  # who drops its last reference closes the file below
        self._naming = Naming(origin.identity, reader, media.size)
        self._limits = limits
        self._media = media
        self._tree = tree
        self._has_regions = has_regions
        self._closed = False

    def entries(self) -> Iterator[Entry]:
        """List every file, then the regions; no content is read."""
        listed, has_slack = 0, False
        for node in self._tree.walk():
            for entry in self._entries_of(node):
                check_count(listed, self._naming.identity, self._limits)
                listed += 1
                has_slack = has_slack or (entry.kind is EntryKind.FILE and bool((entry.size or 0) % _LEAST_UNIT))
                yield entry
        if self._has_regions:
            if self._unallocated.size:
                yield region_of(UNALLOCATED, self._unallocated.size, self._naming)
            if has_slack:
                yield region_of(SLACK, None, self._naming)

    def entry_at(self, locator: str) -> Entry:
        """Return the entry with this locator without listing all; raise ``UnreadableSource`` when there is none."""
        if self._has_regions and locator == UNALLOCATED[1]:
            return region_of(UNALLOCATED, self._unallocated.size, self._naming)
        if self._has_regions and locator == SLACK[1]:
            return region_of(SLACK, None, self._naming)
        found = _LOCATOR.fullmatch(locator)
        if found is not None:
            node = self._node(int(found[1]), path_from(found[3]))
            for entry in self._entries_of(node):
                if entry.locator == locator:
                    return entry
        raise UnreadableSource(
            f"{self._naming.identity} holds nothing at {locator!r}; it is not the source that was listed, list it again"
        )

    def beside(self, entry: Entry) -> Iterator[Entry]:
        """List what lies in the folder of an entry, as far as it can be read."""
        with contextlib.suppress(*LIBYAL_ERRORS):
            for node in self._tree.folder(entry.path.rpartition(b"/")[0]):
                yield from self._entries_of(node)

    def open(self, entry: Entry) -> BinaryIO:
        """Open an entry's content, to be read in order or by position."""
        label = entry.provenance.path
        if self._closed:
            raise UnreadableSource(f"{label} lies in a source that was closed; open the source again")
        refuse(entry)
        if entry.kind is EntryKind.REGION:
            return MediaStream(label, self._region(entry.locator))
        found = _LOCATOR.fullmatch(entry.locator)
        try:
            file = self._tree.by_number(int(found[1])) if found else None
            streams = self._tree.streams(file) if file is not None else []
            stream = next((s for s in streams if bool(s.suffix) == bool(found and found[2])), None)
            stored = stored_bytes(stream, self._tree) if stream else 0
        except LIBYAL_ERRORS as error:
            raise UnreadableSource(f"{label} cannot be opened: {reason(error)}; the volume is damaged there") from error
        if stream is None:
            raise UnreadableSource(f"{label}: its record no longer holds this content; list the source again")
        return FileStream(label, YalMedia(label, stream), stored, self._limits)

    def close(self) -> None:
        """Let go of the file system. Closing twice is harmless."""
        self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _node(self, number: int, path: bytes) -> Node:
        try:
            file = self._tree.by_number(number)
            return Node(path, number, self._tree.kind(file), file)
        except LIBYAL_ERRORS as error:
            return Node(path, number, EntryKind.FILE, None, f"its record {number} cannot be read: {reason(error)}")

    def _entries_of(self, node: Node) -> Iterator[Entry]:
        """Make the entries of one file: one for each of its contents."""
        trouble = node.trouble
        try:
            streams = self._tree.streams(node.entry) if not trouble else []
            target = self._target(node)
            times = {name: _time(node.entry, name) for name in _TIMES}
        except LIBYAL_ERRORS as error:
            streams, target, times = [], b"", dict.fromkeys(_TIMES)
            trouble = trouble or f"its record {node.number} cannot be read: {reason(error)}"
        for stream in streams or [YalStream(b"", 0, None)]:
            path = node.path + stream.suffix
            which = " rsrc" if stream.suffix else ""
            locator = f"meta {node.number}{which} at {text_of(node.path)}"
            refusal = "" if trouble else special_refusal(node.kind, target)
            yield Entry(
                path=path,
                size=stream.size if 0 <= stream.size <= LARGEST_SIZE else None,
                locator=locator,
                kind=node.kind,
                allocated=True,
                modified=times["modification_time"],
                provenance=Provenance(self._naming.identity, display_path(path), locator, self._naming.reader),
                refusal=refusal,
                failure=trouble,
                cause=Cause.UNREADABLE if trouble else Cause.SPECIAL if refusal else Cause.NONE,
                created=times["creation_time"],
                accessed=times["access_time"],
                changed=times["inode_change_time"],
            )

    def _target(self, node: Node) -> bytes:
        if node.kind is not EntryKind.SYMLINK or node.entry is None:
            return b""
        return (node.entry.symbolic_link_target or "").encode("utf-8", "surrogateescape")

    def _region(self, locator: str) -> Media:
        if self._has_regions and locator == UNALLOCATED[1]:
            return self._unallocated
        if self._has_regions and locator == SLACK[1]:
            return slack(self._media, self._tree)
        raise UnreadableSource(f"{self._naming.identity} has no region called {locator!r}; list it again")

    @cached_property
    def _unallocated(self) -> Media:
        return unallocated(self._media, [self._tree])


def _time(entry: Any, name: str) -> datetime | None:
    """Return a time, in nanoseconds since 1970; None where none is stated."""
    read = getattr(entry, f"get_{name}_as_integer", None)
    ticks = read() if read is not None else None
    return moment(*divmod(ticks, _NANOSECONDS)) if ticks else None


def text_of(path: bytes) -> str:
    r"""Return a path as text that can be turned back: ``\\`` for a backslash, ``\xNN`` for what is not UTF-8."""
    return path.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")


def path_from(text: str) -> bytes:
    """Turn such a text back."""
    return _ESCAPE.sub(_unescaped, text.encode("utf-8", "surrogatepass"))


def _unescaped(found: re.Match[bytes]) -> bytes:
    return b"\\" if found[0] == b"\\\\" else bytes([int(found[1], 16)])
