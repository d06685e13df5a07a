"""Memory that one picture has freed is kept for the next, up to a bound.

A decoder asks for some megabytes and frees them, picture after picture. Given back to the system each time, they come
again as fresh pages, which the system has to find and to clear: for some formats that takes longer than decoding.
"""

import contextlib
import ctypes

LARGEST_KEPT = 32 << 20
"""Bytes of a single piece of memory from which it is given back when it is freed; the C library allows no more."""
MOST_KEPT = 64 << 20
"""Freed bytes at the end of the heap that are kept at most."""

_TRIM_THRESHOLD = -1
_MMAP_THRESHOLD = -3


def keep_freed_memory() -> None:
    """Have this process keep what it frees, within these bounds; nothing changes where the C library has none."""
    with contextlib.suppress(AttributeError, OSError, TypeError):
        library = ctypes.CDLL(None)
        library.mallopt(_TRIM_THRESHOLD, MOST_KEPT)
        library.mallopt(_MMAP_THRESHOLD, LARGEST_KEPT)
