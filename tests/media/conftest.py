"""Drawn pictures, and one sandbox for the tests that need children."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sauveterre.media.sandbox import Sandbox
from sauveterre.records.limits import Limits

Draw = Callable[..., Any]


def draw_texture(seed: int, width: int, height: int) -> Any:
    """Return height × width × 3 pixels: octaves of coloured noise over a slope, as rough as a photograph."""
    rng = np.random.default_rng(seed)
    canvas = np.zeros((height, width, 3), np.float32)
    cells = 3
    while cells < max(width, height):
        for channel in range(3):
            down, across = (max(2, cells * side // max(width, height)) for side in (height, width))
            noise = rng.normal(size=(down, across)).astype(np.float32)
            layer = Image.fromarray(noise).resize((width, height), Image.Resampling.BILINEAR)
            canvas[:, :, channel] += np.asarray(layer) * cells**-0.6
        cells *= 2
    canvas += np.linspace(-1, 1, width)[None, :, None] * rng.normal()
    canvas -= canvas.min()
    return (canvas / max(float(canvas.max()), 1e-6) * 255).astype(np.uint8)


@pytest.fixture(scope="session")
def draw() -> Draw:
    return draw_texture


@pytest.fixture(scope="session")
def save() -> Callable[..., bytes]:
    """Return a function that writes pixels (or an image) in a format of Pillow's."""

    def write(picture: Any, form: str, **options: Any) -> bytes:
        image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
        file = io.BytesIO()
        image.save(file, form, **options)
        return file.getvalue()

    return write


@pytest.fixture
def distance() -> Callable[[bytes, bytes], int]:
    def hamming(first: bytes, second: bytes) -> int:
        return (int.from_bytes(first, "big") ^ int.from_bytes(second, "big")).bit_count()

    return hamming


@pytest.fixture(scope="session")
def small_limits() -> Limits:
    """A gibibyte of memory for a child."""
    return Limits(memory_bytes=1 << 30)


@pytest.fixture(scope="session")
def sandbox(small_limits: Limits) -> Iterator[Sandbox]:
    with Sandbox(2, small_limits) as opened:
        yield opened
