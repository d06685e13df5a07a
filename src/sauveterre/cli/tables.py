"""Tables for people. What draws them is loaded by those who draw: verbs for scripts start in half the time."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from sauveterre.records.accounting import Accounting

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


def wide_console() -> "Console":
    """Return a console for tables: as wide as the terminal, and 160 columns where there is none."""
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=160)


def accounting(accounts: Iterable[Accounting]) -> "Table":
    """Draw the accounting: for each source, found = processed + partial + failed + skipped (+ pending)."""
    table = _table(title="Accounting: found = processed + partial + failed + skipped")
    for name in ("source", "reader", "state"):
        table.add_column(name, overflow="fold")
    for name in ("found", "processed", "partial", "failed", "skipped", "pending"):
        table.add_column(name, justify="right")
    table.add_column("adds up")
    for one in accounts:
        table.add_row(
            _cell(f"{one.exhibit:02d} {one.source}"), one.reader, one.state,
            *(str(n) for n in (one.found, one.processed, one.partial, one.failed, one.skipped, one.pending)),
            "yes" if one.adds_up else "[red]no[/red]",
        )  # fmt: skip
    return table


def plain_table(names: Iterable[str], rows: Iterable[Mapping[str, object]]) -> "Table":
    """Draw rows as they are: a column for each name, times to the minute with their offset."""
    columns = list(names)
    table = _table()
    for name in columns:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row[name]) for name in columns))
    return table


def _table(title: str = "") -> "Table":
    from rich.table import Table

    return Table(title=title or None)


def _cell(value: object) -> str:
    from rich.markup import escape

    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes")
    return "" if value is None else escape(str(value))
