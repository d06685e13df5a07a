"""``sauveterre hashlist``: read hash lists, and add them to an operation."""

from pathlib import Path
from typing import Annotated

import typer

from sauveterre.cli import jsonl, session

app = typer.Typer(name="hashlist", help="Read hash lists, and add them to an operation.", no_args_is_help=True)


@app.command()
def read(file: Annotated[Path, typer.Argument(help="A hash list in a format of `docs/formats.md`.")]) -> None:
    """Read a hash list as JSON lines, in constant memory, with no workspace.

    Example: sauveterre hashlist read national.json
    """
    from sauveterre.matching.lists import read_list

    for record in read_list(file):
        jsonl.record_line(record)


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="A hash list in a format of `docs/formats.md`.")],
    name: Annotated[str, typer.Option(help="What the list is called; every hit names it.")] = "",
    version: Annotated[str, typer.Option(help="Its version or date.")] = "1",
    ignorable: Annotated[
        bool, typer.Option("--ignorable", help="Its contents are harmless and need not be looked at.")
    ] = False,
    workspace: session.WorkspaceOption = None,
    operation: session.OperationOption = None,
) -> None:
    """Add a hash list to an operation.

    Example: sauveterre hashlist add national.json --name "National list" --version 2026-05
    """
    session.start(workspace)
    from sauveterre.casework.services.hash_lists import add_hash_list

    added = add_hash_list(
        operation=session.operation(operation),
        path=file,
        name=name or file.stem,
        version=version,
        ignorable=ignorable,
        by=session.officer(),
    )
    print(f"{added.name} {added.version}: {added.items} items, {added.problems} problems. Next: sauveterre assess")
