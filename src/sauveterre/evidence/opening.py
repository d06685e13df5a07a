"""Open a source, whatever lies around it: each step down opens a container inside the one before it."""

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import BinaryIO, Protocol, Self, runtime_checkable

from sauveterre.errors import LimitExceeded, UnknownFormat, UnreadableSource
from sauveterre.evidence.bounded import spool
from sauveterre.evidence.origin import FolderOrigin, StreamOrigin
from sauveterre.evidence.readers import READERS
from sauveterre.records.entry import Entry
from sauveterre.records.limits import Limits
from sauveterre.records.problem import Problem
from sauveterre.records.reader import Container, EvidenceReader
from sauveterre.records.source import Source, Step

HEAD_BYTES = 512
"""How much of a stream's start ``reader_for`` and ``container_kind`` need."""


@runtime_checkable
class Addressed(Protocol):
    """A container that finds an entry without listing all of them."""

    def entry_at(self, locator: str) -> Entry:
        """Return the entry with this locator; raise ``UnreadableSource`` when there is none."""


def reader_for(head: bytes, *, is_folder: bool) -> EvidenceReader | None:
    """Return the first reader that recognises the first 512 bytes, or None."""
    return next((reader for reader in READERS if reader.recognises(head, is_folder=is_folder)), None)


def container_kind(head: bytes) -> str | None:
    """Return the name of the reader that may open content which begins so; None when it is no container."""
    reader = reader_for(head, is_folder=False)
    return None if reader is None else reader.NAME


def open_container(source: Source, limits: Limits) -> Container:
    """Open a source whose every step is a reader of this package; closing it closes all that lies around it.

    Raises ``UnknownFormat`` when no reader opens ``source.path``, ``UnreadableSource`` when something on the way
    cannot be read, and ``LimitExceeded`` for a source that lies too deep or unpacks to too much.
    """
    _check_depth(source.depth, source.identity, limits)
    with ExitStack() as opened:
        outermost = _open_path(source, limits, opened)
        container = open_steps(outermost, source.steps, limits, identity=source.identity)
        return Nested(container, opened.pop_all().close)


def open_steps(
    container: Container, steps: Sequence[Step], limits: Limits, *, identity: str, depth: int = 0
) -> Container:
    """Open what lies some steps inside an opened container, which stays with the caller.

    ``depth`` is how many containers lie around ``container``. With no steps, the container itself comes back.
    """
    _check_depth(depth + len(steps), identity, limits)
    if not steps:
        return container
    with ExitStack() as opened:
        for level, step in enumerate(steps, start=1):
            stream = _random_access(container, step, limits, opened)
            origin = StreamOrigin(stream.content, identity, depth + level)
            container = opened.enter_context(_known_reader(step.reader).open(origin, limits))
            container.problems.extend(stream.problems)
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


def _check_depth(depth: int, identity: str, limits: Limits) -> None:
    if depth > limits.depth:
        raise LimitExceeded(
            f"{identity} lies {depth} containers deep and {limits.depth} is the most; unpack it and add it as a source "
            "of its own, or raise the limit"
        )


def _open_path(source: Source, limits: Limits, opened: ExitStack) -> Container:
    """Open the folder or file that the examiner named."""
    identity = source.identity if not source.steps else f"file:{source.path.name}"
    if source.path.is_dir():
        reader = _known_reader("directory")
        return opened.enter_context(reader.open(FolderOrigin(source.path, identity), limits))
    stream = opened.enter_context(_open_file(source))
    head = stream.read(HEAD_BYTES)
    found = reader_for(head, is_folder=False)
    if found is None:
        raise UnknownFormat(
            f"{source.path} is no folder and none of the archives that are read; put a single file into a folder to "
            "add it"
        )
    return opened.enter_context(found.open(StreamOrigin(stream, identity), limits))


def _open_file(source: Source) -> BinaryIO:
    """Open a regular file; anything else could wait for ever."""
    try:
        descriptor = os.open(source.path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise UnreadableSource(
            f"{source.path} cannot be opened: {error.strerror}; check the path and its permissions"
        ) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UnreadableSource(f"{source.path} is no regular file; make an image of it and add that")
    return os.fdopen(descriptor, "rb")


@dataclass(frozen=True, slots=True)
class _Inside:
    """The content of an entry, to be read at random, and what was wrong with it."""

    content: BinaryIO
    problems: tuple[Problem, ...] = ()


def _random_access(container: Container, step: Step, limits: Limits, opened: ExitStack) -> _Inside:
    """Open one entry of a container; what can only be read in order is unpacked into scratch first."""
    entry = _entry_at(container, step.locator)
    stream = opened.enter_context(container.open(entry))
    if stream.seekable():
        return _Inside(stream)
    content, trouble = spool(stream, entry.provenance.path, limits)
    opened.enter_context(content)
    problems = (Problem(replace(entry.provenance, reader=step.reader), trouble),) if trouble else ()
    return _Inside(content, problems)


def _known_reader(name: str) -> EvidenceReader:
    for reader in READERS:
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
