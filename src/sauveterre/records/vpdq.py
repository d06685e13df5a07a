"""The hashes of a film's frames as text, the way vPDQ and python-threatexchange write them.

Text: a line ``number,quality,hash,seconds`` for each frame. JSON: an array of ``hash,quality,seconds``, or in its
older form an object of numbers to ``quality``, ``hash`` and ``timestamp``; its seconds may be rounded to three digits.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from sauveterre.errors import MalformedList
from sauveterre.records.video import HashedFrame

_LINE = re.compile(r"(\d{1,10}),(\d{1,3}),([0-9a-fA-F]{64}),(\d{1,10}(?:\.\d{1,9})?)")
LONGEST = 1e10
"""Seconds that no film lasts."""


def vpdq_text(frames: Iterable[HashedFrame]) -> str:
    """Return frames as text, a line each."""
    return "".join(f"{frame.number},{frame.quality},{frame.pdq.hex()},{frame.seconds:.3f}\n" for frame in frames)


def read_vpdq_text(text: str) -> tuple[HashedFrame, ...]:
    """Return the frames of a text; empty lines are passed over. Raises ``MalformedList`` with the line."""
    return tuple(_frames_of_lines(text))


def vpdq_json(frames: Iterable[HashedFrame]) -> str:
    """Return frames as a JSON array; a frame's number is its place in it."""
    return json.dumps([f"{frame.pdq.hex()},{frame.quality},{frame.seconds:.3f}" for frame in frames])


def read_vpdq_json(text: str) -> tuple[HashedFrame, ...]:
    """Return the frames of either JSON form. Raises ``MalformedList`` with the place."""
    try:
        stored = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MalformedList(f"the film's hashes are no JSON ({error}); ask its sender for the file again") from None
    if isinstance(stored, list):
        return tuple(_frame_of_text(number, item) for number, item in enumerate(stored))
    if isinstance(stored, dict):
        return tuple(sorted((_frame_of_object(key, item) for key, item in stored.items()), key=_number))
    raise MalformedList("the film's hashes are JSON, but neither an array nor an object; ask its sender what it is")


def _frames_of_lines(text: str) -> Iterator[HashedFrame]:
    for at, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        found = _LINE.fullmatch(line.strip())
        if found is None:
            raise _malformed(f"line {at}", "number,quality,hash,seconds")
        yield _checked(f"line {at}", int(found[1]), found[3], found[2], found[4])


def _frame_of_text(number: int, item: Any) -> HashedFrame:
    parts = item.split(",") if isinstance(item, str) else []
    if len(parts) != 3:
        raise _malformed(f"item {number}", "hash,quality,seconds")
    return _checked(f"item {number}", number, parts[0], parts[1], parts[2])


def _frame_of_object(key: str, item: Any) -> HashedFrame:
    names = ("hash", "quality", "timestamp")
    if not key.isascii() or not key.isdigit() or not isinstance(item, dict) or not set(names) <= item.keys():
        raise _malformed(f"frame {key[:20]!r}", "a number with hash, quality and timestamp")
    return _checked(f"frame {key[:20]}", int(key[:10]), *(item[name] for name in names))


def _checked(where: str, number: int, pdq: Any, quality: Any, seconds: Any) -> HashedFrame:
    try:
        frame = HashedFrame(number, bytes.fromhex(pdq), int(quality), float(seconds))
    except (TypeError, ValueError, OverflowError):
        frame = None
    if frame is None or len(frame.pdq) != 32 or not 0 <= frame.quality <= 100 or not 0 <= frame.seconds < LONGEST:
        raise _malformed(where, "a hash of 64 digits, a quality from 0 to 100 and seconds")
    return frame


def _malformed(where: str, expected: str) -> MalformedList:
    return MalformedList(f"{where} of the film's hashes is not {expected}; ask its sender for the file again")


def _number(frame: HashedFrame) -> int:
    return frame.number
