"""What all layers of a disk image have in common: volumes and regions, each a medium of its own."""

from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.container import ListedContainer
from sauveterre.evidence.disk.media import Media, MediaStream, media_of
from sauveterre.records.digest import Digest
from sauveterre.records.entry import Cause, Entry, EntryKind
from sauveterre.records.limits import Limits
from sauveterre.records.reader import Origin

MEDIA_PATH, MEDIA_LOCATOR = b"media", "media"
"""What the one entry of an image format is called: the medium that was imaged."""


class Layers(ListedContainer[Media]):
    """An opened layer. What is below it stays with whoever opened it; ``release`` lets go of the layer itself."""

    def __init__(self, identity: str, reader: str, limits: Limits, release: Callable[[], object] | None = None) -> None:
        """Start with no volumes."""
        super().__init__(identity, reader, limits)
        self._release = release
        self._stated: tuple[Digest, ...] = ()

    def stated_digests(self) -> tuple[Digest, ...]:
        """Return the digests of the whole medium that the image itself states; none for most formats."""
        return self._stated

    def close(self) -> None:
        """Let go of the layer. Closing twice is harmless."""
        if not self._closed and self._release is not None:
            self._release()
        super().close()

    def state_digest(self, digest: Digest) -> None:
        """Take a digest that the image states of its medium."""
        self._stated = (*self._stated, digest)

    def add(
        self,
        path: bytes,
        locator: str,
        media: Media,
        *,
        kind: EntryKind = EntryKind.VOLUME,
        allocated: bool | None = True,
        opens: str = "",
        note: str = "",
        failure: str = "",
        cause: Cause = Cause.NONE,
    ) -> None:
        """Add a volume or region; raise ``LimitExceeded`` for one too many."""
        self._add(path, locator, media, size=media.size, kind=kind, failure=failure, cause=cause, opens=opens)
        entry = replace(self._members[locator][0], allocated=allocated, note=note)
        self._members[locator] = (entry, media)

    def restate(self, entry: Entry) -> None:
        """List an entry that was added as this one instead: with its times, for example."""
        self._members[entry.locator] = (entry, self._member(entry.locator)[1])

    def add_media(self, media: Media, note: str = "") -> None:
        """Add the one entry of an image format."""
        self.add(MEDIA_PATH, MEDIA_LOCATOR, media, note=note)

    def add_content(self, media: Media) -> None:
        """Add the whole as one region, to be searched for files by content: for what cannot be read otherwise."""
        self.add(b"content", "region", media, kind=EntryKind.REGION, allocated=None, opens="carving")

    def problem(self, locator: str, what: str) -> None:
        """Say what is wrong, in words that stand by themselves."""
        self._problem(locator, what)

    def _content(self, entry: Entry, place: Media) -> BinaryIO:
        return MediaStream(entry.provenance.path, place)


class Missing:
    """A medium that is not there: its size is known, nothing else."""

    def __init__(self, size: int, what: str) -> None:
        """Take the size that is stated, and what lies in what: "the rest lies in disk-s002.vmdk"."""
        self.size = size
        self._what = what

    def read_at(self, offset: int, size: int, /) -> bytes:
        """Raise ``UnreadableSource`` for every byte of it."""
        if offset >= self.size or size <= 0:
            return b""
        raise UnreadableSource(f"{self._what}, which is missing; put all files into one folder and add the first again")


def media_below(origin: Origin) -> Media:
    """Return what a layer lies on; raise ``UnreadableSource`` for a folder."""
    if origin.stream is None:
        raise UnreadableSource(f"{origin.identity} is a folder; open it with the directory reader")
    return media_of(origin.stream)
