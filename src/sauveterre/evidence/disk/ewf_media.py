"""The medium in an EWF image, chunk by chunk: every chunk is checked against its own checksum, none is guessed.

libewf passes over damaged chunks without a word, and reads at a fifth of the speed; it stays the reader of everything
that ``ewf_sections`` does not lay out.
"""

import threading
import zlib
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Sequence

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.disk.blocks import BlockMedia
from sauveterre.evidence.disk.ewf_sections import COMPRESSED, Offsets, Sections, read_offsets
from sauveterre.evidence.disk.media import Media

_KEPT_TABLES = 8
_ADLER = 4


class EwfMedia(BlockMedia):
    """A medium read from the chunks of its segments."""

    def __init__(self, label: str, segments: Sequence[Media], sections: Sections, odd: Callable[[], Media]) -> None:
        """Take the segments, which stay with the caller, what their sections say, and who reads odd tables."""
        super().__init__(sections.media_size, sections.chunk_size, self._unpacked)
        self._label = label
        self._odd = odd
        self._segments = segments
        self._chunk_size = sections.chunk_size
        self._tables = sections.tables
        self._firsts = [table.first for table in sections.tables]
        self._reachable = sections.reachable
        self._offsets: OrderedDict[int, Offsets] = OrderedDict()
        self._offsets_lock = threading.Lock()

    def _unpacked(self, number: int) -> bytes:
        wanted = min(self._chunk_size, self.size - number * self._chunk_size)
        if number >= self._reachable:
            raise self._damage(number, wanted, "lies in a part of the image that is missing", "find a complete copy")
        index = bisect_right(self._firsts, number) - 1
        offsets = self._offsets_of(index)
        if offsets is None:
            raise self._damage(number, wanted, "is led to by a damaged table", "look for another copy")
        if not offsets.rising:
            return self._odd().read_at(number * self._chunk_size, wanted)
        chunk = self._plain(index, number - self._firsts[index], offsets.values)
        if chunk is None or len(chunk) < wanted:
            raise self._damage(number, wanted, "does not have its checksum: it was damaged", "look for another copy")
        return chunk[:wanted]

    def _plain(self, index: int, at: int, values: "array[int]") -> bytes | None:
        """Return one chunk of a table whose checksum is right; None when it is not."""
        table = self._tables[index]
        start = table.base + (values[at] & ~COMPRESSED)
        end = table.base + (values[at + 1] & ~COMPRESSED) if at + 1 < len(values) else table.data_end
        size = min(end - start, 2 * self._chunk_size + _ADLER)
        packed = self._segments[table.segment].read_at(start, size) if size > 0 else b""
        return _inflated(packed, self._chunk_size) if values[at] & COMPRESSED else _checked(packed)

    def _offsets_of(self, index: int) -> Offsets | None:
        with self._offsets_lock:
            offsets = self._offsets.get(index)
        if offsets is None:
            table = self._tables[index]
            offsets = read_offsets(table, self._segments[table.segment])
            if offsets is not None:
                with self._offsets_lock:
                    self._offsets[index] = offsets
                    if len(self._offsets) > _KEPT_TABLES:
                        self._offsets.popitem(last=False)
        return offsets

    def _damage(self, number: int, size: int, what: str, remedy: str) -> UnreadableSource:
        start = number * self._chunk_size
        return UnreadableSource(f"{self._label}: the chunk of bytes {start:,} to {start + size - 1:,} {what}; {remedy}")


def _inflated(packed: bytes, most: int) -> bytes | None:
    decoder = zlib.decompressobj()
    try:
        chunk = decoder.decompress(packed, most + 1)
    except zlib.error:
        return None
    return chunk if decoder.eof and len(chunk) <= most else None


def _checked(packed: bytes) -> bytes | None:
    chunk, checksum = packed[:-_ADLER], int.from_bytes(packed[-_ADLER:], "little")
    return chunk if zlib.adler32(chunk) == checksum else None
