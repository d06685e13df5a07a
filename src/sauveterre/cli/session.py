"""What verbs that need a workspace share: finding it, bringing it up, and who is at work."""

import os
import pwd
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sauveterre.errors import InvalidInput, WorkspaceError

if TYPE_CHECKING:
    from sauveterre.casework.models import Exhibit, Officer, Operation
    from sauveterre.casework.workspace import Workspace
    from sauveterre.records.limits import Limits

WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        "-w",
        help="The workspace's folder. Without it: this folder, one above it, or the only one in it.",
    ),
]
OperationOption = Annotated[
    str | None,
    typer.Option("--operation", "-o", help="The operation's name. Without it: the only one there is."),
]


def find_workspace(named: Path | None) -> Path:
    """Return the workspace's folder; raise ``WorkspaceError`` when it is not clear which one is meant."""
    if named is not None:
        return named
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "workspace.json").is_file():
            return folder
    inside = [path.parent for path in here.glob("*/workspace.json")]
    if len(inside) == 1:
        return inside[0]
    found = "no workspace" if not inside else f"{len(inside)} workspaces"
    raise WorkspaceError(f"there is {found} in {here}; name one with --workspace, or make one with `sauveterre init`")


def start(named: Path | None) -> "Workspace":
    """Bring the workspace up; after this the models can be imported."""
    from sauveterre.server.boot import boot

    return boot(find_workspace(named))


def limits(set_here: list[str] | None) -> "Limits":
    """Return the limits of the workspace that was started, with those that the command line sets."""
    from sauveterre.casework.limits import limits_here
    from sauveterre.records.limit_values import with_assignments

    return with_assignments(limits_here(), set_here or ())


def officer() -> "Officer":
    """Return the officer at this command line: the operating system's user, whatever the environment says."""
    from sauveterre.casework.services.operations import local_officer

    return local_officer(pwd.getpwuid(os.getuid()).pw_name)


def operation(named: str | None) -> "Operation":
    """Return the operation that is meant; raise ``InvalidInput`` when it is not clear."""
    from sauveterre.casework.models import Operation

    found = list(Operation.objects.filter(name=named) if named else Operation.objects.all())
    if len(found) == 1:
        return found[0]
    if named:
        raise InvalidInput(f"there is no operation named {named!r}; `sauveterre operation list` shows them all")
    if not found:
        raise InvalidInput('there is no operation yet; open one with `sauveterre operation new "Name"`')
    raise InvalidInput(f"there are {len(found)} operations; say which with --operation")


def exhibit(of: "Operation", number: int) -> "Exhibit":
    """Return an exhibit by its number; raise ``InvalidInput`` when there is none."""
    found = of.exhibits.filter(number=number).first()
    if found is None:
        raise InvalidInput(f"there is no exhibit {number} in {of.name}; `sauveterre exhibit list` shows them all")
    return found
