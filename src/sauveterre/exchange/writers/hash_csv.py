r"""A hash list as a table that spreadsheets open harmlessly and that is read back to what it was.

UTF-8 with a byte order mark, one line an item, parted by commas. Cells of text cannot act as formulas: they get an
apostrophe before them where they would, and where they begin with one. A backslash is written ``\\``, ends of lines
``\n`` and ``\r``, a tab ``\t``, a space at either end ``\s``; the column ``escaped`` tells
readers so. ``files`` is JSON.
"""

import csv
import io
import json
import re
from collections.abc import Iterable
from typing import BinaryIO

from sauveterre.exchange.writers.hash_lists import Written, fit, hexes
from sauveterre.records.hash_list import ListedMedia

NAME = "hash_csv"

HASHES = ("md5", "sha1", "sha256", "pdq")
COLUMNS = (*HASHES, "scheme", "category", "size", "victim_identified", "offender_identified", "distributed", "series",
           "tags", "entry", "files", "escaped")  # fmt: skip
_FORMULA = re.compile(r"['=\-+@＝－＋＠]")
_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})
_OUTER = re.compile(r"\A | \Z")


def write_hash_csv(out: BinaryIO, items: Iterable[ListedMedia]) -> Written:
    """Write items in their order, in memory that does not grow; an item without a hash is left out and counted."""
    written = Written()
    out.write(b"\xef\xbb\xbf" + _line(COLUMNS))
    for item in fit(items, written, _reason):
        out.write(_line(_cells(item)))
    return written


def _reason(item: ListedMedia) -> str:
    return "" if item.hashes else "it has no hash"


def _cells(item: ListedMedia) -> list[str]:
    category = item.category
    files = json.dumps([[file.name, file.path] for file in item.files]) if item.files else ""
    return [
        *(" ".join(hexes(item, algorithm)) for algorithm in HASHES),
        text(category.scheme if category else ""),
        text(category.code if category else ""),
        "" if item.size is None else str(item.size),
        *(_flag(value) for value in (item.victim_identified, item.offender_identified, item.distributed)),
        *(text(value) for value in (item.series, item.tags, item.entry, files)),
        "true",
    ]


def text(value: str) -> str:
    """Return a text as a cell on one line that no spreadsheet takes for a formula."""
    flat = value.translate(_ESCAPES)
    flat = _OUTER.sub(r"\\s", flat)
    return f"'{flat}" if _FORMULA.match(flat.lstrip()) else flat


def _flag(value: object) -> str:
    return "" if value is None else str(value).lower()


def _line(cells: Iterable[str]) -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\r\n").writerow(cells)
    return stream.getvalue().encode("utf-8", "replace")
