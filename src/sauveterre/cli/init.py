"""``sauveterre init``: make a workspace."""

from pathlib import Path
from typing import Annotated

import typer

NAME = "init"
HELP = "Make a workspace: its database, its key and its store.\n\nExample: sauveterre init ./case"


def run(
    folder: Annotated[Path, typer.Argument(help="An empty folder, or one that does not exist yet.")],
) -> None:
    """Make a workspace and start its database once, so that what is missing shows now."""
    from sauveterre.casework.workspace import create_workspace
    from sauveterre.server.boot import boot

    workspace = create_workspace(folder)
    boot(workspace.folder)
    print(f"The workspace is {workspace.folder}")
    print(f"Keep a copy of {workspace.key_file} in a safe place: without it nothing in the store can be read.")
    print('Next: sauveterre operation new "Name"')
