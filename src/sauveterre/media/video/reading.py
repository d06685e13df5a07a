"""A film to what is kept of it: the front door of this package. Call it in the sandbox."""

from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sauveterre.errors import LimitExceeded
from sauveterre.media.pdq.hashing import Pixels, pdq_of_luma
from sauveterre.media.pdq.kernels import Floats
from sauveterre.media.video.frames import Damage, Decoding, coarse_of, is_cut, luma_of, packets_of, pixels_of
from sauveterre.media.video.opening import film_of, moving_picture, opened
from sauveterre.media.video.plan import Packets, Times, at_interval, plan
from sauveterre.media.video.sheet import MOST_TILES, TILE_SIDE, contact_sheet
from sauveterre.records.limits import Limits
from sauveterre.records.video import Film, HashedFilm, HashedFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """Which frames of a film are hashed, and how."""

    interval: float = 1.0
    """Seconds from one to the next; 0 for every frame."""
    cuts: bool = True
    """Also the first frame after each cut, of the frames that are decoded anyway."""
    key_frames_only: bool = False
    """Only the frames that stand alone: many times faster, and blind where they are far apart.

    What they find may order the full pass. It settles nothing.
    """
    reference: bool = False
    """Hash the exact way, sample by sample."""


def read_film(stream: BinaryIO, kind: str, limits: Limits, sampling: Sampling = Sampling()) -> HashedFilm:
    """Return the facts of a film or sound, the hashes of the sampled frames, and a sheet of some of them.

    ``stream`` is seekable, and is read twice. Damage that leaves something to hash is told in ``trouble``.
    Raises ``Unplayable`` when nothing can be read, and ``LimitExceeded`` for frames larger than
    ``limits.picture_pixels`` or too many of them; errors of the stream pass through.
    """
    with opened(stream, kind) as container:
        film, picture = film_of(container, kind), moving_picture(container)
        if picture is None:
            return HashedFilm(film=film)
        _check_size(film, limits)
        first_look = Decoding(container, picture)
        packets = packets_of(first_look)
        wanted = _wanted(packets, picture, sampling)
    gathering = _gather(stream, kind, packets, wanted, sampling, whole=False)
    if len(gathering.seen) < len(wanted):
        gathering = _gather(stream, kind, packets, wanted, sampling, whole=True)
    return HashedFilm(
        film=film,
        frames=tuple(gathering.hashed),
        contact_sheet=contact_sheet(gathering.tiles),
        trouble=_trouble(first_look.damage, gathering.damage, len(gathering.hashed)),
    )


def facts_of(stream: BinaryIO, kind: str) -> Film:
    """Return what the container states, and decode no frame. Raises ``Unplayable`` when it states nothing."""
    with opened(stream, kind) as container:
        return film_of(container, kind)


@dataclass(slots=True)
class _Gathering:
    """What is taken from the frames that pass by, in the order of showing."""

    wanted: set[int]
    shown: Times
    on_sheet: set[int]
    sampling: Sampling
    tick: float
    """Seconds in a unit of the times."""
    damage: Damage = field(default_factory=Damage)
    seen: set[int] = field(default_factory=set)
    hashed: list[HashedFrame] = field(default_factory=list)
    tiles: list[Pixels] = field(default_factory=list)
    before: Floats | None = None

    def take(self, frame: VideoFrame, time: int) -> None:
        """Hash a frame if it is wanted or follows a cut, and keep it for the sheet if it was chosen for that."""
        is_wanted = time in self.wanted and time not in self.seen
        follows_cut = False
        if self.sampling.cuts and not self.sampling.key_frames_only:
            coarse = coarse_of(frame)
            follows_cut = self.before is not None and is_cut(self.before, coarse)
            self.before = coarse
        if not is_wanted and not follows_cut:
            return
        self.seen |= {time} & self.wanted
        pdq = pdq_of_luma(luma_of(frame), reference=self.sampling.reference)
        number = int(np.searchsorted(self.shown, time))
        seconds = (time - int(self.shown[0])) * self.tick
        self.hashed.append(HashedFrame(number, pdq.hash, pdq.quality, seconds))
        if time in self.on_sheet:
            self.tiles.append(pixels_of(frame, TILE_SIDE))


def _gather(
    stream: BinaryIO, kind: str, packets: Packets, wanted: Times, sampling: Sampling, *, whole: bool
) -> _Gathering:
    """Decode by plan, or from end to end where the plan did not bring all: packets marked as key may be none."""
    spread = np.linspace(0, max(len(wanted) - 1, 0), min(len(wanted), MOST_TILES)).astype(np.int64)
    with opened(stream, kind) as container:
        picture = moving_picture(container)
        if picture is None:
            return _Gathering(set(), wanted, set(), sampling, 0.0)
        gathering = _Gathering(
            set(wanted.tolist()), np.unique(packets.times), set(wanted[spread].tolist()), sampling,
            float(picture.time_base or 0),
        )  # fmt: skip
        decoding = Decoding(container, picture, gathering.damage)
        for frame in decoding.frames(None if whole else plan(packets, wanted)):
            time = frame.dts if frame.pts is None else frame.pts
            if time is not None:
                gathering.take(frame, time)
    return gathering


def _wanted(packets: Packets, stream: VideoStream, sampling: Sampling) -> Times:
    """Return when the frames are shown that are to be hashed, in units of the stream."""
    if sampling.key_frames_only:
        return np.unique(packets.times[packets.keys])
    base = stream.time_base
    return at_interval(packets.times, round(sampling.interval / base) if base else 0)


def _check_size(film: Film, limits: Limits) -> None:
    width, height = film.width or 0, film.height or 0
    if width * height > limits.picture_pixels:
        raise LimitExceeded(
            f"the film states frames of {width:,} × {height:,} pixels, more than the {limits.picture_pixels:,} "
            "allowed; raise picture_pixels to decode it"
        )


def _trouble(container: Damage, decoder: Damage, hashed: int) -> str:
    damage = container if container.packets else decoder
    if damage.packets:
        return f"the film is damaged or cut short, and only what could be decoded was used: {damage.first}"
    return "" if hashed else "the film has a track of moving pictures, but no frame can be decoded from it"
