"""Tables that leave the program as CSV (RFC 4180), in UTF-8 with a byte-order mark, which spreadsheets need.

Cells cannot act as formulas when they are opened there: see ``cell``.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence

_PHONE = re.compile(r"\+[0-9][0-9 ]{5,19}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a table with its head; every cell of the rows goes through ``cell``."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell(text) for text in row])
    return b"\xef\xbb\xbf" + stream.getvalue().encode()


def cell(text: str) -> str:
    r"""Return a text that no spreadsheet takes for a formula and that stays on one line.

    A text that begins with ``=``, ``-``, ``@`` or a tab, after spaces or not, gets an apostrophe before it; so does
    ``+``, unless it begins a phone number. Line ends are written ``\n``, other control characters ``\xNN``.
    """
    flat = text.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")
    flat = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", flat)
    first = flat.lstrip(" \u00a0")[:1]
    if (first and first in "=-@\t＝－＠＋") or (first == "+" and not _PHONE.fullmatch(flat)):
        return f"'{flat}"
    return flat
