"""The films of an operation that are copies, extracts or compilations of one another.

As with stacks of pictures, no chains are followed: the longest film comes first, and those that match it are given to
it. What is given to one film is given to no other, so the answer has at most a line for each film.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from sauveterre.matching import film_kernels, near
from sauveterre.matching.near import words_of
from sauveterre.matching.video import AROUND, WITHIN, comparable
from sauveterre.records.film_match import FilmComparison, FilmMatch, FilmThresholds
from sauveterre.records.video import HashedFrame


@dataclass(frozen=True, slots=True)
class FilmCopy:
    """A film that is the same as a longer one in part or whole."""

    head: str
    """SHA-256 of the film with more different frames; of equals, the first digest."""
    sha256: str
    match: FilmMatch
    """Its query is the film, its target the head."""


def film_copies(
    films: Iterable[tuple[str, tuple[HashedFrame, ...]]], rules: tuple[FilmThresholds, ...] = (WITHIN, AROUND)
) -> list[FilmCopy]:
    """Return the films, given by SHA-256 and frames, that match a longer one by any of the rules; by head, then film.

    Distance and quality are those of the first rule. Memory: 32 bytes for each different frame. Time: the frames of
    each film that is no copy are compared with all behind it, some thousand million pairs a second.
    """
    distance, quality = rules[0].distance, rules[0].quality
    good = [(sha256, comparable(frames, quality)) for sha256, frames in films]
    ranked = sorted(((sha256, hashes) for sha256, hashes in good if hashes), key=lambda one: (-len(one[1]), one[0]))
    if len(ranked) < 2:
        return []
    words = words_of(near.to_rows([pdq for _, hashes in ranked for pdq in hashes]))
    starts = np.cumsum([0, *(len(hashes) for _, hashes in ranked)], dtype=np.int64)
    taken = np.zeros(len(ranked), np.uint8)
    found: list[FilmCopy] = []
    for head in range(len(ranked) - 1):
        if taken[head]:
            continue
        counts, marks = np.tile(np.array([0, 0, 257], np.int64), (len(ranked), 1)), np.zeros(len(words), np.uint8)
        film_kernels.meet(words, starts, head, distance, taken, counts, marks)
        for other in np.flatnonzero(counts[:, 0]).tolist():
            of_head, of_film, closest = counts[other].tolist()
            compared = FilmComparison(len(ranked[other][1]), of_film, len(ranked[head][1]), of_head, closest)
            rule = next((rule for rule in rules if compared.is_match(rule)), None)
            if rule is not None:
                taken[other] = 1
                found.append(FilmCopy(ranked[head][0], ranked[other][0], FilmMatch(compared, rule)))
    return sorted(found, key=lambda one: (one.head, one.sha256))
