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
    VOLUME = "volume"
    """A layer of a disk image: a partition, a logical volume, a decrypted volume, a snapshot, the medium in its image.
    It has no digest of its own: it is opened as a source, and what it holds is accounted for there."""
    REGION = "region"
    """Bytes that no file holds: unallocated space, slack, the gap between partitions. Searched for files by content."""
    CARVED = "carved"
    """A file found by its content alone, in a region."""


STRUCTURE = (EntryKind.VOLUME, EntryKind.REGION)
"""Kinds of entry whose bytes are those of other entries: only looked at, whatever their size."""


class Outcome(StrEnum):
    """How an entry ended. The set is closed: found = processed + partial + failed + skipped."""

    PROCESSED = "processed"
    PARTIAL = "partial"
    FAILED = "failed"
    SKIPPED = "skipped"


class Cause(StrEnum):
    """Why an entry is not simply processed. The set is closed; the sentence beside it says more."""

    NONE = ""
    SPECIAL = "special"
    """Skipped: a link, a device, a pipe: it has no content of its own."""
    ENCRYPTED = "encrypted"
    """No key that opens it was given."""
    UNSUPPORTED = "unsupported"
    """Nothing here reads this format, method or feature."""
    DAMAGED = "damaged"
    """The content is not what its format, checksum or size says."""
    UNREADABLE = "unreadable"
    """The medium, the file system or the archive does not give the content."""
    GONE = "gone"
    """A deleted entry whose content was overwritten or can no longer be found."""
    TIME = "time"
    MEMORY = "memory"
    SIZE = "size"
    """It unpacks to more bytes, entries or levels than it may."""
    CRASH = "crash"
    """What read it was killed, or ended itself."""
    PROGRAM = "program"
    """What read it failed in a way that nobody foresaw: report it."""


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
    cause: Cause = Cause.NONE
    """Of the refusal or failure, where the reader can tell."""
    opens: str = ""
    """The reader that opens the content as a source of its own, where the container knows it; else it is looked for."""
    created: datetime | None = None
    accessed: datetime | None = None
    changed: datetime | None = None
    """When the metadata last changed (the inode's or MFT record's own time)."""
    note: str = ""
    """What is odd about it and no reason not to read it: "the name is free and the record is in use"."""


def display_path(path: bytes) -> str:
    r"""Return a path for people: UTF-8 where it is that, every other byte as ``\xNN``. Never raises."""
    return path.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
