"""Films on lists: which listed films and pictures the frames of a content meet, and how many of each side."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sauveterre.matching import near
from sauveterre.matching.known import KnownList
from sauveterre.matching.near import NearIndex
from sauveterre.matching.video import comparable
from sauveterre.records.content import Fingerprint
from sauveterre.records.film_match import FilmComparison, FilmMatch, FilmThresholds
from sauveterre.records.video import HashedFrame

AT_ONCE = 512
"""Frames that are looked up together: it bounds the memory of the pairs found."""

Keys = NDArray[np.int64]
Closest = dict[tuple[int, int], tuple[int, int, int]]
"""By content and item: the distance of their closest pair, its row of the index and of the queries."""


@dataclass(frozen=True, slots=True)
class FilmMet:
    """An item of a list that a content meets by frames."""

    item: int
    listed: bytes
    """The listed hash that is closest to one of the content's."""
    quality: int
    """PDQ quality of the content's frame that is closest to it."""
    match: FilmMatch


def films_met(
    batch: Sequence[Fingerprint], known: KnownList, rules: Sequence[FilmThresholds]
) -> dict[int, list[FilmMet]]:
    """Return for each row of the batch the items of a list that it meets by frames, in the order of the items.

    Frames of films are held against listed films and listed pictures, pictures against listed films. The thresholds
    of distance and quality are those of the first rule; an item is met when the shares of any rule are reached, which
    is then named.
    """
    distance, quality = rules[0].distance, rules[0].quality
    films = [(row, one.film.frames) for row, one in enumerate(batch) if one.film is not None]
    stills = [(row, _still(one)) for row, one in enumerate(batch) if one.film is None and one.picture is not None]
    listed_as_films = _Queries([*films, *stills], quality).meet(known.films, known.film_items, distance)
    listed_as_pictures = _Queries(films, quality).meet(known.near, known.near_items, distance)
    sizes = np.bincount(known.film_items) if len(known.film_items) else np.empty(0, np.int64)
    met: dict[int, dict[int, FilmMet]] = {}
    for is_film, found in ((False, listed_as_pictures), (True, listed_as_films)):
        for (row, item), tally in found.items():
            listed = int(sizes[item]) if is_film else 1
            compared = FilmComparison(tally.of, tally.query_found, listed, tally.target_found, tally.closest)
            rule = next((rule for rule in rules if compared.is_match(rule)), None)
            if rule is not None:
                met.setdefault(row, {})[item] = FilmMet(item, tally.listed, tally.quality, FilmMatch(compared, rule))
    return {row: [items[item] for item in sorted(items)] for row, items in met.items()}


def frames_met(frames: Iterable[HashedFrame], lists: Iterable[KnownList], rule: FilmThresholds) -> tuple[int, int]:
    """Return how many different frames are good enough to be compared, and how many of them are near a listed hash.

    It settles nothing: of the key frames of a film it says how much a full pass promises.
    """
    good = comparable(frames, rule.quality)
    if not good:
        return 0, 0
    hashes = near.to_rows(good)
    indexes = [index for known in lists for index in (known.films, known.near) if len(index)]
    met = [near.near(index, hashes, rule.distance)[:, 0] for index in indexes]
    return len(good), len(np.unique(np.concatenate(met))) if met else 0


def _still(one: Fingerprint) -> tuple[HashedFrame, ...]:
    return () if one.picture is None else (HashedFrame(0, one.picture.pdq, one.picture.quality, 0.0),)


@dataclass(slots=True)
class _Tally:
    of: int
    query_found: int
    target_found: int
    closest: int
    listed: bytes
    quality: int


class _Queries:
    """The different frames of some contents that are good enough, one after the other."""

    def __init__(self, contents: Sequence[tuple[int, tuple[HashedFrame, ...]]], quality: int) -> None:
        self._hashes: list[bytes] = []
        self._qualities: dict[bytes, int] = {}
        rows: list[int] = []
        for row, frames in contents:
            self._qualities.update((frame.pdq, frame.quality) for frame in frames)
            good = comparable(frames, quality)
            self._hashes += good
            rows += [row] * len(good)
        self._rows = np.array(rows, np.int64)

    def meet(self, index: NearIndex, items: NDArray[np.uint32], distance: int) -> dict[tuple[int, int], _Tally]:
        """Return for each content and item that have frames within the distance how many of each side, and how near."""
        if not len(index) or not self._hashes:
            return {}
        hashes = near.to_rows(self._hashes)
        ours, theirs = [], []
        best: Closest = {}
        for start in range(0, len(hashes), AT_ONCE):
            pairs = near.near(index, hashes[start : start + AT_ONCE], distance)
            queries, targets = pairs[:, 0] + start, pairs[:, 1]
            keys = np.stack([self._rows[queries], items[targets].astype(np.int64)], axis=1)
            ours.append(np.unique(np.column_stack([keys, queries]), axis=0))
            theirs.append(np.unique(np.column_stack([keys, targets]), axis=0))
            self._note_closest(best, keys, pairs, queries)
        counts = np.bincount(self._rows)
        ours_found, theirs_found = _counted(ours), _counted(theirs)
        return {
            key: _Tally(
                int(counts[key[0]]), ours_found[key], theirs_found[key], apart, index.hash(target),
                self._qualities[self._hashes[query]],
            )
            for key, (apart, target, query) in best.items()
        }  # fmt: skip

    @staticmethod
    def _note_closest(best: Closest, keys: Keys, pairs: Keys, queries: Keys) -> None:
        """Keep the closest pair for each content and item; of equals the first listed one, then the first frame."""
        order = np.lexsort((queries, pairs[:, 1], pairs[:, 2], keys[:, 1], keys[:, 0]))
        firsts = np.unique(keys[order], axis=0, return_index=True)[1]
        for at in order[firsts].tolist():
            key = int(keys[at, 0]), int(keys[at, 1])
            found = int(pairs[at, 2]), int(pairs[at, 1]), int(queries[at])
            best[key] = min(best.get(key, found), found)


def _counted(parts: list[Keys]) -> dict[tuple[int, int], int]:
    """Count the different rows of each content and item."""
    rows = np.unique(np.concatenate(parts), axis=0)
    keys, counts = np.unique(rows[:, :2], axis=0, return_counts=True)
    return {(int(row), int(item)): int(count) for (row, item), count in zip(keys, counts, strict=True)}
