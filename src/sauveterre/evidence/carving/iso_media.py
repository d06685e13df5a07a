"""ISO base media files (ISO/IEC 14496-12): HEIC, HEIF, AVIF, MP4, QuickTime, 3GP and their kin, box by box.

A film needs its index (``moov``) and its data, a picture its ``meta`` and its data, in any order. Sizes may have 64
bits.
"""

import re

from sauveterre.evidence.carving.view import LEAST_CUT, Found, View, cut_off, whole

NAME = "iso_media"
PREFIXES = frozenset({b"fty"})
LEAD = 4
HEAD = re.compile(rb"\x00\x00[\x00\x01].ftyp", re.DOTALL)

_OUTER = frozenset(
    b"ftyp pdin moov moof mfra mdat free skip wide udta meta uuid styp sidx ssix prft emsg "
    b"junk pnot PICT sefd mpvd".split()
)
_DATA = frozenset({b"mdat", b"idat"})
_HOLDS = {
    b"moov": frozenset({b"mvhd", b"cmov"}),
    b"moof": frozenset({b"mfhd"}),
    b"meta": frozenset({b"hdlr"}),
}
"""What a box must hold, one of them."""
_NOTED = _DATA.union(*_HOLDS.values())
_MOST_BRANDS = 64
_SUFFIXES = {
    b"qt  ": "mov", b"crx ": "cr3", b"M4A ": "m4a", b"M4B ": "m4a", b"M4V ": "m4v", b"avif": "avif", b"avis": "avif",
    b"heic": "heic", b"heix": "heic", b"heim": "heic", b"heis": "heic", b"hevc": "heic", b"hevx": "heic",
}  # fmt: skip
_GENERIC = frozenset({b"mif1", b"msf1"})


def suffix(view: View) -> str:
    """Name it by its major brand; a picture of no major brand by the first brand that says more."""
    brands = _brands(view) or [b""]
    if brands[0] in _GENERIC:
        return next((_SUFFIXES[brand] for brand in brands if brand in _SUFFIXES), "heif")
    if brands[0].startswith((b"3gp", b"3gr", b"3gs", b"3ge")):
        return "3gp"
    return "3g2" if brands[0].startswith(b"3g2") else _SUFFIXES.get(brands[0], "mp4")


def walk(view: View) -> Found | None:
    """Follow the outer boxes. One that is cut off counts where its index comes first, from 1 KiB of its data on."""
    if not _brands(view):
        return None
    at, seen = 0, set[bytes]()
    while True:
        kind, start, end = _box(view, at, view.size)
        if kind not in _OUTER or (kind == b"ftyp" and at):
            break
        if end > view.size or end == at:
            return _cut(view, kind, start, end, seen)
        if not _is_sound(view, kind, start, end, seen):
            break
        seen.add(kind)
        at = end
    return whole(at) if _is_indexed(seen) and seen & _DATA else None


def _cut(view: View, kind: bytes, start: int, end: int, seen: set[bytes]) -> Found | None:
    """Return a file whose last box reaches past the medium, or does not say how far it reaches."""
    end = min(end, view.size) if end > start else view.size
    useful = _is_indexed(seen) and (kind in _DATA or seen & _DATA)
    return cut_off(end, start) if useful and end - start >= LEAST_CUT else None


def _brands(view: View) -> list[bytes]:
    """Return the brands of the first box, the major one first; nothing when it is no such box."""
    size = int.from_bytes(view.read(0, 4), "big")
    body = view.read(8, size - 8) if 16 <= size <= 16 + 4 * _MOST_BRANDS else b""
    brands = [body[:4], *(body[at : at + 4] for at in range(8, len(body), 4))]
    sound = len(body) >= 8 and len(body) % 4 == 0 and all(_is_name(brand) for brand in brands if any(brand))
    return brands if sound and any(brands[0]) else []


def _is_name(kind: bytes) -> bool:
    return len(kind) == 4 and all(0x20 <= octet < 0x7F or octet == 0xA9 for octet in kind)


def _box(view: View, at: int, last: int) -> tuple[bytes, int, int]:
    """Return a box's type and where its content starts and ends; no type where there is none.

    A box that reaches to the end of its file, which does not say where that is, ends where it begins.
    """
    head = view.read(at, min(16, last - at))
    size, kind, start = int.from_bytes(head[:4], "big"), head[4:8], at + 8
    if size == 1 and len(head) == 16:
        size, start = int.from_bytes(head[8:], "big"), at + 16
    if not _is_name(kind) or 0 < size < start - at:
        return b"", at, at
    return kind, start, at + size


def _is_sound(view: View, kind: bytes, start: int, end: int, seen: set[bytes]) -> bool:
    """Say whether a box holds what it should; note data that lies in a ``meta``."""
    if kind not in _HOLDS:
        return True
    inside = _children(view, start + 4 if kind == b"meta" else start, end)
    seen.update(inside & _DATA)
    return not inside.isdisjoint(_HOLDS[kind])


def _children(view: View, at: int, last: int) -> set[bytes]:
    """Return which boxes of note lie in one; none when its boxes do not fill it."""
    inside = set[bytes]()
    while at < last:
        kind, _, end = _box(view, at, last)
        if not kind or not at < end <= last:
            return set()
        inside.update({kind} & _NOTED)
        at = end
    return inside


def _is_indexed(seen: set[bytes]) -> bool:
    return b"moov" in seen or b"meta" in seen
