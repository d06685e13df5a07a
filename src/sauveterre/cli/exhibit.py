"""``sauveterre exhibit``: take exhibits in and show how far they are."""

from pathlib import Path
from typing import Annotated

import typer

from sauveterre.cli import jsonl, session, tables
from sauveterre.cli.key import read_key

app = typer.Typer(name="exhibit", help="Take exhibits in and show how far they are.", no_args_is_help=True)


@app.command()
def add(
    path: Annotated[Path, typer.Argument(help="A folder, or a ZIP, TAR or 7z file. It stays where it is.")],
    seal: Annotated[str, typer.Option(help="The number of its seal.")] = "",
    description: Annotated[str, typer.Option(help="What it is, in a few words.")] = "",
    key_file: Annotated[
        Path | None, typer.Option(help="A file that holds the recovery key of a backup inside; - to type it.")
    ] = None,
    workspace: session.WorkspaceOption = None,
    operation: session.OperationOption = None,
) -> None:
    """Take in an exhibit.

    Example: sauveterre exhibit add /media/seized/phone.zip --seal S-17 --description "phone, blue"
    """
    session.start(workspace)
    from sauveterre.casework.services.exhibits import add_exhibit

    exhibit = add_exhibit(
        operation=session.operation(operation),
        path=path,
        by=session.officer(),
        seal=seal,
        description=description,
        keys=() if key_file is None else (read_key(key_file),),
    )
    print(f"Exhibit {exhibit.number} is taken in. Next: sauveterre process")


@app.command(name="list")
def list_(
    workspace: session.WorkspaceOption = None,
    operation: session.OperationOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """List the exhibits with the accounting of each source.

    Example: sauveterre exhibit list --json
    """
    session.start(workspace)
    from sauveterre.casework.accounting import accounts_of

    accounts = accounts_of(session.operation(operation))
    if json:
        for account in accounts:
            jsonl.record_line(account)
    else:
        tables.wide_console().print(tables.accounting(accounts))
