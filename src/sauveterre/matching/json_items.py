"""Items that stand in named arrays of JSON, one at a time, whatever surrounds them.

What is streamed: the objects of every array that has one of the named keys, or that is the outermost value. Everything
else is handed over when the outermost value ends: an object without those arrays.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sauveterre.errors import MalformedList
from sauveterre.matching.json_events import CHUNK
from sauveterre.records.hash_list import ListRecord
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance

MOST_DEPTH = 64
MOST_VALUES = 50_000
MOST_TEXT = 1 << 21
"""Characters, and the above values, that are kept of one item or of what surrounds the items."""

Judge = Callable[[dict[str, Any], str, Provenance], Iterator[ListRecord]]
"""Makes records of an object: of an item with the key of its array, of the outermost object with the key ``$``."""


@dataclass(slots=True)
class _Level:
    """One open container: what is kept of it (None: nothing), and where the next value in it stands."""

    kept: dict[str, Any] | list[Any] | None
    is_stream: bool = False
    key: str = ""
    index: int = 0


class Items:
    """Follows the events of JSON, as ``json_events.follow`` hands them over."""

    def __init__(self, where: Provenance, arrays: frozenset[str], judge: Judge) -> None:
        """Take the provenance that all records share but for their place."""
        self.offset = self.items = 0
        self.is_listed = False
        """Whether an array of items was met, be it empty."""
        self._shared, self._arrays, self._judge = where, arrays, judge
        self._open: list[_Level] = []
        self._item_depth = 0
        """The number of levels open around the item being kept; 0 where none is."""
        self._rooms = {False: [0, 0], True: [0, 0]}
        self._roots = 0

    def take(self, events: Any) -> Iterator[ListRecord]:
        """Follow the events, empty their list, and hand over the records that they complete."""
        for event, value in events:
            if event == "map_key":
                self._open[-1].key = value
            elif event in ("start_map", "start_array"):
                self._start(is_map=event == "start_map")
            elif event in ("end_map", "end_array"):
                yield from self._end()
            else:
                yield from self._scalar(value)
        del events[:]

    def where(self, length: int) -> str:
        """Name the bytes being read."""
        return f"bytes {self.offset:,} to {self.offset + length:,}"

    def place(self) -> str:
        """Name the value being read, as a path from the outermost one, which is counted where there are several."""
        root = "$" if self._roots == 0 else f"$[{self._roots}]"
        levels = self._open[: self._item_depth] if self._item_depth else self._open
        steps = (f"[{level.index}]" if level.is_stream else f".{level.key[:64]}" for level in levels)
        return root + "".join(steps)

    def problem(self, what: str) -> Problem:
        """Return a problem at the place being read."""
        return Problem(self._at(self.place()), what)

    def malformed(self, what: str, length: int) -> MalformedList:
        """Return the error that names the item and the bytes where nothing more can be followed."""
        return MalformedList(
            f"{self._shared.path}: {what} in or behind item {self.place()}, {self.where(length)}; "
            f"the {self.items:,} items before it were read; ask the sender for the whole list and its digest"
        )

    def _at(self, locator: str) -> Provenance:
        return Provenance(self._shared.source, self._shared.path, locator, self._shared.reader)

    def _start(self, *, is_map: bool) -> None:
        if len(self._open) >= MOST_DEPTH:
            raise self.malformed(f"values lie more than {MOST_DEPTH} deep", CHUNK)
        parent = self._open[-1] if self._open else None
        around = parent is None or (parent.key in self._arrays and not parent.is_stream)
        if not is_map and around and not self._item_depth:
            self.is_listed = True
            self._open.append(_Level(None, is_stream=True))
            return
        kept: dict[str, Any] | list[Any] | None = {} if is_map else []
        if parent is None or (parent.is_stream and is_map):
            self._rooms[parent is not None] = [MOST_VALUES, MOST_TEXT]
            self._item_depth = len(self._open)
        elif parent.is_stream or not self._put(parent, kept):
            kept = None
        self._open.append(_Level(kept))

    def _end(self) -> Iterator[ListRecord]:
        level = self._open.pop()
        depth = len(self._open)
        if depth == 0 or (self._item_depth and depth == self._item_depth):
            key = self._open[-2].key if depth > 1 else "" if depth else "$"
            where = self._at(self.place())
            if min(self._rooms[depth > 0]) < 0:
                yield Problem(where, "this item is too large: what stands behind its first values was left out")
            if isinstance(level.kept, dict):
                yield from self._judge(level.kept, key, where)
                self.items += depth > 0
            self._item_depth = 0
        elif level.kept is None and not level.is_stream and self._open[-1].is_stream:
            yield self.problem("this is not an object: no item was read")
        if depth == 0:
            self._roots += 1
        elif self._open[-1].is_stream:
            self._open[-1].index += 1

    def _scalar(self, value: Any) -> Iterator[ListRecord]:
        if not self._open:
            raise self.malformed("the file holds no JSON object", CHUNK)
        level = self._open[-1]
        if level.is_stream:
            yield self.problem("this is not an object: no item was read")
            level.index += 1
        else:
            self._put(level, value)

    def _put(self, level: _Level, value: Any) -> bool:
        """Keep a value where there is room for it; say whether it was kept."""
        room = self._rooms[self._item_depth > 0]
        room[0] -= 1
        room[1] -= len(value) if isinstance(value, str) else 8
        if level.kept is None or min(room) < 0:
            return False
        if isinstance(level.kept, dict):
            level.kept[level.key] = value
        else:
            level.kept.append(value)
        return True
