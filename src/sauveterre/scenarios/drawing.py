"""Draws pictures that behave like photographs and show nothing: skies, hills, shapes and noise."""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw

FIELD = (160, 120)
"""The picture's large forms are drawn at this size, then enlarged and given grain."""
OCTAVES = (((5, 4), 0.8), ((11, 8), 1.0), ((19, 14), 0.7), ((40, 30), 0.35))
"""Grid and weight of each layer of noise: most of the energy where PDQ looks, so that two pictures are far apart."""
GRAIN = 5
GRAIN_TILE = 256
MOTIFS = 4


@dataclass(frozen=True, slots=True)
class CameraNote:
    """What a camera writes into a picture (EXIF)."""

    make: str
    model: str
    serial: str
    taken: str
    """``YYYY:MM:DD hh:mm:ss`` by the camera's own clock."""
    latitude: float | None = None
    longitude: float | None = None


def draw_picture(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Draw one picture; the generator's state alone decides what it shows."""
    luma = _noise(rng)
    motif = int(rng.integers(MOTIFS))
    if motif == 0:
        luma += np.linspace(0.8, -0.8, FIELD[1])[:, None]
    elif motif == 1:
        luma += np.linspace(-0.8, 0.8, FIELD[0])[None, :]
    luma = (luma - luma.min()) / (np.ptp(luma) + 1e-9)
    dark, light = rng.uniform(0, 90, 3), rng.uniform(150, 255, 3)
    colours = dark + luma[..., None] * (light - dark)
    image = Image.fromarray(colours.astype(np.uint8))
    if motif >= 2:
        _shapes(image, rng, hills=motif == 2)
    image = image.resize((width, height), Image.Resampling.BILINEAR)
    return _grained(image, rng)


def _noise(rng: np.random.Generator) -> NDArray[np.float32]:
    total = np.zeros((FIELD[1], FIELD[0]), np.float32)
    for (columns, rows), weight in OCTAVES:
        layer = rng.uniform(-weight, weight, (rows, columns)).astype(np.float32)
        total += np.asarray(Image.fromarray(layer).resize(FIELD, Image.Resampling.BICUBIC))
    return total


def _shapes(image: Image.Image, rng: np.random.Generator, *, hills: bool) -> None:
    draw = ImageDraw.Draw(image, "RGBA")
    width, height = image.size
    if hills:
        line = np.cumsum(rng.normal(0, 7, 12)) + height * rng.uniform(0.5, 0.75)
        points = [(float(x), float(y)) for x, y in zip(np.linspace(0, width, 12), line, strict=True)]
        draw.polygon([(0, height), *points, (width, height)], fill=(*_colour(rng, 110), 110))
    for _ in range(int(rng.integers(2, 6))):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        size = rng.uniform(6, 26)
        box = (x - size, y - size * 0.8, x + size, y + size * 0.8)
        ink = (*_colour(rng, 255), 150)
        (draw.ellipse if rng.random() < 0.6 else draw.rectangle)(box, fill=ink)


def _colour(rng: np.random.Generator, top: int) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in rng.integers(0, top, 3))
    return red, green, blue


def _grained(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    tile = Image.fromarray(rng.integers(0, 2 * GRAIN + 1, (GRAIN_TILE, GRAIN_TILE), np.uint8)).convert("RGB")
    grain = Image.new("RGB", image.size)
    for left in range(0, image.width, GRAIN_TILE):
        for top in range(0, image.height, GRAIN_TILE):
            grain.paste(tile, (left, top))
    return ImageChops.add(image, grain, scale=1, offset=-GRAIN)


def near_copy(image: Image.Image, rng: np.random.Generator, strength: float) -> Image.Image:
    """Return the picture made smaller, a little lighter or darker, and with a caption bar.

    ``strength`` from 0 to 1 sets how wide the bar is and how much is cropped.
    """
    width, height = image.size
    cut = strength * 0.02 * rng.uniform(0.3, 1.0)
    box = (int(width * cut), int(height * cut), width, height)
    scale = rng.uniform(0.55, 0.9)
    small = image.crop(box).resize((int(width * scale), int(height * scale)), Image.Resampling.BILINEAR)
    factor = rng.uniform(0.92, 1.06)
    small = small.point([min(255, int(value * factor)) for value in range(256)] * 3)
    bar = int(small.height * strength * rng.uniform(0.02, 0.08))
    if bar:
        draw = ImageDraw.Draw(small)
        top = small.height - bar - int(small.height * rng.uniform(0, 0.1))
        draw.rectangle((small.width * 0.3, top, small.width * 0.7, top + bar), fill=_colour(rng, 255))
    return small


def as_jpeg(image: Image.Image, quality: int = 82, note: CameraNote | None = None) -> bytes:
    """Encode as JPEG, with the camera's note if there is one."""
    buffer = io.BytesIO()
    if note is None:
        image.save(buffer, "JPEG", quality=quality)
    else:
        image.save(buffer, "JPEG", quality=quality, exif=_exif(note))
    return buffer.getvalue()


def as_png(image: Image.Image) -> bytes:
    """Encode as PNG."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def _exif(note: CameraNote) -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F] = note.make
    exif[0x0110] = note.model
    exif[0x0131] = "Gallery 4.1"
    details = exif.get_ifd(0x8769)
    details[0x9003] = note.taken
    details[0x9011] = "+02:00"
    details[0xA431] = note.serial
    if note.latitude is not None and note.longitude is not None:
        place = exif.get_ifd(0x8825)
        place[1], place[2] = "N" if note.latitude >= 0 else "S", _degrees(abs(note.latitude))
        place[3], place[4] = "E" if note.longitude >= 0 else "W", _degrees(abs(note.longitude))
    return exif


def _degrees(value: float) -> tuple[float, float, float]:
    minutes = (value % 1) * 60
    return float(int(value)), float(int(minutes)), round((minutes % 1) * 60, 2)
