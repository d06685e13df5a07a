"""JSON of any length as events, within bounds, for readers that keep one item of it at a time.

The parser is ijson. Bytes that are not UTF-8 are shown as U+FFFD, with a problem that names where.
"""

import codecs
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Protocol, TypeVar

import ijson

from sauveterre.errors import MalformedList
from sauveterre.records.problem import Problem

CHUNK = 1 << 14
MOST_BYTES_IN_ONE_VALUE = 1 << 22

_ENDLESS_NUMBER = re.compile(rb"[0-9]{2000}")
"""The parser's C code ends the process on more than 4,300 digits; this lets fewer than 4,000 through in two chunks."""

RecordT = TypeVar("RecordT", covariant=True)


class Follower(Protocol[RecordT]):
    """What follows the events, and says where it is."""

    offset: int

    def take(self, events: Any) -> Iterator[RecordT]:
        """Follow the events, empty their list, and hand over the records that they complete."""

    def where(self, length: int) -> str:
        """Name the bytes being read."""

    def problem(self, what: str) -> Problem:
        """Return a problem at the place being read."""

    def malformed(self, what: str, length: int) -> MalformedList:
        """Return the error that names the item and the bytes where nothing more can be followed."""


def follow(stream: BinaryIO, walk: Follower[RecordT], *, many: bool = False) -> Iterator[RecordT | Problem]:
    """Yield what a follower makes of a stream, which holds one value, or many if so stated (JSON lines).

    Raises ``MalformedList`` after everything before the damage was yielded, where the JSON breaks or ends too early.
    """
    text = _Utf8()
    events: Any = ijson.sendable_list()
    parser = ijson.basic_parse_coro(events, use_float=False, multiple_values=many)
    last = 0
    while True:
        chunk = _full_chunk(stream)
        data = text.clean(chunk)
        endless = _ENDLESS_NUMBER.search(data)
        fed = _feed(parser, data[: endless.start()] if endless else data)
        if events:
            last = walk.offset
        yield from walk.take(events)
        if text.replaced:
            yield walk.problem(f"{walk.where(len(chunk))} are bytes that are not UTF-8: shown as \ufffd")
        if endless:
            raise walk.malformed("a number has thousands of digits", len(chunk))
        if not fed:
            raise walk.malformed("the JSON breaks" if chunk else "the file ends too early", len(chunk))
        if not chunk:
            break
        walk.offset += len(chunk)
        if walk.offset - last > MOST_BYTES_IN_ONE_VALUE:
            raise walk.malformed(f"one value takes more than {MOST_BYTES_IN_ONE_VALUE:,} bytes", 0)


def _full_chunk(stream: BinaryIO) -> bytes:
    """Read a whole chunk, or less only at the end, however little the stream gives at once."""
    parts, missing = [], CHUNK
    while missing and (part := stream.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _feed(parser: Any, data: bytes) -> bool:
    try:
        parser.send(data)
        if not data:
            parser.close()
    except StopIteration:
        return True
    except (
        ijson.JSONError,
        ValueError,
        ArithmeticError,
        SystemError,
    ):  # all but the first: a number of thousands of digits
        return False
    return True


class _Utf8:
    """Takes the byte order mark off, and puts U+FFFD for what is not UTF-8, so that one bad name stops nothing."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("strict")
        self.replaced = False

    def clean(self, chunk: bytes) -> bytes:
        state = self._decoder.getstate()
        self.replaced = False
        try:
            return self._decoder.decode(chunk, not chunk).encode()
        except UnicodeDecodeError:
            self.replaced = True
        self._decoder.setstate(state)
        self._decoder.errors = "replace"
        text = self._decoder.decode(chunk, not chunk)
        self._decoder.errors = "strict"
        return text.encode()
