"""RIFF: WebP (still, animated, lossy, lossless), AVI (OpenDML too) and WAVE, chunk by chunk to the stated end."""

import re
from dataclasses import dataclass

from sauveterre.evidence.carving.view import LEAST_CUT, Found, View, cut_off, whole

NAME = "riff"
PREFIXES = frozenset({b"RIF"})
LEAD = 0
HEAD = re.compile(rb"RIFF.{4}(WEBP|AVI |WAVE)", re.DOTALL)

_VP8_START = b"\x9d\x01\x2a"
_VP8L_START = b"\x2f"


@dataclass(frozen=True, slots=True)
class _Form:
    """One kind of RIFF."""

    suffix: str
    first: frozenset[bytes]
    """What its first chunk may be."""
    content: frozenset[bytes]
    """The chunks that make it worth something."""


_FORMS = {
    b"WEBP": _Form("webp", frozenset({b"VP8 ", b"VP8L", b"VP8X"}), frozenset({b"VP8 ", b"VP8L", b"ANMF"})),
    b"AVI ": _Form("avi", frozenset({b"hdrl"}), frozenset({b"movi"})),
    b"WAVE": _Form("wav", frozenset({b"fmt ", b"JUNK", b"bext", b"ds64"}), frozenset({b"data"})),
}


def suffix(view: View) -> str:
    """Name it by its form."""
    return _FORMS[view.read(8, 4)].suffix


def walk(view: View) -> Found | None:
    """Follow a RIFF; one that is cut off counts from 1 KiB of its content on."""
    form = _FORMS[view.read(8, 4)]
    end, content, sound = _chunks(view, 0, form)
    if not content:
        return None
    if not sound:
        end = min(end, view.size)
        return cut_off(end, content) if end - content >= LEAST_CUT else None
    while view.read(end, 4) == b"RIFF" and view.read(end + 8, 4) == b"AVIX":
        following, _, sound = _chunks(view, end, _Form("", frozenset({b"movi"}), frozenset({b"movi"})))
        if not sound:
            return cut_off(min(following, view.size), end)
        end = following
    return whole(end)


def _chunks(view: View, start: int, form: _Form) -> tuple[int, int, bool]:
    """Follow the chunks: where they end or break, where the content begins (0: nowhere), and whether all is sound."""
    last = start + 8 + int.from_bytes(view.read(start + 4, 4), "little")
    at, content = start + 12, 0
    while at < last:
        kind, length = _head(view, at)
        if not kind or (at == start + 12 and not (kind in form.first and _is_picture(view, at, kind))):
            return at, content, False
        if kind in form.content:
            content = content or at + 8
        end = at + 8 + length
        if end > last or end > view.size:
            return min(end, last), content, False
        at = end + (length & 1)
    return last, content, last <= view.size


def _head(view: View, at: int) -> tuple[bytes, int]:
    """Return a chunk's type (of a list, what it is a list of) and length; an empty type where there is none."""
    head = view.read(at, 12)
    kind, length = head[:4], int.from_bytes(head[4:8], "little")
    if kind == b"LIST":
        kind = head[8:12]
    return (kind if len(head) >= 8 and kind.isascii() and kind.decode().isprintable() else b""), length


def _is_picture(view: View, at: int, kind: bytes) -> bool:
    """Say whether a WebP's picture begins as the bit stream does; other chunks have nothing to tell it by."""
    if kind == b"VP8 ":
        return view.read(at + 11, 3) == _VP8_START
    return kind != b"VP8L" or view.read(at + 8, 1) == _VP8L_START
