"""Tables for people."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sauveterre.records.accounting import Accounting


def wide_console() -> Console:
    """Return a console for tables: as wide as the terminal, and 160 columns where there is none."""
    console = Console()
    return console if console.is_terminal else Console(width=160)


def accounting(accounts: Iterable[Accounting]) -> Table:
    """Draw the accounting: for each source, found = processed + partial + failed + skipped (+ pending)."""
    table = Table(title="Accounting: found = processed + partial + failed + skipped")
    for name in ("source", "reader", "state"):
        table.add_column(name, overflow="fold")
    for name in ("found", "processed", "partial", "failed", "skipped", "pending"):
        table.add_column(name, justify="right")
    table.add_column("adds up")
    for one in accounts:
        table.add_row(
            f"{one.exhibit:02d} {one.source}", one.reader, one.state,
            *(str(n) for n in (one.found, one.processed, one.partial, one.failed, one.skipped, one.pending)),
            "yes" if one.adds_up else "[red]no[/red]",
        )  # fmt: skip
    return table


def plain_table(names: Iterable[str], rows: Iterable[Mapping[str, object]]) -> Table:
    """Draw rows as they are: a column for each name, times to the minute with their offset."""
    columns = list(names)
    table = Table()
    for name in columns:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row[name]) for name in columns))
    return table


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes")
    return "" if value is None else escape(str(value))
