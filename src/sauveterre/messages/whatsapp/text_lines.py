"""A text export as entries: a dated line with the lines that go on with it, and who wrote it."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from sauveterre.messages.database import BLOCK
from sauveterre.messages.whatsapp.text_stamps import INVISIBLE, Stamp, stamped, visible
from sauveterre.messages.whatsapp.text_wording import VERBS_WITH_COLON, Happening, happening, is_notice
from sauveterre.records.pulse import pulse

LONGEST_LINE = 1 << 18
"""Characters of one line that are kept."""
LONGEST_ENTRY = 1 << 20
_QUOTES = re.compile(r"[\"“”„«»]")
_MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


@dataclass(frozen=True, slots=True)
class Written:
    """One entry of an export."""

    line: int
    """Where it begins, counted from 1."""
    stamp: Stamp
    text: str
    """What follows date and time, with the lines that go on with it."""
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """An entry taken apart: who wrote it, or what happened."""

    sender: str
    """As written, visible characters alone; empty for a line that WhatsApp itself wrote."""
    text: str
    happened: Happening | None = None


def lines_of(stream: BinaryIO) -> Iterator[str]:
    """Yield the lines of a file, however long it is; bytes that are no text come as U+FFFD."""
    head = stream.read(BLOCK)
    name = next((name for mark, name in _MARKS.items() if head.startswith(mark)), "utf-8")
    decoder, rest, is_dropping = codecs.getincrementaldecoder(name)("replace"), "", False
    while head:
        pulse()
        *whole, rest = (rest + decoder.decode(head)).split("\n")
        for line in whole:
            if not is_dropping:
                yield line[:LONGEST_LINE].rstrip("\r")
            is_dropping = False
        if len(rest) > LONGEST_LINE:  # keep its beginning, drop the rest of it
            if not is_dropping:
                yield rest[:LONGEST_LINE]
            rest, is_dropping = "", True
        head = stream.read(BLOCK)
    rest += decoder.decode(b"", final=True)
    if rest and not is_dropping:
        yield rest[:LONGEST_LINE].rstrip("\r")


def written(lines: Iterator[str], order: str = "", others: list[int] | None = None) -> Iterator[Written]:
    """Yield the entries. A line whose date is none in ``order`` goes on with the one before.

    The numbers of lines before the first entry are put into ``others``.
    """
    begun: tuple[int, Stamp] | None = None
    parts: list[str] = []
    length = 0
    for number, line in enumerate(lines, start=1):
        found = stamped(line)
        if found is not None and (found[0].local(order) if order else any(map(found[0].local, ("dmy", "mdy", "ymd")))):
            if begun is not None:
                yield Written(*begun, "\n".join(parts), is_cut=length > LONGEST_ENTRY)
            begun, parts, length = (number, found[0]), [found[1]], len(found[1])
        elif begun is None:
            if visible(line).strip() and others is not None and len(others) < LONGEST_LINE:
                others.append(number)
        else:
            length += len(line) + 1
            if length <= LONGEST_ENTRY:
                parts.append(line)
    if begun is not None:
        yield Written(*begun, "\n".join(parts), is_cut=length > LONGEST_ENTRY)


def said(entry: Written) -> Said:
    """Take an entry apart.

    A line without ``Name: `` is WhatsApp's own. So is one whose text begins with a mark of direction, which people do
    not type, and is one of WhatsApp's wordings.
    """
    first = visible(entry.text.partition("\n")[0])
    name, colon, _ = first.partition(": ")
    if not colon and first.endswith(":"):
        name, colon = first[:-1], ":"
    quote = _QUOTES.search(first)
    is_quoted = quote is not None and quote.start() < len(name)
    if not colon or is_quoted or name.endswith(VERBS_WITH_COLON):
        happened = happening(entry.text)
        if happened is not None or not colon:
            return Said("", entry.text, happened)
    text = entry.text.partition(":")[2] if ":" not in name else _after(entry.text, name.count(":") + 1)
    text = text.removeprefix(" ")
    if text[:1] in INVISIBLE and text:
        happened = happening(text)
        if happened is not None or is_notice(text):
            return Said("", text, happened)
    return Said(name.strip(), text)


def _after(text: str, colons: int) -> str:
    for _ in range(colons):
        text = text.partition(":")[2]
    return text
