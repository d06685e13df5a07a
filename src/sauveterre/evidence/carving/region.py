"""The search of a region: every place where a file may begin is followed, and the next one lies behind what was found.

What a false start has cost is charged. While more has been wasted than the bytes searched allow, further starts are
counted and not followed: hostile bytes cost time in proportion to their number, and what follows them is searched
again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sauveterre.evidence.carving.search import PREFIX, Prefixes
from sauveterre.evidence.carving.view import DAMAGE_STEP, HEAD_BYTES, Format, Found, Sight, View
from sauveterre.evidence.disk.media import Media

BLOCK = 1 << 19
CREDIT = 1 << 30
"""How many bytes false starts may cost anywhere, and how many more for each byte searched."""
CREDIT_PER_BYTE = 4
MOST_GAPS = 1_000
"""How many unreadable places are told apart; the last one reaches over all that follow."""
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
    """A part of a region that was not searched in full."""

    start: int
    end: int
    starts: int = 0
    """How many places in it were not followed."""


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
        self.passed_over: Gap | None = None
        """Where false starts had cost too much."""

    def run(self) -> Iterator[Carved]:
        """Yield every file, in the order in which they begin."""
        size, at = self._sight.size, 0
        while at < size:
            block = self._sight.block(at, BLOCK)
            if not block:
                at = self._note_unreadable(at)
                continue
            if block != _ZEROS[: len(block)]:
                yield from self._in_block(block, at)
            behind = at + len(block)
            overlap = PREFIX - 1 if len(block) >= PREFIX and behind < size else 0
            at = max(behind - overlap, self._resume)

    def _in_block(self, block: bytes, at: int) -> Iterator[Carved]:
        for place in self._prefixes.starts(block):
            for kind in self._by_prefix.get(block[place : place + PREFIX], ()):
                start = at + place - kind.LEAD
                if start < self._resume or not kind.HEAD.match(self._sight.read(start, HEAD_BYTES)):
                    continue
                if self._wasted > CREDIT + CREDIT_PER_BYTE * start:
                    self._note_passed_over(start)
                else:
                    yield from self._follow(kind, start)

    def _follow(self, kind: Format, start: int) -> Iterator[Carved]:
        view = View(self._sight, start)
        found = kind.walk(view)
        self._wasted += _waste(view.spent, found)
        if found is not None:
            self._resume = start + found.sure
            yield Carved(start, found.length, found.complete, kind.suffix(view))

    def _note_unreadable(self, at: int) -> int:
        """Note that nothing can be read at a place; return where to go on."""
        end = min(self._sight.size, at - at % DAMAGE_STEP + DAMAGE_STEP)
        last = self.unreadable[-1] if self.unreadable else None
        if last is not None and (last.end == at or len(self.unreadable) == MOST_GAPS):
            last.end = end
        else:
            self.unreadable.append(Gap(at, end))
        return end

    def _note_passed_over(self, start: int) -> None:
        if self.passed_over is None:
            self.passed_over = Gap(start, start)
        self.passed_over.end = start
        self.passed_over.starts += 1


def _waste(spent: int, found: Found | None) -> int:
    """Return what a start has cost beyond the bytes that need not be searched any more."""
    if found is None:
        return spent
    return max(0, spent - found.sure) + found.length - found.sure
