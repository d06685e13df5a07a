"""Integrity: a medium read from end to end, and held against every digest that somebody states of it.

Readers of file systems pass over altered bytes without a word. Only the digest of the whole medium tells, and whoever
acquired it has written one down: in the image itself, in an imaging log, on a label.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.disk.layers import MEDIA_LOCATOR, Layers
from sauveterre.evidence.disk.media import Media, media_of
from sauveterre.evidence.opening import open_path
from sauveterre.evidence.segments import files_of
from sauveterre.media.digests import digest_blocks
from sauveterre.pipeline.roots import BLOCK, file_blocks
from sauveterre.records.digest import Digest, Digests
from sauveterre.records.entry import Entry
from sauveterre.records.limits import Limits
from sauveterre.records.pulse import pulse
from sauveterre.records.source import Source

PIECE = 1 << 15
"""Damage is measured in pieces of this size."""
ALGORITHMS = ("md5", "sha1", "sha256")


class Subject(StrEnum):
    """What was read whole."""

    FILE = "file"
    """The examiner's file, with the segments that follow it. Of a raw image that is the medium itself."""
    MEDIUM = "medium"
    """What an image format holds: the medium as it was acquired."""


class Origin(StrEnum):
    """Who states a digest."""

    NOBODY = ""
    CONTAINER = "container"
    EXAMINER = "examiner"
    EARLIER = "earlier reading"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one reading of a medium from end to end gave."""

    subject: Subject
    size: int
    """Bytes read; where it was not read to its end, how many there should be."""
    digests: Digests | None
    stated: tuple[Digest, ...] = ()
    """By the image itself."""
    trouble: str = ""
    """Why it could not be read to its end: there are no digests then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One digest of a reading, beside what somebody states; no two of one reading are the same."""

    algorithm: str
    computed: str
    """Empty where the medium was not read to its end."""
    stated: str = ""
    stated_by: Origin = Origin.NOBODY


def read_file(path: Path) -> Reading:
    """Read the examiner's file with its segments; raise ``UnreadableSource`` when that cannot be done."""
    digests, size = digest_blocks(file_blocks(path))
    return Reading(subject=Subject.FILE, size=size, digests=digests)


def medium_size(path: Path, limits: Limits, keys: tuple[str, ...]) -> int | None:
    """Return how many bytes the medium in an image has; None when the file is no image of a medium.

    Raises ``UnreadableSource`` or ``Locked`` when it cannot be opened.
    """
    with ExitStack() as opened:
        found = _medium(path, limits, keys, opened)
        return None if found is None else found[1].size


def read_medium(path: Path, limits: Limits, keys: tuple[str, ...]) -> Reading | None:
    """Read the medium in an image; None when the file is no image of a medium: it is one itself, or an archive.

    Damage becomes the reading's trouble. Raises ``UnreadableSource`` or ``Locked`` when the image cannot be opened.
    """
    with ExitStack() as opened:
        found = _medium(path, limits, keys, opened)
        if found is None:
            return None
        layer, entry = found
        media = media_of(opened.enter_context(layer.open(entry)))
        stated = layer.stated_digests()
        most = max(limits.ratio_floor, limits.ratio * sum(file.stat().st_size for file in files_of(path)))
        if media.size > most:
            trouble = (
                f"the image states a medium of {media.size:,} bytes, more than {limits.ratio:,} times its own size; "
                "it was not read from end to end"
            )
            return Reading(subject=Subject.MEDIUM, size=media.size, digests=None, stated=stated, trouble=trouble)
        return _read_media(media, stated)


def checks(reading: Reading, *, given: Iterable[Digest] = (), earlier: Iterable[Digest] = ()) -> list[Check]:
    """Hold a reading against what is stated: by the image, by the examiner, by an earlier reading.

    For an algorithm of which nobody states anything there is one check that compares nothing: what was computed is
    then what later readings are held against. A reading that did not come to its end is one check with no digest.
    """
    if reading.digests is None:
        return [Check(algorithm=ALGORITHMS[-1], computed="")]
    found: list[Check] = []
    for algorithm in ALGORITHMS:
        computed = getattr(reading.digests, algorithm)
        claims = [
            (origin, digest.hex)
            for origin, stated in (
                (Origin.CONTAINER, reading.stated),
                (Origin.EXAMINER, given),
                (Origin.EARLIER, earlier),
            )
            for digest in dict.fromkeys(stated)
            if digest.algorithm == algorithm
        ]
        found += [
            Check(algorithm=algorithm, computed=computed, stated=stated, stated_by=origin)
            for origin, stated in claims or [(Origin.NOBODY, "")]
        ]
    return found


def digests_in(digests: Digests) -> tuple[Digest, ...]:
    """Return three digests each for itself."""
    return tuple(Digest(name, getattr(digests, name)) for name in ALGORITHMS)


def _medium(path: Path, limits: Limits, keys: tuple[str, ...], opened: ExitStack) -> tuple[Layers, Entry] | None:
    """Open a file as an image of a medium: the image, and the one entry that is its medium."""
    if path.is_dir():
        return None
    container = open_path(
        Source(path, f"file:{os.fsencode(path.name).decode('utf-8', 'replace')}"), limits, keys, opened
    )
    if not isinstance(container, Layers):
        return None
    return next(((container, entry) for entry in container.entries() if entry.locator == MEDIA_LOCATOR), None)


def _read_media(media: Media, stated: tuple[Digest, ...]) -> Reading:
    reached = 0

    def blocks() -> Iterator[bytes]:
        nonlocal reached
        while reached < media.size:
            pulse()
            block = media.read_at(reached, BLOCK)
            if not block:
                raise UnreadableSource(f"the medium ends after {reached:,} of {media.size:,} bytes")
            reached += len(block)
            yield block

    try:
        digests, size = digest_blocks(blocks())
    except UnreadableSource as error:
        lost = sum(not _is_readable(media, at) for at in range(reached - reached % PIECE, media.size, PIECE))
        trouble = f"{error}. In all, {lost:,} of {-(-media.size // PIECE):,} pieces of 32 KiB cannot be read"
        return Reading(subject=Subject.MEDIUM, size=media.size, digests=None, stated=stated, trouble=trouble)
    return Reading(subject=Subject.MEDIUM, size=size, digests=digests, stated=stated)


def _is_readable(media: Media, at: int) -> bool:
    pulse()
    wanted = min(PIECE, media.size - at)
    try:
        return len(media.read_at(at, wanted)) == wanted
    except UnreadableSource:
        return False
