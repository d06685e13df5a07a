"""The list of files in ``report.xml`` of a UFDR package: ``taggedFiles/file``, read in constant memory.

Known from what reports look like, as no schema is public: ``project/taggedFiles/file`` has ``path``, ``size``, ``fs``
and ``deleted`` as attributes, times in ``accessInfo/timestamp``, and in ``metadata/item`` the ``Local Path`` in the
package (with backslashes) and digests. Such reports hold control characters and references to them, which XML forbids:
they are replaced before the parser sees them. Document types and entities are refused.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import BinaryIO
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.content import SMALL_BLOCK

PROTECTED_MAGIC = b"\x2d\x06\x52\x6d"
"""How a report begins that only the vendor's own programs open."""
TEXT_CHARACTERS = 4_096
"""Most characters kept of one value."""
MOST_SILENCE = 32 << 20
"""Most characters in which nothing begins or ends: more than that is kept by no parser."""
MOST_DEPTH = 256

_FORBIDDEN = dict.fromkeys((*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0xFFFE, 0xFFFF), "\N{REPLACEMENT CHARACTER}")
_REFERENCE = re.compile(r"&#(?:x([0-9A-Fa-f]{1,8})|([0-9]{1,10}));")
_OPEN_REFERENCE = re.compile(r"&[#xX0-9A-Fa-f]{0,12}\Z")
_TIMES = {"CreationTime": "created", "ModifyTime": "modified", "AccessTime": "accessed", "ChangeTime": "changed"}
_DELETED = {"intact": True, "deleted": False}


class BadReport(ValueError):
    """The report can be followed no further; the message is the end of a sentence."""


@dataclass(slots=True)
class ReportedFile:
    """One file as the report has it."""

    path: str = ""
    """On the device."""
    file_system: str = ""
    size: int | None = None
    is_allocated: bool | None = None
    local: str = ""
    """Its name in the package, parted by ``/``; empty where its content was not exported."""
    times: dict[str, datetime] = field(default_factory=dict)
    """By the name of the field of an entry."""
    digests: dict[str, str] = field(default_factory=dict)
    """MD5, SHA1, SHA256 as written."""


def reported_files(stream: BinaryIO) -> Iterator[ReportedFile]:
    """Yield every file that the report lists; what stands behind the list is not read.

    Raises ``BadReport`` where it can be followed no further, ``UnreadableSource`` where the stream ends in damage.
    """
    target = _Files()
    parser = DefusedXMLParser(target=target, forbid_dtd=True)
    silent = fed = 0
    for text in _clean(stream):
        before = target.events
        try:
            parser.feed(text)
        except (ParseError, DefusedXmlException, BadReport) as error:
            yield from target.drained()
            raise BadReport(f"it breaks off about {fed:,} characters after its start ({error or 'a DTD'})") from error
        fed += len(text)
        silent = 0 if target.events != before else silent + len(text)
        yield from target.drained()
        if target.is_done:
            return
        if silent > MOST_SILENCE:
            raise BadReport(f"a single value is longer than {MOST_SILENCE:,} characters")
    if not target.is_listed:
        raise BadReport(f"it ends after {fed:,} characters, before its list of files does")


class _Files:
    """What the parser calls: keeps one file at a time."""

    def __init__(self) -> None:
        self.events = 0
        self.is_done = False
        self._found: list[ReportedFile] = []
        self.is_listed = False
        self._inside = False
        self._file: ReportedFile | None = None
        self._name = ""
        self._attributes: dict[str, str] = {}
        self._text: list[str] = []
        self._length = 0
        self._depth = 0

    def drained(self) -> list[ReportedFile]:
        """Return the files completed so far, each once."""
        found, self._found = self._found, []
        return found

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take up an element."""
        self.events += 1
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise BadReport(f"its elements lie more than {MOST_DEPTH} deep")
        name = tag.rpartition("}")[2]
        if name == "taggedFiles":
            self._inside = True
        elif name == "decodedData" and self.is_listed:
            self.is_done = True
        elif name == "file" and self._inside:
            self._file = _file(attributes)
        elif self._file is not None and name in ("item", "timestamp"):
            self._name, self._attributes, self._text, self._length = name, attributes, [], 0

    def data(self, text: str) -> None:
        """Take text, of a value that is wanted, as far as it is kept."""
        if self._name and self._length < TEXT_CHARACTERS:
            self._text.append(text[: TEXT_CHARACTERS - self._length])
            self._length += len(text)

    def end(self, tag: str) -> None:
        """Leave an element."""
        self.events += 1
        self._depth -= 1
        name = tag.rpartition("}")[2]
        if name == "taggedFiles":
            self._inside, self.is_listed = False, True
        elif name == "project":
            self.is_done = True
        elif name == "file" and self._file is not None:
            self._found.append(self._file)
            self._file, self._name = None, ""
        elif self._file is not None and name == self._name:
            _take(self._file, name, self._attributes, "".join(self._text).strip())
            self._name = ""

    def close(self) -> None:
        """Have nothing more to do."""


def _file(attributes: dict[str, str]) -> ReportedFile:
    size = attributes.get("size", "")
    return ReportedFile(
        path=attributes.get("path", "")[:TEXT_CHARACTERS],
        file_system=attributes.get("fs", "")[:TEXT_CHARACTERS],
        size=int(size) if size.isdecimal() and len(size) < 19 else None,
        is_allocated=_DELETED.get(attributes.get("deleted", "").lower()),
    )


def _take(file: ReportedFile, element: str, attributes: dict[str, str], text: str) -> None:
    name = attributes.get("name", "")
    if element == "timestamp":
        moment = _moment(text) or _moment(attributes.get("formattedTimestamp", ""))
        if moment is not None and name in _TIMES:
            file.times[_TIMES[name]] = moment
    elif name == "Local Path":
        file.local = text.replace("\\", "/").removeprefix("./").strip("/")
    elif name in ("MD5", "SHA1", "SHA256") and re.fullmatch("[0-9A-Fa-f]{32,64}", text):
        file.digests[name] = text.lower()


def _moment(text: str) -> datetime | None:
    """Return a moment, None for a time without a zone: nobody knows when that is."""
    try:
        moment = datetime.fromisoformat(text)
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _clean(stream: BinaryIO) -> Iterator[str]:
    """Yield the report as text in which nothing stands that XML forbids; a reference is never cut in two."""
    head = stream.read(SMALL_BLOCK)
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    decoder = codecs.getincrementaldecoder("utf-16" if wide else "utf-8-sig")("replace")
    held, block = "", head
    while block:
        text = held + decoder.decode(block)
        cut = _OPEN_REFERENCE.search(text, max(0, len(text) - 16))
        text, held = (text[: cut.start()], text[cut.start() :]) if cut else (text, "")
        yield _REFERENCE.sub(_allowed, text.translate(_FORBIDDEN))
        block = stream.read(SMALL_BLOCK)
    yield _REFERENCE.sub(_allowed, (held + decoder.decode(b"", final=True)).translate(_FORBIDDEN))


def _allowed(reference: re.Match[str]) -> str:
    code = int(reference[1], 16) if reference[1] else int(reference[2])
    is_character = code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000
    return reference[0] if is_character else "\N{REPLACEMENT CHARACTER}"


def is_protected(stream: BinaryIO) -> bool:
    """Say whether a report is one that only the vendor's own programs open."""
    try:
        return stream.read(len(PROTECTED_MAGIC)) == PROTECTED_MAGIC
    except UnreadableSource:
        return False
