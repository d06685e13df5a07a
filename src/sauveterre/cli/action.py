"""``sauveterre action``: targets, action days and what followed."""

from pathlib import Path
from typing import Annotated

import typer

from sauveterre.cli import session
from sauveterre.errors import InvalidInput

app = typer.Typer(name="action", help="Targets, action days and what followed.", no_args_is_help=True)


@app.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV: target,country,unit,kind,day,outcome.")],
    workspace: session.WorkspaceOption = None,
    operation: session.OperationOption = None,
) -> None:
    """Enter measures from a CSV, all or none.

    Example: sauveterre action import measures.csv
    """
    session.start(workspace)
    from sauveterre.casework.services.action import import_measures

    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file} cannot be read: {error}; save it as CSV in UTF-8") from error
    count = import_measures(operation=session.operation(operation), text=text, by=session.officer())
    print(f"{count} measures are entered. Next: sauveterre report")
