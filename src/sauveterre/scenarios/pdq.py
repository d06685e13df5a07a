"""PDQ written from its published description, slow and plain: a second route beside the one under test."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 64
BITS = 16
_LUMA = np.array([0.299, 0.587, 0.114])
_DCT = np.sqrt(2 / SIDE) * np.cos(np.pi / (2 * SIDE) * np.outer(np.arange(1, BITS + 1), 2 * np.arange(SIDE) + 1))


def pdq(picture: Image.Image) -> tuple[str, int]:
    """Return the PDQ hash (64 hex digits, highest bit first) and quality (0 to 100) of a whole picture."""
    if min(picture.size) < 5:
        return "0" * 64, 0
    small = _reduced(np.asarray(picture.convert("RGB")) @ _LUMA)
    waves = _DCT @ small @ _DCT.T
    lower_median = np.sort(waves, axis=None)[BITS * BITS // 2 - 1]
    bits = (waves > lower_median).ravel()[::-1]
    return np.packbits(bits).tobytes().hex(), _quality(small)


def distance(first: str, second: str) -> int:
    """Return how many of the 256 bits differ."""
    return (int(first, 16) ^ int(second, 16)).bit_count()


def _reduced(luma: NDArray[np.float64]) -> NDArray[np.float64]:
    height, width = luma.shape
    if (height, width) == (SIDE, SIDE):
        return luma
    for _ in range(2):
        luma = _box(_box(luma.T, (width + 127) // 128).T, (height + 127) // 128)
    middles = np.arange(SIDE) + 0.5
    rows = (middles * height / SIDE).astype(int)
    columns = (middles * width / SIDE).astype(int)
    return luma[np.ix_(rows, columns)]


def _box(lines: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Average along the first axis over a window, clipped at both ends."""
    count = lines.shape[0]
    half = (window + 2) // 2
    positions = np.arange(count)
    first = np.maximum(positions - (window - half), 0)
    last = np.minimum(positions + half, count)
    sums = np.concatenate([np.zeros((1, lines.shape[1])), np.cumsum(lines, axis=0)])
    averages: NDArray[np.float64] = (sums[last] - sums[first]) / (last - first)[:, None]
    return averages


def _quality(small: NDArray[np.float64]) -> int:
    steps = sum(int(np.abs(np.trunc(np.diff(small, axis=axis) * 100 / 255)).sum()) for axis in range(small.ndim))
    return min(100, steps // 90)
