"""PDF (ISO 32000): to the end mark whose ``startxref`` leads to a cross-reference, and over later updates."""

import re

from sauveterre.evidence.carving.view import MOST_SEARCHED, Found, View, whole

NAME = "pdf"
PREFIXES = frozenset({b"%PD"})
LEAD = 0
HEAD = re.compile(rb"%PDF-[12]\.\d")

_END_MARK = b"%%EOF"
_END_OR_HEAD = re.compile(rb"%%EOF|%PDF-[12]\.")
_TAIL_BYTES = 64
_START = re.compile(rb"startxref\s+(\d{1,12})\s+$")
_TABLE = re.compile(rb"\s{0,8}(xref\b|\d{1,10} \d{1,5} obj\b)")
_LINE_END = re.compile(rb"\r\n|\n|\r|")


def suffix(view: View) -> str:  # noqa: ARG001
    """Name it as everybody does."""
    return "pdf"


def walk(view: View) -> Found | None:
    """Follow a PDF; one that is cut off does not count, as its tables come last."""
    at, end = 8, 0
    while True:
        mark, there = view.search(_END_OR_HEAD, at, width=7, end=MOST_SEARCHED)
        if not there or view.read(mark, len(_END_MARK)) != _END_MARK:
            break
        at = _line_end(view, mark + len(_END_MARK))
        start = _table_start(view, mark)
        if start is None:
            continue
        if start:
            end = at
        if not _TABLE.match(view.read(at, _TAIL_BYTES)):
            break
    return whole(end) if end else None


def _line_end(view: View, at: int) -> int:
    match = _LINE_END.match(view.read(at, 2))
    return at + (match.end() if match else 0)


def _table_start(view: View, mark: int) -> int | None:
    """Return where an end mark says the table lies, 0 in the first part of a file made for the web, None if nowhere."""
    before = max(0, mark - _TAIL_BYTES)
    match = _START.search(view.read(before, mark - before))
    if match is None:
        return None
    start = int(match[1])
    return start if start == 0 or (start < mark and _TABLE.match(view.read(start, _TAIL_BYTES))) else None
