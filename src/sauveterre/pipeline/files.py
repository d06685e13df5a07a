"""Plain files on disk, for verbs that need no workspace."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from sauveterre.errors import UnreadableSource
from sauveterre.media.fingerprint import fingerprint
from sauveterre.records.content import Fingerprint
from sauveterre.records.limits import Limits


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


def fingerprint_file(path: Path, limits: Limits) -> Fingerprint:
    """Fingerprint one file; raise ``UnreadableSource`` when it cannot be read."""
    try:
        with path.open("rb") as stream:
            return fingerprint(stream, limits=limits, size_hint=path.stat().st_size)
    except OSError as error:
        raise UnreadableSource(
            f"{path} cannot be read: {error.strerror}; check the path and its permissions"
        ) from error
