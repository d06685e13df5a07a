"""An opened region: the files in it, found by their content and followed to their ends."""

import re
from collections.abc import Iterator
from typing import BinaryIO, Protocol, Self, runtime_checkable

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.carving import FORMATS
from sauveterre.evidence.carving.region import Carved, Gap, Search, format_at
from sauveterre.evidence.carving.view import Sight, View
from sauveterre.evidence.container import check_count, refuse
from sauveterre.evidence.disk.media import Media, MediaStream, Part
from sauveterre.records.entry import Entry, EntryKind
from sauveterre.records.limits import Limits
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance

NAME = "carving"
_LOCATOR = re.compile(r"offset (\d{1,19}) length ([1-9]\d{0,18})( cut)?")
_CUT = "cut off: its end was not found, and the last of these bytes may belong to something else"


@runtime_checkable
class _Placed(Protocol):
    """A medium whose bytes lie at known places of another one."""

    def origin(self, offset: int) -> int:
        """Return where in the other one a byte lies."""


class Region:
    """An opened region. Listing it reads it once from end to end; its memory does not grow with it."""

    def __init__(self, media: Media, identity: str, limits: Limits) -> None:
        """Take a medium that stays with the caller."""
        self.problems: list[Problem] = []
        self._media = media
        self._identity = identity
        self._limits = limits
        self._closed = False

    def entries(self) -> Iterator[Entry]:
        """Search the region, and yield every file in the order in which they begin."""
        search = Search(self._media, FORMATS)
        for count, carved in enumerate(search.run()):
            check_count(count, self._identity, self._limits)
            yield self._entry(carved)
        for gap in search.unreadable:
            self._problem(
                gap, "cannot be read, in whole or in part, and were not searched there; look for a better copy"
            )
        for gap in search.passed_over:
            self._problem(
                gap,
                "were not searched in full: too much before them begins as files do and is none; search them by hand",
            )

    def entry_at(self, locator: str) -> Entry:
        """Return the file with this locator, from its first bytes; raise ``UnreadableSource`` when there is none."""
        match = _LOCATOR.fullmatch(locator)
        offset, length = (int(match[1]), int(match[2])) if match else (0, 0)
        sight = Sight(self._media)
        kind = format_at(sight, FORMATS, offset) if length and offset + length <= self._media.size else None
        if match is None or kind is None:
            raise UnreadableSource(
                f"{self._identity} holds nothing at {locator!r}; it is not the source that was listed, list it again"
            )
        return self._entry(Carved(offset, length, match[3] is None, kind.suffix(View(sight, offset))))

    def open(self, entry: Entry) -> BinaryIO:
        """Open a file's bytes."""
        if self._closed:
            raise UnreadableSource(f"{entry.provenance.path} lies in a source that was closed; open the source again")
        refuse(entry)
        match = _LOCATOR.fullmatch(self.entry_at(entry.locator).locator)
        offset, length = (int(match[1]), int(match[2])) if match else (0, 0)
        return MediaStream(entry.provenance.path, Part(self._media, offset, length))

    def close(self) -> None:
        """Read nothing more. Closing twice is harmless."""
        self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _entry(self, carved: Carved) -> Entry:
        name = f"{carved.offset}.{carved.suffix}"
        locator = f"offset {carved.offset} length {carved.length}{'' if carved.complete else ' cut'}"
        return Entry(
            path=name.encode(),
            size=carved.length,
            locator=locator,
            kind=EntryKind.CARVED,
            allocated=False,
            modified=None,
            provenance=Provenance(self._identity, name, locator, NAME),
            note="; ".join(filter(None, (self._place(carved.offset), "" if carved.complete else _CUT))),
        )

    def _place(self, offset: int) -> str:
        if not isinstance(self._media, _Placed):
            return ""
        return f"begins at byte {self._media.origin(offset):,} of what the region lies in"

    def _problem(self, gap: Gap, what: str) -> None:
        where = Provenance(self._identity, "", f"offset {gap.start}", NAME)
        self.problems.append(Problem(where, f"bytes {gap.start:,} to {gap.end:,} {what}"))
