"""The parser, and how reading goes on behind a place where the JSON breaks.

Programs that export write one value a line, indented by its depth. A line therefore shows by itself how many containers
are open, and a new parser can begin there as if it stood in them. Text cannot be mistaken for such a line: a line break
in a text is written as an escape. A file without such lines is not read behind a break.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ijson

MOST_MENDS = 1_000
LONGEST_LINE = 1 << 16
"""Longer lines are handed over in parts."""
_INDENTED = re.compile(rb"\A\s*[\[{]\r?\n(?P<unit>[ \t]+)[\"{\[]")
_LINE = re.compile(rb"^(?P<indent>[ \t]*)(?P<first>[{}\[\]\"])(?P<key>(?:[^\"\\\r\n]|\\.)*\"\s*:)?", re.MULTILINE)


class Parser:
    """The events of JSON text, begun at the front or as if inside of containers."""

    def __init__(self, inside: Sequence[bytes] = ()) -> None:
        """Begin; ``inside`` are the containers, each ``{`` or ``[``, from the outermost on."""
        self.events: Any = ijson.sendable_list()
        self._parser = ijson.basic_parse_coro(self.events, use_float=False)
        before = b"".join(b'{"":' if kind == b"{" else b"[" for kind in inside[:-1]) + b"".join(inside[-1:])
        self.feed(before, is_last=False)
        self.events.clear()

    def feed(self, data: bytes, *, is_last: bool) -> bool:
        """Take text, and say whether it is JSON so far."""
        try:
            if data:
                self._parser.send(data)
            if is_last:
                self._parser.send(b"")
                self._parser.close()
        except StopIteration:
            return True
        except (ijson.JSONError, ValueError, ArithmeticError, SystemError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Footing:
    """A line that shows where it stands."""

    depth: int
    """Containers that are open before it."""
    is_array: bool
    """Whether the innermost of them is an array."""
    data: bytes
    """The text from this line on."""


class Mender:
    """Hands over whole lines, and finds where to go on."""

    def __init__(self) -> None:
        """Begin with nothing known of the file."""
        self.held = b""
        """The beginning of a line whose end has not come yet."""
        self._unit: bytes | None = None
        self._mends = 0
        self._begins_line = self._ended_line = True

    def whole_lines(self, data: bytes, *, is_last: bool) -> bytes:
        """Return text up to the end of a line, as far as the file has lines of use."""
        if self._unit is None:
            match = _INDENTED.match(data)
            self._unit = match["unit"] if match else b""
        data, self.held = self.held + data, b""
        self._begins_line = self._ended_line
        cut = data.rfind(b"\n") + 1
        if self._unit and not is_last and (cut or len(data) < LONGEST_LINE):
            data, self.held = data[:cut], data[cut:]
        self._ended_line = data.endswith(b"\n") or (not data and self._ended_line)
        return data

    def behind_break(self, kinds: Sequence[bytes] | None, data: bytes) -> bytes | None:
        """Return the text behind the line that breaks; None where reading cannot go on.

        ``kinds`` are the containers that were open before this text, None where that is not known any more.
        """
        self._mends += 1
        if not self._unit or self._mends > MOST_MENDS:
            return None
        if kinds is None or not self._begins_line:
            return b""
        parser, at = Parser(kinds), 0
        for line in data.splitlines(keepends=True):
            at += len(line)
            if not parser.feed(line, is_last=False):
                break
        return data[at:]

    def footing(self, data: bytes, depth: int) -> Footing | None:
        """Return the first line that stands in one of the ``depth`` containers that were open, or ends one."""
        for match in _LINE.finditer(data):
            level, odd = divmod(len(match["indent"]), len(self._unit or b" "))
            is_end = match["first"] in b"}]"
            is_array = match["first"] == b"]" if is_end else match["key"] is None or match["first"] != b'"'
            if not odd and 1 <= level + is_end <= depth:
                self._begins_line = True
                return Footing(level + is_end, is_array, data[match.start() :])
        return None
