"""From pixels to a PDQ hash: the reference way, the fast way, and the eight variants under rotation and mirroring."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from sauveterre.media.pdq import kernels
from sauveterre.media.pdq.kernels import Floats, Integers

Pixels = kernels.Bytes
"""Height × width × 3 (RGB) or × 1 (grey)."""
Luma = kernels.Bytes | kernels.Floats
"""Height × width, 0 to 255."""

LEAST_SIDE = 5
"""Pictures with a shorter side have no hash."""
FAST_SIDES = range(128, 1 << 16)
"""Sides for which the fast way is taken.

Below, whole rows are repeated and many coefficients are zero but for rounding, which only the reference way gets
right; above, the operator's weights would take too much memory.
"""


class Pdq(NamedTuple):
    """A PDQ hash and how much it can be trusted."""

    hash: bytes
    """32 bytes, most significant bit first."""
    quality: int
    """0 to 100; below 50 the hash must not be matched."""


NO_HASH = Pdq(bytes(32), 0)
"""The hash of a picture that is too small to have one."""

_COSINES = kernels.cosine_rows()
_SIGNS = np.where(np.arange(kernels.COEFFICIENTS) % 2, 1, -1).astype(np.float32)
_ROW_SIGNS, _COLUMN_SIGNS = _SIGNS[:, None], _SIGNS[None, :]
"""What mirroring does to the coefficients: those of odd frequencies change their sign."""


def pdq_of_luma(
    luma: Luma,
    *,
    height: int | None = None,
    width: int | None = None,
    scale: int = 1,
    reference: bool = False,
) -> Pdq:
    """Hash luma: a grey picture, or the Y plane of a video frame.

    Luma decoded at one pixel in ``scale`` is ceil(height / scale) × ceil(width / scale) pixels of an original of
    ``height`` × ``width``. ``reference`` takes the exact way, which needs the full size.
    """
    smoothed = _smoothed(luma, height or luma.shape[0], width or luma.shape[1], scale, reference=reference)
    return NO_HASH if smoothed is None else _finish(smoothed)


def pdq_of_pixels(
    pixels: Pixels,
    *,
    height: int | None = None,
    width: int | None = None,
    scale: int = 1,
    reference: bool = False,
) -> Pdq:
    """Hash RGB or grey pixels; sizes, ``scale`` and ``reference`` as for ``pdq_of_luma``."""
    smoothed = _smoothed(pixels, height or pixels.shape[0], width or pixels.shape[1], scale, reference=reference)
    return NO_HASH if smoothed is None else _finish(smoothed)


def pdq_and_turned(
    pixels: Pixels,
    *,
    height: int | None = None,
    width: int | None = None,
    scale: int = 1,
    reference: bool = False,
) -> tuple[Pdq, bytes]:
    """Hash as ``pdq_of_pixels`` does, and the picture turned too: three more hashes, one after another.

    They are of the picture turned by 180°, mirrored top to bottom, and mirrored left to right. The other four
    orientations are these and the first with rows and columns of the 16 × 16 bits exchanged: the coefficients are the
    same numbers then, and so is their median.
    """
    smoothed = _smoothed(pixels, height or pixels.shape[0], width or pixels.shape[1], scale, reference=reference)
    if smoothed is None:
        return NO_HASH, bytes(96)
    upright = _coefficients(smoothed)
    pdq = Pdq(_bits(upright), int(kernels.gradient_quality(smoothed)))
    return pdq, b"".join(_bits(upright * signs) for signs in (_ROW_SIGNS * _COLUMN_SIGNS, _ROW_SIGNS, _COLUMN_SIGNS))


def dihedral_variants(luma: Luma) -> tuple[Pdq, ...]:
    """Hash luma in its eight orientations, from one transform.

    In this order: as it is, rotated by 90°, 180° and 270°, mirrored top to bottom, mirrored left to right, and
    mirrored in its two diagonals. Hashes of really rotated pictures may differ by some bits: the decimation is not
    quite symmetric.
    """
    smoothed = _smoothed(luma, luma.shape[0], luma.shape[1], 1, reference=True)
    if smoothed is None:
        return (NO_HASH,) * 8
    quality = kernels.gradient_quality(smoothed)
    upright = _coefficients(smoothed)
    turned = np.ascontiguousarray(upright.T)
    rows, columns = _ROW_SIGNS, _COLUMN_SIGNS
    variants = (
        upright, turned * rows, upright * rows * columns, turned * columns,
        upright * rows, upright * columns, turned, turned * rows * columns,
    )  # fmt: skip
    return tuple(Pdq(_bits(variant), quality) for variant in variants)


def warm() -> None:
    """Run every kernel once, so that nothing is left to compile or load when a deadline counts."""
    pixels = np.zeros((80, 96, 3), np.uint8)
    pdq_of_pixels(pixels)
    pdq_of_pixels(pixels, reference=True)
    pdq_of_luma(pixels[:, :, 0], height=320, width=384, scale=4)
    pdq_of_luma(np.zeros((80, 96), np.float32))


def _smoothed(pixels: Luma | Pixels, height: int, width: int, scale: int, *, reference: bool) -> Floats | None:
    """Reduce to 64 × 64 in single precision; None when the original is too small to be hashed."""
    expected = (-(-height // scale), -(-width // scale))
    if pixels.shape[:2] != expected:
        raise ValueError(f"{height} × {width} at 1/{scale} is {expected}, not {pixels.shape[:2]} pixels")
    if min(height, width) < LEAST_SIDE:
        return None
    if reference or height not in FAST_SIDES or width not in FAST_SIDES:
        if scale != 1:
            raise ValueError("this picture can only be hashed the reference way, which needs its full size")
        return _smoothed_as_reference(pixels)
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    rows = np.ascontiguousarray(pixels).reshape(pixels.shape[0], -1)
    smoothed = np.empty((kernels.SIDE, kernels.SIDE), np.float32)
    kernels.smooth(rows, channels, *_operator(height, scale), *_operator(width, scale), smoothed)
    return smoothed


@lru_cache(maxsize=256)
def _operator(length: int, scale: int) -> tuple[Integers, Floats]:
    """Return first sample and weights (64 × support) of the operator along one axis."""
    window = (length + 127) // 128
    starts = np.zeros(kernels.SIDE, np.int64)
    weights = np.zeros((kernels.SIDE, 2 * window // scale + 4), np.float32)
    kernels.tent_weights(length, scale, starts, weights)
    used = int(np.flatnonzero(weights.any(axis=0))[-1]) + 1
    return starts, np.ascontiguousarray(weights[:, :used])


def _smoothed_as_reference(pixels: Luma | Pixels) -> Floats:
    """Filter twice along rows and columns, then pick 64 × 64 samples: the reference's own arithmetic."""
    if pixels.ndim == 2:
        values = np.array(pixels, np.float32, order="C")
    else:
        values = np.empty(pixels.shape[:2], np.float32)
        kernels.float_luma(np.ascontiguousarray(pixels), values)
    spare = np.empty_like(values)
    for _ in range(2):
        kernels.box_filter_rows(values, spare)
        kernels.box_filter_columns(spare, values)
    height, width = values.shape
    middle = np.arange(kernels.SIDE) + 0.5
    rows = (middle * height / kernels.SIDE).astype(np.int64)
    columns = (middle * width / kernels.SIDE).astype(np.int64)
    return np.ascontiguousarray(values[np.ix_(rows, columns)])


def _coefficients(smoothed: Floats) -> Floats:
    coefficients = np.empty((kernels.COEFFICIENTS, kernels.COEFFICIENTS), np.float32)
    kernels.cosine_transform(smoothed, _COSINES, coefficients)
    return coefficients


def _bits(coefficients: Floats) -> bytes:
    """Compare each coefficient with the lower median; coefficient 0 is the least significant bit."""
    values = coefficients.ravel()
    median = np.partition(values, 127)[127]
    return np.packbits((values > median)[::-1]).tobytes()


def _finish(smoothed: Floats) -> Pdq:
    return Pdq(_bits(_coefficients(smoothed)), int(kernels.gradient_quality(smoothed)))
