"""Lists that come as tables: text with a head that names the columns, parted by commas, semicolons or tabs.

Names of columns are compared without case, spaces and punctuation. Bytes that are not UTF-8 are shown as U+FFFD.
"""

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from sauveterre.errors import MalformedList
from sauveterre.matching.lines import lines_of

MOST_BYTES_IN_ONE_LINE = 1 << 16
MOST_LINES_IN_ONE_ROW = 16
_DELIMITERS = ",;\t"
csv.field_size_limit(1 << 24)  # lines are bounded before their cells are


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the number of its first line, and its cells by the plain name of their column (None: unfit)."""

    line: int
    cells: dict[str, str] | None
    what: str = ""
    """Why it is unfit, or what is odd about it; empty where nothing is."""


def plain_name(text: str) -> str:
    """Return the name of a column without case, spaces and punctuation."""
    return "".join(letter for letter in text.lower() if letter.isalnum())


def columns_of(head: bytes) -> tuple[str, ...]:
    """Return the plain names of the columns that the first line of a list names, however it parts them."""
    first = head.removeprefix(codecs.BOM_UTF8).partition(b"\n")[0]
    return _parted(first)[1]


def rows_of(
    stream: BinaryIO, name: str, needed: frozenset[str], *, most: int = MOST_BYTES_IN_ONE_LINE
) -> Iterator[Row]:
    """Yield the rows behind the head, in memory that does not grow; empty lines are passed over.

    A quoted cell may run over up to 16 lines; a quote that is not closed by then is taken as a character. Raises
    ``MalformedList`` where the head is missing or names none of the columns that are needed.
    """
    lines = lines_of(stream, most)
    _, head = next(lines, (1, None))
    delimiter, columns = _parted(head or b"")
    if not needed & set(columns):
        raise MalformedList(
            f"{name}: its first line names none of the columns {', '.join(sorted(needed))}; "
            "look whether this is another format, or add the line with their names"
        )
    for number, text in _joined(lines):
        if text is None:
            yield Row(number, None, f"the line is longer than {most:,} bytes: not read")
        elif text.strip():
            yield _row(number, text, delimiter, columns)


def _parted(head: bytes) -> tuple[str, tuple[str, ...]]:
    text = head.decode("utf-8", "replace").strip()
    delimiter = max(_DELIMITERS, key=text.count)
    return delimiter, tuple(plain_name(cell) for cell in _cells(text, delimiter))


def _cells(text: str, delimiter: str) -> list[str]:
    """Return the cells of a row; where its quotes are not to be understood, the quotes are characters."""
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return text.rstrip("\r\n").split(delimiter)


def _row(number: int, text: str, delimiter: str, columns: tuple[str, ...]) -> Row:
    cells = _cells(text, delimiter)
    what = ""
    if len(cells) != len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        what = f"the row has {len(cells)} cells and the head names {len(columns)}: the others were left out"
    found = dict.fromkeys(columns, "")
    for name, cell in zip(columns, cells, strict=False):
        found[name] = found[name] or cell.strip(" \t\r\n")
    return Row(number, found, what)


def _joined(lines: Iterator[tuple[int, bytes | None]]) -> Iterator[tuple[int, str | None]]:
    """Yield the lines, those that one quoted cell runs over as one."""
    waiting: list[tuple[int, bytes | None]] = []
    while waiting or (waiting := [*_next(lines)]):
        number, line = waiting.pop(0)
        if line is None or line.count(b'"') % 2 == 0:
            yield number, None if line is None else line.decode("utf-8", "replace")
            continue
        taken, whole = 0, line
        while taken < MOST_LINES_IN_ONE_ROW and whole.count(b'"') % 2:
            if taken == len(waiting):
                waiting.extend(_next(lines))
            if taken == len(waiting) or (more := waiting[taken][1]) is None:
                break
            whole += more
            taken += 1
        if whole.count(b'"') % 2 == 0:
            del waiting[:taken]
            line = whole
        yield number, line.decode("utf-8", "replace")


def _next(lines: Iterator[tuple[int, bytes | None]]) -> Iterator[tuple[int, bytes | None]]:
    following = next(lines, None)
    if following is not None:
        yield following


def flag(text: str) -> bool | None:
    """Return yes or no as lists write them; None for what is neither."""
    return {"1": True, "true": True, "yes": True, "y": True, "0": False, "false": False, "no": False, "n": False}.get(
        text.strip().lower()
    )


def whole(text: str) -> int | None:
    """Return a whole number that is not negative and fits 64 bits; None for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 19 else None
