"""The frames of a backup, one after another and never all at once: varint-delimited, or one JSON line each.

The stream is BackupInfo, then frames. A frame that breaks is one damaged frame: its length says where the
next one begins. Where the stream itself breaks off, the last part says so.
"""

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from sauveterre.errors import UnreadableSource
from sauveterre.messages.protobuf import Decoder, Fields, Malformed

CHUNK = 1 << 16
MAX_FRAME = 64 << 20
"""Most bytes of one frame. A long message has kilobytes; its media lie outside."""


@dataclass(frozen=True, slots=True)
class Part:
    """One frame as it lies in the stream: its bytes, or why there are none."""

    ordinal: int
    """From 0 (BackupInfo) for frames; the line, from 1, for an export."""
    offset: int
    """Where it begins in the plain (decrypted, unpacked) stream."""
    data: bytes
    fault: str = ""
    is_last: bool = False
    """Whether the stream breaks off here, so that nothing follows that could be read."""


class ByteFeed:
    """Bytes on demand from an iterator of chunks, with a count of how far they have been read."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        """Begin at offset 0."""
        self._chunks = chunks
        self._held = b""
        self._at = 0
        self._before = 0

    @property
    def offset(self) -> int:
        """Return how many bytes were read."""
        return self._before + self._at

    def take(self, count: int) -> bytes:
        """Return the next ``count`` bytes, fewer only at the end."""
        end = self._at + count
        if end > len(self._held):
            self._gather(count)
            end = count
        data = self._held[self._at : end]
        self._at += len(data)
        return data

    def _gather(self, count: int) -> None:
        """Hold the next ``count`` bytes in one piece, at its beginning."""
        pieces = [self._held[self._at :]]
        length = len(pieces[0])
        while length < count and (chunk := next(self._chunks, None)) is not None:
            pieces.append(chunk)
            length += len(chunk)
        self._before, self._held, self._at = self.offset, b"".join(pieces), 0

    def skip(self, count: int) -> int:
        """Pass over ``count`` bytes in small steps; return how many there were."""
        passed = 0
        while passed < count and (data := self.take(min(CHUNK, count - passed))):
            passed += len(data)
        return passed


def file_chunks(stream: BinaryIO) -> Iterator[bytes]:
    """Yield a file's bytes in chunks."""
    while chunk := stream.read(CHUNK):
        yield chunk


def gunzip(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack a gzip stream chunk by chunk; the zero padding after its end is passed over.

    Raises ``UnreadableSource`` when the stream is damaged or breaks off: the frames before it stay read.
    """
    unpacker = zlib.decompressobj(31)
    try:
        for chunk in chunks:
            data = chunk
            while data and not unpacker.eof:
                if plain := unpacker.decompress(data, CHUNK):
                    yield plain
                data = unpacker.unconsumed_tail
            if unpacker.eof:
                return
        while plain := unpacker.decompress(b"", CHUNK):
            yield plain
    except zlib.error as error:
        raise UnreadableSource(f"the packed stream is damaged ({error})") from None
    if not unpacker.eof:
        raise UnreadableSource("the packed stream breaks off before its end")


def binary_parts(chunks: Iterator[bytes]) -> Iterator[Part]:
    """Cut a stream of varint-delimited messages into parts; where it is cut, the last one says so."""
    feed, ordinal = ByteFeed(chunks), 0
    while True:
        start = feed.offset
        try:
            part = _binary_part(feed, ordinal)
        except UnreadableSource as error:
            yield Part(ordinal, start, b"", f"{error}; nothing from frame {ordinal} on can be read", is_last=True)
            return
        if part is None:
            return
        yield part
        if part.is_last:
            return
        ordinal += 1


def _binary_part(feed: ByteFeed, ordinal: int) -> Part | None:
    start = feed.offset
    cut = Part(ordinal, start, b"", f"the stream ends in the middle of frame {ordinal}", is_last=True)
    length = shift = 0
    while True:
        byte = feed.take(1)
        if not byte:
            return None if feed.offset == start else cut
        length |= (byte[0] & 0x7F) << shift
        shift += 7
        if byte[0] < 0x80:
            break
        if shift > 63:
            what = f"frame {ordinal} has no usable length; nothing from it on can be read"
            return Part(ordinal, start, b"", what, is_last=True)
    if length > MAX_FRAME:
        whole = feed.skip(length) == length
        what = f"frame {ordinal} claims {length} bytes, more than the {MAX_FRAME} that a frame may have"
        return Part(ordinal, start, b"", what if whole else f"{what}; {cut.fault}", is_last=not whole)
    data = feed.take(length)
    return Part(ordinal, start, data) if len(data) == length else cut


def json_parts(chunks: Iterator[bytes]) -> Iterator[Part]:
    """Cut an export into lines; blank ones are passed over."""
    held, start, ordinal, too_long = bytearray(), 0, 1, False
    for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        for piece in ended:
            held += piece
            yield from _json_part(held, ordinal, start, too_long=too_long)
            start, ordinal, held, too_long = start + len(held) + 1, ordinal + 1, bytearray(), False
        held += rest
        if len(held) > MAX_FRAME:
            start, held, too_long = start + len(held), bytearray(), True
    yield from _json_part(held, ordinal, start, too_long=too_long)


def _json_part(line: bytearray, ordinal: int, start: int, *, too_long: bool) -> Iterator[Part]:
    if too_long:
        yield Part(ordinal, start, b"", f"line {ordinal} is longer than {MAX_FRAME} bytes")
    elif line.strip():
        yield Part(ordinal, start, bytes(line))


def decode_binary(decoder: Decoder, data: bytes, message: str) -> Fields:
    """Decode one part of a stream of frames; raise ``Malformed``."""
    return decoder.decode(data, message)


def decode_json(decoder: Decoder, data: bytes, message: str) -> Fields:
    """Decode one line of an export; raise ``Malformed``."""
    try:
        value = json.loads(data)
    except RecursionError:
        raise Malformed("objects lie too deep inside one another") from None
    except ValueError as error:
        raise Malformed(f"not JSON: {str(error)[:120]}") from None
    return decoder.from_json(value, message)
