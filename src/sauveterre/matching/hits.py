"""Hits: which contents are found on which lists, exactly by a digest or nearly by PDQ, of pictures and of frames."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from sauveterre.matching import near
from sauveterre.matching.exact import WIDTHS
from sauveterre.matching.film_hits import FilmMet, films_met
from sauveterre.matching.known import KnownList
from sauveterre.records.content import Fingerprint
from sauveterre.records.digest import Digest
from sauveterre.records.film_match import FilmThresholds
from sauveterre.records.hash_list import Hit

_STRONGEST_FIRST = ("sha256", "sha1", "md5")


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchOptions:
    """What counts as a near hit, and how many contents are looked up together."""

    threshold: int = near.THRESHOLD
    """Most differing bits of 256."""
    quality: int = near.QUALITY
    """Least PDQ quality of a content whose picture is matched."""
    film_shares: tuple[tuple[float, float], ...] = ((0.8, 0.0), (0.0, 0.8))
    """What makes a near hit of a film: the least part of its own frames that are on the list, and the least part of the
    listed film's that are in it. Any of these pairs is enough; a listed picture is a film of one frame."""
    batch: int = 4_096
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


def match(
    fingerprints: Iterable[Fingerprint], lists: Sequence[KnownList], options: MatchOptions = MatchOptions()
) -> Iterator[Hit]:
    """Yield the hits of contents on lists: in the order of the contents, then of the lists, exact before near.

    A content that meets one item of a list by several digests gives one exact hit on it, by the strongest (SHA-256,
    then SHA-1, then MD5); if its digests meet different items, one for each item, by item number. Where an item states
    one digest that is the content's and another that is not, that is still a hit, since lists hold errors. Near hits
    are given for the closest item of each list only, of equals the first, and not where the same item was met exactly.
    Contents below the quality, and flat pictures, have no near hits. Films come last: one near hit for each item that
    their frames meet as ``film_shares`` asks for, and that was not met otherwise.
    """
    source = iter(fingerprints)
    while batch := list(islice(source, options.batch)):
        found = [
            (_exact(batch, known), _near(batch, known, options), films_met(batch, known, options.film_rules))
            for known in lists
        ]
        for row, content in enumerate(batch):
            for known, (exact_items, near_items, film_items) in zip(lists, found, strict=True):
                met = exact_items.get(row, {})
                yield from _hits(content, known, met, near_items.get(row))
                yield from _film_hits(content, known, met, near_items.get(row), film_items.get(row, []))


def _exact(batch: Sequence[Fingerprint], known: KnownList) -> dict[int, dict[int, str]]:
    """Return for each row of the batch that is on the list its items, each with the strongest algorithm that met it."""
    met: dict[int, dict[int, str]] = {}
    for algorithm in _STRONGEST_FIRST:
        if known.exact.count(algorithm) == 0:
            continue
        joined = "".join(getattr(content.digests, algorithm) for content in batch)
        rows = np.frombuffer(bytes.fromhex(joined), np.uint8).reshape(-1, WIDTHS[algorithm])
        items = known.exact.lookup(algorithm, rows)
        for row in np.flatnonzero(items >= 0).tolist():
            met.setdefault(row, {}).setdefault(int(items[row]), algorithm)
    return met


def _near(batch: Sequence[Fingerprint], known: KnownList, options: MatchOptions) -> dict[int, tuple[int, int]]:
    """Return for each row of the batch that is near the list the row of the closest hash, and the distance."""
    if len(known.near) == 0:
        return {}
    asked = [
        (row, content.picture.pdq)
        for row, content in enumerate(batch)
        if content.picture is not None
        and near.matchable(content.picture.pdq, content.picture.quality, least_quality=options.quality)
    ]
    if not asked:
        return {}
    closest = near.nearest(known.near, near.to_rows([pdq for _, pdq in asked]), options.threshold).tolist()
    return {row: (at, apart) for (row, _), (at, apart) in zip(asked, closest, strict=True) if at >= 0}


def _hits(
    content: Fingerprint, known: KnownList, exact: dict[int, str], closest: tuple[int, int] | None
) -> Iterator[Hit]:
    for item, algorithm in sorted(exact.items()):
        yield _hit(content, known, item, Digest(algorithm, getattr(content.digests, algorithm)), 0, None)
    if closest is None or content.picture is None:
        return
    row, apart = closest
    item = int(known.near_items[row])
    if item not in exact:
        digest = Digest("pdq", known.near.hash(row).hex())
        yield _hit(content, known, item, digest, apart, content.picture.quality, known.quality(row))


def _film_hits(
    content: Fingerprint,
    known: KnownList,
    exact: dict[int, str],
    closest: tuple[int, int] | None,
    films: Sequence[FilmMet],
) -> Iterator[Hit]:
    met = {*exact, *([] if closest is None else [int(known.near_items[closest[0]])])}
    for film in films:
        if film.item not in met:
            apart = film.match.comparison.closest or 0
            hit = _hit(content, known, film.item, Digest("pdq", film.listed.hex()), apart, film.quality)
            yield replace(hit, film=film.match)


def _hit(
    content: Fingerprint,
    known: KnownList,
    item: int,
    digest: Digest,
    distance: int,
    quality: int | None,
    listed_quality: int | None = None,
) -> Hit:
    return Hit(
        sha256=content.digests.sha256,
        identity=known.identity,
        digest=digest,
        distance=distance,
        quality=quality,
        category=known.category(item),
        locator=known.locator(item),
        listed_quality=listed_quality,
    )
