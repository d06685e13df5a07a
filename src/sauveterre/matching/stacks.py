"""Stacks: near-identical pictures that a reviewer decides once.

A stack is a star: every member lies within the threshold of its head. Chains are not followed, so a stack never drifts
from one picture to quite another, and no set of pairs is kept: memory grows with the pictures, not with their pairs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sauveterre.matching import near, near_kernels, star_kernels

_LISTED = 16
"""Neighbours of a picture that are kept in a list: 64 bytes a picture."""


class Candidate(NamedTuple):
    """A picture that may lie in a stack."""

    sha256: str
    """Lowercase hex, without an algorithm before it."""
    pdq: bytes
    quality: int
    """PDQ quality, 0 to 100."""
    pixels: int
    """Width times height."""
    size: int
    """Bytes of the content."""


@dataclass(frozen=True, slots=True)
class Stack:
    """Two pictures or more, and the one that stands for them."""

    head: str
    """SHA-256 of the member with the most pixels; of equals the best quality, the most bytes, the first SHA-256."""
    members: tuple[tuple[str, int], ...]
    """SHA-256 and distance to the head in bits, the head itself first with 0; by distance, then SHA-256."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackOptions:
    """What counts as near-identical."""

    threshold: int = near.THRESHOLD
    """Most bits between a member and its head, 0 to 31."""
    quality: int = near.QUALITY
    """Pictures below this PDQ quality, and flat ones, are left out."""

    def __post_init__(self) -> None:
        """Refuse a threshold that the bands do not find every pair for."""
        if not 0 <= self.threshold <= near.THRESHOLD:
            raise ValueError(f"a threshold of {self.threshold} bits is not between 0 and {near.THRESHOLD}")


def stack(members: Iterable[tuple[str, bytes, int, int, int]], options: StackOptions = StackOptions()) -> list[Stack]:
    """Return the stacks of two members or more, ordered by the SHA-256 of their heads.

    The members are ``Candidate`` or plain tuples in its order. Each joins at most one stack: going through the pictures
    from the best head to the worst, a picture without a stack opens one and takes every picture within the threshold
    that has none. The result does not depend on the order of the input. A content given twice counts once, as its best
    record; pictures that must not be matched by their hash (``near.matchable``) are in no stack.
    """
    unique: dict[str, Candidate] = {}
    for member in ranked(members):
        if near.matchable(member.pdq, member.quality, least_quality=options.quality):
            unique.setdefault(member.sha256, member)
    best_first = list(unique.values())
    if len(best_first) < 2:
        return []
    words, same = _collapse([member.pdq for member in best_first])
    heads, apart = _stars(words, options.threshold)
    groups: dict[int, list[tuple[int, str]]] = {}
    for member, row in zip(best_first, same.tolist(), strict=True):
        groups.setdefault(int(heads[row]), []).append((int(apart[row]), member.sha256))
    head_of = dict(zip(reversed(same.tolist()), (member.sha256 for member in reversed(best_first)), strict=True))
    stacks = (_stack(head_of[row], group) for row, group in groups.items() if len(group) > 1)
    return sorted(stacks, key=lambda made: made.head)


def ranked(members: Iterable[tuple[str, bytes, int, int, int]]) -> list[Candidate]:
    """Return pictures from the best to the worst."""
    return sorted((one if isinstance(one, Candidate) else Candidate(*one) for one in members), key=rank)


def rank(member: Candidate) -> tuple[int, int, int, str, bytes]:
    """Return what puts the best picture first: pixels, then quality, then bytes, then the first SHA-256."""
    return -member.pixels, -member.quality, -member.size, member.sha256, member.pdq


def _stack(head: str, group: list[tuple[int, str]]) -> Stack:
    others = sorted(part for part in group if part[1] != head)
    return Stack(head, ((head, 0), *((sha256, apart) for apart, sha256 in others)))


def _collapse(hashes: list[bytes]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return the different hashes as words, in order of first appearance, and for each hash the row of its own."""
    rows: dict[bytes, int] = {}
    same = np.fromiter((rows.setdefault(pdq, len(rows)) for pdq in hashes), np.int64, len(hashes))
    return near.words_of(near.to_rows(list(rows))), same


def _stars(words: NDArray[np.uint64], threshold: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the row of each row's head, and the distance to it; the rows come from the best head to the worst.

    A first pass, band by band in the fast batch way, lists the neighbours of each row, up to a few: most have none, and
    those that have many are asked for again only when they become heads.
    """
    n = len(words)
    neighbours, degrees = np.empty((n, _LISTED), np.uint32), np.zeros(n, np.int64)
    starts, order = np.empty(near_kernels.VALUES + 1, np.int64), np.empty(n, np.uint32)
    for band in range(near_kernels.BANDS):
        near_kernels.sort_by_band(words, band, starts, order)
        star_kernels.list_neighbours(words, starts, order, band, threshold, neighbours, degrees)
    heads, apart = np.where(degrees > 0, -1, np.arange(n)), np.zeros(n, np.int64)
    if (degrees > _LISTED).any():
        buckets = near.sort_bands(words)
    else:
        buckets = np.empty((near_kernels.BANDS, 1), np.int64), np.empty((near_kernels.BANDS, 0), np.uint32)
    star_kernels.absorb(words, *buckets, threshold, neighbours, degrees, heads, apart)
    return heads, apart
