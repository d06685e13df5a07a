"""Small clips of many kinds, drawn here, and damaged ones made from them: material for tests and measurements."""

import io
import random
import wave
from collections.abc import Iterator
from fractions import Fraction
from functools import cache

import av
import numpy as np
from PIL import Image

SIZE = (176, 144)
FPS = 10
BITEXACT = 0x400
"""FFmpeg's flag for containers without random numbers and versions of the program."""
CODECS = {
    "h264.mp4": ("libx264", "mp4", "video/mp4", "yuv420p", {"g": "12", "bf": "2"}),
    "hevc.mp4": ("libx265", "mp4", "video/mp4", "yuv420p", {"x265-params": "keyint=12:log-level=none"}),
    "mpeg4.avi": ("mpeg4", "avi", "video/x-msvideo", "yuv420p", {"g": "12"}),
    "mjpeg.mov": ("mjpeg", "mov", "video/quicktime", "yuvj420p", {}),
    "vp9.webm": ("libvpx-vp9", "webm", "video/webm", "yuv420p", {"g": "12", "cpu-used": "8", "deadline": "realtime"}),
    "h264.mkv": ("libx264", "matroska", "video/x-matroska", "yuv420p", {"g": "12"}),
    "h264.ts": ("libx264", "mpegts", "video/mp2t", "yuv420p", {"g": "12"}),
    "flv1.flv": ("flv1", "flv", "video/x-flv", "yuv420p", {}),
    "mpeg2.mpg": ("mpeg2video", "mpeg", "video/dvd", "yuv420p", {}),
    "h263.3gp": ("h263", "3gp", "video/3gpp", "yuv420p", {}),
}
"""By name: codec, container, kind, pixels, options."""


def scenes(seed: int = 7, count: int = 20) -> list[np.ndarray]:
    """Draw frames: coloured noise that slides by, and another one in the second half."""
    rng = np.random.default_rng(seed)
    fields = [Image.fromarray(rng.integers(0, 256, (9, 11, 3), np.uint8)).resize(SIZE) for _ in range(2)]
    return [np.roll(np.asarray(fields[2 * at // count]), at, axis=1) for at in range(count)]


@cache
def clips(seed: int = 7) -> dict[str, tuple[str, bytes]]:
    """Return small whole clips by name, each with its kind: films, sound, and pictures that move."""
    frames = scenes(seed)
    made = {name: (given[2], _film(frames, *given)) for name, given in CODECS.items()}
    pictures = [Image.fromarray(frame) for frame in frames[::4]]
    for form in ("GIF", "WEBP", "PNG"):
        file = io.BytesIO()
        pictures[0].save(file, form, save_all=True, append_images=pictures[1:], duration=200)
        made[f"moving.{form.lower()}"] = f"image/{form.lower()}", file.getvalue()
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setparams((1, 2, 8_000, 0, "NONE", ""))
        written.writeframes(bytes(8_000))
    made["sound.wav"] = "audio/x-wav", file.getvalue()
    return made


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Return a content damaged in one of the ways that media are found damaged, or made to hurt."""
    wrong = bytearray(data)
    way = rng.randrange(6)
    at = rng.randrange(len(wrong))
    if way == 0:
        for _ in range(rng.randrange(1, 40)):
            wrong[rng.randrange(len(wrong))] ^= 1 << rng.randrange(8)
    elif way == 1:
        del wrong[at:]
    elif way == 2:
        wrong[at : at + rng.randrange(1, 4_096)] = bytes(rng.randrange(1, 4_096))
    elif way == 3:
        wrong[at : at + 4] = rng.choice((b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0", b"\0\0\0\1"))
    elif way == 4:
        wrong[at:at] = wrong[rng.randrange(len(wrong)) :][:4_096]
    else:
        head = min(len(wrong), 512)
        for _ in range(rng.randrange(1, 12)):
            wrong[rng.randrange(8, head)] = rng.randrange(256)
    return bytes(wrong)


def mutated_clips(count: int, seed: int = 7) -> Iterator[tuple[str, bytes]]:
    """Yield so many damaged clips, each with a name that says which one it was; the same ones for the same seed."""
    rng = random.Random(seed)
    whole = sorted(clips(seed).items())
    for number in range(count):
        name, (_, data) = whole[number % len(whole)]
        yield f"{number:05d}-{name}", mutated(data, rng)


def _film(frames: list[np.ndarray], codec: str, form: str, _kind: str, pixels: str, options: dict[str, str]) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=form) as container:
        container.flags |= BITEXACT
        stream = container.add_stream(codec, rate=25 if codec == "mpeg2video" else FPS, options=options)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = *SIZE, pixels, 1_500_000
        for number, canvas in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(canvas), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25 if codec == "mpeg2video" else FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()
