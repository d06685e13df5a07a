"""Where in a block of bytes a file may begin: every signature at every byte, in one pass.

Signatures are looked up by their first three bytes: of any three bytes in a row, two stand at an even place, so half
of all places are looked at, each once, in a table of all pairs. What is left is few enough to be looked at again.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

PREFIX = 3
"""How many bytes of a signature are compared here."""


class Prefixes:
    """The first three bytes of signatures, ready to be found."""

    def __init__(self, signatures: Iterable[bytes]) -> None:
        """Take signatures of three bytes or more."""
        self._first = np.zeros(1 << 16, np.bool_)
        self._second = np.zeros(1 << 16, np.bool_)
        for one, two, three in {signature[:PREFIX] for signature in signatures}:
            self._first[one | two << 8] = True
            self._second[two | three << 8] = True
        self._either = self._first | self._second

    def starts(self, block: bytes) -> list[int]:
        """Return, in order, every place where a prefix stands (and a few where two are mixed)."""
        octets = np.frombuffer(block, np.uint8)
        pairs = octets[: len(block) & ~1].view("<u2")
        found = np.flatnonzero(self._either.take(pairs))
        pair, at = pairs[found], found * 2
        even = at[self._first[pair] & (at + PREFIX <= len(block))]
        odd = at[self._second[pair] & (at > 0)] - 1
        even = even[self._second[_pairs_at(octets, even + 1)]]
        odd = odd[self._first[_pairs_at(octets, odd)]]
        starts = np.concatenate((even, odd))
        starts.sort()
        places: list[int] = starts.tolist()
        return places


def _pairs_at(octets: NDArray[np.uint8], places: NDArray[np.int64]) -> NDArray[np.uint16]:
    following = octets[places + 1].astype(np.uint16)
    pairs: NDArray[np.uint16] = octets[places] | following << np.uint16(8)
    return pairs
