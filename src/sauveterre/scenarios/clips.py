"""Draws short films that pan over pictures, and writes them as AVI with Motion JPEG, by the format's description.

Source of the format: the RIFF and AVI chapters of the Multimedia Programming Interface, 1991.
"""

import io
import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from sauveterre.scenarios.drawing import as_jpeg, draw_picture
from sauveterre.scenarios.pdq import pdq

FPS = 5
SCENES, SECONDS = 3, 2
SIZE, SMALL = (320, 240), (208, 156)
ROOM = 24
"""Pixels a side by which a drawn picture is larger than what a film shows of it."""
RATE = 8_000
"""Samples of sound in a second, eight bits each: silence."""
_HAS_INDEX, _KEY = 0x10, 0x10


@dataclass(frozen=True, slots=True)
class Clips:
    """The films of the operation."""

    original: bytes
    """With sound, taken with a telephone."""
    copy: bytes
    """The same film, made smaller and coded anew, without sound."""
    listed: bytes
    """Small and coded anew: a partner lists the film by its frames."""
    listed_frames: tuple[tuple[str, int, float], ...]
    """PDQ, quality and second of the partner's frames."""
    moving: bytes
    """A GIF of a film that is on no list."""
    cut: bytes
    """A film that was cut short in copying."""

    def all(self) -> tuple[bytes, ...]:
        """Return every clip."""
        return self.original, self.copy, self.listed, self.moving, self.cut


def draw_clips(seed: int) -> Clips:
    """Draw them all."""
    first, second, third, fourth = (_film(np.random.default_rng([seed, 7, number])) for number in range(4))
    moving = io.BytesIO()
    frames = [frame.resize(SMALL, Image.Resampling.BILINEAR) for frame in third[::FPS]]
    frames[0].save(moving, "GIF", save_all=True, append_images=frames[1:], duration=1000, loop=0)
    whole = avi(fourth, 75)
    return Clips(
        original=avi(first, 85, sound=True, note=("2026-04-18 16:20:00", "Lumenor Pocket 5")),
        copy=avi(_smaller(first), 60),
        listed=avi(_smaller(second), 60),
        listed_frames=tuple((*pdq(frame), float(number)) for number, frame in enumerate(second[::FPS])),
        moving=moving.getvalue(),
        cut=whole[: len(whole) * 2 // 3],
    )


def _film(rng: np.random.Generator) -> list[Image.Image]:
    """Draw scenes over which the view moves slowly."""
    frames = []
    for _ in range(SCENES):
        picture = draw_picture(rng, SIZE[0] + ROOM, SIZE[1] + ROOM)
        for number in range(SECONDS * FPS):
            at = ROOM * number // (2 * SECONDS * FPS)
            frames.append(picture.crop((at, at, at + SIZE[0], at + SIZE[1])))
    return frames


def _smaller(frames: Sequence[Image.Image]) -> list[Image.Image]:
    return [frame.resize(SMALL, Image.Resampling.BILINEAR) for frame in frames]


def avi(
    frames: Sequence[Image.Image], quality: int, *, sound: bool = False, note: tuple[str, str] | None = None
) -> bytes:
    """Return frames as a film; ``note`` is the day of its making and what made it."""
    width, height = frames[0].size
    tracks = [_track(b"vids", b"MJPG", 1, FPS, len(frames), 0, _picture_format(width, height))]
    if sound:
        tracks.append(_track(b"auds", bytes(4), 1, RATE, len(frames) * RATE // FPS, 1, _sound_format()))
    main = struct.pack(
        "<14I", 1_000_000 // FPS, 0, 0, _HAS_INDEX, len(frames), 0, len(tracks), 1 << 20, width, height, 0, 0, 0, 0
    )
    head = _list(b"hdrl", _chunk(b"avih", main) + b"".join(tracks))
    told = b"" if note is None else _chunk(b"ICRD", note[0].encode()) + _chunk(b"ISFT", note[1].encode())
    body, index = b"", b""
    for frame in frames:
        parts = [(b"00dc", as_jpeg(frame, quality))] + ([(b"01wb", b"\x80" * (RATE // FPS))] if sound else [])
        for name, data in parts:
            index += struct.pack("<4s3I", name, _KEY, 4 + len(body), len(data))
            body += _chunk(name, data)
    whole = head + (_list(b"INFO", told) if told else b"") + _list(b"movi", body) + _chunk(b"idx1", index)
    return b"RIFF" + struct.pack("<I", 4 + len(whole)) + b"AVI " + whole


def _track(kind: bytes, coding: bytes, scale: int, rate: int, length: int, sample: int, form: bytes) -> bytes:
    head = struct.pack(
        "<4s4sIHH8I4h", kind, coding, 0, 0, 0, 0, scale, rate, 0, length, 0, 0xFFFFFFFF, sample, 0, 0, 0, 0
    )
    return _list(b"strl", _chunk(b"strh", head) + _chunk(b"strf", form))


def _picture_format(width: int, height: int) -> bytes:
    return struct.pack("<IiiHH4s5I", 40, width, height, 1, 24, b"MJPG", width * height * 3, 0, 0, 0, 0)


def _sound_format() -> bytes:
    return struct.pack("<HHIIHH", 1, 1, RATE, RATE, 1, 8)


def _list(name: bytes, body: bytes) -> bytes:
    return _chunk(b"LIST", name + body)


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)
