"""Outlook's files (``.pst``, ``.ost``, ``.pab``) through libpff: bodies, transport headers and attachments are entries.

Every item lies under its folder; one of which nothing can be given is an entry that says so. What the file keeps by its
simple encodings ("compressible" and "high encryption") is read: they need no key. Format: [MS-PST].
"""

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, BinaryIO, Self, TypeVar

import pypff

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.bounded import bounded
from sauveterre.evidence.container import check_count, refuse
from sauveterre.evidence.content import BLOCK, Blocks
from sauveterre.evidence.disk.libyal import LIBYAL_ERRORS, YalFile, opened, reason
from sauveterre.evidence.disk.media import media_of
from sauveterre.evidence.outlook.embedded import (
    BODIES,
    EMBEDDED,
    LONG_PATH,
    METHOD,
    SHORT_NAME,
    SHORT_PATH,
    Piece,
    Times,
    attached_message,
    judged,
)
from sauveterre.evidence.outlook.nodes import BadNode, NodeFile
from sauveterre.records.entry import Cause, Entry, EntryKind, display_path
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance
from sauveterre.records.reader import Origin

NAME = "pst"
VERSION = 1

MAGIC = b"!BDN"
CLIENTS = (b"SM", b"SO", b"AB")
MOST_FOLDERS_DEEP = 100
MOST_FAILURES = 1_000
"""Items of one folder that fail one after another before the rest of it is given up."""
NAME_CHARACTERS = 100
_ATTRIBUTES = {0x007D: "transport_headers", 0x1000: "plain_text_body", 0x1013: "html_body", 0x1009: "rtf_body"}
_CLASS = 0x001A
_TEXTS = (0x1E, 0x1F)
_LOCATOR = re.compile(
    r"(?:folder (?P<way>root|[0-9]+(?:\.[0-9]+)*) item (?P<item>[0-9]+)|orphan (?P<orphan>[0-9]+)) "
    r"id (?P<id>[0-9]+) (?P<what>.+)"
)
_Read = TypeVar("_Read")


def recognises(peek: Peek) -> bool:
    """Say whether this is a file of Outlook: personal folders, offline folders or an address book."""
    return not peek.is_folder and peek.head.startswith(MAGIC) and peek.head[8:10] in CLIENTS


def open(origin: Origin, limits: Limits) -> "Pst":
    """Open a file of Outlook; raise ``UnreadableSource`` when libpff finds none."""
    if origin.stream is None:
        raise UnreadableSource(f"{origin.identity} is a folder; open it with the directory reader")
    return Pst(origin.stream, origin.identity, limits)


@dataclass(frozen=True, slots=True)
class _Item:
    """A message, or anything else that lies in a folder."""

    handle: Any
    where: str
    """The first part of the locators of its pieces."""
    path: bytes
    allocated: bool | None


class Pst:
    """An opened file of Outlook."""

    def __init__(self, stream: BinaryIO, identity: str, limits: Limits) -> None:
        """Open it through libpff, which reads its two indexes."""
        self.problems: list[Problem] = []
        self._identity = identity
        self._limits = limits
        self._stream = stream
        self._media = media_of(stream)
        self._file = pypff.file()
        source = YalFile(self._media)
        opened(identity, "a file of Outlook", lambda: self._file.open_file_object(source))

    def entries(self) -> Iterator[Entry]:
        """List what every item gives: folder by folder, then what lies in no folder."""
        self.problems.clear()
        count = 0
        for item in self._items():
            for piece in self._pieces(item):
                check_count(count, self._identity, self._limits)
                count += 1
                yield self._entry(item, piece)

    def entry_at(self, locator: str) -> Entry:
        """Return the entry with this locator; raise ``UnreadableSource`` when there is none."""
        return self._entry(*self._found(locator))

    def open(self, entry: Entry) -> BinaryIO:
        """Open the content of a body or an attachment."""
        refuse(entry)
        item, piece = self._found(entry.locator)
        found = self._entry(item, piece)
        refuse(found)
        name = found.provenance.path
        return Blocks(name, bounded(piece.blocks(), name=name, limits=self._limits, consumed=lambda: sys.maxsize))

    def close(self) -> None:
        """Let go of the file. Closing twice is harmless."""
        _safely(self._file.close, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _items(self) -> Iterator[_Item]:
        root = self._tried("the root folder", self._file.get_root_folder)
        waiting = [(root, "", b"")] if root is not None else []
        while waiting:
            folder, way, path = waiting.pop()
            yield from self._in_folder(folder, way or "root", path)
            below = []
            for number, found in self._each(f"folder {way or 'root'}", folder, "sub_folder"):
                name = _segment(_safely(found.get_name, None) or f"folder {found.identifier}")
                below.append((found, f"{way}.{number}".lstrip("."), path + name + b"/"))
            if way.count(".") < MOST_FOLDERS_DEEP:
                waiting += reversed(below)
            elif below:
                self._problem(f"folder {way}", f"folders more than {MOST_FOLDERS_DEEP} deep are not listed")
        for number, found in self._each("the file", self._file, "orphan_item"):
            where = f"orphan {number} id {_safely(found.get_identifier, 0)}"
            yield _Item(found, where, b"orphans/" + _label(found, number), allocated=None)

    def _in_folder(self, folder: Any, way: str, path: bytes) -> Iterator[_Item]:
        for number, found in self._each(f"folder {way}", folder, "sub_message"):
            where = f"folder {way} item {number} id {_safely(found.get_identifier, 0)}"
            yield _Item(found, where, path + _label(found, number), allocated=True)

    def _each(self, where: str, holder: Any, kind: str) -> Iterator[tuple[int, Any]]:
        """Yield what a folder or the file holds of one kind; what cannot be read is a problem each."""
        count = self._tried(where, getattr(holder, f"get_number_of_{kind}s")) or 0
        failed = 0
        for number in range(count):
            found = self._tried(f"{where} {kind} {number}", partial(getattr(holder, f"get_{kind}"), number))
            failed = 0 if found is not None else failed + 1
            if found is not None:
                yield number, found
            elif failed > MOST_FAILURES:
                self._problem(where, f"{count - number - 1:,} more of {where} are given up after so many failures")
                return

    def _pieces(self, item: _Item) -> Iterator[Piece]:
        """Yield what an item gives; at least one, so that no item is silently missing."""
        properties = _properties(item.handle)
        bodies = [number for number in BODIES if number in properties]
        for number in bodies:
            read = partial(_body, item.handle, _ATTRIBUTES[number], properties[number])
            yield Piece(what=f"body {BODIES[number]}", name=(BODIES[number],), blocks=read)
        count = _safely(getattr(item.handle, "get_number_of_attachments", lambda: 0), None)
        if count is None:
            failure = "has attachments that cannot be read; look for another copy of the file"
            yield Piece(what="attachments", name=("attachments",), failure=failure, cause=Cause.DAMAGED)
        for number in range(count or 0):
            yield from self._attached(item, number)
        if not bodies and count == 0:
            kind = _string(properties.get(_CLASS)) or "unknown"
            yield Piece(
                what="whole",
                name=("item",),
                failure=f"is an item of the class {kind[:80]} with neither body nor attachment; its properties are not "
                "read here, look at them in Outlook",
                cause=Cause.UNSUPPORTED,
            )

    def _attached(self, item: _Item, number: int) -> Iterator[Piece]:
        """Yield an attachment; what it gives, where it is a message."""
        piece = Piece(what=f"attachment {number}", name=(f"attachment-{number + 1}.bin",))
        try:
            handle = item.handle.get_attachment(number)
            properties = _properties(handle)
            identifier = handle.get_identifier()
        except LIBYAL_ERRORS as error:
            failure = f"is an attachment that cannot be read: {reason(error)}; look for another copy of the file"
            yield replace(piece, failure=failure, cause=Cause.DAMAGED)
            return
        name = _safely(handle.get_long_filename, None) or _string(properties.get(SHORT_NAME))
        piece = replace(piece, name=(name,) if name else piece.name)
        method = _safely(properties[METHOD].get_data_as_integer, None) if METHOD in properties else None
        if method == EMBEDDED:
            yield from self._embedded(item, identifier, piece)
            return
        size = _safely(handle.get_size, None)
        target = _string(properties.get(LONG_PATH)) or _string(properties.get(SHORT_PATH))
        whole = replace(piece, size=size, blocks=partial(_attachment, item.handle, number, size or 0))
        yield judged(whole, method, target, has_data=size is not None)

    def _embedded(self, item: _Item, attachment: int, piece: Piece) -> Iterator[Piece]:
        """Yield what a message gives that is attached to an item. libpff's binding does not open it."""
        try:
            nodes = NodeFile(self._media)
        except (BadNode, UnreadableSource) as error:
            failure = f"is a message attached to a message, and is not opened: {error}; save it from Outlook as a file"
            yield replace(piece, failure=failure, cause=Cause.UNSUPPORTED)
            return
        yield from attached_message(nodes, item.handle.get_identifier(), attachment, piece)

    def _found(self, locator: str) -> tuple[_Item, Piece]:
        found = _LOCATOR.fullmatch(locator)
        item = None if found is None else _safely(lambda: self._item_at(found), None)
        if found is not None and item is not None and item.where == locator.removesuffix(f" {found['what']}"):
            for piece in self._pieces(item):
                if piece.what == found["what"]:
                    return item, piece
        raise UnreadableSource(
            f"{self._identity} holds nothing at {locator!r}; it is not the source that was listed, list it again"
        )

    def _item_at(self, found: re.Match[str]) -> _Item:
        if found["orphan"] is not None:
            number = int(found["orphan"])
            handle = self._file.get_orphan_item(number)
            return _Item(
                handle, f"orphan {number} id {handle.identifier}", b"orphans/" + _label(handle, number), allocated=None
            )
        folder, path = self._file.get_root_folder(), b""
        for step in [] if found["way"] == "root" else found["way"].split("."):
            folder = folder.get_sub_folder(int(step))
            path += _segment(_safely(folder.get_name, None) or f"folder {folder.identifier}") + b"/"
        number = int(found["item"])
        handle = folder.get_sub_message(number)
        where = f"folder {found['way']} item {number} id {handle.identifier}"
        return _Item(handle, where, path + _label(handle, number), allocated=True)

    def _entry(self, item: _Item, piece: Piece) -> Entry:
        path = b"/".join((item.path, *map(_segment, piece.name)))
        locator = f"{item.where} {piece.what}"
        times = piece.times or _times(item.handle)
        return Entry(
            path=path,
            size=piece.size,
            locator=locator,
            kind=EntryKind.FILE,
            allocated=item.allocated,
            modified=times.modified,
            created=times.created,
            changed=times.changed,
            provenance=Provenance(self._identity, display_path(path), locator, NAME),
            failure=piece.failure,
            cause=piece.cause,
            note=piece.note,
        )

    def _tried(self, where: str, read: Callable[[], Any]) -> Any:
        """Return what is read, None where it cannot be: then a problem says so."""
        try:
            return read()
        except LIBYAL_ERRORS as error:
            self._problem(where, f"{where} cannot be read: {reason(error)}; look for another copy of the file")
            return None

    def _problem(self, locator: str, what: str) -> None:
        self.problems.append(Problem(Provenance(self._identity, "", locator, NAME), what))


def _attachment(item: Any, number: int, size: int) -> Iterator[bytes]:
    total = 0
    try:
        handle = item.get_attachment(number)
        while total < size and (block := handle.read_buffer(min(BLOCK, size - total))):
            total += len(block)
            yield block
    except LIBYAL_ERRORS as error:
        raise UnreadableSource(f"the attachment breaks off after {total:,} bytes: {reason(error)}") from error
    if total < size:
        raise UnreadableSource(f"the attachment ends after {total:,} of {size:,} bytes; treat it as damaged")


def _body(item: Any, attribute: str, stored: Any) -> Iterator[bytes]:
    """Yield a body; of an item that libpff takes for no message, as the property is stored."""
    try:
        if hasattr(type(item), attribute):
            data = getattr(item, attribute)
        else:
            data = stored.get_data_as_string() if stored.value_type in _TEXTS else stored.get_data()
    except LIBYAL_ERRORS as error:
        raise UnreadableSource(f"the body cannot be read: {reason(error)}; treat it as damaged") from error
    if isinstance(data, str):
        data = data.encode("utf-8", "surrogatepass")
    if data:
        yield data


def _properties(handle: Any) -> dict[int, Any]:
    """Return an item's properties by number; those that cannot be read are left out."""
    found: dict[int, Any] = {}
    for number in range(_safely(handle.get_number_of_record_sets, 0) or 0):
        record_set = _safely(partial(handle.get_record_set, number), None)
        for place in range(_safely(record_set.get_number_of_entries, 0) if record_set is not None else 0):
            entry = _safely(partial(record_set.get_entry, place), None)
            kind = None if entry is None else _safely(entry.get_entry_type, None)
            if kind is not None:
                found.setdefault(kind, entry)
    return found


def _string(entry: Any) -> str:
    return "" if entry is None else _safely(entry.get_data_as_string, "") or ""


def _times(handle: Any) -> Times:
    modified = _moment(handle, "delivery_time") or _moment(handle, "client_submit_time")
    return Times(modified, _moment(handle, "creation_time"), _moment(handle, "modification_time"))


def _moment(handle: Any, attribute: str) -> datetime | None:
    """Return one of an item's times; libpff gives them in UTC."""
    found = _safely(lambda: getattr(handle, attribute, None), None)
    return found.replace(tzinfo=UTC) if isinstance(found, datetime) else None


def _label(handle: Any, number: int) -> bytes:
    subject = _safely(lambda: getattr(handle, "subject", None), None)
    return b"%05d %s" % (number + 1, _segment(subject or "without a subject"))


def _segment(text: str) -> bytes:
    """Return text as one segment of a path."""
    plain = "".join("_" if char == "/" or char < " " or char == "\x7f" else char for char in text[:NAME_CHARACTERS])
    return plain.encode("utf-8", "backslashreplace")


def _safely(read: Callable[[], _Read], otherwise: _Read) -> _Read:
    try:
        return read()
    except LIBYAL_ERRORS:
        return otherwise
