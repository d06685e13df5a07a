"""The persons of a package as a table: one line for each statement and each row that proves it."""

from collections.abc import Iterator
from datetime import datetime

from sauveterre.exchange.cells import table
from sauveterre.exchange.package import ASSESSMENT, FACT, Package, PackageContent, PackagePerson
from sauveterre.records.provenance import Provenance

NAME = "persons_csv"

COLUMNS = (
    *("person", "label", "statement", "basis", "service", "account", "type", "value"),
    *("group", "start", "end", "reason", "source", "path", "locator", "reader"),
)
_NO_ROW = Provenance("", "", "", "")


def persons_csv(package: Package) -> bytes:
    """Return the table. Statements: identifier, attribution, indication, role and content."""
    return table(COLUMNS, _every_line(package))


def _every_line(package: Package) -> Iterator[tuple[str, ...]]:
    for person in package.persons:
        own = {account.stable_id for account in person.accounts}
        yield from _lines(person, [content for content in package.contents if content.account in own])


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
