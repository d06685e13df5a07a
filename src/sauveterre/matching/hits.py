"""Hits: which contents are found on which lists, exactly by a digest or nearly by PDQ, of pictures and of frames."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np

from sauveterre.matching import near
from sauveterre.matching.exact import WIDTHS
from sauveterre.matching.film_hits import FilmMet, films_met
from sauveterre.matching.known import KnownList
from sauveterre.matching.turns import turned_rows
from sauveterre.records.content import Fingerprint, Picture
from sauveterre.records.digest import Digest, Digests
from sauveterre.records.film_match import FilmThresholds
from sauveterre.records.hash_list import Hit
from sauveterre.records.turn import TURNS, Turn

_STRONGEST_FIRST = ("sha256", "sha1", "md5")
_TURNED = len(TURNS) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchOptions:
    """What counts as a near hit, and how many contents are looked up together."""

    threshold: int = near.THRESHOLD
    """Most differing bits of 256."""
    quality: int = near.QUALITY
    """Least PDQ quality of a content whose picture is matched."""
    turned: bool = True
    """Whether pictures that have no hit on a list are looked for turned and mirrored too: seven more questions each."""
    film_shares: tuple[tuple[float, float], ...] = ((0.8, 0.0), (0.0, 0.8))
    """What makes a near hit of a film: the least part of its own frames that are on the list, and the least part of the
    listed film's that are in it. Any of these pairs is enough; a listed picture is a film of one frame."""
    batch: int = 65_536
    """Contents looked up together: memory against speed; the hits do not depend on it."""

    def __post_init__(self) -> None:
        """Refuse a threshold outside 0 to 256 and an empty batch."""
        if not 0 <= self.threshold <= 8 * near.WIDTH or self.batch < 1:
            raise ValueError(f"a threshold of {self.threshold} bits or a batch of {self.batch} makes no sense")

    @property
    def film_rules(self) -> list[FilmThresholds]:
        """Return what makes a near hit of a film, each with all its thresholds."""
        return [
            FilmThresholds(distance=self.threshold, quality=self.quality, query_share=ours, target_share=theirs)
            for ours, theirs in self.film_shares
        ]


@dataclass(frozen=True, slots=True)
class _Asked:
    """One thing that is looked up: a content, or a picture inside its file."""

    row: int
    """Of the content in its batch."""
    sha256: str
    """Of the content."""
    digests: Digests | None
    pdq: bytes
    """Empty where it must not be matched."""
    quality: int
    others: bytes = b""
    """The hashes kept beside ``pdq``, which tell all orientations."""
    via: str = ""


@dataclass(frozen=True, slots=True)
class _Near:
    """What a hash came near to."""

    place: int
    """Row of the near index."""
    distance: int
    turn: Turn = Turn.NONE


def match(
    fingerprints: Iterable[Fingerprint], lists: Sequence[KnownList], options: MatchOptions = MatchOptions()
) -> Iterator[Hit]:
    """Yield the hits of contents on lists: in the order of the contents, then of the lists, exact before near.

    A content that meets one item of a list by several digests gives one exact hit on it, by the strongest (SHA-256,
    then SHA-1, then MD5); if its digests meet different items, one for each item, by item number. Where an item states
    one digest that is the content's and another that is not, that is still a hit, since lists hold errors. Near hits
    are given for the closest item of each list only, of equals the first, and not where the same item was met exactly.
    Contents below the quality, and flat pictures, have no near hits.

    A picture that has no hit on a list is looked for there once more in its seven other orientations; the closest
    counts, of equals the first of ``Turn``. Pictures inside its file are looked up by their digests, and by PDQ where
    they differ from it by more than the threshold. Their hits come later, and not on what was met before. Films come
    last: one near hit for each item that their frames meet as ``film_shares`` asks for, and that was not met before.
    """
    source = iter(fingerprints)
    while batch := list(islice(source, options.batch)):
        own = [_own(row, content, options) for row, content in enumerate(batch)]
        inside = [small for row, content in enumerate(batch) for small in _inside(row, content, options)]
        found = [_on_list(own, inside, films_met(batch, known, options.film_rules), known, options) for known in lists]
        for row in range(len(batch)):
            for hits in found:
                yield from hits[row]


def match_sha256(digests: Sequence[str], lists: Sequence[KnownList]) -> Iterator[Hit]:
    """Yield the hits of files of which nothing but their SHA-256 is known: by list, in the order of the digests."""
    rows = np.frombuffer(bytes.fromhex("".join(digests)), np.uint8).reshape(-1, WIDTHS["sha256"])
    for known in lists:
        if not digests or known.exact.count("sha256") == 0:
            continue
        items = known.exact.lookup("sha256", rows)
        for place in np.flatnonzero(items >= 0).tolist():
            item, digest = int(items[place]), digests[place]
            category, locator = known.category(item), known.locator(item)
            yield Hit(digest, known.identity, Digest("sha256", digest), 0, None, category, locator)


def _own(row: int, content: Fingerprint, options: MatchOptions) -> _Asked:
    picture, sha256 = content.picture, content.digests.sha256
    if picture is None:
        return _Asked(row, sha256, content.digests, b"", 0)
    pdq = _matchable(picture.pdq, picture.quality, options)
    return _Asked(row, sha256, content.digests, pdq, picture.quality, picture.turned)


def _inside(row: int, content: Fingerprint, options: MatchOptions) -> Iterator[_Asked]:
    if content.picture is None:
        return
    for small in content.picture.embedded:
        pdq = _matchable(small.pdq, small.quality, options)
        if pdq and _is_same(pdq, content.picture, options):
            pdq = b""
        yield _Asked(row, content.digests.sha256, small.digests, pdq, small.quality, via=small.origin)


def _matchable(pdq: bytes, quality: int, options: MatchOptions) -> bytes:
    return pdq if near.matchable(pdq, quality, least_quality=options.quality) else b""


def _is_same(pdq: bytes, picture: Picture, options: MatchOptions) -> bool:
    """Whether an embedded picture shows what its picture does: asked again, it would only say the same."""
    apart = int.from_bytes(pdq, "big") ^ int.from_bytes(picture.pdq, "big")
    return picture.quality >= options.quality and apart.bit_count() <= options.threshold


def _on_list(
    own: Sequence[_Asked],
    inside: Sequence[_Asked],
    films: dict[int, list[FilmMet]],
    known: KnownList,
    options: MatchOptions,
) -> list[list[Hit]]:
    """Return the hits of each content of a batch on one list."""
    exact, close = _exact(own, known), _closest(own, known, options)
    missed = [one for one in own if not exact[one.row] and close[one.row] is None]
    if options.turned:
        for one, found in zip(missed, _closest_turned(missed, known, options), strict=True):
            close[one.row] = found
    hits: list[list[Hit]] = [[] for _ in own]
    met: list[set[int]] = [set() for _ in own]
    for asked, items, closest in chain(
        zip(own, exact, close, strict=True),
        zip(inside, _exact(inside, known), _closest(inside, known, options), strict=True),
    ):
        hits[asked.row] += _hits(asked, known, items, closest, met[asked.row])
    for row, items_met in films.items():
        hits[row] += (_film_hit(own[row], known, film) for film in items_met if film.item not in met[row])
    return hits


def _exact(asked: Sequence[_Asked], known: KnownList) -> list[dict[int, str]]:
    """Return for each thing asked the items that it is, each with the strongest algorithm that met it."""
    met: list[dict[int, str]] = [{} for _ in asked]
    stated = [(number, one.digests) for number, one in enumerate(asked) if one.digests is not None]
    for algorithm in _STRONGEST_FIRST:
        if not stated or known.exact.count(algorithm) == 0:
            continue
        joined = "".join(getattr(digests, algorithm) for _, digests in stated)
        rows = np.frombuffer(bytes.fromhex(joined), np.uint8).reshape(-1, WIDTHS[algorithm])
        items = known.exact.lookup(algorithm, rows)
        for place in np.flatnonzero(items >= 0).tolist():
            met[stated[place][0]].setdefault(int(items[place]), algorithm)
    return met


def _closest(asked: Sequence[_Asked], known: KnownList, options: MatchOptions) -> list[_Near | None]:
    """Return for each thing asked the closest hash of the list; None where none is near."""
    found: list[_Near | None] = [None] * len(asked)
    numbers = [number for number, one in enumerate(asked) if one.pdq]
    if numbers and len(known.near):
        rows = near.to_rows([asked[number].pdq for number in numbers])
        for number, (place, apart) in zip(
            numbers, near.nearest(known.near, rows, options.threshold).tolist(), strict=True
        ):
            found[number] = _Near(place, apart) if place >= 0 else None
    return found


def _closest_turned(asked: Sequence[_Asked], known: KnownList, options: MatchOptions) -> list[_Near | None]:
    """Return the same for each thing asked in its seven other orientations."""
    found: list[_Near | None] = [None] * len(asked)
    numbers = [number for number, one in enumerate(asked) if one.pdq and one.others]
    if not numbers or not len(known.near):
        return found
    rows = turned_rows([(asked[number].pdq, asked[number].others) for number in numbers])[:, 1:]
    closest = near.nearest(known.near, rows.reshape(-1, near.WIDTH), options.threshold).reshape(-1, _TURNED, 2)
    apart = np.where(closest[:, :, 0] < 0, 8 * near.WIDTH + 1, closest[:, :, 1])
    best = apart.argmin(axis=1)
    for row in np.flatnonzero(apart.min(axis=1) <= options.threshold).tolist():
        place, distance = closest[row, best[row]].tolist()
        found[numbers[row]] = _Near(place, distance, TURNS[1 + best[row]])
    return found


def _hits(
    asked: _Asked, known: KnownList, exact: dict[int, str], closest: _Near | None, met: set[int]
) -> Iterator[Hit]:
    """Yield the hits on items that were not met before, and note them."""
    for item, algorithm in sorted(exact.items()):
        if item not in met and asked.digests is not None:
            met.add(item)
            yield _hit(asked, known, item, Digest(algorithm, getattr(asked.digests, algorithm)))
    if closest is not None and (item := int(known.near_items[closest.place])) not in met:
        met.add(item)
        yield _hit(asked, known, item, Digest("pdq", known.near.hash(closest.place).hex()), closest)


def _hit(asked: _Asked, known: KnownList, item: int, digest: Digest, closest: _Near | None = None) -> Hit:
    return Hit(
        sha256=asked.sha256,
        identity=known.identity,
        digest=digest,
        distance=closest.distance if closest else 0,
        quality=asked.quality if closest else None,
        category=known.category(item),
        locator=known.locator(item),
        listed_quality=known.quality(closest.place) if closest else None,
        via=asked.via,
        turn=closest.turn if closest else Turn.NONE,
    )


def _film_hit(asked: _Asked, known: KnownList, film: FilmMet) -> Hit:
    return Hit(
        sha256=asked.sha256,
        identity=known.identity,
        digest=Digest("pdq", film.listed.hex()),
        distance=film.match.comparison.closest or 0,
        quality=film.quality,
        category=known.category(film.item),
        locator=known.locator(film.item),
        film=film.match,
    )
