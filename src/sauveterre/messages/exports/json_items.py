"""The values of a JSON text of any length that lie at places asked for, one at a time and within bounds.

The parser is ijson. A value that is too large or too deep is left out and told; where the JSON breaks, everything
before that place has been handed over.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from sauveterre.messages.exports.json_mend import Footing, Mender, Parser
from sauveterre.messages.exports.json_text import JsonText

CHUNK = 1 << 14
MOST_BYTES_IN_ONE_VALUE = 1 << 22
MOST_VALUES = 50_000
"""In one item."""
MOST_CHARACTERS = 4_000_000
MOST_LEVELS = 64
"""Of containers inside one item."""
MOST_LEVELS_AROUND = 1_000
"""Of containers that hold nothing asked for; beyond, nothing more is read."""
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One value at a place that was asked for."""

    path: Path
    """Behind a break it says so: ``behind byte 4096`` stands before a member of the container in which reading went on,
    and members of an array are counted from there."""
    value: Any
    pattern: str = ""
    """Which of the patterns it lies at."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that cannot be read."""

    path: Path
    what: str


def pointer(path: Iterable[str | int]) -> str:
    """Return a path as a JSON pointer (RFC 6901), each part cut to 100 characters."""
    return "".join(f"/{str(part)[:100].replace('~', '~0').replace('/', '~1')}" for part in path) or "/"


def items(stream: BinaryIO, *patterns: str) -> Iterator[Item | Fault]:
    """Yield the values at the patterns (``chats/list/*/messages/*``; ``*`` is any member), in the order of the file.

    Where the JSON breaks, reading goes on at the next line that shows where it stands, if the file has such lines;
    else that fault is the last thing yielded.
    """
    reading = _Reading(patterns)
    while not reading.is_over:
        yield from reading.take(_full_chunk(stream))


class _Reading:
    """One pass over a file, chunk by chunk."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self.is_over = False
        self._walk, self._text, self._mender, self._parser = _Walk(patterns), JsonText(), Mender(), Parser()
        self._offset = self._last = 0
        """Bytes read, and those read when something was told last."""
        self._is_lost = False
        """Whether the JSON broke, and no line has shown yet where to go on."""

    def take(self, chunk: bytes) -> Iterator[Item | Fault]:
        """Yield what a chunk completes; an empty one is the end."""
        data: bytes | None = self._mender.whole_lines(self._text.take(chunk), is_last=not chunk)
        span = f"between byte {self._offset} and byte {self._offset + len(chunk)}"
        self._offset += len(chunk)
        fault = self._text.fault
        is_last = not chunk and fault is None
        while data is not None and (data := self._found(data)) is not None:
            kinds = self._walk.kinds()
            is_fed = self._parser.feed(data, is_last=is_last)
            yield from self._told()
            if is_fed or is_last or self._walk.is_too_deep:
                fault = fault if is_fed else "the file ends too early"
                break
            data, self._is_lost = self._mender.behind_break(kinds, data), True
            if data is not None:
                yield Fault(self._walk.path(), f"the JSON breaks {span}: read on behind the line that is broken")
            else:
                fault = "the JSON breaks"
        if self._text.replaced:
            yield Fault(self._walk.path(), f"{span} are bytes that are not UTF-8: shown as \ufffd")
        self.is_over = not chunk
        if fault := self._end(fault):
            self.is_over = True
            yield Fault(self._walk.path(), f"{fault} {span}: nothing behind it is read")

    def _found(self, data: bytes) -> bytes | None:
        """Return the text to go on with: all of it, or behind a break from the line on that shows where it stands."""
        if not self._is_lost:
            return data
        footing = self._mender.footing(data, self._walk.depth)
        if footing is None:
            return None
        self._is_lost = False
        self._walk.resume(footing, self._offset)
        self._text.restart(footing.data + self._mender.held)
        self._parser = Parser(self._walk.kinds() or ())
        return footing.data

    def _told(self) -> Iterator[Item | Fault]:
        """Yield what the events complete."""
        if self._parser.events:
            self._last = self._offset
        yield from self._walk.take(self._parser.events)
        self._parser.events.clear()

    def _end(self, fault: str | None) -> str | None:
        """Return why nothing more can be read, or None."""
        if self._walk.is_too_deep:
            return f"values are nested deeper than {MOST_LEVELS_AROUND} levels"
        if fault is None and self._offset - self._last > MOST_BYTES_IN_ONE_VALUE:
            return f"one value takes more than {MOST_BYTES_IN_ONE_VALUE:,} bytes"
        return "the file ends" if fault is None and self.is_over and self._is_lost else fault


def _full_chunk(stream: BinaryIO) -> bytes:
    """Read a whole chunk, or less only at the end, however little the stream gives at once."""
    parts, missing = [], CHUNK
    while missing and (part := stream.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


@dataclass(slots=True)
class _Node:
    """A place in the patterns."""

    children: dict[str, "_Node"] = field(default_factory=dict)
    wanted: bool = False
    pattern: str = ""

    def child(self, place: str | int | None) -> "_Node | None":
        named = self.children.get(place) if isinstance(place, str) else None
        return named or self.children.get("*")


def _tree_of(patterns: Iterable[str]) -> _Node:
    root = _Node()
    for pattern in patterns:
        node = root
        for part in pattern.split("/") if pattern else ():
            node = node.children.setdefault(part, _Node())
        node.wanted, node.pattern = True, pattern
    return root


class _Walk:
    """Follows the events of the parser, knows where it is, and puts wanted values together."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self.is_too_deep = False
        self._root = _tree_of(patterns)
        self._nodes: list[_Node | None] = []
        self._places: list[str | int | None] = []
        self._value = _Value()
        self._marks: dict[int, str] = {}
        """By level: from where on a container is read anew, behind a break."""

    @property
    def depth(self) -> int:
        """How many containers are open around what was asked for."""
        return len(self._nodes)

    def path(self) -> Path:
        """Return the place being read."""
        found: list[str | int] = []
        for level, place in enumerate(self._places):
            found += [self._marks[level]] if level in self._marks else []
            found.append("?" if place is None else place)
        return tuple(found)

    def kinds(self) -> list[bytes] | None:
        """Return what all open containers are, ``{`` or ``[``; None inside of one that is left out."""
        around = [b"[" if isinstance(place, int) else b"{" for place in self._places]
        inside = self._value.kinds()
        return None if inside is None else around + inside

    def resume(self, footing: Footing, offset: int) -> None:
        """Go on where a line stands: a value that was being read is left out."""
        level = footing.depth - 1
        del self._nodes[level + 1 :], self._places[level + 1 :]
        self._value = _Value()
        self._marks = {at: mark for at, mark in self._marks.items() if at < level}
        self._places[level] = -1 if footing.is_array else None
        self._marks[level] = f"behind byte {offset}"

    def take(self, events: Iterable[tuple[str, Any]]) -> Iterator[Item | Fault]:
        """Follow the events, and hand over what they complete."""
        rest = iter(events)
        while True:
            if self._value.depth:
                if not self._value.fill(rest):
                    return
                yield self._value.result(self.path())
            if (event := next(rest, None)) is None:
                return
            if (found := self._around(*event)) is not None:
                yield found
            if self.is_too_deep:
                return

    def _around(self, kind: str, value: Any) -> Item | None:
        """Take an event outside of every wanted container."""
        if kind == "map_key":
            self._places[-1] = value
        elif kind in ("end_map", "end_array"):
            self._nodes.pop()
            self._places.pop()
            self._marks.pop(len(self._places), None)
        else:
            node = self._next_node()
            if kind not in ("start_map", "start_array"):
                return Item(self.path(), value, node.pattern) if node is not None and node.wanted else None
            if node is not None and node.wanted:
                self._value = _Value(kind, node.pattern)
            else:
                self._nodes.append(node)
                self._places.append(None if kind == "start_map" else -1)
                self.is_too_deep = len(self._nodes) > MOST_LEVELS_AROUND
        return None

    def _next_node(self) -> _Node | None:
        """Step to the value that begins here."""
        if not self._nodes:
            return self._root
        place = self._places[-1]
        if isinstance(place, int):
            place = self._places[-1] = place + 1
        node = self._nodes[-1]
        return None if node is None else node.child(place)


class _Value:
    """One wanted container while it is put together. Bounds are looked at once for each chunk."""

    __slots__ = ("_around", "_characters", "_fault", "_inner", "_key", "_pattern", "_top", "_values", "depth")

    def __init__(self, kind: str = "", pattern: str = "") -> None:
        """Begin with the event that opens the container; with none for a value that is complete."""
        self._pattern = pattern
        self.depth = 1 if kind else 0
        self._top: Any = {} if kind == "start_map" else []
        self._inner: Any = self._top
        """The container that is open."""
        self._key = ""
        self._around: list[tuple[Any, str]] = []
        """The open containers around it, each with the key under which it stands."""
        self._fault = ""
        self._values = self._characters = 0

    def fill(self, events: Iterator[tuple[str, Any]]) -> bool:
        """Take events until the container is complete; say whether it is."""
        if self._fault:
            return self._skip(events)
        inner, key, around = self._inner, self._key, self._around
        is_map, characters, values = isinstance(inner, dict), self._characters, self._values
        for kind, value in events:
            values += 1
            if kind == "map_key":
                key = value
                characters += len(value)
            elif kind in ("start_map", "start_array"):
                container: Any = {} if kind == "start_map" else []
                if is_map:
                    inner[key] = container
                else:
                    inner.append(container)
                around.append((inner, key))
                inner, is_map = container, kind == "start_map"
                if len(around) >= MOST_LEVELS:
                    self.depth = len(around) + 1
                    self._drop(f"it is nested deeper than {MOST_LEVELS} levels")
                    return self._skip(events)
            elif kind in ("end_map", "end_array"):
                if not around:
                    self.depth = 0
                    break
                inner, key = around.pop()
                is_map = isinstance(inner, dict)
            else:
                characters += len(value) if kind == "string" else 0
                if is_map:
                    inner[key] = value
                else:
                    inner.append(value)
        self._inner, self._key, self._characters, self._values = inner, key, characters, values
        self.depth = self.depth and len(around) + 1
        if values > MOST_VALUES:
            self._drop(f"it holds more than {MOST_VALUES:,} values")
        elif characters > MOST_CHARACTERS:
            self._drop(f"it holds more than {MOST_CHARACTERS:,} characters")
        return self.depth == 0

    def kinds(self) -> list[bytes] | None:
        """Return what the open containers are, from the outermost on; None where that is not known."""
        if not self.depth:
            return []
        opened = [*(container for container, _ in self._around), self._inner]
        return None if self._fault else [b"{" if isinstance(one, dict) else b"[" for one in opened]

    def _drop(self, fault: str) -> None:
        self._fault = fault
        self._top, self._inner, self._around = None, None, []

    def _skip(self, events: Iterator[tuple[str, Any]]) -> bool:
        """Pass over the rest of a container that is left out."""
        for kind, _ in events:
            self.depth += (kind in ("start_map", "start_array")) - (kind in ("end_map", "end_array"))
            if self.depth == 0:
                return True
        return False

    def result(self, path: Path) -> Item | Fault:
        """Return the complete container, or why it is left out."""
        return Fault(path, f"{self._fault}: not read") if self._fault else Item(path, self._top, self._pattern)
