"""The content of an entry as a stream: what can be read comes first, then the reason why the rest cannot."""

import io
import os
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, BinaryIO

from sauveterre.errors import LimitExceeded, SauveterreError, UnreadableSource
from sauveterre.records.pulse import pulse

BLOCK = 1 << 20
SMALL_BLOCK = 1 << 16

if TYPE_CHECKING:

    class _Stream(io.BufferedIOBase, BinaryIO):
        """Both what streams are at run time and what signatures call them."""

else:
    _Stream = io.BufferedIOBase


class Content(_Stream):
    """A read-only stream whose ``read(n)`` gives all bytes before damage, and raises at the damage.

    ``read()`` with no size raises at once when the content does not end as it should, and loses nothing: the bytes
    before the damage can still be had with ``read(n)``. Raises ``UnreadableSource`` and ``LimitExceeded`` only.
    """

    def __init__(self, name: str) -> None:
        """Take the name that the messages call the content by."""
        self.label = name
        self._buffer = b""
        self._at = 0
        self._error: SauveterreError | None = None

    def _more(self, wanted: int) -> bytes:
        """Return the next bytes, about as many as wanted; nothing at the end."""
        raise NotImplementedError

    def readable(self) -> bool:
        """Say that it is."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Read as many bytes, fewer only at the end or before damage."""
        self._check_open()
        whole = size is None or size < 0
        wanted = sys.maxsize if size is None or size < 0 else size
        parts: list[bytes] = []
        have = 0
        while have < wanted and (self._at < len(self._buffer) or self._fill(wanted - have)):
            part = self._take(wanted - have)
            parts.append(part)
            have += len(part)
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        if self._error is not None and (whole or (wanted and not have)):
            self._buffer, self._at = data, 0
            raise self._error
        return data

    def read1(self, size: int = -1, /) -> bytes:
        """Read what is at hand, at most as many bytes as asked for."""
        return self.read(SMALL_BLOCK if size < 0 else min(size, SMALL_BLOCK))

    def peek(self, size: int = 0, /) -> bytes:
        """Return the next bytes without moving on; makes ``readline`` fast."""
        self._check_open()
        if self._at == len(self._buffer) and not self._fill(max(size, SMALL_BLOCK)) and self._error is not None:
            raise self._error
        return self._buffer[self._at :]

    def _take(self, most: int) -> bytes:
        if self._at == 0 and len(self._buffer) <= most:
            part, self._buffer = self._buffer, b""
            return part
        part = self._buffer[self._at : self._at + most]
        self._at += len(part)
        return part

    def _fill(self, wanted: int) -> bool:
        if self._error is not None:
            return False
        pulse()
        try:
            self._buffer, self._at = self._more(wanted), 0
        except SauveterreError as error:
            self._buffer, self._at = b"", 0
            self._error = error
        except OSError as error:
            self._buffer, self._at = b"", 0
            self._error = UnreadableSource(f"{self.label} cannot be read on: {error}; check the medium it lies on")
        return bool(self._buffer)

    def _check_open(self) -> None:
        if self.closed:
            raise UnreadableSource(f"{self.label} was closed; open it again to read it")


class Blocks(Content):
    """Content that comes block by block from a generator: it can be read once, from its start to its end."""

    def __init__(self, name: str, blocks: Iterator[bytes], on_close: Callable[[], None] | None = None) -> None:
        """Take the blocks, none of them empty, and what to do when closed."""
        super().__init__(name)
        self._blocks = blocks
        self._on_close = on_close

    def _more(self, wanted: int) -> bytes:  # noqa: ARG002
        return next(self._blocks, b"")

    def close(self) -> None:
        """Let go of the generator."""
        if not self.closed and self._on_close is not None:
            self._on_close()
        super().close()


class Window(Content):
    """A seekable part of a seekable stream. Many windows may share one stream, as each seeks before it reads."""

    def __init__(
        self,
        name: str,
        base: BinaryIO,
        start: int,
        size: int | None,
        *,
        most: int | None = None,
        crc: int | None = None,
        on_close: Callable[[], None] | None = None,
    ) -> None:
        """Show ``size`` bytes from ``start``, to the stream's end if None.

        ``most`` bytes may be read (``LimitExceeded`` beyond). ``crc`` is the CRC-32 that the bytes should have: it is
        checked when they are read in one go from first to last.
        """
        super().__init__(name)
        self.base = base
        self.start = start
        self.length = size
        self._most = most
        self._next = 0
        self._crc = crc
        self._crc_so_far = 0
        self._crc_at = 0
        self._crc_wrong = False
        self._on_close = on_close

    def _more(self, wanted: int) -> bytes:
        if self._crc_wrong and self._next == self.length:
            raise UnreadableSource(
                f"{self.label} does not have the checksum that its archive states; it was damaged, "
                "look for another copy"
            )
        ask = min(max(wanted, SMALL_BLOCK), BLOCK)
        if self.length is not None:
            ask = min(ask, self.length - self._next)
            if ask <= 0:
                return b""
        if self._most is not None and self._next >= self._most:
            raise LimitExceeded(
                f"{self.label} has more than {self._most:,} bytes, the most that is read of one entry; "
                "raise entry_bytes"
            )
        self.base.seek(self.start + self._next)
        block = self.base.read(ask)
        if not block and self.length is not None:
            raise UnreadableSource(
                f"{self.label} ends after {self._next:,} of {self.length:,} bytes; what holds it is cut off there, "
                "look for a complete copy"
            )
        self._next += len(block)
        self._check_crc(block)
        return block

    def _check_crc(self, block: bytes) -> None:
        if self._crc is None or self._next - len(block) != self._crc_at:
            return
        self._crc_so_far = zlib.crc32(block, self._crc_so_far)
        self._crc_at = self._next
        self._crc_wrong = self._next == self.length and self._crc_so_far != self._crc

    def seekable(self) -> bool:
        """Say that it is."""
        return True

    def tell(self) -> int:
        """Return the position from the window's start."""
        return self._next - (len(self._buffer) - self._at)

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Move, as ``io`` does."""
        self._check_open()
        if whence == os.SEEK_CUR:
            offset += self.tell()
        elif whence == os.SEEK_END:
            offset += self._length()
        if offset < 0:
            raise ValueError(f"cannot seek to {offset}: it lies before the start")
        self._error = None
        first = self._next - len(self._buffer)
        if first <= offset < self._next:
            self._at = offset - first
            return offset
        self._buffer, self._at, self._next = b"", 0, offset
        if offset == 0:
            self._crc_so_far, self._crc_at, self._crc_wrong = 0, 0, False
        return offset

    def _length(self) -> int:
        if self.length is not None:
            return self.length
        return self.base.seek(0, os.SEEK_END) - self.start

    def close(self) -> None:
        """Let go of the stream behind the window."""
        if not self.closed and self._on_close is not None:
            self._on_close()
        super().close()
