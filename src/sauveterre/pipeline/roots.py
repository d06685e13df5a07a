"""What the examiner named: which reader opens it, how large it is, and what it is called."""

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from sauveterre.errors import UnknownFormat, UnreadableSource
from sauveterre.evidence.opening import container_kind, peek_at
from sauveterre.evidence.segments import files_of
from sauveterre.records.entry import display_path
from sauveterre.records.pulse import pulse
from sauveterre.records.source import Source

BLOCK = 1 << 20


def root_source(path: Path) -> tuple[Source, str]:
    """Return what the examiner named as a source, and the name of the reader that opens it.

    A file is read once from end to end, with the segments that follow it, so that its digest can be its identity.

    Raises ``UnreadableSource`` when the path cannot be read and ``UnknownFormat`` when no reader opens it.
    """
    path = path.expanduser().absolute()
    kind = root_kind(path)
    return Source(path, root_identity(path)), kind


def root_kind(path: Path) -> str:
    """Return the name of the reader that opens what the examiner named; its two ends are looked at, no more.

    Raises as ``root_source``.
    """
    if path.is_dir():
        return "directory"
    try:
        with path.open("rb") as stream:
            kind = container_kind(peek_at(stream, os.fsencode(path.name)))
    except OSError as error:
        raise _unreadable(path, error) from error
    if kind is None:
        raise UnknownFormat(
            f"{path} is neither a folder nor an image or archive that is read; put a single file into a folder to add "
            "it, and see docs/formats.md for what is read"
        )
    return kind


def root_size(path: Path) -> int | None:
    """Return how many bytes the examiner's file has with its segments; None for a folder, or what is not there."""
    try:
        return None if path.is_dir() else sum(file.stat().st_size for file in files_of(path))
    except OSError:
        return None


def root_identity(path: Path) -> str:
    """Return what provenance calls the source that the examiner named: its SHA-256, or a folder's name."""
    if path.is_dir():
        return f"folder:{display_path(os.fsencode(path.name))}"
    digest = sha256()
    for block in file_blocks(path):
        digest.update(block)
    return f"sha256:{digest.hexdigest()}"


def file_blocks(path: Path) -> Iterator[bytes]:
    """Yield the bytes of the examiner's file and of its segments; raise ``UnreadableSource`` where there are none."""
    try:
        for file in files_of(path):
            with file.open("rb", buffering=0) as stream:
                while block := stream.read(BLOCK):
                    pulse()
                    yield block
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> UnreadableSource:
    return UnreadableSource(f"{path} cannot be read: {error.strerror}; check the path and its permissions")
