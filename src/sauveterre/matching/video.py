"""Two films compared by the hashes of their frames, as vPDQ does: as sets, whatever the order and the speed.

Source: the description of vPDQ in facebook/ThreatExchange. Its own documents and code set the two shares in opposite
senses, so here all four thresholds are always stated by the caller.
"""

from collections.abc import Iterable

import numpy as np

from sauveterre.matching.near import QUALITY, THRESHOLD, NearIndex, matchable, near, to_rows
from sauveterre.records.film_match import FilmComparison, FilmThresholds
from sauveterre.records.video import HashedFrame

WITHIN = FilmThresholds(distance=THRESHOLD, quality=QUALITY, query_share=0.8, target_share=0.0)
"""The film is a part of the other one: an extract, or all of it."""
AROUND = FilmThresholds(distance=THRESHOLD, quality=QUALITY, query_share=0.0, target_share=0.8)
"""The other one is a part of the film. Of a single picture, one frame is enough."""


def compare_films(
    query: Iterable[HashedFrame], target: Iterable[HashedFrame], thresholds: FilmThresholds
) -> FilmComparison:
    """Compare two films by their frames; ``is_match`` of what comes back says whether they are the same."""
    ours, theirs = comparable(query, thresholds.quality), comparable(target, thresholds.quality)
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


def comparable(frames: Iterable[HashedFrame], quality: int = QUALITY) -> list[bytes]:
    """Return the different hashes of frames that are good enough to be compared, in a fixed order."""
    return sorted({frame.pdq for frame in frames if matchable(frame.pdq, frame.quality, least_quality=quality)})
