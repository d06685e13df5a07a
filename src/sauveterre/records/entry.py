"""An entry: one file in a source, and how its processing ended."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sauveterre.records.provenance import Provenance


class EntryKind(StrEnum):
    """What the container says the entry is."""

    FILE = "file"
    SYMLINK = "symlink"
    DEVICE = "device"
    FIFO = "fifo"
    SOCKET = "socket"
    FOLDER = "folder"
    """Listed only when it cannot be read, so that what it holds is not silently missing."""


class Outcome(StrEnum):
    """How an entry ended. The set is closed: found = processed + partial + failed + skipped."""

    PROCESSED = "processed"
    PARTIAL = "partial"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file as its container lists it, before any of its content is read."""

    path: bytes
    """The name as stored, byte for byte; segments parted by ``/``."""
    size: int | None
    """In bytes, as the container states it; None when it does not."""
    locator: str
    """Unique in its source and stable over runs: how the reader finds the content again."""
    kind: EntryKind
    allocated: bool | None
    """False for a deleted entry, None when the container cannot tell."""
    modified: datetime | None
    provenance: Provenance
    refusal: str = ""
    """Why the content must not be read (a device, a link out of the source); empty when it may be."""
    failure: str = ""
    """Why the content cannot be read (an unreadable folder, a bomb); empty when it can be tried."""


def display_path(path: bytes) -> str:
    r"""Return a path for people: UTF-8 where it is that, every other byte as ``\xNN``. Never raises."""
    return path.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
