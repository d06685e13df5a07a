"""What the walk asks of a file system, and the answers that most of them share."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import pytsk3

from sauveterre.evidence.container import moment
from sauveterre.evidence.disk.media import Media
from sauveterre.evidence.filesystems.allocation import Allocation
from sauveterre.evidence.filesystems.attribute import attribute_of
from sauveterre.evidence.filesystems.seen import Seen
from sauveterre.records.entry import Cause

LONGEST_TARGET = 4096
BROKEN = "its record is damaged, or of a kind that is not known here: what it says of this content cannot be read"
_STUDIED = 1


class Times(NamedTuple):
    """The four times of a record, None where it states none, and what has to be said about them."""

    modified: datetime | None
    created: datetime | None
    accessed: datetime | None
    changed: datetime | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Stream:
    """One content of a file."""

    size: int
    suffix: bytes = b""
    """What follows the path: ``:name`` for all but the main one."""
    attribute: tuple[int, int] | None = None
    """Type and number, where a record may have several."""
    refusal: str = ""
    failure: str = ""
    cause: Cause = Cause.NONE
    target: bytes | None = None
    """Where it leads, if it is a link."""
    has_slack: bool = False
    """Whether its last unit reaches beyond its end."""
    may_have_holes: bool = True
    """Whether bytes that lie nowhere on the medium are holes, read as zeros, rather than lost."""


@dataclass(frozen=True, slots=True)
class Remains:
    """What is left of a deleted content."""

    intact: int
    """How many bytes no other file has taken since."""
    guessed_from: int = 0
    """From which byte on its place is a guess, because what said so was erased; 0 where it is none."""


@dataclass(frozen=True, slots=True)
class Below:
    """A volume inside the volume: a snapshot."""

    path: bytes
    locator: str
    media: Media
    opens: str
    created: datetime | None
    note: str


class Dialect:
    """A file system with one content for each record, Unix times, and books that nobody can read here."""

    kind: int
    """The Sleuth Kit's number for the type."""
    names_parent = False
    """Whether a record states the folder that names it."""

    def __init__(self, fs: Any, media: Media) -> None:
        """Take an opened file system, and the medium that it lies on."""
        self.fs = fs
        self.media = media
        self.block = int(fs.info.block_size)

    several = False
    """Whether a record may have several contents, each named by the attribute that holds it; or none."""

    @classmethod
    def shown(cls, media: Media) -> Media:
        """Return what The Sleuth Kit is shown of a medium; raise ``UnreadableSource`` when it is not what it seems."""
        return media

    def attribute(self, file: Any, which: tuple[int, int] | None) -> Any | None:
        """Return what holds a content of a record; None when nothing does."""
        return None if which is None and self.several else attribute_of(file, which)

    def is_written_whole(self, attribute: Any, address: int) -> bool:  # noqa: ARG002
        """Say whether a content is as long as its size says: some read as zeros from where nothing was written yet."""
        return True

    def is_file(self, address: int, meta: Any) -> bool:  # noqa: ARG002
        """Say whether an address is a record of the file system, not one that The Sleuth Kit made up."""
        return True

    def streams(self, file: Any, address: int) -> Iterable[Stream]:  # noqa: ARG002
        """Return the contents of a file."""
        size = int(file.info.meta.size)
        if not is_whole(file):
            return (Stream(size, failure=BROKEN, cause=Cause.DAMAGED),)
        return (Stream(size, target=link_target(file), has_slack=size % self.block != 0),)

    def folder_streams(self, address: int) -> Iterable[Stream]:  # noqa: ARG002
        """Return the contents of a folder that are no folder entries."""
        return ()

    def times(self, file: Any, address: int) -> Times:  # noqa: ARG002
        """Return the times of a record."""
        meta = file.info.meta
        return Times(
            _stated(meta.mtime, meta.mtime_nano),
            _stated(meta.crtime, meta.crtime_nano),
            _stated(meta.atime, meta.atime_nano),
            _stated(meta.ctime, meta.ctime_nano),
        )

    def lost(self, seen: Seen) -> Iterator[tuple[int, bytes]]:  # noqa: ARG002
        """Yield address and name (empty where unknown) of records that no folder led to, folders first."""
        yield from ()

    def path_of(self, address: int) -> bytes | None:  # noqa: ARG002
        """Return the path that a record states itself, None when it does not."""
        return None

    def folder_of(self, address: int) -> int | None:  # noqa: ARG002
        """Return the folder that a record states it lies in, None when it does not."""
        return None

    def allocation(self) -> Allocation | None:
        """Return the books on which units are in use; None when there are none that can be read."""
        return None

    def unheld(self) -> Iterator[tuple[int, int]]:
        """Yield (byte offset, bytes) that the books call in use though no file holds them."""
        yield from ()

    def volumes(self) -> Iterator[Below]:
        """Yield the volumes inside this one."""
        yield from ()

    def extent(self) -> tuple[int, int, int]:
        """Return where the units of the runs begin (byte), how big they are, and how many there are."""
        return 0, self.block, int(self.fs.info.last_block) + 1


def is_whole(file: Any) -> bool:
    """Say whether The Sleuth Kit could read all of a record; where it could not it says nothing else."""
    return int(file.info.meta.attr_state) == _STUDIED


def link_target(file: Any) -> bytes | None:
    """Return where a symbolic link leads; None for anything else."""
    meta = file.info.meta
    if int(meta.type) != int(pytsk3.TSK_FS_META_TYPE_LNK):
        return None
    return bytes(meta.link or file.read_random(0, min(int(meta.size), LONGEST_TARGET)))


def _stated(seconds: int, nanoseconds: int) -> datetime | None:
    return moment(seconds, nanoseconds) if seconds or nanoseconds else None
