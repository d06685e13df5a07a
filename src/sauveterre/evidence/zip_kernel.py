"""The old encryption of ZIP undone by machine code, for large members: pure Python takes a second for two megabytes."""

import numba
import numpy as np
from numba import types

_BYTES = types.Array(types.uint8, 1, "C", readonly=True)
_TABLE = types.Array(types.uint32, 1, "C", readonly=True)


@numba.njit([types.void(_BYTES, _TABLE, types.uint32[::1], types.uint8[::1])], nogil=True)
def undo(
    data: "np.ndarray[tuple[int], np.dtype[np.uint8]]",
    table: "np.ndarray[tuple[int], np.dtype[np.uint32]]",
    keys: "np.ndarray[tuple[int], np.dtype[np.uint32]]",
    plain: "np.ndarray[tuple[int], np.dtype[np.uint8]]",
) -> None:
    """Decrypt bytes into ``plain``, and leave in ``keys`` the registers as they are behind them (APPNOTE 6.1)."""
    one, two, three = np.uint64(keys[0]), np.uint64(keys[1]), np.uint64(keys[2])
    low, full = np.uint64(0xFF), np.uint64(0xFFFFFFFF)
    eight, high = np.uint64(8), np.uint64(24)
    for place in range(len(data)):
        mixed = (three & np.uint64(0xFFFF)) | np.uint64(2)
        byte = np.uint64(data[place]) ^ ((mixed * (mixed ^ np.uint64(1)) >> eight) & low)
        plain[place] = byte
        one = np.uint64(table[(one ^ byte) & low]) ^ (one >> eight)
        two = ((two + (one & low)) * np.uint64(134775813) + np.uint64(1)) & full
        three = np.uint64(table[(three ^ (two >> high)) & low]) ^ (three >> eight)
    keys[0], keys[1], keys[2] = one, two, three
