"""The custody log of an exhibit as a table: one line for each of its lines, signed or not."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime

from sauveterre.exchange.cells import table

NAME = "custody_csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyRow:
    """One line of the log; ``signed_at`` is None while it waits for its second officer."""

    exhibit: int
    line: int
    act: str
    happened_at: datetime
    place: str
    given_by: str
    received_by: str
    seal: str
    note: str
    entered_by: str
    entered_at: datetime
    signed_by: str
    signed_at: datetime | None


COLUMNS = tuple(field.name for field in fields(CustodyRow))


def custody_csv(rows: Iterable[CustodyRow]) -> bytes:
    """Return the table; times are ISO 8601 with their offset."""
    return table(COLUMNS, ([_text(getattr(row, name)) for name in COLUMNS] for row in rows))


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else "" if value is None else str(value)
