"""``sauveterre referral``: take a referral in."""

from pathlib import Path
from typing import Annotated

import typer

from sauveterre.cli import session
from sauveterre.errors import UnreadableSource

app = typer.Typer(name="referral", help="Take a referral in.", no_args_is_help=True)


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="A referral in a format of `docs/formats.md`.")],
    workspace: session.WorkspaceOption = None,
    operation: session.OperationOption = None,
) -> None:
    """Take in a referral, whole.

    Example: sauveterre referral add report.xml
    """
    session.start(workspace)
    from sauveterre.casework.services.referrals import add_referral

    try:
        data = file.read_bytes()
    except OSError as error:
        raise UnreadableSource(
            f"{file} cannot be read: {error.strerror}; check the path and its permissions"
        ) from error
    added = add_referral(operation=session.operation(operation), name=file.name, data=data, by=session.officer())
    unit = added.unit or "unknown"
    print(f"{added.name} version {added.version} is taken in. Unit in charge: {unit}. Next: sauveterre assess")
