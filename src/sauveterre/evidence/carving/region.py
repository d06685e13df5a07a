"""The search of a region: every place where a file may begin is followed, and the next one lies behind what was found.

What a false start has cost is charged. While more has been wasted than the bytes searched allow, no start is followed,
and the place is noted: bytes made to look like a million files cost no more than a few times as many others, and what
comes after them is searched again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sauveterre.evidence.carving.search import PREFIX, Prefixes
from sauveterre.evidence.carving.view import DAMAGE_STEP, HEAD_BYTES, Format, Found, Sight, View
from sauveterre.evidence.disk.media import Media

BLOCK = 1 << 19
CREDIT = 4 << 30
"""How many bytes false starts may cost anywhere, and how many more for each byte searched."""
CREDIT_PER_BYTE = 4
LOOK_COST = 1 << 8
"""What it costs to see that a prefix is no signature, in bytes."""
MOST_GAPS = 1_000
"""How many of them are told apart; the last one reaches over all that follow."""
_ZEROS = bytes(BLOCK)


@dataclass(frozen=True, slots=True)
class Carved:
    """A file found in a region."""

    offset: int
    length: int
    complete: bool
    suffix: str


@dataclass(slots=True)
class Gap:
    """A part of a region in which not every file was looked for."""

    start: int
    end: int


def format_at(sight: Sight, formats: Sequence[Format], offset: int) -> Format | None:
    """Return the format of the file whose first bytes stand at an offset."""
    head = sight.read(offset, HEAD_BYTES)
    return next((kind for kind in formats if kind.HEAD.match(head)), None)


class Search:
    """One search of one medium."""

    def __init__(self, media: Media, formats: Sequence[Format]) -> None:
        """Take a medium that stays with the caller."""
        self._sight = Sight(media)
        self._prefixes = Prefixes(prefix for kind in formats for prefix in kind.PREFIXES)
        self._by_prefix: dict[bytes, list[Format]] = {}
        for kind in formats:
            for prefix in kind.PREFIXES:
                self._by_prefix.setdefault(prefix, []).append(kind)
        self._resume = 0
        self._wasted = 0
        self.unreadable: list[Gap] = []
        """What could not be read, in order; complete once ``run`` has ended."""
        self.passed_over: list[Gap] = []
        """Where false starts had cost too much before, likewise."""

    def run(self) -> Iterator[Carved]:
        """Yield every file, in the order in which they begin."""
        size, at = self._sight.size, 0
        while at < size:
            block = self._sight.block(at, BLOCK)
            if not block:
                end = min(size, at - at % DAMAGE_STEP + DAMAGE_STEP)
                _note(self.unreadable, at, end)
                at = end
                continue
            if block != _ZEROS[: len(block)]:
                yield from self._in_block(block, at)
            behind = at + len(block)
            overlap = PREFIX - 1 if len(block) >= PREFIX and behind < size else 0
            at = max(behind - overlap, self._resume)

    def _in_block(self, block: bytes, at: int) -> Iterator[Carved]:
        reached = at
        if not self._is_in_debt(at):
            for place in self._prefixes.starts(block):
                reached = at + place
                if self._is_in_debt(reached):
                    break
                for kind in self._by_prefix.get(block[place : place + PREFIX], ()):
                    yield from self._look(kind, reached - kind.LEAD)
            else:
                return
        _note(self.passed_over, reached, at + len(block))

    def _look(self, kind: Format, start: int) -> Iterator[Carved]:
        self._wasted += LOOK_COST
        if start < self._resume or not kind.HEAD.match(self._sight.read(start, HEAD_BYTES)):
            return
        view = View(self._sight, start)
        found = kind.walk(view)
        self._wasted += _waste(view.spent, found)
        if found is not None:
            self._resume = start + found.sure
            yield Carved(start, found.length, found.complete, kind.suffix(view))

    def _is_in_debt(self, at: int) -> bool:
        return self._wasted > CREDIT + CREDIT_PER_BYTE * at


def _note(gaps: list[Gap], start: int, end: int) -> None:
    """Note a gap, as one with that before when they touch, or when there are too many."""
    if gaps and (start <= gaps[-1].end or len(gaps) == MOST_GAPS):
        gaps[-1].end = end
    else:
        gaps.append(Gap(start, end))


def _waste(spent: int, found: Found | None) -> int:
    """Return what a start has cost beyond the bytes that need not be searched any more."""
    if found is None:
        return spent
    return max(0, spent - found.sure) + found.length - found.sure
