"""An opened file system: its files, live and deleted, the volumes inside it, and the regions that no file holds."""

import contextlib
from collections.abc import Iterator
from functools import cached_property
from typing import Any, BinaryIO, Self

import pytsk3

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.container import check_count, refuse
from sauveterre.evidence.disk.layers import media_below
from sauveterre.evidence.disk.media import Media, MediaStream
from sauveterre.evidence.disk.tsk import TskImage, tsk_image
from sauveterre.evidence.filesystems import locator as locators
from sauveterre.evidence.filesystems import space
from sauveterre.evidence.filesystems.allocation import Allocation
from sauveterre.evidence.filesystems.attribute import (
    TSK_ERRORS,
    AttributeMedia,
    FileStream,
    Nothing,
    direct,
    plain,
    runs_of,
)
from sauveterre.evidence.filesystems.dialect import Below, Dialect, Remains, Stream
from sauveterre.evidence.filesystems.entries import (
    NO_STREAM,
    SLACK,
    UNALLOCATED,
    Naming,
    bare_entry,
    entry_of,
    region_of,
    volume_of,
)
from sauveterre.evidence.filesystems.paths import Paths
from sauveterre.evidence.filesystems.verdict import Verdict
from sauveterre.evidence.filesystems.walk import ORPHANS, Folder, Found, Walk
from sauveterre.records.entry import Entry, EntryKind
from sauveterre.records.limits import Limits
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance
from sauveterre.records.reader import Origin

STRAIGHT_BYTES = 1 << 17
"""Contents from this size on are read from their runs on the medium where that is all there is to them."""
DELETED = (Verdict.DELETED, Verdict.STALE)


def open_volume(origin: Origin, limits: Limits, reader: str, dialect: type[Dialect]) -> "Volume":
    """Open a file system; raise ``UnreadableSource`` when it is not what it seems."""
    media = media_below(origin)
    shown = dialect.shown(media)
    image = tsk_image(shown)
    try:
        fs = pytsk3.FS_Info(image, offset=0, type=dialect.kind)
        return Volume(origin, reader, limits, media, image, dialect(fs, shown))
    except TSK_ERRORS as error:
        raise UnreadableSource(
            f"{origin.identity} cannot be opened as {reader}: {image.trouble or plain(error)}; it is damaged or "
            "incomplete, look for another image of it"
        ) from error


class Volume:
    """An opened file system. One thread at a time may use it; the medium stays with the caller."""

    def __init__(
        self, origin: Origin, reader: str, limits: Limits, media: Media, image: TskImage, dialect: Dialect
    ) -> None:
        """Take an opened file system; nothing is listed yet."""
        self.problems: list[Problem] = []
        self._origin = origin  # who drops its last reference closes the file below
        self._limits = limits
        self._media = media
        self._image = image
        self._dialect = dialect
        self._naming = Naming(origin.identity, reader, media.size)
        self._paths = Paths(dialect.fs)
        self._closed = False

    def entries(self) -> Iterator[Entry]:
        """List every file, then the volumes inside this one, then the regions; no content is read."""
        listed, has_slack = 0, False
        walk = self._walk()
        for found in walk.files():
            for entry, stream in self._entries_of(found):
                check_count(listed, self._naming.identity, self._limits)
                listed += 1
                has_slack = has_slack or stream.has_slack
                yield entry
        yield from (volume_of(below, self._naming) for below in self._volumes)
        if self._unallocated.size:
            yield region_of(UNALLOCATED, self._unallocated.size, self._naming)
        if has_slack:
            yield region_of(SLACK, None, self._naming)
        for trouble in walk.troubles:
            self._problem(trouble)
        if self._image.trouble is not None:
            self._problem(f"a part of the volume could not be read while it was listed: {self._image.trouble}")

    def entry_at(self, locator: str) -> Entry:
        """Return the entry with this locator without listing all; raise ``UnreadableSource`` when there is none."""
        if locator == UNALLOCATED[1]:
            return region_of(UNALLOCATED, self._unallocated.size, self._naming)
        if locator == SLACK[1]:
            return region_of(SLACK, None, self._naming)
        for below in self._volumes:
            if below.locator == locator:
                return volume_of(below, self._naming)
        place = locators.parse(locator)
        try:
            for entry in self._entries_at(place) if place else ():
                if entry.locator == locator:
                    return entry
        except TSK_ERRORS as error:
            raise UnreadableSource(
                f"{self._naming.identity} cannot be read at {locator!r}: {plain(error)}; the volume is damaged there"
            ) from error
        raise UnreadableSource(
            f"{self._naming.identity} holds nothing at {locator!r}; it is not the source that was listed, list it again"
        )

    def beside(self, entry: Entry) -> Iterator[Entry]:
        """List what the folder of an entry names, as far as it can be read."""
        place = locators.parse(entry.locator)
        with contextlib.suppress(*TSK_ERRORS):
            folder = self._folder_of(place) if place else None
            for found in self._named_in(folder) if folder is not None else ():
                yield from (one for one, _ in self._entries_of(found))

    def open(self, entry: Entry) -> BinaryIO:
        """Open an entry's content, to be read in order or by position."""
        label = entry.provenance.path
        if self._closed:
            raise UnreadableSource(f"{label} lies in a source that was closed; open the source again")
        refuse(entry)
        if entry.kind in (EntryKind.VOLUME, EntryKind.REGION):
            return MediaStream(label, self._layer(entry.locator))
        place = locators.parse(entry.locator)
        if place is None or place.address is None:
            refuse(self.entry_at(entry.locator))
            raise UnreadableSource(f"{label} has no content of its own")
        try:
            return self._content(entry, place)
        except TSK_ERRORS as error:
            raise UnreadableSource(
                f"{label} cannot be opened: {self._image.trouble or plain(error)}; the volume is damaged there, look "
                "for another image of it"
            ) from error

    def close(self) -> None:
        """Let go of the file system. Closing twice is harmless."""
        self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _walk(self) -> Walk:
        return Walk(self._dialect.fs, self._dialect)

    def _entries_of(self, found: Found) -> Iterator[tuple[Entry, Stream]]:
        """Make the entries of one file: one for each of its contents."""
        if found.kind is EntryKind.FOLDER:
            found.trouble = found.trouble or "is a folder; what it names are entries of their own"
        if found.file is None or found.trouble:
            yield bare_entry(found, self._naming), NO_STREAM
            return
        times = self._dialect.times(found.file, found.address or 0)
        for stream in found.streams:
            gone = found.kind is EntryKind.FILE and found.verdict in DELETED and not stream.failure
            left = self._remains(found.file, stream) if gone else None
            yield entry_of(found, stream, times, self._naming, left), stream

    def _remains(self, file: Any, stream: Stream) -> Remains:
        try:
            attribute = self._dialect.attribute(file, stream.attribute)
            if attribute is None:
                return Remains(0)
            return space.remains(attribute, stream, self._dialect.block, self._allocation)
        except (UnreadableSource, *TSK_ERRORS):
            return Remains(0)

    def _entries_at(self, place: locators.Place) -> Iterator[Entry]:
        for found in self._found_at(place):
            yield from (entry for entry, _ in self._entries_of(found))

    def _found_at(self, place: locators.Place) -> Iterator[Found]:
        if place.folder is None:
            if place.address is not None:
                yield self._by_record(self._walk(), place.address)
            return
        for found in self._named_in(place.folder):
            if place.index is None and found.address == place.address:
                yield found
            elif place.index is not None and found.index == place.index:
                found.where = f" in {place.folder} at {place.index}"
                yield found

    def _named_in(self, address: int) -> Iterator[Found]:
        file = self._dialect.fs.open_meta(inode=address)
        deleted = not int(file.info.meta.flags) & int(pytsk3.TSK_FS_META_FLAG_ALLOC)
        folder = Folder(address, None, b"", 0, deleted=deleted)
        for found, _, _ in self._walk().names(folder, self._folder_path(address)):
            yield found

    def _folder_of(self, place: locators.Place) -> int | None:
        if place.folder is not None or place.address is None:
            return place.folder
        return self._dialect.folder_of(place.address)

    def _by_record(self, walk: Walk, address: int) -> Found:
        path = self._dialect.path_of(address)
        found = walk.record(address, b"%b/%d" % (ORPHANS, address) if path is None else path)
        if path is not None and found.verdict is Verdict.LOST:
            found.verdict = Verdict.LIVE
        return found

    def _folder_path(self, address: int) -> bytes:
        path = self._dialect.path_of(address) if self._dialect.names_parent else self._paths.of(address)
        return b"%b/%d" % (ORPHANS, address) if path is None else path

    def _content(self, entry: Entry, place: locators.Place) -> BinaryIO:
        label = entry.provenance.path
        file = self._dialect.fs.open_meta(inode=place.address)
        attribute = self._dialect.attribute(file, place.attribute)
        if attribute is None:
            if place.attribute is None and not entry.size:
                return FileStream(label, Nothing(), 0, self._limits)
            raise UnreadableSource(f"{label}: its record no longer holds this content; list the source again")
        streams = self._dialect.streams(file, place.address or 0)
        stream = next((stream for stream in streams if stream.attribute == place.attribute), NO_STREAM)
        intact = self._remains(file, stream).intact if entry.allocated is False else None
        runs = list(runs_of(attribute, self._dialect.block))
        straight = None
        if stream.size >= STRAIGHT_BYTES and self._dialect.is_written_whole(attribute, place.address or 0):
            straight = direct(attribute, runs, stream.size, self._media)
        media = AttributeMedia(label, file, attribute, stream.size, intact, straight)
        return FileStream(label, media, sum(size for _, _, size in runs), self._limits)

    @cached_property
    def _allocation(self) -> Allocation | None:
        """The books of the file system, None where there are none that can be read."""
        try:
            return self._dialect.allocation()
        except (UnreadableSource, *TSK_ERRORS) as error:
            self._problem(f"which parts of the volume are in use cannot be read from its books: {plain(error)}")
            return None

    @cached_property
    def _volumes(self) -> tuple[Below, ...]:
        try:
            return tuple(self._dialect.volumes())
        except UnreadableSource as error:
            self._problem(str(error))
            return ()

    @cached_property
    def _unallocated(self) -> Media:
        if self._allocation is not None:
            try:
                return space.unallocated(self._media, self._dialect, self._allocation)
            except (UnreadableSource, *TSK_ERRORS) as error:
                self._problem(
                    f"the books on which parts of the volume are in use are damaged: {plain(error)}; taken as free is "
                    "what no file lies on"
                )
        try:
            books = space.complement(self._dialect, self._walk().files())
            return space.unallocated(self._media, self._dialect, books)
        except (UnreadableSource, *TSK_ERRORS) as error:
            self._problem(f"what no file holds cannot be told: {plain(error)}; carve the volume as a whole")
            return Nothing()

    def _layer(self, locator: str) -> Media:
        if locator == UNALLOCATED[1]:
            return self._unallocated
        if locator == SLACK[1]:
            return space.slack(self._media, self._dialect, self._walk().files())
        for below in self._volumes:
            if below.locator == locator:
                return below.media
        raise UnreadableSource(f"{self._naming.identity} has no region called {locator!r}; list it again")

    def _problem(self, what: str) -> None:
        problem = Problem(Provenance(self._naming.identity, "", "volume", self._naming.reader), what)
        if problem not in self.problems:
            self.problems.append(problem)
