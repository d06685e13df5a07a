"""Where the messages of a mailbox and the parts of a message lie: offsets only, found without keeping any content.

A mailbox is searched block by block for the only lines that matter: those that begin with ``From `` (mbox, RFC 4155) or
with two hyphens (RFC 2046, section 5.1). So a message may be of any size, and a mailbox too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.content import BLOCK, Window
from sauveterre.evidence.mail_headers import HEADER_LINE, MOST_BOUNDARY, Headers, read_headers

MOST_PARTS = 10_000
"""Of one message; what comes after stays in the last of them."""
MOST_DEPTH = 50
"""Parts inside one another, in one message."""
HEADER_BYTES = 1 << 18
LINE_BYTES = 1_000
FROM = b"From "

_MARK = re.compile(rb"\n(?:--|From )")
_HEADER_STEP = 1 << 13
_LOOK_BACK = 4
_DATED = re.compile(rb"From .*\d\d?:\d\d.*\b(?:19|20)\d\d\b")
_SECOND_FROM = b">From "


@dataclass(frozen=True, slots=True)
class Part:
    """One part that holds no other parts: where its content lies, transfer-encoded."""

    number: str
    """``1``, ``2.1`` …: the way down through the multiparts."""
    headers: Headers
    start: int
    end: int
    is_encrypted: bool = False
    """It lies in a part of the type ``multipart/encrypted``."""


@dataclass(slots=True)
class MailMessage:
    """One message and its parts, in order."""

    number: int
    start: int
    headers: Headers = field(default_factory=Headers)
    end: int = 0
    """Where the next message starts, or the mailbox ends."""
    parts: list[Part] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """What is wrong with its structure, each as the end of a sentence."""


@dataclass(slots=True)
class _Open:
    """A multipart whose end has not come."""

    headers: Headers
    number: str
    start: int
    is_encrypted: bool
    count: int = 0

    def child(self) -> str:
        self.count += 1
        return f"{self.number}.{self.count}" if self.number else str(self.count)


@dataclass(frozen=True, slots=True)
class _Mark:
    """A line that may part something, without its end."""

    line: bytes
    start: int
    end: int
    """Where the next line starts."""
    before: int
    """How many bytes the end of the line before takes: 1 or 2."""
    after_blank: bool


class MailStructure:
    """The structure of one mailbox or single message. Holds one block of it at a time."""

    def __init__(self, view: Window, size: int, *, is_mailbox: bool) -> None:
        """Look at a view that stays with the caller."""
        self._view = view
        self._size = size
        self.damage = ""
        """Why what follows some offset could not be read; empty while all can."""
        self._is_mailbox = is_mailbox
        self._base = 0
        self._buffer = b""
        self._is_loose = is_mailbox and _DATED.match(self._at(0, LINE_BYTES)) is None

    def messages(self, start: int = 0) -> Iterator[MailMessage]:
        """Yield every message from an offset on, numbered from 1."""
        number = 0
        while start < self._size or not number:
            number += 1
            found = self.message(start, number)
            yield found
            start = found.end

    def message(self, start: int, number: int) -> MailMessage:
        """Read the message that starts at an offset."""
        return _Reading(self, MailMessage(number, start)).read()

    def header_block(self, start: int, default_type: str = "text/plain") -> tuple[Headers, int]:
        """Read the header lines at an offset; return them with where the body starts."""
        data = self._at(start, _HEADER_STEP)
        at = 0
        while at < HEADER_BYTES:
            end = data.find(b"\n", at)
            if end < 0 and start + len(data) < self._size and len(data) < HEADER_BYTES:
                data = self._at(start, len(data) + _HEADER_STEP)
                continue
            line = data[at : end + 1] if end >= 0 else data[at:]
            if not line.strip(b"\r\n"):
                return read_headers(data[:at], default_type), start + at + len(line)
            if not (at and line[:1] in b" \t") and not HEADER_LINE.match(line):
                break
            at += len(line)
        return read_headers(data[:at], default_type), start + at

    def body_offset(self, start: int) -> int:
        """Return where the header lines of a message start: after its ``From `` lines, if it has any."""
        for lead in (FROM, _SECOND_FROM):
            line = self._at(start, LINE_BYTES)
            if self._is_mailbox and line.startswith(lead):
                start = min(self._size, start + line.find(b"\n") + 1 if b"\n" in line else self._size)
        return start

    def marks(self, start: int) -> Iterator[_Mark]:
        """Yield the lines from an offset on that may part something."""
        at = max(0, start - 1)
        while at < self._size:
            self._fill(at, LINE_BYTES)
            found = _MARK.search(self._buffer, at - self._base)
            if found is None:
                at = max(at + 1, self._base + len(self._buffer) - len(FROM))
                if self._base + len(self._buffer) >= self._size:
                    return
                continue
            at = self._base + found.start() + 1
            yield self._mark(at)

    def is_separator(self, mark: _Mark) -> bool:
        """Say whether a line parts two messages: it says when, and headers follow."""
        if not self._is_mailbox or not mark.after_blank or not mark.line.startswith(FROM):
            return False
        if not self._is_loose and not _DATED.match(mark.line):
            return False
        following = self._at(mark.end, LINE_BYTES)
        return not following or following.startswith(_SECOND_FROM) or HEADER_LINE.match(following) is not None

    def protected(self, headers: Headers, body: int) -> int:
        """Return up to where a body reaches for certain, as ``Content-Length`` states it and the mailbox confirms."""
        if headers.content_length is None or body + headers.content_length > self._size:
            return body
        end = body + headers.content_length
        following = self._at(end, 16).lstrip(b"\r\n")
        return end if not following or following.startswith(FROM) else body

    def last_end(self) -> int:
        """Return where the last message ends: in a mailbox, before the blank line that a next one would follow."""
        last = self._at(max(0, self._size - 4), 4) if self._is_mailbox else b""
        return self._size - (2 if last == b"\r\n\r\n" else last.endswith(b"\n\n"))

    @property
    def size(self) -> int:
        """Where the mailbox ends."""
        return self._size

    @property
    def is_mailbox(self) -> bool:
        """Whether there may be several messages."""
        return self._is_mailbox

    def _mark(self, at: int) -> _Mark:
        line = self._at(at, LINE_BYTES).partition(b"\n")[0]
        before = self._at(max(0, at - 3), min(3, at))
        width = 2 if before.endswith(b"\r\n") else 1
        blank = at <= width or before[:-width].endswith(b"\n")
        return _Mark(line.rstrip(), at, min(self._size, at + len(line) + 1), width, blank)

    def _at(self, offset: int, size: int) -> bytes:
        self._fill(offset, size)
        at = offset - self._base
        return self._buffer[at : at + size]

    def _fill(self, offset: int, size: int) -> None:
        """Have these bytes in the block, and a few before them."""
        end = min(offset + size, self._size)
        if self._base <= offset and end <= self._base + len(self._buffer):
            return
        self._base = max(0, offset - _LOOK_BACK)
        self._view.seek(self._base)
        wanted = min(max(BLOCK, end - self._base), self._size - self._base)
        try:
            self._buffer = self._view.read(wanted)
        except UnreadableSource:
            self._buffer = b""
        if len(self._buffer) < wanted:
            self._size = self._base + len(self._buffer)
            self.damage = f"it cannot be read after byte {self._size:,}, and is listed up to there"


class _Reading:
    """One message on its way from marks to parts."""

    def __init__(self, mail: MailStructure, message: MailMessage) -> None:
        self._mail = mail
        self._message = message
        self._open: list[_Open] = []
        self._part: Part | None = None
        self._body = 0

    def read(self) -> MailMessage:
        mail, message = self._mail, self._message
        message.headers, body = mail.header_block(mail.body_offset(message.start))
        self._begin(message.headers, "", body)
        protected = mail.protected(message.headers, body) if mail.is_mailbox else body
        end = None
        for mark in mail.marks(body):
            if mark.start < self._body:
                continue
            if mark.line.startswith(FROM):
                if mark.start >= protected and mail.is_separator(mark):
                    message.end = mark.start
                    end = mark.start - mark.before
                    break
            elif self._open:
                self._boundary(mark)
        if end is None:
            message.end, end = mail.size, mail.last_end()
        if self._open:
            message.faults.append("it ends before the end mark of its parts: it was cut off, or written so")
        self._end(max(self._body, end))
        self._close(0, max(self._body, end))
        return message

    def _boundary(self, mark: _Mark) -> None:
        """End a part where a line says so, and begin the next one."""
        for level in range(len(self._open) - 1, -1, -1):
            line = b"--" + self._open[level].headers.boundary
            if mark.line in (line, line + b"--"):
                break
        else:
            return
        if len(self._message.parts) >= MOST_PARTS:
            fault = f"it has more than {MOST_PARTS:,} parts; what follows is in the last of them"
            if fault not in self._message.faults:
                self._message.faults.append(fault)
            return
        end = max(self._body, mark.start - mark.before)
        self._end(end)
        is_last = mark.line != line
        self._close(level if is_last else level + 1, end)
        self._body = mark.end
        if not is_last:
            around = self._open[level]
            kind = "message/rfc822" if around.headers.content_type == "multipart/digest" else "text/plain"
            headers, body = self._mail.header_block(mark.end, kind)
            self._begin(headers, around.child(), body, is_encrypted=around.is_encrypted)

    def _begin(self, headers: Headers, number: str, body: int, *, is_encrypted: bool = False) -> None:
        self._body = body
        if 0 < len(headers.boundary) <= MOST_BOUNDARY and len(self._open) < MOST_DEPTH:
            is_encrypted = is_encrypted or headers.content_type == "multipart/encrypted"
            self._open.append(_Open(headers, number, body, is_encrypted))
        else:
            self._part = Part(number or "1", headers, body, body, is_encrypted)

    def _end(self, end: int) -> None:
        part, self._part = self._part, None
        if part is not None:
            self._message.parts.append(Part(part.number, part.headers, part.start, end, part.is_encrypted))

    def _close(self, level: int, end: int) -> None:
        """Leave the multiparts from a level on; one without any part is a part itself."""
        for left in self._open[level:]:
            if not left.count:
                part = Part(left.number or "1", left.headers, left.start, max(left.start, end), left.is_encrypted)
                self._message.parts.append(part)
                self._message.faults.append(f"part {part.number} states that it has parts, and none is found")
        del self._open[level:]
