"""A film to what is kept of it: the front door of this package. Call it in the sandbox."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sauveterre.media import alarms
from sauveterre.media.pdq.hashing import pdq_of_luma
from sauveterre.media.video.frames import Decoding, Look, look_through, luma_of, pixels_of, stored_luma
from sauveterre.media.video.opening import film_of, moving_picture, opened
from sauveterre.media.video.plan import Times, Use, Uses, at_interval, plan
from sauveterre.media.video.sampling import MOST_FRAMES, Kept, Sampling, coarse, cost_of, sheet_places
from sauveterre.records.limits import Limits
from sauveterre.records.video import TILE_SIDE, Film, HashedFilm

USUAL = Sampling()
LATE_SECONDS, LATE_SHARE = 0.5, 0.02
"""What may be missing at the end before a film counts as cut short: the larger of the two."""


def read_film(stream: BinaryIO, kind: str, limits: Limits, sampling: Sampling = USUAL) -> HashedFilm:
    """Return the facts of a film or sound, the hashes of the sampled frames, and a sheet of some of them.

    ``stream`` is seekable, and is read twice. What could not be decoded, and why, is told in ``trouble``. Raises
    ``Unplayable`` when nothing can be read; errors of the stream pass through.
    """
    with opened(stream, kind) as container:
        film, picture = film_of(container, kind), moving_picture(container)
        if picture is None:
            return HashedFilm(film=film)
        width, height = picture.width, picture.height
        if width * height > limits.picture_pixels:
            return HashedFilm(film=film, trouble=_too_large(width, height, limits))
        decoding = Decoding(container, picture)
        look = look_through(decoding)
        stated = max(_seconds_of(picture) or film.seconds or 0.0, picture.frames / (film.frame_rate or float("inf")))
        wanted = _wanted(look, picture, sampling)
    way = _Way(stream, kind, look, wanted[:MOST_FRAMES], sampling, refused=decoding.damage.first)
    uses = plan(look.packets, way.wanted)
    affordable = limits.film_pixels // cost_of(width, height)
    kept = way.go(_first(uses, affordable), limits)
    if len(way.seen) < len(way.wanted) and not way.refused and np.count_nonzero(uses) <= affordable:
        kept = way.go(_first(np.full(len(uses), Use.WANTED, np.uint8), affordable), limits)
    if np.count_nonzero(uses) > affordable or len(wanted) > MOST_FRAMES:
        return kept.film(film, _too_long(kept, limits))
    return kept.film(film, way.trouble(kept, stated))


def facts_of(stream: BinaryIO, kind: str) -> Film:
    """Return what the container states, and decode no frame. Raises ``Unplayable`` when it states nothing."""
    with opened(stream, kind) as container:
        return film_of(container, kind)


@dataclass(slots=True)
class _Way:
    """A film that has been looked through, and what is wanted of it."""

    stream: BinaryIO
    kind: str
    look: Look
    wanted: Times
    sampling: Sampling
    refused: str
    """What the container or the decoder refused first; empty when nothing."""
    seen: set[int] = field(default_factory=set)

    def go(self, uses: Uses, limits: Limits) -> Kept:
        """Decode what ``uses`` names, and keep what is wanted of it, within time for as much as that."""
        self.seen.clear()
        wanted, shown = set(self.wanted.tolist()), np.unique(self.look.packets.times)
        on_sheet = {int(self.wanted[place]) for place in sheet_places(len(self.wanted))}
        kept = Kept(cuts=self.sampling.cuts and not self.sampling.key_frames_only)
        with opened(self.stream, self.kind) as container:
            picture = moving_picture(container)
            if picture is None:
                return kept
            cost = cost_of(picture.width, picture.height)
            alarms.allow(np.count_nonzero(uses) * cost / limits.film_pixels_per_second)
            tick, decoding = float(picture.time_base or 0), Decoding(container, picture)
            for time, frame in _timed(decoding.frames(uses)):
                kept.end = seconds = (time - int(shown[0])) * tick
                cut = kept.follows_cut(coarse(stored_luma(frame)), seconds)
                if not cut and (time not in wanted or time in self.seen):
                    continue
                self.seen |= {time} & wanted
                pdq = pdq_of_luma(luma_of(frame), reference=self.sampling.reference)
                kept.add(int(np.searchsorted(shown, time)), seconds, pdq)
                if time in on_sheet:
                    kept.tiles.append(pixels_of(frame, TILE_SIDE))
        self.refused = self.refused or decoding.damage.first
        return kept

    def trouble(self, kept: Kept, stated: float) -> str:
        """Say what is missing of a film that states so many seconds."""
        missing = stated - self.look.seconds > max(LATE_SECONDS, LATE_SHARE * stated)
        if not self.refused and not missing and len(self.seen) == len(self.wanted) > 0:
            return ""
        reason = self.refused or (f"it states {stated:.1f} seconds" if missing else "the decoder gives no more")
        if not kept.frames:
            return f"the film has a track of moving pictures, but no frame can be decoded from it: {reason}"
        return (
            f"the film is damaged or cut short: {len(self.seen):,} of {len(self.wanted):,} frames to be hashed were "
            f"decoded, and nothing behind second {kept.end:.1f}: {reason}"
        )


def _timed(frames: Iterator[VideoFrame]) -> Iterator[tuple[int, VideoFrame]]:
    for frame in frames:
        time = frame.dts if frame.pts is None else frame.pts
        if time is not None:
            yield time, frame


def _wanted(look: Look, stream: VideoStream, sampling: Sampling) -> Times:
    """Return when the frames are shown that are to be hashed, in units of the stream."""
    times = look.packets.times
    if sampling.key_frames_only:
        return np.unique(times[look.packets.keys])
    base = stream.time_base
    return at_interval(times, float(sampling.interval_for(look.seconds) / base) if base else 0)


def _first(uses: Uses, affordable: int) -> Uses:
    """Return which packets are decoded when only so many can be."""
    return np.where(np.cumsum(uses != Use.SKIPPED) <= affordable, uses, np.uint8(Use.SKIPPED))


def _seconds_of(stream: VideoStream) -> float:
    return float(stream.duration * stream.time_base) if stream.duration and stream.time_base else 0.0


def _too_large(width: int, height: int, limits: Limits) -> str:
    return (
        f"the film states frames of {width:,} × {height:,} pixels, more than the {limits.picture_pixels:,} allowed; "
        "raise picture_pixels to decode it"
    )


def _too_long(kept: Kept, limits: Limits) -> str:
    return (
        f"the film was decoded up to second {kept.end:.0f} only: all of it is more than the {MOST_FRAMES:,} frames "
        f"that are hashed, or the {limits.film_pixels:,} pixels that may be decoded of one film; raise "
        "film_pixels to decode more"
    )
