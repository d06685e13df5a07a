"""Plain files on disk, for verbs that need no workspace."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from sauveterre.errors import SauveterreError, UnreadableSource
from sauveterre.media.alarms import opened
from sauveterre.media.fingerprint import fingerprint
from sauveterre.media.formats import is_film
from sauveterre.media.kind import kind_of
from sauveterre.media.sandbox import Sandbox
from sauveterre.records.content import Fingerprint
from sauveterre.records.limits import Limits
from sauveterre.records.video import HashedFrame

T = TypeVar("T")
HEAD = 1 << 20
"""Bytes by which a kind is told."""
IN_FLIGHT = 64
"""Files handed to the children before the first answer is waited for."""


def files_below(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield files as named, and every regular file below folders, in the order of their names."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for folder, folders, names in os.walk(path):
            folders.sort()
            yield from (
                found for name in sorted(names) if (found := Path(folder) / name).is_file() and not found.is_symlink()
            )


def fingerprint_file(path: Path, limits: Limits, reference: bool = False) -> Fingerprint:  # noqa: FBT001, FBT002 - the pool passes by position
    """Fingerprint one file; raise ``UnreadableSource`` when it cannot be read."""
    with _reading(path) as stream:
        return fingerprint(stream, limits=limits, size_hint=path.stat().st_size, reference=reference)


@contextmanager
def _reading(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as stream:
            opened()
            yield stream
    except OSError as error:
        raise UnreadableSource(
            f"{path} cannot be read: {error.strerror}; check the path and its permissions"
        ) from error


def glance_file(path: Path, limits: Limits) -> tuple[HashedFrame, ...] | None:
    """Return the hashes of a film's key frames alone, None for what is no film.

    Raises ``UnreadableSource`` when the file cannot be read or played.
    """
    from sauveterre.media.video.opening import Unplayable
    from sauveterre.media.video.reading import read_film
    from sauveterre.media.video.sampling import Sampling

    with _reading(path) as stream:
        kind = kind_of(stream.read(HEAD))
        stream.seek(0)
        if not is_film(kind):
            return None
        try:
            return read_film(stream, kind, limits, Sampling(key_frames_only=True)).frames
        except Unplayable as trouble:
            raise UnreadableSource(f"{path}: {trouble}") from trouble


def fingerprints(
    paths: Iterable[Path], sandbox: Sandbox, limits: Limits, *, reference: bool = False
) -> Iterator[tuple[Path, Fingerprint | SauveterreError]]:
    """Yield each file named, or below a folder named, with its fingerprint or why there is none; in their order."""
    yield from _each_apart(paths, sandbox, limits, fingerprint_file, reference)


def glances(
    paths: Iterable[Path], sandbox: Sandbox, limits: Limits
) -> Iterator[tuple[Path, tuple[HashedFrame, ...] | SauveterreError | None]]:
    """Yield each file with the hashes of its key frames, None where it is no film, or why there are none."""
    yield from _each_apart(paths, sandbox, limits, glance_file)


def _each_apart(
    paths: Iterable[Path], sandbox: Sandbox, limits: Limits, look: Callable[..., T], *more: object
) -> Iterator[tuple[Path, T | SauveterreError]]:
    """Yield each file named, or below a folder named, with what a child saw in it; in their order."""
    waiting: deque[tuple[Path, Future[T]]] = deque()
    for path in files_below(paths):
        clocks = limits.entry_clocks(_size(path))
        waiting.append((path, sandbox.submit(look, path, limits, *more, seconds=clocks)))
        if len(waiting) >= IN_FLIGHT:
            yield _ended(*waiting.popleft())
    while waiting:
        yield _ended(*waiting.popleft())


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # the child will say why
        return 0


def _ended(path: Path, future: "Future[Any]") -> tuple[Path, Any]:
    try:
        return path, future.result()
    except SauveterreError as error:
        return path, error
