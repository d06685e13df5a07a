"""An export while it is read, and one row of it while it becomes records.

Remembered are tables only: which accounts and names have been told. Messages pass through.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from posixpath import dirname, join, normpath
from typing import Any

from sauveterre.messages.exports.json_items import Path, pointer
from sauveterre.messages.signal.links import links_in, safe_link, safe_text
from sauveterre.records.account import Account, AccountIdentifier
from sauveterre.records.message import Link
from sauveterre.records.message_reader import MessageRecord
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance
from sauveterre.records.tree import Tree

MOST_REMEMBERED = 200_000
"""Of what was told already; beyond, the table starts anew and rows may repeat an account."""
LONGEST_ID = 250
LONGEST_RAW = 40
CHUNK = 1 << 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(milliseconds: object) -> datetime | None:
    """Return Unix milliseconds as a time in UTC; None for anything else, for none, and beyond the year 9999."""
    if not isinstance(milliseconds, int) or isinstance(milliseconds, bool) or milliseconds <= 0:
        return None
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None


def text_of(row: object, name: str) -> str:
    """Return a member of a JSON object that is text; empty for anything else."""
    value = row.get(name) if isinstance(row, dict) else None
    return value if isinstance(value, str) else ""


def number_of(row: object, name: str) -> int | None:
    """Return a member of a JSON object that is a whole number of at most 64 bits; None for anything else."""
    value = row.get(name) if isinstance(row, dict) else None
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if abs(value) < 1 << 63 else None


def list_of(row: object, name: str) -> list[Any]:
    """Return a member of a JSON object that is an array; empty for anything else."""
    value = row.get(name) if isinstance(row, dict) else None
    return value if isinstance(value, list) else []


def map_of(row: object, name: str) -> dict[str, Any]:
    """Return a member of a JSON object that is an object itself; empty for anything else."""
    value = row.get(name) if isinstance(row, dict) else None
    return value if isinstance(value, dict) else {}


def bounded(identifier: str) -> str:
    """Return an identifier, shortened by its own digest where it is too long for one."""
    if len(identifier) <= LONGEST_ID:
        return identifier
    return f"{identifier[:200]}…{hashlib.sha256(identifier.encode('utf-8', 'backslashreplace')).hexdigest()[:16]}"


def digest_of(tree: Tree, path: str) -> str:
    """Return SHA-256 of a file, lowercase hex; raise ``UnreadableSource`` when it cannot be opened."""
    digest = hashlib.sha256()
    with tree.open(path) as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


@dataclass(slots=True)
class Export:
    """One file of an export, and what was told from it."""

    service: str
    reader: str
    path: str
    """Of the file, in the tree."""
    digest: str
    owner: str | None = None
    """``Account.stable_id`` of the one who made the export, where the file states it."""
    files: frozenset[str] = frozenset()
    """Paths in the tree of the files that lie in the export's folder."""
    told: set[object] = field(default_factory=set)
    complained: set[str] = field(default_factory=set)

    def is_new(self, what: object) -> bool:
        """Say whether this has not been told yet, and remember it."""
        if what in self.told:
            return False
        if len(self.told) >= MOST_REMEMBERED:
            self.told.clear()
        self.told.add(what)
        return True

    def file(self, name: str) -> str | None:
        """Return the name of a file of the export's own folder as an entry's path; None where it is not there."""
        name = normpath(name)
        return name if join(dirname(self.path), name) in self.files else None

    def row(self, path: Path, unit: str = "") -> "Row":
        """Return a row at a place in the file: a JSON pointer, or what ``unit`` says."""
        return Row(self, unit or pointer(path))


class Row:
    """One row while it becomes records."""

    def __init__(self, export: Export, locator: str) -> None:
        """Begin with no records."""
        self.export = export
        self.locator = locator
        self.records: list[MessageRecord] = []

    def provenance(self, inner: str = "") -> Provenance:
        """Say where this row (and what in it) lies."""
        locator = f"{self.locator}{inner}"
        return Provenance(f"sha256:{self.export.digest}", self.export.path, locator, self.export.reader)

    def add(self, record: MessageRecord) -> None:
        """Write one record."""
        self.records.append(record)

    def problem(self, what: str) -> None:
        """Write one thing that could not be read."""
        self.add(Problem(self.provenance(), what))

    def problem_once(self, key: str, what: str) -> None:
        """Write a problem the first time that it shows."""
        if key not in self.export.complained and len(self.export.complained) < MOST_REMEMBERED:
            self.export.complained.add(key)
            self.problem(what)

    def account(self, stable_id: str) -> str:
        """Make sure that an account has been told, and return its identifier."""
        stable_id = bounded(stable_id)
        if self.export.is_new(stable_id):
            is_owner = stable_id == self.export.owner or stable_id.startswith("self:")
            self.add(Account(self.export.service, stable_id, is_owner, self.provenance()))
        return stable_id

    def identifier(self, account: str, kind: str, value: str, since: datetime | None = None) -> None:
        """Write an identifier that this row states, unless it is empty or was told with the same time."""
        value = safe_text(value.strip())
        if value and self.export.is_new((account, kind, bounded(value), since)):
            self.add(AccountIdentifier(account, kind, value, self.provenance(), since))

    def named(self, name: str) -> str:
        """Return the account of somebody of whom the export states a display name only."""
        account = self.account(f"name:{self.export.digest}:{name}")
        self.identifier(account, "display_name", name)
        return account

    def links(self, message: str, text: str, addresses: Iterable[str] = ()) -> None:
        """Write the links of a text, and further addresses that stand behind words of it, each once."""
        found = [*links_in(text), *(safe_link(address) for address in addresses if address)]
        for link in dict.fromkeys(found):
            kind = "group_invite" if link.is_invitation else "text"
            self.add(Link(message, link.url, kind, self.provenance(), link.group, link.credential))


def raw(value: object) -> str:
    """Return a stored time as it stands, cut to what a time can need."""
    return "" if value is None else str(value)[:LONGEST_RAW]
