"""Open a source, whatever lies around it: each step down opens a container inside the one before it."""

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import BinaryIO, Protocol, Self, runtime_checkable

from sauveterre.errors import LimitExceeded, UnknownFormat, UnreadableSource
from sauveterre.evidence import readers
from sauveterre.evidence.bounded import spool
from sauveterre.evidence.disk.media import Joined, MediaStream, media_of
from sauveterre.evidence.origin import FolderOrigin, StreamOrigin
from sauveterre.evidence.readers import FIRST, LAYER_NAMES
from sauveterre.evidence.segments import Sibling, is_raw_split, segments
from sauveterre.records.entry import Entry
from sauveterre.records.limits import Limits
from sauveterre.records.peek import HEAD_BYTES, TAIL_BYTES, Peek
from sauveterre.records.problem import Problem
from sauveterre.records.reader import Container, EvidenceReader
from sauveterre.records.source import Source, Step


@runtime_checkable
class Addressed(Protocol):
    """A container that finds an entry without listing all of them."""

    def entry_at(self, locator: str) -> Entry:
        """Return the entry with this locator; raise ``UnreadableSource`` when there is none."""


@runtime_checkable
class Neighbours(Protocol):
    """A container that lists one folder without listing all of them."""

    def beside(self, entry: Entry) -> Iterator[Entry]:
        """List what lies in the folder of an entry, itself among it; nothing where its folder cannot be told."""


def reader_for(peek: Peek) -> EvidenceReader | None:
    """Return the first reader that recognises a stream or folder, or None."""
    return next((reader for reader in _all_readers() if reader.recognises(peek)), None)


def _all_readers() -> Iterator[EvidenceReader]:
    """Yield all readers in their order; those of archives are loaded for what no other one opens."""
    yield from FIRST
    yield from readers.ARCHIVES


def container_kind(peek: Peek) -> str | None:
    """Return the name of the reader that may open what a peek shows; None when it is no container."""
    reader = reader_for(peek)
    return None if reader is None else reader.NAME


def peek_at(stream: BinaryIO, name: bytes = b"") -> Peek:
    """Look at both ends of a seekable stream, and leave it at its start."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - TAIL_BYTES))
    tail = stream.read(TAIL_BYTES)
    stream.seek(0)
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    return Peek(head=head, tail=tail, size=size, name=name)


def open_container(source: Source, limits: Limits, keys: tuple[str, ...] = ()) -> Container:
    """Open a source whose every step is a reader of this package; closing it closes all that lies around it.

    Raises ``UnknownFormat`` when no reader opens ``source.path``, ``UnreadableSource`` when something on the way
    cannot be read, ``Locked`` when none of the keys opens it, and ``LimitExceeded`` for a source that lies too deep or
    unpacks to too much.
    """
    check_depth(source.steps, source.identity, limits)
    with ExitStack() as opened:
        outermost = open_path(source, limits, keys, opened)
        container = open_steps(outermost, source.steps, limits, identity=source.identity, keys=keys)
        return Nested(container, opened.pop_all().close)


def open_steps(
    container: Container,
    steps: Sequence[Step],
    limits: Limits,
    *,
    identity: str,
    keys: tuple[str, ...] = (),
    depth: int = 0,
) -> Container:
    """Open what lies some steps inside an opened container, which stays with the caller.

    ``depth`` is how many containers lie around ``container``. With no steps, the container itself comes back.
    """
    check_depth(steps, identity, limits, around=depth)
    if not steps:
        return container
    with ExitStack() as opened:
        for level, step in enumerate(steps, start=1):
            inside = _random_access(container, step, limits, opened)
            origin = StreamOrigin(inside.content, identity, depth + level, inside.name, keys, inside.sibling)
            container = opened.enter_context(_known_reader(step.reader).open(origin, limits))
            container.problems.extend(inside.problems)
        return Nested(container, opened.pop_all().close)


class Nested:
    """A container with all that has to be closed after it."""

    def __init__(self, inner: Container, release: Callable[[], None]) -> None:
        """Take the container to show, and what closes it and everything around it."""
        self.problems: list[Problem] = inner.problems
        self._inner = inner
        self._release: Callable[[], None] | None = release

    def entries(self) -> Iterator[Entry]:
        """As the container inside."""
        return self._inner.entries()

    def entry_at(self, locator: str) -> Entry:
        """As the container inside."""
        return _entry_at(self._inner, locator)

    def beside(self, entry: Entry) -> Iterator[Entry]:
        """As the container inside."""
        return _beside(self._inner, entry)

    def open(self, entry: Entry) -> BinaryIO:
        """As the container inside."""
        return self._inner.open(entry)

    def close(self) -> None:
        """Close all levels, the innermost first. Closing twice is harmless."""
        self._inner.close()
        if self._release is not None:
            self._release()
            self._release = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def check_depth(steps: Sequence[Step], identity: str, limits: Limits, *, around: int = 0) -> None:
    """Raise ``LimitExceeded`` for a source that lies too deep; ``around`` containers lie above the first step."""
    layers = sum(step.reader in LAYER_NAMES for step in steps)
    depth = around + len(steps) - layers
    if layers > limits.layers:
        raise LimitExceeded(
            f"{identity} lies {layers} layers of disk images deep and {limits.layers} is the most; extract it and add "
            "it as a source of its own, or raise the limit layers"
        )
    if depth > limits.depth:
        raise LimitExceeded(
            f"{identity} lies {depth} containers deep and {limits.depth} is the most; unpack it and add it as a source "
            "of its own, or raise the limit depth"
        )


def open_path(source: Source, limits: Limits, keys: tuple[str, ...], opened: ExitStack) -> Container:
    """Open the folder or file that the examiner named; ``opened`` closes it."""
    identity = source.identity if not source.steps else f"file:{source.path.name}"
    name = os.fsencode(source.path.name)
    if source.path.is_dir():
        reader = _known_reader("directory")
        return opened.enter_context(reader.open(FolderOrigin(source.path, identity, 0, name, keys), limits))
    sibling = _on_disk(source.path, opened)
    stream = open_file(source.path, opened)
    found = reader_for(peek_at(stream, name))
    if found is None:
        raise UnknownFormat(
            f"{source.path} is no folder, no image and none of the archives that are read; put a single file into a "
            "folder to add it"
        )
    return opened.enter_context(found.open(StreamOrigin(stream, identity, 0, name, keys, sibling), limits))


def open_file(path: Path, opened: ExitStack) -> BinaryIO:
    """Open the file that the examiner named, with the raw segments that follow it; ``opened`` closes it."""
    stream = opened.enter_context(_open_file(path))
    return _whole(stream, os.fsencode(path.name), _on_disk(path, opened))


def content_at(container: Container, step: Step, limits: Limits, opened: ExitStack) -> BinaryIO:
    """Open what lies one step inside a container, to be read at random; ``opened`` closes it."""
    return _random_access(container, step, limits, opened).content


def _on_disk(path: Path, opened: ExitStack) -> Sibling:
    """Return a way to open files in the same folder; only a plain name leads anywhere."""

    def sibling(name: bytes) -> BinaryIO | None:
        beside = path.with_name(os.fsdecode(name)) if name and b"/" not in name and name not in (b".", b"..") else None
        if beside is None or not beside.is_file():
            return None
        return opened.enter_context(_open_file(beside))

    return sibling


def _whole(stream: BinaryIO, name: bytes, sibling: Sibling) -> BinaryIO:
    """Return a stream with the segments that follow it, where its name is that of the first of several."""
    more = segments(name, sibling) if is_raw_split(name) else []
    if not more:
        return stream
    return MediaStream(name.decode("utf-8", "backslashreplace"), Joined([media_of(part) for part in (stream, *more)]))


def _open_file(path: Path) -> BinaryIO:
    """Open a regular file; anything else could wait for ever."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise UnreadableSource(
            f"{path} cannot be opened: {error.strerror}; check the path and its permissions"
        ) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UnreadableSource(f"{path} is no regular file; make an image of it and add that")
    return os.fdopen(descriptor, "rb")


@dataclass(frozen=True, slots=True)
class _Inside:
    """The content of an entry, to be read at random, and what was wrong with it."""

    content: BinaryIO
    name: bytes
    sibling: Sibling
    problems: tuple[Problem, ...] = ()


def _random_access(container: Container, step: Step, limits: Limits, opened: ExitStack) -> _Inside:
    """Open one entry of a container; what can only be read in order is unpacked into scratch first."""
    entry = _entry_at(container, step.locator)
    name = entry.path.rpartition(b"/")[2]
    sibling = _in_folder(container, entry, limits, opened)
    content, trouble = _seekable(container, entry, limits, opened)
    problems = (Problem(replace(entry.provenance, reader=step.reader), trouble),) if trouble else ()
    return _Inside(_whole(content, name, sibling), name, sibling, problems)


def _seekable(container: Container, entry: Entry, limits: Limits, opened: ExitStack) -> tuple[BinaryIO, str]:
    stream = opened.enter_context(container.open(entry))
    if stream.seekable():
        return stream, ""
    content, trouble = spool(stream, entry.provenance.path, limits)
    return opened.enter_context(content), trouble


def _in_folder(container: Container, entry: Entry, limits: Limits, opened: ExitStack) -> Sibling:
    """Return a way to open other entries of an entry's folder, which is listed once, and only if it is asked for."""

    @cache
    def names() -> dict[bytes, Entry]:
        found: dict[bytes, Entry] = {}
        for one in _beside(container, entry):
            name = one.path.rpartition(b"/")[2]
            if not one.refusal and not one.failure and (name not in found or not found[name].allocated):
                found[name] = one
        return found

    def sibling(name: bytes) -> BinaryIO | None:
        found = names().get(name)
        return None if found is None else _seekable(container, found, limits, opened)[0]

    return sibling


def _beside(container: Container, entry: Entry) -> Iterator[Entry]:
    if isinstance(container, Neighbours):
        return container.beside(entry)
    folder = entry.path.rpartition(b"/")[0]
    return (one for one in container.entries() if one.path.rpartition(b"/")[0] == folder)


def _known_reader(name: str) -> EvidenceReader:
    for reader in _all_readers():
        if name == reader.NAME:
            return reader
    raise UnknownFormat(f"no reader of sources is called {name!r}; it was listed by another version of the program")


def _entry_at(container: Container, locator: str) -> Entry:
    if isinstance(container, Addressed):
        return container.entry_at(locator)
    for entry in container.entries():
        if entry.locator == locator:
            return entry
    raise UnreadableSource(f"the source holds nothing at {locator!r}; it is not the one that was listed, list it again")
