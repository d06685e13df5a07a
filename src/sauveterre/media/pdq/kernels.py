"""The compiled inner loops of PDQ.

Every signature is stated, so importing this module compiles them (or loads them from numba's cache): a child that
is forked after the import never compiles. No loop lets the compiler reorder its sums, so that every machine gives
the same bits.
"""

import logging
import math
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numba import types

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Floats = np.ndarray[Any, np.dtype[np.float32]]
Integers = np.ndarray[Any, np.dtype[np.int64]]

log = logging.getLogger(__name__)

SIDE = 64
"""Samples a side of the smoothed picture."""
COEFFICIENTS = 16
"""Cosine coefficients a side that are kept."""


_PIXELS = types.Array(types.uint8, 3, "C", readonly=True)
_GREY = types.Array(types.uint8, 2, "C", readonly=True)
_FLOATS = types.Array(types.float32, 2, "C", readonly=True)
_RESULT = types.float32[:, ::1]
_STARTS = types.Array(types.int64, 1, "C", readonly=True)
_OPERATOR = (_STARTS, _FLOATS, _STARTS, _FLOATS)


def compiled(*signatures: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function for these signatures, cached on disk where the disk allows it."""

    def compile_now(function: Callable[..., Any]) -> Any:
        try:
            return numba.njit(list(signatures), nogil=True, cache=True)(function)
        except (RuntimeError, OSError):
            log.info("no place to cache %s: it is compiled anew in every process", function.__name__)
            return numba.njit(list(signatures), nogil=True)(function)

    return compile_now


def cosine_rows() -> Floats:
    """Return the 16 × 64 cosine matrix of PDQ, frequencies 1 to 16: the constant term is left out.

    The factor is rounded to single precision first, as in the reference: with anything else, small pictures whose
    coefficients are zero but for rounding get other bits.
    """
    factor = float(np.float32(math.sqrt(2.0 / SIDE)))
    row = np.arange(1, COEFFICIENTS + 1)[:, None]
    column = 2 * np.arange(SIDE)[None, :] + 1
    cosines = factor * np.cos(math.pi / 2 / SIDE * row * column)
    return np.asarray(cosines, np.float32)


@compiled(types.void(types.int64, types.int64, types.int64[::1], _RESULT))
def tent_weights(length: int, scale: int, starts: Integers, weights: Floats) -> None:
    """Fill the weights of the 64 samples that two box filters and the decimation draw from one axis.

    ``length`` original samples, decoded at one in ``scale``: sample i is the sum of ``weights[i, k]`` times decoded
    sample ``starts[i] + k``. The window of both boxes is ceil(length / 128), clipped at the ends, as in the
    reference; for scaled decodes the original weights are summed over blocks, so window and phase stay its own.
    """
    window = (length + 127) // 128
    ahead = (window + 2) // 2
    steps = np.zeros(2 * window + 4, np.float64)
    for i in range(64):
        centre = int((i + 0.5) * length / 64)
        outer_low, outer_high = max(centre + ahead - window, 0), min(centre + ahead - 1, length - 1)
        first = max(outer_low + ahead - window, 0)
        last = min(outer_high + ahead - 1, length - 1)
        steps[:] = 0.0
        for k in range(outer_low, outer_high + 1):
            low, high = max(k + ahead - window, 0), min(k + ahead - 1, length - 1)
            share = 1.0 / ((high - low + 1) * (outer_high - outer_low + 1))
            steps[low - first] += share
            steps[high + 1 - first] -= share
        starts[i] = first // scale
        height = 0.0
        for x in range(first, last + 1):
            height += steps[x - first]
            weights[i, x // scale - starts[i]] += np.float32(height)


@compiled(types.void(_GREY, types.int64, *_OPERATOR, _RESULT), types.void(_FLOATS, types.int64, *_OPERATOR, _RESULT))
def smooth(
    rows: Bytes | Floats,
    channels: int,
    row_starts: Integers,
    row_weights: Floats,
    column_starts: Integers,
    column_weights: Floats,
    smoothed: Floats,
) -> None:
    """Apply the operator: ``smoothed`` (64 × 64) = row weights · luma · column weightsᵀ.

    ``rows`` is height × (width · channels): luma itself, or RGB side by side, which is weighed to luma only after
    the rows are summed, so that the inner loop runs over plain neighbours.
    """
    height, samples = rows.shape
    width = samples // channels
    line = np.empty(samples, np.float32)
    for i in range(64):
        line[:] = 0
        for k in range(min(row_weights.shape[1], height - row_starts[i])):
            weight = row_weights[i, k]
            if weight != 0:
                row = rows[row_starts[i] + k]
                for x in range(samples):
                    line[x] += weight * np.float32(row[x])
        if channels == 3:
            for x in range(width):
                line[x] = (
                    np.float32(0.299) * line[3 * x]
                    + np.float32(0.587) * line[3 * x + 1]
                    + np.float32(0.114) * line[3 * x + 2]
                )
        for j in range(64):
            total = np.float32(0)
            for k in range(min(column_weights.shape[1], width - column_starts[j])):
                total += column_weights[j, k] * line[column_starts[j] + k]
            smoothed[i, j] = total


@compiled(types.void(_FLOATS, _RESULT))
def box_filter_rows(values: Floats, filtered: Floats) -> None:
    """Average each row over a sliding window of ceil(width / 128), in single precision like the reference."""
    height, width = values.shape
    window = (width + 127) // 128
    ahead = (window + 2) // 2
    for y in range(height):
        total, count, entered, left = np.float32(0), np.float32(0), 0, 0
        for x in range(width):
            while entered < min(x + ahead, width):
                total = total + values[y, entered]
                count += np.float32(1)
                entered += 1
            while left < x + ahead - window:
                total = total - values[y, left]
                count -= np.float32(1)
                left += 1
            filtered[y, x] = total / count


@compiled(types.void(_FLOATS, _RESULT))
def box_filter_columns(values: Floats, filtered: Floats) -> None:
    """Average each column over a sliding window of ceil(height / 128), one row of columns at a time."""
    height, width = values.shape
    window = (height + 127) // 128
    ahead = (window + 2) // 2
    totals = np.zeros(width, np.float32)
    count, entered, left = np.float32(0), 0, 0
    for y in range(height):
        while entered < min(y + ahead, height):
            for x in range(width):
                totals[x] = totals[x] + values[entered, x]
            count += np.float32(1)
            entered += 1
        while left < y + ahead - window:
            for x in range(width):
                totals[x] = totals[x] - values[left, x]
            count -= np.float32(1)
            left += 1
        for x in range(width):
            filtered[y, x] = totals[x] / count


@compiled(types.void(_PIXELS, _RESULT))
def float_luma(pixels: Bytes, luma: Floats) -> None:
    """Weigh RGB (or grey, one channel) to luma in double precision, rounded once, like the reference."""
    height, width, channels = pixels.shape
    green, blue = (1, 2) if channels == 3 else (0, 0)
    for y in range(height):
        for x in range(width):
            luma[y, x] = np.float32(pixels[y, x, 0] * 0.299 + pixels[y, x, green] * 0.587 + pixels[y, x, blue] * 0.114)


@compiled(types.void(_FLOATS, _FLOATS, _RESULT))
def cosine_transform(smoothed: Floats, cosines: Floats, coefficients: Floats) -> None:
    """Fill the 16 × 16 coefficients: cosines · smoothed · cosinesᵀ, each sum in ascending order."""
    half = np.zeros((16, 64), np.float32)
    for i in range(16):
        for k in range(64):
            for j in range(64):
                half[i, j] += cosines[i, k] * smoothed[k, j]
    for i in range(16):
        for j in range(16):
            total = np.float32(0)
            for k in range(64):
                total += half[i, k] * cosines[j, k]
            coefficients[i, j] = total


@compiled(types.int64(_FLOATS))
def gradient_quality(smoothed: Floats) -> int:
    """Return the quality, 0 to 100: how much neighbouring samples of the 64 × 64 picture differ."""
    total = 0
    for i in range(64):
        for j in range(64):
            if i < 63:
                total += abs(int((smoothed[i, j] - smoothed[i + 1, j]) * np.float32(100) / np.float32(255)))
            if j < 63:
                total += abs(int((smoothed[i, j] - smoothed[i, j + 1]) * np.float32(100) / np.float32(255)))
    return min(100, total // 90)
