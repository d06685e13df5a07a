"""TMK+PDQF, the hash of a whole film in a file of fixed size: read and written as lists carry it, never computed here.

Source: the description of TMK in facebook/ThreatExchange. Little-endian: ``TMK1FVECPDQF``, five numbers, four periods,
then single-precision values. The first of its two scores is the cosine of the pure averages; the second, which also
tells how two films lie in time, is not implemented.
"""

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sauveterre.errors import MalformedList

MARK = b"TMK1FVECPDQF"
FRAME_RATE = 15
PERIODS = (2731, 4391, 9767, 14653)
WAVES, VALUES = 32, 256
"""Fourier coefficients of each period, and values of each feature."""
SIZE = 263_344

_HEAD = struct.Struct("<12s5i4i")

Values = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Tmk:
    """One file, all values as stored."""

    frames: int
    """Frames that it was computed from, at 15 a second."""
    coefficients: Values
    """32."""
    average: Values
    """256: the mean feature of the film."""
    cosines: Values
    """4 periods × 32 waves × 256."""
    sines: Values


def read_tmk(data: bytes) -> Tmk:
    """Return what a file holds. Raises ``MalformedList`` for another size, shape, or values that are no numbers."""
    if len(data) != SIZE or not data.startswith(MARK):
        raise MalformedList(
            f"this is no TMK file: {len(data):,} bytes that begin with {data[:12]!r}, not {SIZE:,} that begin with "
            f"{MARK!r}; ask its sender what it is"
        )
    _, rate, periods, waves, values, frames, *lengths = _HEAD.unpack_from(data)
    if (rate, periods, waves, values, *lengths) != (FRAME_RATE, len(PERIODS), WAVES, VALUES, *PERIODS) or frames < 0:
        raise MalformedList(
            f"the TMK file states {periods} periods, {waves} waves and {values} values at {rate} frames a second over "
            f"{frames} frames, which is no PDQF; ask its sender how it was made"
        )
    stored = np.frombuffer(data, "<f4", offset=_HEAD.size).astype(np.float32)
    if not np.isfinite(stored).all():
        raise MalformedList("the TMK file holds values that are no numbers; ask its sender for the file again")
    block = len(PERIODS) * WAVES * VALUES
    coefficients, average, cosines, sines = np.split(stored, np.cumsum([WAVES, VALUES, block]))
    shape = (len(PERIODS), WAVES, VALUES)
    return Tmk(frames, coefficients, average, cosines.reshape(shape), sines.reshape(shape))


def tmk_bytes(tmk: Tmk) -> bytes:
    """Return the file of a hash, equal to the byte to the one it was read from."""
    head = _HEAD.pack(MARK, FRAME_RATE, len(PERIODS), WAVES, VALUES, tmk.frames, *PERIODS)
    parts = (tmk.coefficients, tmk.average, tmk.cosines, tmk.sines)
    return head + b"".join(np.ascontiguousarray(part, "<f4").tobytes() for part in parts)


def first_score(one: Tmk, other: Tmk) -> float:
    """Return the cosine of the pure averages, -1 to 1; 0 where one of them is all zeros."""
    first, second = one.average.astype(np.float64), other.average.astype(np.float64)
    lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / lengths if lengths else 0.0
