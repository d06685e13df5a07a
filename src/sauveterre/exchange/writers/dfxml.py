r"""Digital Forensics XML 1.1.0: every entry with name, size, times and digests, for tools that read fiwalk's output.

A source is a ``volume``: its ``ftype_str`` holds the reader's name and the way down to the source. Entries are
``fileobject`` elements in the order of the listing, with the children in the order that the schema demands. Characters
that XML cannot hold, and bytes that are not UTF-8, are written ``\xNN`` or ``\uNNNN``.

Source of the format: the schema ``dfxml.xsd`` of the DFXML working group. Not written: byte runs, owners, modes.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

from sauveterre.records.catalogued import Catalogued
from sauveterre.records.entry import EntryKind, display_path

_XMLNS = "http://www.forensicswiki.org/wiki/Category:Digital_Forensics_XML"
_DC = "http://purl.org/dc/elements/1.1/"
_TYPES = {
    EntryKind.FILE: "r",
    EntryKind.CARVED: "r",
    EntryKind.SYMLINK: "l",
    EntryKind.FIFO: "p",
    EntryKind.SOCKET: "s",
    EntryKind.FOLDER: "d",
    EntryKind.VOLUME: "v",
    EntryKind.REGION: "v",
    EntryKind.DEVICE: "-",
}
_TIMES = (("mtime", "modified"), ("ctime", "changed"), ("atime", "accessed"), ("crtime", "created"))
_IMPOSSIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_MARKUP = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}


@dataclass(frozen=True, slots=True)
class Volume:
    """One source."""

    path: str
    """The way down to it, for people."""
    reader: str
    entries: Iterable[Catalogued]
    """Read once, one at a time."""


def write_dfxml(out: BinaryIO, *, image: str, version: str, at: datetime, volumes: Iterable[Volume]) -> int:
    """Write a whole document, in memory that does not grow with it; return how many entries there are."""
    count = 0
    for part in _head(image, version, at):
        out.write(part.encode())
    for volume in volumes:
        kind = text(f"{volume.reader}: {volume.path}")
        out.write(f"  <volume>\n    <ftype_str>{kind}</ftype_str>\n".encode())
        out.write(b"    <allocated_only>0</allocated_only>\n")
        for number, one in enumerate(volume.entries, start=1):
            out.write("".join(_fileobject(number, one)).encode())
            count += 1
        out.write(b"  </volume>\n")
    out.write(b"</dfxml>\n")
    return count


def _head(image: str, version: str, at: datetime) -> Iterator[str]:
    yield f"<?xml version='1.0' encoding='UTF-8'?>\n<dfxml xmlns='{_XMLNS}' xmlns:dc='{_DC}' version='1.1.0'>\n"
    yield "  <metadata><dc:type>Evidence catalogue</dc:type></metadata>\n"
    yield f"  <creator>\n    <program>sauveterre</program>\n    <version>{text(version)}</version>\n"
    yield f"    <execution_environment><start_time>{_moment(at)}</start_time></execution_environment>\n  </creator>\n"
    yield f"  <source><image_filename>{text(image)}</image_filename></source>\n"


def _fileobject(number: int, one: Catalogued) -> Iterator[str]:
    entry = one.entry
    size = entry.size if one.size is None else one.size
    yield f"    <fileobject>\n      <filename>{text(display_path(entry.path))}</filename>\n      <id>{number}</id>\n"
    yield f"      <name_type>{_TYPES[entry.kind]}</name_type>\n"
    if size is not None:
        yield f"      <filesize>{size}</filesize>\n"
    if entry.allocated is not None:
        yield "      <alloc>1</alloc>\n" if entry.allocated else "      <unalloc>1</unalloc>\n"
    for element, name in _TIMES:
        moment: datetime | None = getattr(entry, name)
        if moment is not None:
            yield f"      <{element}>{_moment(moment)}</{element}>\n"
    if one.digests is not None:
        for algorithm in ("md5", "sha1", "sha256"):
            yield f"      <hashdigest type='{algorithm}'>{getattr(one.digests, algorithm)}</hashdigest>\n"
    yield "    </fileobject>\n"


def text(value: str) -> str:
    """Return text as the content of an element."""
    escaped = value.translate(_TRANSLATION)
    return _IMPOSSIBLE.sub(lambda found: _written_out(ord(found[0])), escaped)


def _written_out(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


_TRANSLATION = str.maketrans(_MARKUP)
