"""The loop behind copies of films: one film's frames against those of all films behind it, counted on both sides."""

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

from sauveterre.matching.near_kernels import Words, distance

_WORDS = types.Array(types.uint64, 2, "C", readonly=True)
_INTEGERS = types.int64[::1]


@njit(
    types.void(_WORDS, _INTEGERS, types.int64, types.int64, types.uint8[::1], types.int64[:, ::1], types.uint8[::1]),
    nogil=True,
    cache=True,
)
def meet(
    words: Words,
    starts: NDArray[np.int64],
    film: int,
    threshold: int,
    taken: NDArray[np.uint8],
    counts: NDArray[np.int64],
    marks: NDArray[np.uint8],
) -> None:
    """Count, for each film behind ``film`` that is not ``taken``, the frames of both sides within the threshold.

    Film f has the rows ``starts[f]:starts[f + 1]``. ``counts`` (films × 3) gets the frames of ``film`` that are found
    in the other one, those of the other one that are found in ``film``, and the least distance; it and ``marks`` (one
    for each row) come in as they are for nothing found: 0, 0, 257 and 0.
    """
    for other in range(film + 1, len(starts) - 1):
        if taken[other]:
            continue
        for row in range(starts[film], starts[film + 1]):
            found = False
            for mate in range(starts[other], starts[other + 1]):
                apart = distance(words, row, words, mate)
                if apart > threshold:
                    continue
                found = True
                counts[other, 2] = min(counts[other, 2], apart)
                if not marks[mate]:
                    marks[mate] = 1
                    counts[other, 1] += 1
            if found:
                counts[other, 0] += 1
