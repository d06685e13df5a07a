"""``sauveterre exhibit export``: an exhibit's catalogue in the formats of other tools."""

from pathlib import Path
from typing import Annotated

import typer

from sauveterre.cli import session
from sauveterre.errors import InvalidInput


def export(
    number: Annotated[int, typer.Argument(help="The exhibit's number.")],
    dfxml: Annotated[Path | None, typer.Option(help="Write every entry to this file, as DFXML.")] = None,
    hashdeep: Annotated[Path | None, typer.Option(help="Write the list that `hashdeep -k` reads to this file.")] = None,
    relative: Annotated[
        bool, typer.Option("--relative", help="For hashdeep: name files from the exhibit's folder, for `hashdeep -l`.")
    ] = False,
    workspace: session.WorkspaceOption = None,
    operation: session.OperationOption = None,
) -> None:
    """Write what is known of every entry, for other tools.

    Example: sauveterre exhibit export 3 --dfxml 3.xml --hashdeep 3.txt
    """
    if dfxml is None and hashdeep is None:
        raise InvalidInput("nothing is to be written; name a file with --dfxml or --hashdeep")
    session.start(workspace)
    from sauveterre.casework.exporting import export_dfxml, export_hashdeep

    exhibit, by = session.exhibit(session.operation(operation), number), session.officer()
    if dfxml is not None:
        made = export_dfxml(exhibit=exhibit, by=by, file=dfxml)
        print(f"{made.file}: {made.entries:,} entries as DFXML")
    if hashdeep is not None:
        made = export_hashdeep(exhibit=exhibit, by=by, file=hashdeep, relative=relative)
        print(f"{made.file}: {made.entries:,} files for hashdeep")


def add_to(app: typer.Typer) -> None:
    """Put this verb among those of ``sauveterre exhibit``."""
    app.command()(export)
