"""Matroska and WebM (RFC 9559, EBML RFC 8794): element by element to the end of the segment, stated or not."""

import re

from sauveterre.evidence.carving.view import LEAST_CUT, Found, View, cut_off, whole

NAME = "matroska"
PREFIXES = frozenset({b"\x1aE\xdf"})
LEAD = 0
HEAD = re.compile(rb"\x1aE\xdf\xa3")

_SEGMENT, _TRACKS, _CLUSTER = 0x18538067, 0x1654AE6B, 0x1F43B675
_IN_SEGMENT = frozenset(
    {_TRACKS, _CLUSTER, 0x114D9B74, 0x1549A966, 0x1C53BB6B, 0x1941A469, 0x1043A770, 0x1254C367, 0xEC, 0xBF}
)
_IN_CLUSTER = frozenset({0xE7, 0xA3, 0xA0, 0xA7, 0xAB, 0x5854, 0xAF, 0xEC, 0xBF})
_KINDS = {b"webm": "webm", b"matroska": "mkv"}
_MOST_HEAD = 1024


def suffix(view: View) -> str:
    """Name it by what its header calls it."""
    return _KINDS.get(_kind(view)[0], "mkv")


def walk(view: View) -> Found | None:
    """Follow a film; one that is cut off counts from 1 KiB of its first cluster on."""
    kind, at = _kind(view)
    identity, start, size = _element(view, at)
    if kind not in _KINDS or identity != _SEGMENT:
        return None
    last = view.size if size is None else start + size
    at, seen, cluster = start, set[int](), 0
    while at < min(last, view.size):
        identity, start, length = _element(view, at)
        if identity not in _IN_SEGMENT or (length is None and identity != _CLUSTER):
            break
        end = _cluster_end(view, start) if length is None else start + length
        if identity == _CLUSTER:
            cluster = cluster or start
        if end > min(last, view.size):
            return _cut(min(end, last, view.size), at, cluster) if _TRACKS in seen else None
        seen.add(identity)
        at = end
    if not {_TRACKS, _CLUSTER} <= seen:
        return None
    if size is None:
        return whole(at) if at - cluster >= LEAST_CUT else None
    return whole(at) if at == last else _cut(at, at, cluster)


def _cut(end: int, sure: int, cluster: int) -> Found | None:
    return cut_off(end, sure) if cluster and end - cluster >= LEAST_CUT else None


def _kind(view: View) -> tuple[bytes, int]:
    """Return what the header calls the file, and where the header ends."""
    _, start, size = _element(view, 0)
    if size is None or size > _MOST_HEAD:
        return b"", 0
    head = view.read(start, size)
    at = head.find(b"\x42\x82")
    length = head[at + 2] & 0x7F if 0 <= at < len(head) - 2 else 0
    return head[at + 3 : at + 3 + length], start + size


def _element(view: View, at: int) -> tuple[int, int, int | None]:
    """Return an element's identity (0 for none), where its content starts, and its size; None is unknown."""
    head = view.read(at, 12)
    width = 9 - head[0].bit_length() if head else 9
    if width > 4 or len(head) <= width:
        return 0, at, None
    identity, rest = int.from_bytes(head[:width], "big"), head[width:]
    bits = 9 - rest[0].bit_length()
    if bits > 8 or len(rest) < bits:
        return 0, at, None
    value = int.from_bytes(rest[:bits], "big") & (1 << 7 * bits) - 1
    return identity, at + width + bits, None if value == (1 << 7 * bits) - 1 else value


def _cluster_end(view: View, at: int) -> int:
    """Return where a cluster that does not state its size ends: at the first element that is none of its own."""
    while at < view.size:
        identity, start, size = _element(view, at)
        if identity not in _IN_CLUSTER or size is None or start + size > view.size:
            break
        at = start + size
    return at
