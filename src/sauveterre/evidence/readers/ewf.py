"""EnCase images: ``.E01``, ``.Ex01`` and SMART's ``.s01``, in one segment or many; logical ones (``.L01``) apart.

Version 1 is read chunk by chunk with its checksums (``disk.ewf_media``); SMART, version 2 and the stored digests come
through libewf.
"""

from collections.abc import Sequence
from itertools import islice

import pyewf

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.disk.ewf_media import EwfMedia
from sauveterre.evidence.disk.ewf_sections import (
    HEADER_BYTES,
    Sections,
    read_sections,
    says_more_follows,
    segment_number,
)
from sauveterre.evidence.disk.layers import Layers, media_below
from sauveterre.evidence.disk.libyal import LIBYAL_ERRORS, YalFile, opened, yal_media
from sauveterre.evidence.disk.media import Media, media_of
from sauveterre.evidence.segments import following, segments
from sauveterre.records.digest import Digest
from sauveterre.records.entry import display_path
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.reader import Origin

NAME = "ewf"
VERSION = 1

_ALGORITHMS = {"MD5": "md5", "SHA1": "sha1"}
_RUNS_NAMED = 10


def recognises(peek: Peek) -> bool:
    """Say whether the first bytes are those of a first segment."""
    return not peek.is_folder and segment_number(peek.head) == 1


def open(origin: Origin, limits: Limits) -> "EwfImage":
    """Open an image with the segments beside it that belong to it."""
    parts = [media_below(origin)]
    for number, stream in enumerate(segments(origin.name, origin.sibling), start=2):
        part = media_of(stream)
        if segment_number(part.read_at(0, HEADER_BYTES)) != number:
            break
        parts.append(part)
    return EwfImage(origin, limits, parts)


class EwfImage(Layers):
    """An opened EnCase image."""

    def __init__(self, origin: Origin, limits: Limits, parts: Sequence[Media]) -> None:
        """Look through the sections."""
        self._parts = parts
        self._library = Library(origin.identity, parts)
        super().__init__(origin.identity, NAME, limits, self._library.close)
        sections = read_sections(parts)
        if sections is None:
            self.add_media(self._library.media())
        else:
            self.add_media(EwfMedia(origin.identity, parts, sections, self._library.media))
            self._tell_unread(sections)
        self._tell_missing(sections, origin.name)

    def stated_digests(self) -> tuple[Digest, ...]:
        """Return the digests that the imaging program stored; none when libewf cannot read them."""
        return self._library.digests()

    def _tell_missing(self, sections: Sections | None, name: bytes) -> None:
        number = len(self._parts) + 1
        if says_more_follows(self._parts[-1]):
            missing = display_path(next(islice(following(name), number - 2, None), b"the next one"))
            self._problem(
                f"segment {number}",
                f"segment {number} ({missing}) is missing or another one: what lies in it and in those after it cannot "
                "be read; put all segments into one folder and add the first one again",
            )
        elif sections is not None and sections.reachable < sections.chunks:
            self._problem(
                f"segment {number - 1}",
                f"the image is cut off: of its {sections.media_size:,} bytes only the first "
                f"{sections.reachable * sections.chunk_size:,} can be read; look for a complete copy",
            )

    def _tell_unread(self, sections: Sections) -> None:
        if not sections.unread:
            return
        count = sum(number for _, number in sections.unread)
        runs = ", ".join(f"{first:,} to {first + number - 1:,}" for first, number in sections.unread[:_RUNS_NAMED])
        more = " and more" if len(sections.unread) > _RUNS_NAMED else ""
        self._problem(
            "section error2",
            f"{count:,} sectors of {sections.sector_size:,} bytes could not be read when the image was made, so that "
            f"it does not hold what was there: {runs}{more}; image the medium again if it still exists",
        )


class Library:
    """An image as libewf reads it, opened when it is first needed."""

    def __init__(self, identity: str, parts: Sequence[Media]) -> None:
        """Take the segments in their order."""
        self._identity = identity
        self._parts = parts
        self._handle = pyewf.handle()
        self._media: Media | None = None

    def media(self) -> Media:
        """Return the medium; raise ``UnreadableSource`` when libewf cannot open it."""
        if self._media is None:
            files = [YalFile(part) for part in self._parts]
            opened(self._identity, "an EnCase image", lambda: self._handle.open_file_objects(files))
            size = opened(self._identity, "an EnCase image", self._handle.get_media_size)
            self._media = yal_media(self._identity, self._handle, size)
        return self._media

    def digests(self) -> tuple[Digest, ...]:
        """Return the stored digests of the medium that are well formed."""
        try:
            self.media()
            values = self._handle.get_hash_values()
            return tuple(Digest(_ALGORITHMS[key], values[key].lower()) for key in sorted(values) if key in _ALGORITHMS)
        except (UnreadableSource, *LIBYAL_ERRORS):
            return ()

    def close(self) -> None:
        """Let go of it."""
        if self._media is not None:
            self._handle.close()
