"""Plain files on disk, for verbs that need no workspace."""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from pathlib import Path

from sauveterre.errors import SauveterreError, UnreadableSource
from sauveterre.media.alarms import opened
from sauveterre.media.fingerprint import fingerprint
from sauveterre.media.sandbox import Sandbox
from sauveterre.records.content import Fingerprint
from sauveterre.records.limits import Limits

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
    try:
        with path.open("rb") as stream:
            opened()
            return fingerprint(stream, limits=limits, size_hint=path.stat().st_size, reference=reference)
    except OSError as error:
        raise UnreadableSource(
            f"{path} cannot be read: {error.strerror}; check the path and its permissions"
        ) from error


def fingerprints(
    paths: Iterable[Path], sandbox: Sandbox, limits: Limits, *, reference: bool = False
) -> Iterator[tuple[Path, Fingerprint | SauveterreError]]:
    """Yield each file named, or below a folder named, with its fingerprint or why there is none; in their order."""
    waiting: deque[tuple[Path, Future[Fingerprint]]] = deque()
    for path in files_below(paths):
        clocks = limits.entry_clocks(_size(path))
        waiting.append((path, sandbox.submit(fingerprint_file, path, limits, reference, seconds=clocks)))
        if len(waiting) >= IN_FLIGHT:
            yield _ended(*waiting.popleft())
    while waiting:
        yield _ended(*waiting.popleft())


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # the child will say why
        return 0


def _ended(path: Path, future: "Future[Fingerprint]") -> tuple[Path, Fingerprint | SauveterreError]:
    try:
        return path, future.result()
    except SauveterreError as error:
        return path, error
