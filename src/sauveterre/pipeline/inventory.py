"""Inventory: what a source holds, listed in full before any content is read."""

import os
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

from sauveterre.errors import UnknownFormat, UnreadableSource
from sauveterre.evidence.opening import container_kind
from sauveterre.messages.stores import find_stores
from sauveterre.pipeline.opening import is_store, shared_opener
from sauveterre.records.entry import Entry, Outcome, display_path
from sauveterre.records.limits import Limits
from sauveterre.records.problem import Problem
from sauveterre.records.source import Source
from sauveterre.records.store import StoreLocation

HEAD_BYTES = 512


@dataclass(frozen=True, slots=True)
class Listing:
    """One source's entries in order, what was wrong while listing, and the message stores among the entries."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    stores: tuple[StoreLocation, ...]


def root_source(path: Path) -> tuple[Source, str]:
    """Return what the examiner named as a source, and the name of the reader that opens it.

    A file is read once from end to end, so that its digest can be its identity.

    Raises ``UnreadableSource`` when the path cannot be read and ``UnknownFormat`` when no reader opens it.
    """
    path = path.expanduser().absolute()
    try:
        if path.is_dir():
            return Source(path, f"folder:{display_path(os.fsencode(path.name))}"), "directory"
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
            stream.seek(0)
            digest = file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise UnreadableSource(
            f"{path} cannot be read: {error.strerror}; check the path and its permissions"
        ) from error
    kind = container_kind(head)
    if kind is None:
        raise UnknownFormat(
            f"{path} is neither a folder nor a ZIP, TAR or 7z archive; put a single file into a folder to add it"
        )
    return Source(path, f"sha256:{digest}"), kind


def list_source(source: Source, limits: Limits, keys: tuple[str, ...]) -> Listing:
    """List a source. Memory: about half a kilobyte for each entry, ``limits.entries`` of them at most."""
    opener = shared_opener(limits, keys)
    container = opener.container(source)
    entries = tuple(container.entries())
    problems = tuple(getattr(container, "problems", ()))
    stores = () if is_store(source) else tuple(find_stores(opener.tree(source)))
    return Listing(entries, problems, stores)


def inside(source: str, reader: str, path: str) -> str:
    """Return the name of something inside a source, for people: ``!`` goes into a container, ``/`` into a folder."""
    return f"{source}{'/' if reader == 'directory' else '!'}{path}".rstrip("!/")


def foreseen(entry: Entry) -> tuple[Outcome, str] | None:
    """Return how an entry ends whose content must or can not be read; None for one that will be read."""
    if entry.refusal:
        return Outcome.SKIPPED, entry.refusal
    if entry.failure:
        return Outcome.FAILED, entry.failure
    return None
