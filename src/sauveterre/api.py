"""Fingerprint, match and stack files from a program of one's own: no workspace, no database.

    from pathlib import Path
    from sauveterre import api

    for found in api.hash([Path("album")]):
        print(found)
    hits = [found for found in api.match([Path("album")], [Path("national.json")]) if isinstance(found, api.Matched)]

Files are decoded in child processes that are shut in; what cannot be read comes as ``Failed``, in its place. The verbs
``sauveterre hash``, ``match``, ``glance`` and ``stack`` are these four functions and print what they yield.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from sauveterre.errors import InvalidInput, SauveterreError
from sauveterre.matching.bloom import NAME as FILTER
from sauveterre.matching.film_hits import frames_met
from sauveterre.matching.known import KnownList
from sauveterre.matching.video import WITHIN
from sauveterre.media.sandbox import Sandbox
from sauveterre.pipeline.files import fingerprints, glances
from sauveterre.pipeline.known import look_up, open_built, stacks_of
from sauveterre.pipeline.list_building import Part
from sauveterre.pipeline.list_reading import build_apart, list_limits
from sauveterre.records.content import Fingerprint
from sauveterre.records.hash_list import Hit
from sauveterre.records.limits import Limits

LIMITS = Limits()
"""What a file may take, unless the caller says otherwise."""
BATCH = 4_096
"""Files that are looked up on the lists together: memory does not grow beyond them."""


@dataclass(frozen=True, slots=True)
class Hashed:
    """A file and its fingerprint."""

    path: Path
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class Failed:
    """A file that has no fingerprint, and why."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Matched:
    """A file that is on a list."""

    path: Path
    hit: Hit


@dataclass(frozen=True, slots=True)
class Glimpsed:
    """A film by its key frames alone: what a full pass promises, and no hit."""

    path: Path
    key_frames: int
    """How many different ones are good enough to be compared."""
    found: int
    """How many of them are near a frame or picture of a list."""


@dataclass(frozen=True, slots=True)
class Member:
    """A picture of a stack, and the files that hold it."""

    fingerprint: Fingerprint
    """Without its thumbnail."""
    distance: int
    """Bits of PDQ to the head, 0 to 31."""
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Stacked:
    """Near-identical pictures: each within the threshold of the first, which has the most pixels."""

    members: tuple[Member, ...]


def hash(
    paths: Iterable[Path], *, workers: int = 2, limits: Limits = LIMITS, reference: bool = False
) -> Iterator[Hashed | Failed]:
    """Yield the fingerprint of each file named, and of each file below a folder named; in their order.

    ``reference`` hashes pictures as the reference does, to the bit, from their full size: slow, for what is disputed.
    """
    with Sandbox(workers, limits) as sandbox:
        for path, found in fingerprints(paths, sandbox, limits, reference=reference):
            yield Failed(path, str(found)) if isinstance(found, SauveterreError) else Hashed(path, found)


def match(
    paths: Iterable[Path],
    lists: Sequence[Path],
    *,
    workers: int = 2,
    limits: Limits = LIMITS,
    reference: bool = False,
) -> Iterator[Matched | Failed]:
    """Yield the hits of files on hash lists: exact ones by their digests, near ones by PDQ.

    A list is any file that ``docs/formats.md`` names among the hash lists; it is called by its name without the
    ending. ``reference`` as for ``hash``. Raises ``UnknownFormat``, ``UnreadableSource`` or ``MalformedList`` for one
    that is not whole, and ``InvalidInput`` for a Bloom filter, before any file is read.
    """
    known = _opened(lists, limits)
    source = map(_lean, hash(paths, workers=workers, limits=limits, reference=reference))
    while batch := list(islice(source, BATCH)):
        yield from (found for found in batch if isinstance(found, Failed))
        prints, places = _by_content(found for found in batch if isinstance(found, Hashed))
        for hit in look_up(prints.values(), known):
            yield from (Matched(path, hit) for path in places[hit.sha256])


def glance(
    paths: Iterable[Path], lists: Sequence[Path], *, workers: int = 2, limits: Limits = LIMITS
) -> list[Glimpsed | Failed]:
    """Return the films among files in the order in which a full pass promises most, then what cannot be read.

    Only frames that stand alone are decoded, which is many times faster than ``match`` and blind where they are far
    apart: it settles nothing. A film of which nothing is found comes last, and is to be passed in full all the same.
    """
    found: list[Glimpsed | Failed] = []
    known = _opened(lists, limits)
    with Sandbox(workers, limits) as sandbox:
        for path, frames in glances(paths, sandbox, limits):
            if isinstance(frames, SauveterreError):
                found.append(Failed(path, str(frames)))
            elif frames is not None:
                found.append(Glimpsed(path, *frames_met(frames, known, WITHIN)))
    return sorted(found, key=_promise)


def _promise(one: Glimpsed | Failed) -> float:
    return 1.0 if isinstance(one, Failed) else -one.found / max(one.key_frames, 1)


def _opened(lists: Sequence[Path], limits: Limits) -> list[KnownList]:
    with Sandbox(1, list_limits(limits, lists)) as sandbox:
        return [_known(sandbox, path, sandbox.scratch / str(number)) for number, path in enumerate(lists)]


def _known(sandbox: Sandbox, path: Path, built: Path) -> KnownList:
    """Have a child make a list ready; it stays open when the sandbox's folder is gone."""
    reading = build_apart(sandbox, (Part(path.absolute(), ""),), built, name=path.stem, version="")
    if reading.reader == FILTER:
        raise InvalidInput(f"{path.name} is a Bloom filter, which gives no hits; give a list that holds the hashes")
    return open_built(built)


def stack(paths: Iterable[Path], *, workers: int = 2, limits: Limits = LIMITS) -> Iterator[Stacked | Failed]:
    """Yield the stacks of near-identical pictures among files, after all have been read.

    Memory: about a kilobyte for each different content.
    """
    hashed: list[Hashed] = []
    for found in hash(paths, workers=workers, limits=limits):
        if isinstance(found, Failed):
            yield found
        else:
            hashed.append(replace(found, fingerprint=_slim(found.fingerprint)))
    prints, places = _by_content(hashed)
    for one in stacks_of(prints.values()):
        yield Stacked(
            tuple(Member(prints[sha256], distance, tuple(places[sha256])) for sha256, distance in one.members)
        )


def _by_content(found: Iterable[Hashed]) -> tuple[dict[str, Fingerprint], dict[str, list[Path]]]:
    """Return each content once, by SHA-256, and the files that hold it."""
    prints: dict[str, Fingerprint] = {}
    places: dict[str, list[Path]] = {}
    for one in found:
        sha256 = one.fingerprint.digests.sha256
        prints.setdefault(sha256, one.fingerprint)
        places.setdefault(sha256, []).append(one.path)
    return prints, places


def _lean(found: Hashed | Failed) -> Hashed | Failed:
    return found if isinstance(found, Failed) else replace(found, fingerprint=_slim(found.fingerprint))


def _slim(found: Fingerprint) -> Fingerprint:
    """Leave out what is shown of a content."""
    picture = found.picture and replace(found.picture, thumbnail=b"")
    return replace(found, picture=picture, film=found.film and replace(found.film, sheet=b""))
