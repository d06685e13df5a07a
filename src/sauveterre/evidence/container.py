"""What all opened archives have in common: their members in order, by locator, and their problems."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, Generic, Self, TypeVar

from sauveterre.errors import LimitExceeded, UnreadableSource
from sauveterre.records.entry import Cause, Entry, EntryKind, display_path
from sauveterre.records.limits import Limits
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance

LARGEST_SIZE = (1 << 63) - 1
"""A stated size above this is not one: it is listed as unknown."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Place = TypeVar("Place")
"""Where a member lies in its archive, and all that its reader needs to unpack it."""


class ListedContainer(ABC, Generic[Place]):
    """An archive whose directory was read when it was opened; opening a member then costs one look-up."""

    def __init__(self, identity: str, reader: str, limits: Limits) -> None:
        """Start with no members."""
        self.problems: list[Problem] = []
        self.limits = limits
        self._identity = identity
        self._reader = reader
        self._members: dict[str, tuple[Entry, Place]] = {}
        self._closed = False

    def entries(self) -> Iterator[Entry]:
        """List every member in the order of the archive's directory."""
        return iter([entry for entry, _ in self._members.values()])

    def entry_at(self, locator: str) -> Entry:
        """Return the entry with this locator; raise ``UnreadableSource`` when there is none."""
        return self._member(locator)[0]

    def open(self, entry: Entry) -> BinaryIO:
        """Open a member's content."""
        if self._closed:
            raise UnreadableSource(f"{entry.provenance.path} lies in a source that was closed; open the source again")
        refuse(entry)
        listed, place = self._member(entry.locator)
        refuse(listed)
        return self._content(listed, place)

    def close(self) -> None:
        """Release what is held. Closing twice is harmless."""
        self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @abstractmethod
    def _content(self, entry: Entry, place: Place) -> BinaryIO:
        """Open a member that may be read."""

    def _member(self, locator: str) -> tuple[Entry, Place]:
        try:
            return self._members[locator]
        except KeyError:
            raise UnreadableSource(
                f"{self._identity} holds nothing at {locator!r}; it is not the source that was listed, list it again"
            ) from None

    def _add(
        self,
        path: bytes,
        locator: str,
        place: Place,
        *,
        size: int | None,
        kind: EntryKind = EntryKind.FILE,
        modified: datetime | None = None,
        refusal: str = "",
        failure: str = "",
        cause: Cause = Cause.NONE,
        opens: str = "",
        note: str = "",
    ) -> None:
        """Add a member; raise ``LimitExceeded`` for one too many."""
        check_count(len(self._members), self._identity, self.limits)
        entry = Entry(
            path=path,
            size=size if size is None or size <= LARGEST_SIZE else None,
            locator=locator,
            kind=kind,
            allocated=True,
            modified=modified,
            provenance=Provenance(self._identity, display_path(path), locator, self._reader),
            refusal=refusal,
            failure=failure,
            cause=cause,
            opens=opens,
            note=note,
        )
        self._members[locator] = (entry, place)

    def _problem(self, locator: str, what: str) -> None:
        self.problems.append(Problem(Provenance(self._identity, "", locator, self._reader), what))


def check_count(listed: int, identity: str, limits: Limits) -> None:
    """Raise ``LimitExceeded`` when a source already has as many entries as it may."""
    if listed >= limits.entries:
        raise LimitExceeded(
            f"{identity} holds more than {limits.entries:,} entries; add its parts as sources of their own, or raise "
            "the limit entries"
        )


def refuse(entry: Entry) -> None:
    """Raise ``UnreadableSource`` for an entry whose content must not or cannot be read."""
    reason = entry.refusal or entry.failure
    if reason:
        raise UnreadableSource(f"{entry.provenance.path}: {reason}")


def moment(seconds: int, nanoseconds: int = 0) -> datetime | None:
    """Return seconds since 1970 as a moment, None for one that no calendar has."""
    try:
        return EPOCH + timedelta(seconds=seconds, microseconds=nanoseconds // 1_000)
    except OverflowError:
        return None


def special_refusal(kind: EntryKind, target: bytes = b"") -> str:
    """Return why the content of something other than a file must not be read; nothing for a file."""
    match kind:
        case EntryKind.SYMLINK:
            return (
                f"is a symbolic link to {display_path(target)}, which is not followed; what it leads to is listed "
                "under its own name where it lies inside the source"
            )
        case EntryKind.DEVICE:
            return "is a device, which has no content of its own; image the device if it matters"
        case EntryKind.FIFO:
            return "is a pipe between programs, which has no content of its own"
        case EntryKind.SOCKET:
            return "is a socket between programs, which has no content of its own"
        case _:
            return ""
