"""Two films compared by the hashes of their frames, as vPDQ does: as sets, whatever the order and the speed.

Source: the description of vPDQ in facebook/ThreatExchange. Its own documents and code set the two shares in opposite
senses, so here all four thresholds are always stated by the caller.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from sauveterre.matching.near import WIDTH, NearIndex, matchable, near, to_rows
from sauveterre.records.video import HashedFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmThresholds:
    """What counts as the same film."""

    distance: int
    """Most differing bits of 256 of two frames that are the same."""
    quality: int
    """Least PDQ quality of a frame that is compared, on both sides."""
    query_share: float
    """Least part of the query's compared frames that must be found in the target, 0 to 1."""
    target_share: float
    """Least part of the target's compared frames that must be found in the query, 0 to 1."""

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        shares = (self.query_share, self.target_share)
        if not 0 <= self.distance <= 8 * WIDTH or not all(0 <= share <= 1 for share in shares):
            raise ValueError(f"a distance of {self.distance} bits or shares of {shares} make no sense")


@dataclass(frozen=True, slots=True)
class FilmComparison:
    """How far two films are the same. Frames are counted once each, however often they are shown."""

    query_frames: int
    """Different frames of the query that are good enough to be compared."""
    query_found: int
    """Those of them that the target has, too."""
    target_frames: int
    target_found: int
    closest: int | None
    """The least distance of two frames within the threshold, in bits; None when there are none."""

    @property
    def query_share(self) -> float:
        """The part of the query that is in the target, 0 to 1; 0 when nothing of it can be compared."""
        return self.query_found / self.query_frames if self.query_frames else 0.0

    @property
    def target_share(self) -> float:
        """The part of the target that is in the query, 0 to 1; 0 when nothing of it can be compared."""
        return self.target_found / self.target_frames if self.target_frames else 0.0

    def is_match(self, thresholds: FilmThresholds) -> bool:
        """Whether both shares are reached, by at least one frame on each side."""
        return (
            self.query_found > 0
            and self.query_share >= thresholds.query_share
            and self.target_share >= thresholds.target_share
        )


def compare_films(
    query: Iterable[HashedFrame], target: Iterable[HashedFrame], thresholds: FilmThresholds
) -> FilmComparison:
    """Compare two films by their frames; ``is_match`` of what comes back says whether they are the same."""
    ours, theirs = _comparable(query, thresholds), _comparable(target, thresholds)
    if not ours or not theirs:
        return FilmComparison(len(ours), 0, len(theirs), 0, None)
    pairs = near(NearIndex(to_rows(theirs)), to_rows(ours), thresholds.distance)
    return FilmComparison(
        query_frames=len(ours),
        query_found=len(np.unique(pairs[:, 0])),
        target_frames=len(theirs),
        target_found=len(np.unique(pairs[:, 1])),
        closest=int(pairs[:, 2].min()) if len(pairs) else None,
    )


def in_order_of_promise(
    glances: Sequence[Iterable[HashedFrame]], target: Iterable[HashedFrame], thresholds: FilmThresholds
) -> list[int]:
    """Return the places of films in the order in which a full pass promises most, from their key frames alone.

    Settles nothing: a film whose key frames are not found comes last, and is passed in full all the same. Equal ones
    keep their order.
    """
    known = list(target)
    shares = [compare_films(glance, known, thresholds).query_share for glance in glances]
    return sorted(range(len(shares)), key=lambda place: -shares[place])


def _comparable(frames: Iterable[HashedFrame], thresholds: FilmThresholds) -> list[bytes]:
    good = {frame.pdq for frame in frames if matchable(frame.pdq, frame.quality, least_quality=thresholds.quality)}
    return sorted(good)
