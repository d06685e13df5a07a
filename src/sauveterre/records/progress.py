"""Where long work stands, and how fast it goes."""

import time
from collections import deque
from dataclasses import dataclass

WINDOW_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts at one moment. ``found`` grows while containers inside containers are opened."""

    found: int
    done: int
    problems: int
    """Entries failed or partial, sources not opened, and damage found while reading."""
    bytes_found: int
    bytes_done: int
    listing: int
    """Sources that are still to be listed."""

    @property
    def complete(self) -> bool:
        """Whether nothing is left to do."""
        return self.done == self.found and not self.listing


class Rate:
    """Bytes a second over the last half minute."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self._seen: deque[tuple[float, int]] = deque()

    def megabytes_a_second(self, done: int) -> float:
        """Take note of the bytes done by now, and return the rate in millions of bytes a second."""
        now = time.monotonic()
        self._seen.append((now, done))
        while now - self._seen[0][0] > WINDOW_SECONDS:
            self._seen.popleft()
        (then, before), elapsed = self._seen[0], now - self._seen[0][0]
        return (done - before) / elapsed / 1e6 if elapsed > 0 and now > then else 0.0
