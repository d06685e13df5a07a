"""The hashes of a picture in all its eight orientations, from the four that its fingerprint keeps."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sauveterre.records.turn import TURNS

KEPT = 3
"""Hashes kept beside a picture's own: of the half turn, mirrored top to bottom, mirrored left to right."""
_WIDTH, _SIDE = 32, 16
_ORDER = (0, 7, 1, 6, 2, 3, 4, 5)
"""Where each of ``TURNS`` stands among the four kept hashes and their four transposed ones."""


def turned_rows(kept: Sequence[tuple[bytes, bytes]]) -> NDArray[np.uint8]:
    """Return N × 8 × 32 bytes, in the order of ``TURNS``, of N pairs of a hash and the three kept beside it.

    A quarter turn exchanges rows and columns of the 16 × 16 bits of a mirrored picture.
    """
    joined = np.frombuffer(b"".join(pdq + others for pdq, others in kept), np.uint8)
    four = joined.reshape(len(kept), 1 + KEPT, _WIDTH)
    bits = np.unpackbits(four, axis=2).reshape(len(kept), 1 + KEPT, _SIDE, _SIDE)
    crossed = np.packbits(bits.swapaxes(2, 3).reshape(len(kept), 1 + KEPT, _SIDE * _SIDE), axis=2)
    return np.ascontiguousarray(np.concatenate([four, crossed], axis=1)[:, _ORDER[: len(TURNS)]])
