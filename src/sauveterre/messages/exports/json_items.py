"""The values of a JSON text of any length that lie at places asked for, one at a time and within bounds.

The parser is ijson. A value that is too large or too deep is left out and told; where the JSON breaks, everything
before that place has been handed over.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import ijson

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
    value: Any


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

    A fault of the JSON itself is the last thing yielded.
    """
    walk, text, events = _Walk(patterns), JsonText(), ijson.sendable_list()
    parser = ijson.basic_parse_coro(events, use_float=False)
    offset = last = 0
    while True:
        chunk = _full_chunk(stream)
        data, fault = text.take(chunk), text.fault
        fed = _feed(parser, data, at_end=not chunk and fault is None)
        if events:
            last = offset
        yield from walk.take(events)
        events.clear()
        span = f"between byte {offset} and byte {offset + len(chunk)}"
        if text.replaced:
            yield Fault(walk.path(), f"{span} are bytes that are not UTF-8: shown as \ufffd")
        offset += len(chunk)
        if walk.is_too_deep:
            fault = f"values are nested deeper than {MOST_LEVELS_AROUND} levels"
        elif fed and offset - last > MOST_BYTES_IN_ONE_VALUE:
            fault = f"one value takes more than {MOST_BYTES_IN_ONE_VALUE:,} bytes"
        elif not fed and fault is None:
            fault = "the JSON breaks" if chunk else "the file ends too early"
        if fault is not None:
            yield Fault(walk.path(), f"{fault} {span}: nothing behind it is read")
            return
        if not chunk:
            return


def _full_chunk(stream: BinaryIO) -> bytes:
    """Read a whole chunk, or less only at the end, however little the stream gives at once."""
    parts, missing = [], CHUNK
    while missing and (part := stream.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _feed(parser: Any, data: bytes, *, at_end: bool) -> bool:
    try:
        if data:
            parser.send(data)
        if at_end:
            parser.send(b"")
            parser.close()
    except StopIteration:
        return True
    except (ijson.JSONError, ValueError, ArithmeticError, SystemError):
        return False
    return True


@dataclass(slots=True)
class _Node:
    """A place in the patterns."""

    children: dict[str, "_Node"] = field(default_factory=dict)
    wanted: bool = False

    def child(self, place: str | int | None) -> "_Node | None":
        named = self.children.get(place) if isinstance(place, str) else None
        return named or self.children.get("*")


def _tree_of(patterns: Iterable[str]) -> _Node:
    root = _Node()
    for pattern in patterns:
        node = root
        for part in pattern.split("/") if pattern else ():
            node = node.children.setdefault(part, _Node())
        node.wanted = True
    return root


class _Walk:
    """Follows the events of the parser, knows where it is, and puts wanted values together."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self.is_too_deep = False
        self._root = _tree_of(patterns)
        self._nodes: list[_Node | None] = []
        self._places: list[str | int | None] = []
        self._value = _Value()

    def path(self) -> Path:
        """Return the place being read."""
        return tuple("?" if place is None else place for place in self._places)

    def take(self, events: Iterable[tuple[str, Any]]) -> Iterator[Item | Fault]:
        """Follow the events, and hand over what they complete."""
        for kind, value in events:
            if self._value.depth:
                if self._value.take(kind, value):
                    yield self._value.result(self.path())
            elif (found := self._around(kind, value)) is not None:
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
        else:
            node = self._next_node()
            is_wanted = node is not None and node.wanted
            if kind not in ("start_map", "start_array"):
                return Item(self.path(), value) if is_wanted else None
            if is_wanted:
                self._value = _Value()
                self._value.take(kind, value)
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
    """One wanted container while it is put together."""

    __slots__ = ("_characters", "_fault", "_keys", "_stack", "_top", "_values", "depth")

    def __init__(self) -> None:
        self.depth = 0
        self._stack: list[Any] = []
        self._keys: list[str] = []
        self._top: Any = None
        self._fault = ""
        self._values = self._characters = 0

    def take(self, kind: str, value: Any) -> bool:
        """Take one event; say whether the container is complete."""
        if kind in ("end_map", "end_array"):
            self.depth -= 1
            if self._stack:
                self._stack.pop()
                self._keys.pop()
            return self.depth == 0
        begins = kind in ("start_map", "start_array")
        self.depth += begins
        if not self._fault:
            self._count(value)
        if self._fault:
            return False
        if kind == "map_key":
            self._keys[-1] = value
        elif begins:
            container: Any = {} if kind == "start_map" else []
            self._put(container)
            self._stack.append(container)
            self._keys.append("")
        else:
            self._put(value)
        return False

    def _count(self, value: Any) -> None:
        self._values += 1
        self._characters += len(value) if isinstance(value, str) else 0
        if self.depth > MOST_LEVELS:
            self._fault = f"it is nested deeper than {MOST_LEVELS} levels"
        elif self._values > MOST_VALUES:
            self._fault = f"it holds more than {MOST_VALUES:,} values"
        elif self._characters > MOST_CHARACTERS:
            self._fault = f"it holds more than {MOST_CHARACTERS:,} characters"
        if self._fault:
            self._stack, self._keys, self._top = [], [], None

    def _put(self, value: Any) -> None:
        if not self._stack:
            self._top = value
        elif isinstance(self._stack[-1], dict):
            self._stack[-1][self._keys[-1]] = value
        else:
            self._stack[-1].append(value)

    def result(self, path: Path) -> Item | Fault:
        """Return the complete container, or why it is left out."""
        return Fault(path, f"{self._fault}: not read") if self._fault else Item(path, self._top)
