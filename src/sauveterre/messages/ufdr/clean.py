"""The text of a report as XML allows it: reports hold control characters, references to them, and bare ampersands.

What is forbidden becomes U+FFFD, a bare ampersand (and so every entity that is not XML's own) becomes one that is
escaped; inside CDATA an ampersand is an ampersand and stays.
"""

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

BLOCK = 1 << 16
_OPENS, _CLOSES = "<![CDATA[", "]]>"
_FORBIDDEN = dict.fromkeys((*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0xFFFE, 0xFFFF), "\N{REPLACEMENT CHARACTER}")
_AMPERSAND = re.compile(r"&(?:#(?:[xX]([0-9A-Fa-f]{1,8})|([0-9]{1,10}));|((?:amp|lt|gt|quot|apos);))?")
_LONGEST = 14
"""Most characters of a reference, and more than of a mark of CDATA: so many may have to wait for the next block."""
_TAIL = re.compile(r"(?:&[#0-9A-Za-z]{0,12}|<(?:!(?:\[(?:C(?:D(?:A(?:T(?:A)?)?)?)?)?)?)?|\]{1,2})\Z")


def clean_text(stream: BinaryIO) -> Iterator[str]:
    """Yield the text of a report in pieces; UTF-8, or UTF-16 with its mark. No reference is cut in two."""
    cleaner = _Cleaner()
    head = stream.read(BLOCK)
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    decoder = codecs.getincrementaldecoder("utf-16" if wide else "utf-8-sig")("replace")
    block = head
    while block:
        yield cleaner.cleaned(decoder.decode(block))
        block = stream.read(BLOCK)
    yield cleaner.cleaned(decoder.decode(b"", final=True), is_last=True)


class _Cleaner:
    """Remembers, from block to block, whether the text is inside CDATA and what of its end is undecided."""

    def __init__(self) -> None:
        self._inside = False
        self._held = ""

    def cleaned(self, text: str, *, is_last: bool = False) -> str:
        text, self._held = self._held + text.translate(_FORBIDDEN), ""
        tail = None if is_last else _TAIL.search(text, max(0, len(text) - _LONGEST))
        if tail is not None:
            text, self._held = text[: tail.start()], text[tail.start() :]
        pieces, at = [], 0
        while at < len(text):
            mark = _CLOSES if self._inside else _OPENS
            end = text.find(mark, at)
            stop = len(text) if end < 0 else end + len(mark)
            piece = text[at:stop]
            pieces.append(piece if self._inside or "&" not in piece else _AMPERSAND.sub(_allowed, piece))
            self._inside ^= end >= 0
            at = stop
        return "".join(pieces)


def _allowed(found: re.Match[str]) -> str:
    if found[3]:
        return found[0]
    if not (found[1] or found[2]):
        return "&amp;"
    code = int(found[1], 16) if found[1] else int(found[2])
    is_character = code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000
    return found[0] if is_character else "\N{REPLACEMENT CHARACTER}"
