"""``sauveterre report``: the operation's report and communiqué, in French and English."""

from pathlib import Path
from typing import Annotated

import typer

from sauveterre.cli import session

NAME = "report"
HELP = "Write the report (PDF) and the communiqué, in French and English.\n\nExample: sauveterre report --to reports/"


def run(
    to: Annotated[Path, typer.Option(help="The folder to write into.")] = Path("reports"),
    workspace: session.WorkspaceOption = None,
    operation: session.OperationOption = None,
) -> None:
    """Write the reports and say where they are."""
    session.start(workspace)
    from sauveterre.casework.services.reports import write_reports

    for path in write_reports(operation=session.operation(operation), folder=to, by=session.officer()):
        print(path)
