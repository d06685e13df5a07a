"""One database of Signal for Android while it is read: where its rows lie, and what is remembered of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sauveterre.messages.database import Row
from sauveterre.messages.signal.android.tables import FRAME, Tables, number, text
from sauveterre.messages.signal.context import Context, Leaf
from sauveterre.records.provenance import Provenance


@dataclass(frozen=True, slots=True)
class Origin:
    """The file that the rows come from; a row is named by table and number, and by the frame that it came in."""

    digest: str
    """SHA-256 of the file, lowercase hex."""
    path: str
    reader: str
    media: Mapping[str, str] = field(default_factory=dict)

    def provenance(self, ordinal: int, suffix: str = "") -> Provenance:  # noqa: ARG002  (rows are not counted)
        """Name a row."""
        return Provenance(f"sha256:{self.digest}", self.path, suffix, self.reader)


@dataclass(slots=True)
class Reading:
    """The database, and what is remembered of it. Messages pass through."""

    tables: Tables
    context: Context
    held: Callable[[Row], str | None]
    """Where the bytes of a row of attachments lie among the store's attachments; None when they are not there."""
    owner_number: int = 0
    """The owner's row in the table of recipients; 0 when it is not known."""
    release_notes: int = 0
    """The row under which Signal itself writes to its users; 0 when it is not known."""
    numbers: dict[str, int] = field(default_factory=dict)
    """The row of each account, by its stable id."""

    def leaf(self, table: str, row: Row) -> Leaf:
        """Return the leaf of one row."""
        return Leaf(self.context, 0, row_name(table, row))


def row_name(table: str, row: Row) -> str:
    """Return the name of a row: table and number, and the frame that it came in."""
    name = f"{table} {number(row['id']) if row.get('id') is not None else row['rowid']}"
    return f"{name} ({text(row[FRAME])})" if row.get(FRAME) else name
