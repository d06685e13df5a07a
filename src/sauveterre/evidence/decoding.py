"""Decompression block by block, in constant memory, with every library's complaint turned into one sentence."""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol

from sauveterre.errors import LimitExceeded, UnreadableSource
from sauveterre.evidence.content import BLOCK, SMALL_BLOCK

DICTIONARY_BYTES = 1 << 30
"""Most memory that a stream may ask for to be decoded; ``xz -9`` asks for 64 MiB."""
SALVAGE_STEP = 256

RAW_DEFLATE = -15
ZLIB = 15
GZIP = 31


class Decoder(Protocol):
    """What ``bz2`` and ``lzma`` give, and ``Inflate`` for zlib."""

    @property
    def eof(self) -> bool:
        """Whether the end of the compressed data was reached."""

    @property
    def needs_input(self) -> bool:
        """Whether more input is needed before more output can come."""

    @property
    def unused_data(self) -> bytes:
        """Input after the end of the compressed data."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Take input and return at most so many bytes of output."""


class Inflate:
    """Deflate with the manners of ``bz2``; before it complains it gives every byte before the damage."""

    def __init__(self, wbits: int) -> None:
        """Take zlib's ``wbits``: raw deflate, zlib or gzip."""
        self._zlib = zlib.decompressobj(wbits)
        self._full = False
        self._error: zlib.error | None = None

    @property
    def eof(self) -> bool:
        """Whether the end of the compressed data was reached."""
        return self._zlib.eof

    @property
    def needs_input(self) -> bool:
        """Whether more input is needed before more output can come."""
        return not (self._full or self._zlib.unconsumed_tail or self._error)

    @property
    def unused_data(self) -> bytes:
        """Input after the end of the compressed data."""
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Take input and return at most so many bytes of output; raise ``zlib.error`` at damage."""
        if self._error is not None:
            raise self._error
        data = self._zlib.unconsumed_tail + data
        before = self._zlib.copy()
        try:
            block = self._zlib.decompress(data, max_length)
        except zlib.error as error:
            self._error = error
            block = _salvaged(before, data)
        self._full = len(block) == max_length
        return block


def _salvaged(inflate: "zlib._Decompress", data: bytes) -> bytes:
    """Return the output up to the damage: in small steps, then byte by byte in the step that holds it."""
    found: list[bytes] = []
    for start in range(0, len(data), SALVAGE_STEP):
        step = data[start : start + SALVAGE_STEP]
        before = inflate.copy()
        try:
            found.append(inflate.decompress(step))
        except zlib.error:
            found.extend(_until_damage(before, step))
            break
    return b"".join(found)


def _until_damage(inflate: "zlib._Decompress", step: bytes) -> Iterator[bytes]:
    for index in range(len(step)):
        try:
            yield inflate.decompress(step[index : index + 1])
        except zlib.error:
            return


def new_bzip2() -> Decoder:
    """Return a decoder of one bzip2 stream."""
    return bz2.BZ2Decompressor()


def new_xz() -> Decoder:
    """Return a decoder of one xz stream."""
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=DICTIONARY_BYTES)


def new_lzma_alone() -> Decoder:
    """Return a decoder of one LZMA stream with the header of the ``.lzma`` format."""
    return lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=DICTIONARY_BYTES)


def new_gzip() -> Decoder:
    """Return a decoder of one gzip member; it checks the member's CRC-32 and size."""
    return Inflate(GZIP)


def new_deflate() -> Decoder:
    """Return a decoder of raw deflate."""
    return Inflate(RAW_DEFLATE)


def new_zlib() -> Decoder:
    """Return a decoder of one zlib stream; it checks the stream's Adler-32."""
    return Inflate(ZLIB)


def decoded(
    source: BinaryIO, new_decoder: Callable[[], Decoder], *, name: str, prefix: bytes = b"", again: bytes = b""
) -> Iterator[bytes]:
    """Yield the decoded blocks of a stream.

    ``prefix`` is fed before the stream. ``again`` is the magic that another stream may start with after the first
    one's end, as gzip, bzip2 and xz allow; with none, what follows the end is not looked at.
    Raises ``UnreadableSource`` at damage and ``LimitExceeded`` when decoding asks for too much memory.
    """
    pending = prefix
    while True:
        decoder = new_decoder()
        while not decoder.eof:
            if decoder.needs_input and not pending:
                pending = source.read(SMALL_BLOCK)
                if not pending:
                    raise UnreadableSource(
                        f"{name} ends in the middle of its compressed data; look for a complete copy"
                    )
            block = _step(decoder, pending, name)
            pending = b""
            if block:
                yield block
        if not again:
            return
        pending = _next_stream(source, decoder.unused_data, again, name)
        if not pending:
            return


def _step(decoder: Decoder, data: bytes, name: str) -> bytes:
    try:
        return decoder.decompress(data, BLOCK)
    except MemoryError as error:
        raise LimitExceeded(f"{name} needs more memory to be decoded than there is; raise memory_bytes") from error
    except lzma.LZMAError as error:
        if "Memory usage limit" in str(error):
            raise LimitExceeded(
                f"{name} needs more than {DICTIONARY_BYTES:,} bytes of memory to be decoded; unpack it elsewhere if it "
                "is genuine"
            ) from error
        raise _damaged(name, error) from error
    except (zlib.error, OSError, EOFError, ValueError) as error:
        raise _damaged(name, error) from error


def _damaged(name: str, error: Exception) -> UnreadableSource:
    return UnreadableSource(f"{name} is damaged ({error}); what comes before the damage is read, look for another copy")


def _next_stream(source: BinaryIO, pending: bytes, magic: bytes, name: str) -> bytes:
    """Skip padding after a stream; return the start of the next one, or nothing at the end."""
    pending = pending.lstrip(b"\x00")
    while len(pending) < len(magic):
        more = source.read(SMALL_BLOCK)
        if not more:
            break
        pending = (pending + more).lstrip(b"\x00")
    if pending and not pending.startswith(magic):
        raise UnreadableSource(
            f"{name} is followed by bytes that are not part of it; its content is complete, "
            "look at the file's end by hand"
        )
    return pending


def checked(blocks: Iterator[bytes], *, name: str, crc: int | None, size: int | None) -> Iterator[bytes]:
    """Pass blocks on and raise ``UnreadableSource`` at their end if CRC-32 or size are not as stated."""
    total, found = 0, 0
    for block in blocks:
        total += len(block)
        found = zlib.crc32(block, found)
        yield block
    if size is not None and total != size:
        raise UnreadableSource(f"{name} has {total:,} bytes where its archive states {size:,}; treat it as damaged")
    if crc is not None and found != crc:
        raise UnreadableSource(
            f"{name} does not have the checksum that its archive states; it was damaged, look for another copy"
        )
