"""gzip, bzip2 and xz: a container with exactly one entry, the decompressed content.

Formats: RFC 1952; the bzip2 1.0 stream; the .xz file format 1.1.0. Files of several streams are one content.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.bounded import bounded
from sauveterre.evidence.container import ListedContainer, moment
from sauveterre.evidence.content import Blocks, Window
from sauveterre.evidence.decoding import Decoder, decoded, new_bzip2, new_gzip, new_xz
from sauveterre.records.entry import Entry
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.reader import Origin

NAME = "compressed"
VERSION = 1

UNNAMED = b"content"
"""What the entry is called where the file does not say: bzip2 and xz never do."""
HEAD_BYTES = 512

_FEXTRA, _FNAME = 4, 8


@dataclass(frozen=True, slots=True)
class _Format:
    magic: bytes
    new_decoder: Callable[[], Decoder]


_GZIP = _Format(b"\x1f\x8b\x08", new_gzip)
_BZIP2 = _Format(b"BZh", new_bzip2)
_XZ = _Format(b"\xfd7zXZ\x00", new_xz)
_BZIP2_BLOCKS = (b"\x31\x41\x59\x26\x53\x59", b"\x17\x72\x45\x38\x50\x90")


def recognises(peek: Peek) -> bool:
    """Say whether the first bytes are those of a gzip, bzip2 or xz file."""
    return not peek.is_folder and _format_of(peek.head) is not None


def open(origin: Origin, limits: Limits) -> "Compressed":
    """Open a compressed stream; only its header is looked at."""
    if origin.stream is None:
        raise UnreadableSource(f"{origin.identity} is a folder; open it with the directory reader")
    head = Window(origin.identity, origin.stream, 0, None).read(HEAD_BYTES)
    found = _format_of(head)
    if found is None:
        raise UnreadableSource(f"{origin.identity} is no gzip, bzip2 or xz file; read it as what it is")
    return Compressed(origin.stream, origin.identity, limits, head, found)


class Compressed(ListedContainer[_Format]):
    """An opened compressed stream."""

    def __init__(self, stream: BinaryIO, identity: str, limits: Limits, head: bytes, form: _Format) -> None:
        """List the one entry, named as gzip names it."""
        super().__init__(identity, NAME, limits)
        self._stream = stream
        name, modified = _gzip_header(head) if form is _GZIP else (UNNAMED, None)
        self._add(name, "offset 0", form, size=None, modified=modified)

    def _content(self, entry: Entry, place: _Format) -> BinaryIO:
        name = entry.provenance.path
        packed = Window(name, self._stream, 0, None)
        blocks: Iterator[bytes] = decoded(packed, place.new_decoder, name=name, again=place.magic)
        return Blocks(name, bounded(blocks, name=name, limits=self.limits, consumed=packed.tell))


def _format_of(head: bytes) -> _Format | None:
    if head.startswith(_GZIP.magic):
        return _GZIP
    if head.startswith(_XZ.magic):
        return _XZ
    if head.startswith(_BZIP2.magic) and head[3:4] in b"123456789" and head[4:10] in _BZIP2_BLOCKS:
        return _BZIP2
    return None


def _gzip_header(head: bytes) -> tuple[bytes, datetime | None]:
    """Return the original name and modification time that a gzip header states (RFC 1952, section 2.3)."""
    if len(head) < 10:
        return UNNAMED, None
    flags = head[3]
    (seconds,) = struct.unpack_from("<I", head, 4)
    at = 10
    if flags & _FEXTRA:
        at += 2 + int.from_bytes(head[at : at + 2], "little")
    name = b""
    if flags & _FNAME:
        end = head.find(b"\x00", at)
        name = head[at:end] if end >= 0 else b""
    return name or UNNAMED, moment(seconds) if seconds else None
