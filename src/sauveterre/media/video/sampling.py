"""Which frames of a film are hashed and shown, and what is kept of them: the same for films and moving pictures."""

from dataclasses import dataclass, field

import numpy as np

from sauveterre.media.pdq.hashing import Pdq, Pixels
from sauveterre.media.pdq.kernels import Bytes, Floats
from sauveterre.media.video.sheet import MOST_TILES, contact_sheet
from sauveterre.records.video import Film, HashedFilm, HashedFrame

SHORT_SECONDS = 10.0
"""Films shorter than this are sampled more densely: one frame a second would leave too few to tell them by."""
SHORT_INTERVAL = 0.25
"""Seconds between their frames."""
MOST_FRAMES = 100_000
"""Frames hashed of one film: more than a day at one a second."""
CUT = 24.0
"""Mean difference of two frames' luma, of 255, from which there is a cut between them."""
COARSE = 32
"""Samples a side by which frames are compared for cuts."""
SHORTEST_SCENE = 0.2
"""Seconds after a hashed frame before a cut has a frame hashed of its own: flicker is no sequence of scenes."""
LEAST_COST = 1 << 17
"""Pixels that a frame counts for at least, whatever its size: each costs some time of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """Which frames of a film are hashed, and how."""

    interval: float = 1.0
    """Seconds from one to the next; 0 for every frame."""
    short_interval: float = SHORT_INTERVAL
    """The same in films of less than ten seconds, where that is less."""
    cuts: bool = True
    """Also the first frame after each cut, of the frames that are decoded anyway."""
    key_frames_only: bool = False
    """Only the frames that stand alone: many times faster, and blind where they are far apart.

    What they find may order the full pass. It settles nothing.
    """
    reference: bool = False
    """Hash the exact way, sample by sample."""

    def interval_for(self, seconds: float) -> float:
        """Return the interval for a film that lasts so long."""
        return min(self.interval, self.short_interval) if seconds < SHORT_SECONDS else self.interval


def cost_of(width: int, height: int) -> int:
    """Return the pixels that decoding a frame of this size counts for."""
    return max(width * height, LEAST_COST)


def sheet_places(count: int) -> frozenset[int]:
    """Return which of so many frames are shown on a sheet: the first, the last, and some evenly between."""
    return frozenset(np.linspace(0, max(count - 1, 0), min(count, MOST_TILES)).astype(np.int64).tolist())


def coarse(rows: Bytes) -> Floats:
    """Return a few samples of a frame's luma, by which cuts are seen."""
    down = np.linspace(0, rows.shape[0] - 1, COARSE).astype(np.int64)
    across = np.linspace(0, rows.shape[1] - 1, COARSE).astype(np.int64)
    return np.asarray(rows[np.ix_(down, across)], np.float32)


@dataclass(slots=True)
class Kept:
    """What is kept of the frames that pass by, in the order of showing."""

    cuts: bool
    frames: list[HashedFrame] = field(default_factory=list)
    tiles: list[Pixels] = field(default_factory=list)
    end: float = -1.0
    """Seconds of the last frame that passed by."""
    _before: Floats | None = None

    def follows_cut(self, seen: Floats, seconds: float) -> bool:
        """Whether a frame, seen coarsely, begins another scene than the one before it."""
        before, self._before = self._before, seen
        if not self.cuts or before is None or (self.frames and seconds - self.frames[-1].seconds < SHORTEST_SCENE):
            return False
        return float(np.abs(before - seen).mean()) >= CUT

    def add(self, number: int, seconds: float, pdq: Pdq) -> None:
        """Keep the hash of a frame."""
        if len(self.frames) < MOST_FRAMES:
            self.frames.append(HashedFrame(number, pdq.hash, pdq.quality, round(seconds, 3)))

    def film(self, film: Film, trouble: str) -> HashedFilm:
        """Return all that is kept of a film."""
        return HashedFilm(film=film, frames=tuple(self.frames), sheet=contact_sheet(self.tiles), trouble=trouble)
