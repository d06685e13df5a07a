"""Pictures that move, as films without sound: GIF, WebP, PNG and AVIF, by Pillow, which draws each frame whole."""

from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO

import numpy as np
from PIL import Image

from sauveterre.errors import SauveterreError
from sauveterre.media import alarms
from sauveterre.media.pdq.hashing import Pixels, pdq_of_pixels
from sauveterre.media.video.sampling import SHORT_INTERVAL, Kept, coarse, cost_of, sheet_places
from sauveterre.records.limits import Limits
from sauveterre.records.pulse import pulse
from sauveterre.records.video import TILE_SIDE, Film, HashedFilm

USUAL, LEAST = 100, 11
"""Milliseconds that a frame is shown which states less than the second: as all programs show it."""


def read_moving(content: bytes | BinaryIO, form: str, limits: Limits) -> HashedFilm | None:
    """Return what is kept of a moving picture of Pillow's format ``form``; None for one that stands still.

    Four frames a second are hashed, and the first one after each cut. Never raises for bad content: what could be
    decoded is kept, and ``trouble`` says why that is not all. Errors of the stream itself pass through.
    """
    stream = BytesIO(content) if isinstance(content, bytes) else content
    stream.seek(0)
    kept, seconds, trouble = Kept(cuts=True), 0.0, ""
    width = height = frames = 0
    try:
        with Image.open(stream, formats=[form]) as image:
            frames = getattr(image, "n_frames", 1)
            if frames < 2:
                return None
            width, height = image.size
            affordable = min(frames, limits.film_pixels // cost_of(width, height))
            alarms.allow(affordable * cost_of(width, height) / limits.film_pixels_per_second)
            seconds = _keep(kept, _shown(image, affordable), sheet_places(frames))
            if affordable < frames:
                trouble = f"only {affordable:,} of its {frames:,} frames were decoded; raise film_pixels to decode more"
    except (SauveterreError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - a decoder may raise anything on hostile bytes
        if frames < 2 and not kept.frames:
            return None  # whether it moves, nobody can say: what is wrong with it is told of the picture
        trouble = f"the moving picture cannot be decoded behind second {max(kept.end, 0.0):.1f}: {type(error).__name__}"
    name = form.lower()
    film = Film(
        container=name, video_codec=name, seconds=round(seconds, 3) or None, width=width, height=height,
        frame_rate=round(frames / seconds, 3) if seconds else None,
    )  # fmt: skip
    return kept.film(film, trouble)


def _shown(image: Image.Image, count: int) -> Iterator[tuple[Image.Image, int]]:
    """Yield so many frames as they are seen, and for how many milliseconds each."""
    for number in range(count):
        pulse()
        image.seek(number)
        image.load()
        lasts = round(image.info.get("duration") or 0)
        yield image.convert("RGB"), lasts if lasts >= LEAST else USUAL


def _keep(kept: Kept, shown: Iterator[tuple[Image.Image, int]], on_sheet: frozenset[int]) -> float:
    """Keep what is sampled of the frames; return how many seconds all of them last."""
    passed, mark = 0, 0.0
    for number, (frame, lasts) in enumerate(shown):
        kept.end = seconds = passed / 1000
        pixels = np.asarray(frame)
        cut = kept.follows_cut(coarse(pixels[:, :, 1]), seconds)
        if cut or seconds >= mark:
            mark = (seconds // SHORT_INTERVAL + 1) * SHORT_INTERVAL
            kept.add(number, seconds, pdq_of_pixels(pixels))
        if number in on_sheet:
            kept.tiles.append(_tile(frame))
        passed += lasts
    return passed / 1000


def _tile(frame: Image.Image) -> Pixels:
    """Return a frame as it lies on the sheet; one that is much longer than wide keeps a pixel of its width."""
    width, height = (max(1, round(side * TILE_SIDE / max(frame.size))) for side in frame.size)
    return np.asarray(frame.resize((width, height)))
