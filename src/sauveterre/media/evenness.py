"""Whether a content is spread as evenly as random bytes are: so are encrypted containers that bear no mark at all.

The rule: a whole number of sectors, at least ``LEAST_BYTES``, and a chi-square of the 256 byte values (255 degrees of
freedom, mean 255, deviation 22.6) within five deviations of that of random bytes, over the first ``FIRST_BYTES`` and
over all. Packed data without a header fails it: its slight bias grows with its length.
"""

from dataclasses import dataclass, field

import numpy as np

SECTOR = 512
LEAST_BYTES = 256 << 10
"""VeraCrypt's smallest container is a little larger: its two headers alone take this much."""
FIRST_BYTES = 64 << 10
LEAST_CHI_SQUARE, MOST_CHI_SQUARE = 142.0, 368.0
"""Five deviations to each side: one in about a million random contents lies outside."""


def chi_square(counts: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> float:
    """Return how far the counts of 256 values are from equal ones, 0 for none at all."""
    total = float(counts.sum())
    return float((counts.astype(np.float64) ** 2).sum() * 256 / total - total) if total else 0.0


@dataclass(slots=True)
class Evenness:
    """Counts the bytes of a content as its blocks pass by, and stops at once where the first ones are not even.

    Nothing is counted before the first ones are all there: most files are shorter.
    """

    size: int = 0
    goes_on: bool = True
    _first: bytearray = field(default_factory=bytearray)
    _counts: "np.ndarray[tuple[int], np.dtype[np.int64]]" = field(default_factory=lambda: np.zeros(256, np.int64))

    def take(self, block: bytes) -> None:
        """Take the next block."""
        if not self.goes_on:
            return
        self.size += len(block)
        room = FIRST_BYTES - len(self._first)
        if room:
            self._first += block[:room]
            if len(self._first) < FIRST_BYTES:
                return
            self._count(self._first)
            self.goes_on = self._is_even()
            block = block[room:]
        if self.goes_on:
            self._count(block)

    def is_that_of_a_container(self) -> bool:
        """Say whether the whole content meets the rule."""
        return self.goes_on and self.size >= LEAST_BYTES and self.size % SECTOR == 0 and self._is_even()

    def _count(self, data: bytes | bytearray) -> None:
        self._counts += np.bincount(np.frombuffer(data, np.uint8), minlength=256)

    def _is_even(self) -> bool:
        return LEAST_CHI_SQUARE <= chi_square(self._counts) <= MOST_CHI_SQUARE
