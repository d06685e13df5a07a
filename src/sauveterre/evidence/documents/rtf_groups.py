"""Pictures and objects in rich text (RTF 1.9.1): groups of hexadecimal digits, or of raw bytes after ``bin``."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sauveterre.records.pulse import pulse

_OPENING = re.compile(rb"\\(pict|objdata)(?![a-z])")
_TOKEN = re.compile(rb"\\bin(\d{0,10}) ?|\\([a-z]+)(-?\d{0,10}) ?|\\[^a-z]|[{}]|[^\\{}]+")
_NO_DIGIT = re.compile(rb"[^0-9a-fA-F]+")
_SUFFIXES = {
    b"jpegblip": "jpg", b"pngblip": "png", b"emfblip": "emf", b"wmetafile": "wmf", b"dibitmap": "dib",
    b"wbitmap": "bin", b"macpict": "pict",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """A picture or an object."""

    at: int
    end: int
    suffix: str
    """Empty for an object."""
    data: bytes


def groups_in(text: bytes) -> Iterator[Group]:
    """Yield all pictures and objects, in their order. One whose group does not end reaches to the end of the text."""
    at = 0
    while (hit := _OPENING.search(text, at)) is not None:
        pulse()
        group = _group(text, hit.end(), is_picture=hit.group(1) == b"pict")
        yield group
        at = group.end


def _group(text: bytes, at: int, *, is_picture: bool) -> Group:
    start, depth = at, 0
    parts: list[bytes] = []
    suffix = "bin" if is_picture else ""
    while depth >= 0 and (token := _TOKEN.match(text, at)) is not None:
        at = token.end()
        word = token.group()
        if word == b"{":
            depth += 1
        elif word == b"}":
            depth -= 1
        elif token.group(1) is not None:
            raw = int(token.group(1) or 0)
            parts += [text[at : at + raw].hex().encode()] if not depth else []
            at += raw
        elif token.group(2) is not None:
            suffix = _SUFFIXES.get(token.group(2), suffix) if is_picture and not depth else suffix
        elif not depth and not word.startswith(b"\\"):
            parts.append(_NO_DIGIT.sub(b"", word))
    digits = b"".join(parts)
    return Group(start, max(at, start), suffix, bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii")))


def native_of(data: bytes) -> tuple[str, bytes]:
    """Return the class of an object of OLE 1 and what it holds ([MS-OLEDS] 2.2.5); all of it where it is none."""
    at = 8
    name = b""
    for nth in range(3):
        size = int.from_bytes(data[at : at + 4], "little")
        if at + 4 + size > len(data):
            return "", data
        name = name if nth else data[at + 4 : at + 4 + size].rstrip(b"\0")
        at += 4 + size
    size = int.from_bytes(data[at : at + 4], "little")
    if size == 0 or at + 4 + size > len(data):
        return "", data
    return name.decode("latin-1"), data[at + 4 : at + 4 + size]
