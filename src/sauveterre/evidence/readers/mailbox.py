"""Mail: mailboxes (mbox in all its dialects) and single messages (``.eml``); every part of every message is an entry.

Bodies, attachments and inline pictures alike, under the message they belong to. A message inside a message is a source
of its own. Nothing is kept but offsets, so a mailbox may have any size.
"""

import os
import re
from collections.abc import Iterator
from typing import BinaryIO, Self

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.bounded import bounded
from sauveterre.evidence.container import check_count, refuse
from sauveterre.evidence.content import Blocks, Window
from sauveterre.evidence.mail_headers import HEADER_LINE, read_headers
from sauveterre.evidence.mail_structure import FROM, MailMessage, MailStructure, Part
from sauveterre.evidence.transfer import AS_IT_IS, from_base64, from_quoted_printable
from sauveterre.records.entry import Entry, EntryKind, display_path
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance
from sauveterre.records.reader import Origin

NAME = "mailbox"
VERSION = 1

NAME_CHARACTERS = 100
"""Most characters of a subject or file name that go into a path."""
MOST_PROBLEMS = 1_000
_BOM = b"\xef\xbb\xbf"
_BLANK = re.compile(rb"\r?\n\r?\n")
_KNOWN = frozenset(
    ("from", "to", "date", "subject", "received", "message-id", "mime-version", "return-path", "delivered-to")
)
_PROOF = frozenset(("received", "message-id", "mime-version"))
_LOCATOR = re.compile(r"message ([0-9]{1,18}) part ([0-9.]{1,300}) offset ([0-9]{1,18})")
_SUFFIXES = {
    "text/plain": "txt", "text/html": "html", "text/calendar": "ics", "text/vcard": "vcf", "message/rfc822": "eml",
    "image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp", "image/heic": "heic",
    "video/mp4": "mp4", "video/quicktime": "mov", "application/pdf": "pdf", "application/zip": "zip",
}  # fmt: skip
_MESSAGES = frozenset(("message/rfc822", "message/global"))
_SMIME = frozenset(("application/pkcs7-mime", "application/x-pkcs7-mime"))


def recognises(peek: Peek) -> bool:
    """Say whether the first lines are the headers of a mail, with or without the ``From `` line of a mailbox."""
    head = peek.head.removeprefix(_BOM)
    if peek.is_folder or not (head.startswith(FROM) or HEADER_LINE.match(head)):
        return False
    if head.startswith(FROM):
        head = head.partition(b"\n")[2]
        return len(_names(head) & _KNOWN) > 1
    names = _names(head)
    if peek.name.lower().endswith(b".eml"):
        return len(names & _KNOWN) > 1
    return {"from", "date"} <= names and bool(names & _PROOF)


def open(origin: Origin, limits: Limits) -> "Mailbox":
    """Open a mailbox or a single message; nothing but its first lines is read."""
    if origin.stream is None:
        raise UnreadableSource(f"{origin.identity} is a folder; open it with the directory reader")
    size = origin.stream.seek(0, os.SEEK_END)
    head = Window(origin.identity, origin.stream, 0, size).read(len(_BOM) + 1_000)
    if not (head.startswith(FROM) or HEADER_LINE.match(head.removeprefix(_BOM))):
        raise UnreadableSource(f"{origin.identity} does not begin with the headers of a mail; read it as what it is")
    return Mailbox(origin.stream, size, head, origin.identity, limits)


class Mailbox:
    """An opened mailbox or message."""

    def __init__(self, stream: BinaryIO, size: int, head: bytes, identity: str, limits: Limits) -> None:
        """Take the first bytes to tell a mailbox from a single message."""
        self.problems: list[Problem] = []
        self._stream = stream
        self._identity = identity
        self._limits = limits
        self._start = len(_BOM) if head.startswith(_BOM) else 0
        view = Window(identity, stream, 0, size)
        self._mail = MailStructure(view, size, is_mailbox=head.startswith(FROM))
        self._last: MailMessage | None = None

    def entries(self) -> Iterator[Entry]:
        """List every part of every message, in the order of the mailbox."""
        self.problems.clear()
        count = 0
        for message in self._mail.messages(self._start):
            self._tell(message)
            for part in message.parts:
                check_count(count, self._identity, self._limits)
                count += 1
                yield self._entry(message, part)
        if self._mail.damage:
            self._problem("", f"the mailbox is damaged: {self._mail.damage}")

    def entry_at(self, locator: str) -> Entry:
        """Return the entry with this locator; raise ``UnreadableSource`` when there is none."""
        return self._entry(*self._found(locator))

    def open(self, entry: Entry) -> BinaryIO:
        """Open a part's content, decoded."""
        refuse(entry)
        message, part = self._found(entry.locator)
        name = display_path(_path(message, part))
        packed = Window(name, self._stream, part.start, part.end - part.start, most=self._limits.entry_bytes)
        match part.headers.encoding:
            case "base64":
                blocks = from_base64(packed, name=name)
            case "quoted-printable":
                blocks = from_quoted_printable(packed)
            case _:
                return packed
        return Blocks(name, bounded(blocks, name=name, limits=self._limits, consumed=packed.tell))

    def close(self) -> None:
        """Hold nothing: the stream stays with whoever opened it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _found(self, locator: str) -> tuple[MailMessage, Part]:
        """Find a part again. The last message is remembered, as its parts are asked for one after another."""
        found = _LOCATOR.fullmatch(locator)
        if found is not None and int(found[3]) < self._mail.size:
            number, start = int(found[1]), int(found[3])
            if self._last is None or (self._last.number, self._last.start) != (number, start):
                self._last = self._mail.message(start, number)
            for part in self._last.parts:
                if part.number == found[2]:
                    return self._last, part
        raise UnreadableSource(
            f"{self._identity} holds nothing at {locator!r}; it is not the source that was listed, list it again"
        )

    def _entry(self, message: MailMessage, part: Part) -> Entry:
        path = _path(message, part)
        locator = f"message {message.number} part {part.number} offset {message.start}"
        headers = part.headers
        return Entry(
            path=path,
            size=part.end - part.start if headers.encoding in AS_IT_IS else None,
            locator=locator,
            kind=EntryKind.FILE,
            allocated=True,
            modified=message.headers.date,
            provenance=Provenance(self._identity, display_path(path), locator, NAME),
            opens=NAME if headers.content_type in _MESSAGES and part.end > part.start else "",
            note=_note(part),
        )

    def _tell(self, message: MailMessage) -> None:
        if not message.faults or len(self.problems) > MOST_PROBLEMS:
            return
        locator = f"message {message.number} offset {message.start}"
        what = f"message {message.number}: {'; '.join(message.faults[:3])}"
        if len(self.problems) == MOST_PROBLEMS:
            what = f"more than {MOST_PROBLEMS:,} messages are damaged; from message {message.number} on none is told"
        self._problem(locator, what)

    def _problem(self, locator: str, what: str) -> None:
        self.problems.append(Problem(Provenance(self._identity, "", locator, NAME), what))


def _names(head: bytes) -> frozenset[str]:
    """Return the names of the headers in a first block; none where it is not a block of headers and nothing else."""
    block = _BLANK.split(head, maxsplit=1)[0]
    lines = block.split(b"\n")
    if not all(HEADER_LINE.match(line) or line[:1] in (b" ", b"\t", b">") for line in lines):
        return frozenset()
    return read_headers(block).names


def _path(message: MailMessage, part: Part) -> bytes:
    """Return ``00012 SUBJECT/NAME``; what has no name is called by its number and type."""
    about = message.headers.subject or message.headers.message_id or "without a subject"
    suffix = _SUFFIXES.get(part.headers.content_type, "bin")
    name = part.headers.filename or f"part-{part.number}.{suffix}"
    return b"%05d %s/%s" % (message.number, _segment(about), _segment(name))


def _segment(text: str) -> bytes:
    """Return text as one segment of a path; bytes that were no text are what they were."""
    plain = "".join("_" if char == "/" or char < " " or char == "\x7f" else char for char in text[:NAME_CHARACTERS])
    try:
        return plain.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return plain.encode("utf-8", "backslashreplace")


def _note(part: Part) -> str:
    headers = part.headers
    if part.is_encrypted or (headers.content_type in _SMIME and headers.smime_type in ("", "enveloped-data")):
        return "is encrypted for its recipient (S/MIME or OpenPGP); decrypt it in the mail program that holds the key"
    if headers.content_type in _SMIME:
        return f"is wrapped as S/MIME {headers.smime_type[:40]}, which is not unpacked; its content lies inside"
    if headers.content_type == "application/ms-tnef" or headers.filename.lower() == "winmail.dat":
        return "is an envelope of Outlook (TNEF), which is not unpacked; it may hold further attachments"
    if headers.encoding not in AS_IT_IS | {"base64", "quoted-printable"}:
        return f"is encoded by {headers.encoding[:40]!r}, which is not known; its bytes come as they are stored"
    return ""
