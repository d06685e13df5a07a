"""Media through the libyal libraries: the stream that they read from, and the medium that comes out."""

import os
import threading
from collections.abc import Callable
from typing import Protocol, TypeVar

from sauveterre.errors import SauveterreError, UnreadableSource
from sauveterre.evidence.disk.blocks import BlockMedia
from sauveterre.evidence.disk.media import Media

LIBYAL_ERRORS = (OSError, ValueError, OverflowError, TypeError, MemoryError, RuntimeError, SystemError)
"""What the bindings raise on damage: ``OSError`` mostly, the rest where a stated number does not fit."""
_BLOCK = 1 << 16

Opened = TypeVar("Opened")


class Handle(Protocol):
    """What every opened image and volume of libyal can do."""

    def read_buffer_at_offset(self, size: int, offset: int, /) -> bytes:
        """Read at a position."""


class YalFile:
    """A medium as the file that a libyal library reads; ``trouble`` keeps the first error of the medium as it was."""

    def __init__(self, media: Media) -> None:
        """Take a medium that stays with the caller."""
        self.trouble: SauveterreError | None = None
        self._media = media
        self._at = 0

    def read(self, size: int = -1) -> bytes:
        """Read on from the position."""
        left = self._media.size - self._at
        size = left if size < 0 else min(size, left)
        if size <= 0:
            return b""
        try:
            data = self._media.read_at(self._at, size)
        except SauveterreError as error:
            self.trouble = self.trouble or error
            raise OSError(str(error)) from error
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._media.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        """Return the position."""
        return self._at

    def get_size(self) -> int:
        """How many bytes there are."""
        return self._media.size


def yal_media(label: str, handle: Handle, size: int) -> BlockMedia:
    """Return what an opened handle reads as a medium; the handle stays with the caller, ``label`` names it in messages.

    The libraries answer one thread at a time.
    """
    lock = threading.Lock()

    def load(number: int) -> bytes:
        offset = number * _BLOCK
        try:
            with lock:
                return handle.read_buffer_at_offset(min(_BLOCK, size - offset), offset)
        except LIBYAL_ERRORS as error:
            raise UnreadableSource(
                f"{label} cannot be read at byte {offset:,}: {reason(error)}; the image is damaged or incomplete "
                "there, look for another copy"
            ) from error

    return BlockMedia(size, _BLOCK, load)


def opened(label: str, what: str, attempt: Callable[[], Opened]) -> Opened:
    """Return what an attempt to open gives; raise ``UnreadableSource`` in the words of the product when it fails."""
    try:
        return attempt()
    except LIBYAL_ERRORS as error:
        raise UnreadableSource(
            f"{label} cannot be opened as {what}: {reason(error)}; it is damaged or incomplete, look for another copy"
        ) from error


def reason(error: Exception) -> str:
    """Return the innermost of the reasons that a libyal error strings together, without the names of functions."""
    sentences = str(error).split(". ")
    inner = sentences[1] if len(sentences) > 1 else sentences[0]
    return inner.partition(": ")[2].rstrip(".") or inner or type(error).__name__
