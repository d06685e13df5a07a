"""What the walkers of formats read by: a medium from where a file may begin, and what they found there.

A walker is a pure function of the bytes: it follows a file's own structure from its first byte and says where the
file ends. No size in the file is trusted further than the structure bears it out.
"""

import re
from dataclasses import dataclass
from typing import Protocol

from sauveterre.errors import SauveterreError
from sauveterre.evidence.disk.media import Media
from sauveterre.records.pulse import pulse

HEAD_BYTES = 32
WINDOW = 1 << 16
"""How many bytes are read at least, as walkers ask for a few at a time."""
FIRST_STRIDE, STRIDE = 1 << 12, 1 << 18
"""How many bytes are searched or summed at a time, at first and in the end."""
DAMAGE_STEP = 1 << 15
"""Where something cannot be read, how much is given up at a time."""
READ_COST = 1 << 10
"""What one read costs beside its bytes: as many as are searched in that time, about."""
LEAST_CUT = 1 << 10
"""A file that is cut off is worth telling from this many bytes of its content on."""
MOST_CUT = 256 << 20
"""Most bytes that are taken for the rest of a file which is cut off."""
MOST_SEARCHED = 1 << 30
"""How far ahead the end of something is looked for."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file from the view's start."""

    length: int
    """In bytes; of a file that is cut off, how many may belong to it."""
    sure: int
    """How many of them its structure vouches for: the search goes on behind these."""
    complete: bool
    """False when it is cut off: its head and part of its content are there, its end is not."""


def whole(length: int) -> Found:
    """Return what was followed from its first byte to its last."""
    return Found(length, length, complete=True)


def cut_off(length: int, sure: int) -> Found:
    """Return what was followed to ``sure`` and may reach to ``length``."""
    return Found(max(sure, min(length, sure + MOST_CUT)), sure, complete=False)


class Format(Protocol):
    """The shape of the module of one family of formats."""

    NAME: str
    PREFIXES: frozenset[bytes]
    """What such a file is found by: three bytes each, the first of its signature or the rarest."""
    LEAD: int
    """How many bytes of the file come before them."""
    HEAD: re.Pattern[bytes]
    """What its first ``HEAD_BYTES`` match."""

    def walk(self, view: "View") -> Found | None:
        """Follow the file that may begin at the view's start; None when there is none."""

    def suffix(self, view: "View") -> str:
        """Return the usual ending of such a file's name, from its first few kilobytes."""


@dataclass(frozen=True, slots=True)
class _Search:
    """What is known of where a pattern matches: first at ``reached``, or nowhere from ``start`` up to there."""

    start: int
    reached: int
    hit: bool


class Sight:
    """A medium with what was read of it last. What cannot be read reads as the end; so nothing here raises."""

    def __init__(self, media: Media) -> None:
        """Take a medium that stays with the caller."""
        self.size = media.size
        self.searches: dict[re.Pattern[bytes], _Search] = {}
        self._media = media
        self._block = (0, b"")
        self._windows = ((0, b""), (0, b""))

    def block(self, offset: int, size: int) -> bytes:
        """Read a block, and keep it until the next one."""
        self._block = (offset, self._load(offset, min(size, self.size - offset)))
        return self._block[1]

    def read(self, offset: int, size: int) -> bytes:
        """Read as many bytes, fewer only at the end or before damage."""
        size = min(size, self.size - offset)
        if size <= 0:
            return b""
        for start, data in (self._block, *self._windows):
            if start <= offset and offset + size <= start + len(data):
                return data[offset - start : offset - start + size]
        window = self._load(offset, min(max(size, WINDOW), self.size - offset))
        self._windows = ((offset, window), self._windows[0])
        return window[:size]

    def some(self, offset: int, most: int) -> bytes:
        """Read a part of so many bytes: what is held of them, if anything is."""
        for start, data in (self._block, *self._windows):
            if start <= offset < start + len(data):
                return data[offset - start : offset - start + most]
        return self.read(offset, most)

    def _load(self, offset: int, size: int) -> bytes:
        """Read, and where that fails as a whole, go as far as the damage."""
        pulse()
        try:
            return self._media.read_at(offset, size)
        except (SauveterreError, OSError):
            parts: list[bytes] = []
        while size > 0:
            step = min(size, DAMAGE_STEP - offset % DAMAGE_STEP)
            try:
                part = self._media.read_at(offset, step)
            except (SauveterreError, OSError):
                break
            parts.append(part)
            offset, size = offset + step, size - step
            if len(part) < step:
                break
        return b"".join(parts)


class View:
    """A medium from one of its bytes on; positions are counted from there."""

    def __init__(self, sight: Sight, start: int) -> None:
        """Look at a medium from ``start``."""
        self.size = sight.size - start
        self.spent = 0
        """What the walker has cost so far, about in bytes."""
        self._sight = sight
        self._start = start

    def read(self, at: int, size: int) -> bytes:
        """Read as many bytes, fewer only at the end or before damage."""
        self.spent += READ_COST + size
        return self._sight.read(self._start + at, size)

    def some(self, at: int, most: int) -> bytes:
        """Read a part of so many bytes, none only at the end or at damage."""
        data = self._sight.some(self._start + at, most)
        self.spent += READ_COST + len(data)
        return data

    def search(self, pattern: re.Pattern[bytes], at: int, *, width: int, end: int | None = None) -> tuple[int, bool]:
        """Return where a pattern of at most ``width`` bytes first matches between ``at`` and ``end``, and True.

        Where it does not, return how far was searched (to ``end``, or to what cannot be read), and False. What is
        found is remembered: many files that seem to begin in one place cost one search.
        """
        self.spent += READ_COST
        last = self._start + (self.size if end is None else min(end, self.size))
        start = position = self._start + at
        known = self._sight.searches.get(pattern)
        if known is not None and known.start <= start <= known.reached:
            if known.hit or known.reached >= last:
                return min(known.reached, last) - self._start, known.hit and known.reached < last
            position = max(position, known.reached - width + 1)
        stride = max(FIRST_STRIDE, 2 * width)
        while position < last:
            held = self._sight.some(position, stride)
            data = held if len(held) > width else self._sight.read(position, stride)
            stride = min(4 * stride, STRIDE)
            match = pattern.search(data)
            self.spent += len(data) if match is None else match.end()
            if match is not None:
                reached = position + match.start()
                self._sight.searches[pattern] = _Search(start, reached, hit=True)
                return min(reached, last) - self._start, reached < last
            if len(data) <= width:
                position += len(data)
                break
            position += len(data) - width + 1
        position = min(position, last)
        self._sight.searches[pattern] = _Search(start, position, hit=False)
        return position - self._start, False
