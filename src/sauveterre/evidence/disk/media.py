"""A medium: bytes that are read at random, at any level of an image, and the streams that show them to others.

Everything below a disk image reads by position: a partition of a medium is a ``Part``, bytes scattered over it are
``Runs``, and a ``MediaStream`` lets those read who need a file.
"""

import io
import os
import threading
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import BinaryIO, Protocol, runtime_checkable

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.content import Content, Window
from sauveterre.records.pulse import pulse


@runtime_checkable
class Media(Protocol):
    """Bytes of known length. Reading past the end gives fewer of them; damage raises ``UnreadableSource``."""

    @property
    def size(self) -> int:
        """How many bytes there are."""

    def read_at(self, offset: int, size: int, /) -> bytes:
        """Read from a position; the position of no stream moves."""


class FileMedia:
    """A regular file, by its descriptor: the fastest medium, and one that threads may share."""

    def __init__(self, descriptor: int, name: str) -> None:
        """Take a descriptor that stays with the caller."""
        self._descriptor = descriptor
        self._name = name
        self.size = os.fstat(descriptor).st_size

    def read_at(self, offset: int, size: int, /) -> bytes:
        """Read with ``pread``; before the start and past the end there is nothing, however far."""
        if not 0 <= offset < self.size:
            return b""
        pulse()
        try:
            return os.pread(self._descriptor, size, offset)
        except OSError as error:
            raise UnreadableSource(
                f"{self._name} cannot be read at byte {offset:,}: {error.strerror}; check the medium it lies on"
            ) from error


class StreamMedia:
    """Any seekable stream as a medium."""

    def __init__(self, stream: BinaryIO) -> None:
        """Take a stream that stays with the caller."""
        self._stream = stream
        self._lock = threading.Lock()
        self.size = stream.seek(0, os.SEEK_END)

    def read_at(self, offset: int, size: int, /) -> bytes:
        """Seek, then read; before the start and past the end there is nothing, however far."""
        if not 0 <= offset < self.size:
            return b""
        pulse()
        with self._lock:
            self._stream.seek(offset)
            return self._stream.read(size)


class Part:
    """A part of another medium: a partition, a logical volume."""

    def __init__(self, base: Media, start: int, size: int) -> None:
        """Show ``size`` bytes from ``start``; what lies past the end of the base reads as nothing."""
        self._base = base
        self._start = start
        self.size = size

    def read_at(self, offset: int, size: int, /) -> bytes:
        """Read within the part."""
        size = min(size, self.size - offset)
        return self._base.read_at(self._start + offset, size) if size > 0 else b""

    def origin(self, offset: int) -> int:
        """Return where in the base a byte of the part lies."""
        return self._start + offset


class Runs:
    """Scattered runs of another medium, one behind the other: unallocated space, joined segments of slack."""

    def __init__(self, base: Media, runs: Sequence[tuple[int, int]]) -> None:
        """Show these (start, size) runs in their order; none of them is empty."""
        self._base = base
        self._runs = runs
        self._ends = list(accumulate(size for _, size in runs))
        self.size = self._ends[-1] if self._ends else 0

    def read_at(self, offset: int, size: int, /) -> bytes:
        """Read across runs."""
        parts: list[bytes] = []
        size = min(size, self.size - offset)
        at = bisect_right(self._ends, offset)
        while size > 0:
            start, length = self._runs[at]
            skip = offset - (self._ends[at] - length)
            part = self._base.read_at(start + skip, min(size, length - skip))
            if not part:
                break
            parts.append(part)
            offset, size = offset + len(part), size - len(part)
            if offset >= self._ends[at]:
                at += 1
        return b"".join(parts)

    def origin(self, offset: int) -> int:
        """Return where in the base a byte of the runs lies."""
        at = bisect_right(self._ends, offset)
        start, length = self._runs[at]
        return start + offset - (self._ends[at] - length)


class Joined:
    """Several media as one: the segments of a split image."""

    def __init__(self, parts: Sequence[Media]) -> None:
        """Show the parts one behind the other."""
        self._parts = [part for part in parts if part.size]
        self._ends = list(accumulate(part.size for part in self._parts))
        self.size = self._ends[-1] if self._ends else 0

    def read_at(self, offset: int, size: int, /) -> bytes:
        """Read across parts. Where one cannot be read, what comes before it is given; reading on from there raises."""
        found: list[bytes] = []
        at = bisect_right(self._ends, offset)
        while size > 0 and at < len(self._parts):
            start = self._ends[at] - self._parts[at].size
            try:
                part = self._parts[at].read_at(offset - start, min(size, self._ends[at] - offset))
            except UnreadableSource:
                if not found:
                    raise
                break
            if not part:
                break
            found.append(part)
            offset, size = offset + len(part), size - len(part)
            if offset >= self._ends[at]:
                at += 1
        return b"".join(found)


class MediaStream(Content):
    """A medium as a seekable stream. It keeps no more than one block; ``media`` is what it shows."""

    def __init__(self, name: str, media: Media, on_close: Callable[[], None] | None = None) -> None:
        """Show a medium under the name that messages call it by."""
        super().__init__(name)
        self.media = media
        self._next = 0
        self._on_close = on_close

    def _more(self, wanted: int) -> bytes:
        if self._next >= self.media.size:
            return b""
        block = self.media.read_at(self._next, min(max(wanted, 4096), 1 << 20))
        if not block:
            raise UnreadableSource(
                f"{self.label} ends after {self._next:,} of {self.media.size:,} bytes; what holds it is cut off there, "
                "look for a complete copy"
            )
        self._next += len(block)
        return block

    def seekable(self) -> bool:
        """Say that it is."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._next - (len(self._buffer) - self._at)

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Move, as ``io`` does."""
        self._check_open()
        if whence == os.SEEK_CUR:
            offset += self.tell()
        elif whence == os.SEEK_END:
            offset += self.media.size
        if offset < 0:
            raise ValueError(f"cannot seek to {offset}: it lies before the start")
        self._buffer, self._at, self._next, self._error = b"", 0, offset, None
        return offset

    def close(self) -> None:
        """Let go of what is behind the medium."""
        if not self.closed and self._on_close is not None:
            self._on_close()
        super().close()


def media_of(stream: BinaryIO) -> Media:
    """Return what a seekable stream shows, to be read by position; the stream stays with the caller."""
    if isinstance(stream, MediaStream):
        return stream.media
    if isinstance(stream, Window):
        base = media_of(stream.base)
        return base if stream.length is None else Part(base, stream.start, stream.length)
    if isinstance(stream, io.BufferedReader | io.FileIO):
        return FileMedia(stream.fileno(), str(stream.name))
    return StreamMedia(stream)
