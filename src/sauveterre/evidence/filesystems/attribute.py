"""The content of one attribute of a file, read through The Sleuth Kit: never further than it can be vouched for."""

from collections.abc import Iterator
from typing import Any

import pytsk3

from sauveterre.errors import LimitExceeded, UnreadableSource
from sauveterre.evidence.disk.media import Media, MediaStream, Runs
from sauveterre.records.limits import Limits

TSK_ERRORS = (OSError, RuntimeError, ValueError, OverflowError, SystemError, KeyError, MemoryError)
"""What the binding raises on damage."""
_PIECE = 4096
_NO_DATA = int(pytsk3.TSK_FS_ATTR_RUN_FLAG_SPARSE) | int(pytsk3.TSK_FS_ATTR_RUN_FLAG_FILLER)
RESIDENT = int(pytsk3.TSK_FS_ATTR_RES)
ENCRYPTED = int(pytsk3.TSK_FS_ATTR_ENC)
COMPRESSED = int(pytsk3.TSK_FS_ATTR_COMP)


def attribute_of(file: Any, attribute: tuple[int, int] | None) -> Any | None:
    """Return an attribute by type and number, the only one if None; None when the file has none such."""
    for found in file:
        if attribute is None or (int(found.info.type), int(found.info.id)) == attribute:
            return found
    return None


def runs_of(attribute: Any, block: int) -> Iterator[tuple[int, int, int]]:
    """Yield (position in the content, byte offset in the volume, bytes) for all that lies on the medium, in order."""
    if int(attribute.info.flags) & RESIDENT:
        return
    for run in attribute:
        if not int(run.flags) & _NO_DATA:
            yield int(run.offset) * block, int(run.addr) * block, int(run.len) * block


def direct(attribute: Any, runs: list[tuple[int, int, int]], size: int, volume: Media) -> Media | None:
    """Return an attribute's content as runs of its volume, read without The Sleuth Kit's copying.

    None where the bytes of the content are not simply those of its runs: it lies in the record, has holes, is
    compressed or encrypted.
    """
    if int(attribute.info.flags) & (RESIDENT | ENCRYPTED | COMPRESSED):
        return None
    reached = 0
    for position, _, length in runs:
        if position != reached:
            return None
        reached += length
    return Runs(volume, [(start, length) for _, start, length in runs]) if reached >= size else None


class AttributeMedia:
    """The content of an attribute, read by position: a disk image inside a volume is opened without copying it."""

    def __init__(
        self,
        label: str,
        file: Any,
        attribute: Any,
        size: int,
        intact: int | None = None,
        straight: Media | None = None,
    ) -> None:
        """Take an attribute and its size; ``intact`` bytes of a deleted one have been taken by no other file since.

        ``straight`` is the same content where it can be had more simply (``direct``).
        """
        self.size = max(0, size)
        self._straight = straight
        self._label = label
        self._file = file
        self._type, self._id = int(attribute.info.type), int(attribute.info.id)
        self._intact = self.size if intact is None else min(intact, self.size)

    def read_at(self, offset: int, size: int, /) -> bytes:
        """Read what can be read; raise ``UnreadableSource`` where nothing can."""
        size = min(size, self.size - offset)
        if size <= 0:
            return b""
        if offset >= self._intact:
            raise UnreadableSource(
                f"{self._label} was deleted, and from byte {self._intact:,} of {self.size:,} on its place belongs to "
                "other files or is not known; what is left of it is found by content in the unallocated region"
            )
        size = min(size, self._intact - offset)
        if self._straight is not None and len(data := _tried(self._straight, offset, size)) == size:
            return data
        try:
            return bytes(self._file.read_random(offset, size, self._type, self._id))
        except TSK_ERRORS:
            return self._up_to_damage(offset, size)

    def _up_to_damage(self, offset: int, size: int) -> bytes:
        parts: list[bytes] = []
        end = offset + size
        while offset < end:
            try:
                part = bytes(self._file.read_random(offset, min(_PIECE, end - offset), self._type, self._id))
            except TSK_ERRORS as error:
                if parts:
                    break
                raise UnreadableSource(
                    f"{self._label} cannot be read at byte {offset:,} of {self.size:,}: {plain(error)}; the volume is "
                    "damaged or cut off there, look for another image of it"
                ) from error
            if not part:
                break
            parts.append(part)
            offset += len(part)
        return b"".join(parts)


def _tried(media: Media, offset: int, size: int) -> bytes:
    try:
        return media.read_at(offset, size)
    except UnreadableSource:
        return b""


class Nothing:
    """The content of a record that holds none."""

    size = 0

    def read_at(self, offset: int, size: int, /) -> bytes:  # noqa: ARG002
        """Give nothing."""
        return b""


class FileStream(MediaStream):
    """A file's content in order. Who reads by position (``media_of``) is not bounded: a layer below bounds itself."""

    def __init__(self, name: str, media: Media, stored: int, limits: Limits) -> None:
        """Take how many bytes of the content lie on the medium; the rest are holes."""
        super().__init__(name, media)
        self._stored = stored
        self._limits = limits
        self._most = min(limits.entry_bytes, max(limits.ratio_floor, limits.ratio * stored))

    def _more(self, wanted: int) -> bytes:
        if self._next < self._most or self._next >= self.media.size:
            return super()._more(min(wanted, max(1, self._most - self._next)))
        if self._most == self._limits.entry_bytes:
            raise LimitExceeded(
                f"{self.label} has more than {self._most:,} bytes, the most that is read of one entry; "
                "raise entry_bytes"
            )
        raise LimitExceeded(
            f"{self.label} is nearly all hole: of the {self.media.size:,} bytes that it states {self._stored:,} lie on "
            "the medium; its size is damaged or meant to deceive, or raise the limit ratio"
        )


def plain(error: Exception) -> str:
    """Return what an error of the binding says, without its names of functions and lines."""
    words = str(error).partition(") ")[2] or str(error)
    return words.strip().rstrip(".") or type(error).__name__
