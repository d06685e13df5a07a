"""The persons of a package as a table: one line for each statement and each row that proves it.

CSV (RFC 4180) in UTF-8 with a byte-order mark, which spreadsheets need to read accents. Cells cannot act as
formulas when opened there: see ``cell``.
"""

import csv
import io
import re
from collections.abc import Iterator
from datetime import datetime

from sauveterre.exchange.package import ASSESSMENT, FACT, Package, PackageContent, PackagePerson
from sauveterre.records.provenance import Provenance

NAME = "persons_csv"

COLUMNS = (
    *("person", "label", "statement", "basis", "service", "account", "type", "value"),
    *("group", "start", "end", "reason", "source", "path", "locator", "reader"),
)
_NO_ROW = Provenance("", "", "", "")
_PHONE = re.compile(r"\+[0-9][0-9 ]{5,19}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def persons_csv(package: Package) -> bytes:
    """Return the table. Statements: identifier, attribution, indication, role and content."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for person in package.persons:
        own = {account.stable_id for account in person.accounts}
        contents = [content for content in package.contents if content.account in own]
        for line in _lines(person, contents):
            writer.writerow([cell(text) for text in line])
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


def _lines(person: PackagePerson, contents: list[PackageContent]) -> Iterator[tuple[str, ...]]:
    for account in person.accounts:
        at = (account.service, account.stable_id)
        for stated in account.identifiers:
            details = (*at, stated.type, stated.value, "", "", "", "")
            yield from _rows(person, ("identifier", FACT), details, (stated.provenance,))
        details = (*at, "", "", "", "", "", "; ".join(person.reasons))
        yield from _rows(person, ("attribution", person.basis), details, person.rows)
    for indication in person.indications:
        value = f"{indication.country} ({indication.weight:.2f})"
        details = ("", "", indication.basis, value, "", "", "", indication.reason)
        yield from _rows(person, ("indication", ASSESSMENT), details, indication.rows)
    for role in person.roles:
        reason = "; ".join((*role.reasons, *((f"granted by {role.granted_by}",) if role.granted_by else ())))
        details = ("", role.account, role.role, role.group_title, role.group, _at(role.start), _at(role.end), reason)
        yield from _rows(person, ("role", role.basis), details, role.rows)
    for content in contents:
        details = ("", content.account, "sha256", content.sha256, content.group, "", "", "; ".join(content.lists))
        yield from _rows(person, ("content", FACT), details, content.rows)


def _rows(
    person: PackagePerson, statement: tuple[str, str], details: tuple[str, ...], rows: tuple[Provenance, ...]
) -> Iterator[tuple[str, ...]]:
    for row in rows or (_NO_ROW,):
        proof = (row.source, row.path, row.locator, row.reader)
        yield (person.key, person.label, *statement, *details, *proof)


def _at(at: datetime | None) -> str:
    return "" if at is None else at.isoformat()
