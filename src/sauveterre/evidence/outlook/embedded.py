"""A message attached to a message of an Outlook file: what it gives, and what the messages attached to it give."""

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.outlook.nodes import BadNode, Node, NodeFile
from sauveterre.evidence.outlook.properties import TEXT, TIME, Properties
from sauveterre.records.entry import Cause

MOST_DEPTH = 16
"""Messages attached to one another."""
METHOD, DATA, LONG_NAME, SHORT_NAME, LONG_PATH, SHORT_PATH = 0x3705, 0x3701, 0x3707, 0x3704, 0x370D, 0x3708
SUBJECT = 0x0037
REFERENCES = frozenset((2, 3, 4, 7))
EMBEDDED, OLE = 5, 6
BODIES = {0x007D: "headers.txt", 0x1000: "message.txt", 0x1013: "message.html", 0x1009: "message.rtf"}
RTF = 0x1009
_DELIVERED, _SENT, _CREATED, _CHANGED = 0x0E06, 0x0039, 0x3007, 0x3008
_ATTACHMENT = 0x05
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def nothing() -> Iterator[bytes]:
    """Give no content."""
    return iter(())


@dataclass(frozen=True, slots=True)
class Times:
    """Of an item; None where it states none."""

    modified: datetime | None
    """When it was delivered, else when it was sent."""
    created: datetime | None
    changed: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What an item gives: a body or an attachment."""

    what: str
    """The last part of its locator."""
    name: tuple[str, ...]
    """The last parts of its path."""
    blocks: Callable[[], Iterator[bytes]] = nothing
    """Reads its content."""
    size: int | None = None
    failure: str = ""
    cause: Cause = Cause.NONE
    note: str = ""
    times: Times | None = None
    """None where they are those of the item."""


def attached_message(file: NodeFile, item: int, attachment: int, before: Piece) -> Iterator[Piece]:
    """Yield what the message gives that is attached to an item of the file.

    ``before`` names the attachment. Whatever is damaged is a piece that says so.
    """
    try:
        node = Properties(file, file.node_in(file.node(item), attachment)).object(DATA)
    except (BadNode, UnreadableSource) as error:
        yield _failed(before, error)
        return
    yield from _message(file, node, before, MOST_DEPTH)


def _failed(piece: Piece, error: Exception) -> Piece:
    failure = f"is a message attached to a message, and cannot be opened: {error}; save it from Outlook as a file"
    return replace(piece, failure=failure, cause=Cause.DAMAGED)


def _message(file: NodeFile, node: Node, before: Piece, depth: int) -> Iterator[Piece]:
    if depth == 0:
        failure = f"lies in more than {MOST_DEPTH} messages attached to one another; save the outer ones from Outlook"
        yield replace(before, failure=failure, cause=Cause.SIZE)
        return
    try:
        found = Properties(file, node)
        times = _times(found)
        folder = (*before.name[:-1], _subject(found) or before.name[-1])
    except (BadNode, UnreadableSource) as error:
        yield _failed(before, error)
        return
    count = 0
    for number, name in BODIES.items():
        if number in found.values:
            count += 1
            yield Piece(
                what=f"{before.what} inside body {name}",
                name=(*folder, name),
                blocks=partial(_body, found, number),
                note="is in Outlook's own compression (LZFu), given as it is stored" if number == RTF else "",
                times=times,
            )
    attachments = sorted(number for number in found.inside if number & 0x1F == _ATTACHMENT)
    for place, number in enumerate(attachments):
        what = f"{before.what} inside attachment {place}"
        called = Piece(what=what, name=(*folder, f"attachment-{place + 1}.bin"), times=times)
        yield from _attachment(file, found.inside[number], called, depth)
    if not count and not attachments:
        failure = "is a message attached to a message, with neither body nor attachment"
        yield replace(before, failure=failure, cause=Cause.UNSUPPORTED, times=times)


def _subject(found: Properties) -> str:
    """Return the subject without the mark and number that tell how long its prefix is ([MS-PST] 2.5.3.1.1.1)."""
    text = found.text(SUBJECT)
    return text[2:] if text.startswith("\x01") else text


def _attachment(file: NodeFile, node: Node, called: Piece, depth: int) -> Iterator[Piece]:
    try:
        found = Properties(file, node)
        name = found.text(LONG_NAME) or found.text(SHORT_NAME) or called.name[-1]
        method = found.number(METHOD)
        called = replace(called, name=(*called.name[:-1], name))
        if method == EMBEDDED:
            yield from _message(file, found.object(DATA), called, depth - 1)
            return
        size = found.size(DATA)
        target = found.text(LONG_PATH) or found.text(SHORT_PATH)
    except (BadNode, UnreadableSource) as error:
        yield _failed(called, error)
        return
    whole = replace(called, blocks=partial(_plain, found, DATA), size=size)
    yield judged(whole, method, target, has_data=DATA in found.values)


def judged(piece: Piece, method: int | None, target: str, *, has_data: bool) -> Piece:
    """Return an attachment with why it cannot be read, or what is odd about it, if anything."""
    if method in REFERENCES:
        failure = f"is only a reference to {target[:200] or 'a file elsewhere'}; its content is not in the file"
        return replace(piece, size=None, failure=failure, cause=Cause.UNREADABLE)
    if not has_data:
        return replace(piece, failure="is an attachment whose content is missing or damaged", cause=Cause.DAMAGED)
    note = "is an object of another program (OLE), given as it is stored" if method == OLE else ""
    return replace(piece, note=note)


def _plain(found: Properties, number: int) -> Iterator[bytes]:
    try:
        yield from found.content(number)
    except BadNode as error:
        raise UnreadableSource(f"it breaks off: {error}; treat it as damaged") from error


def _body(found: Properties, number: int) -> Iterator[bytes]:
    """Yield a body; text of two bytes a character comes as UTF-8."""
    if found.values[number].kind != TEXT:
        yield from _plain(found, number)
        return
    decoder = codecs.getincrementaldecoder("utf-16-le")("replace")
    for block in _plain(found, number):
        if text := decoder.decode(block):
            yield text.encode()


def _times(found: Properties) -> Times:
    return Times(_time(found, _DELIVERED) or _time(found, _SENT), _time(found, _CREATED), _time(found, _CHANGED))


def _time(found: Properties, number: int) -> datetime | None:
    value = found.values.get(number)
    data = found.short(number) if value is not None and value.kind == TIME else b""
    return _moment(int.from_bytes(data[:8], "little")) if len(data) >= 8 else None


def _moment(ticks: int) -> datetime | None:
    try:
        return _EPOCH + timedelta(microseconds=ticks // 10) if ticks else None
    except OverflowError:
        return None
