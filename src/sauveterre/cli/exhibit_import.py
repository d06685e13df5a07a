"""``sauveterre exhibit import``: many exhibits at once."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sauveterre.cli import jsonl, session, tables
from sauveterre.cli import register as lines
from sauveterre.errors import InvalidInput
from sauveterre.exchange.register import zone_named

if TYPE_CHECKING:
    from sauveterre.casework.services.exhibits_import import Plan

COLUMNS = ("name", "verdict", "seal", "description", "kind", "path", "why")


def import_(
    source: Annotated[Path, typer.Argument(help="A CSV table of exhibits, or a folder of media.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be entered, and enter nothing.")] = False,
    zone: lines.Zone = "UTC",
    digest_origin: lines.DigestOrigin = "",
    json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
    workspace: session.WorkspaceOption = None,
    operation: session.OperationOption = None,
) -> None:
    """Enter many exhibits at once, all or none: each line of a table, or each medium that lies directly in a folder.

    Example: sauveterre exhibit import exhibits.csv --dry-run
    """
    in_zone = zone_named(zone)
    session.start(workspace)
    from sauveterre.casework.services.exhibits_import import import_exhibits, plan_folder, plan_table

    of, by = session.operation(operation), session.officer()
    if source.is_dir():
        plan = plan_folder(operation=of, folder=source, by=by)
    else:
        plan = plan_table(operation=of, table=_bytes(source), zone=in_zone, by=by, folder=source.absolute().parent)
    _show(plan, json=json)
    if not dry_run:
        numbers = import_exhibits(operation=of, plan=plan, by=by, digest_origin=digest_origin)
        if not json:
            print(f"{len(numbers)} exhibits are entered. Next: sauveterre process")


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}; name a CSV table or a folder") from error


def _show(plan: "Plan", *, json: bool) -> None:
    rows = [
        {
            "name": row.name,
            "verdict": row.verdict.value,
            **{name: row.register.get(name, "") for name in ("seal", "description", "kind")},
            "path": "" if row.path is None else str(row.path),
            "why": row.why,
        }
        for row in plan.rows
    ]
    if json:
        for row in rows:
            jsonl.line("planned", **row)
    else:
        tables.wide_console().print(tables.plain_table(COLUMNS, rows))


def add_to(app: typer.Typer) -> None:
    """Put this verb among those of ``sauveterre exhibit``."""
    app.command(name="import")(import_)
