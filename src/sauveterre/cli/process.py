"""``sauveterre process``: list and process all that waits, with a live progress bar."""

from typing import Annotated

import typer

from sauveterre.cli import session, tables
from sauveterre.cli.progress import bar

NAME = "process"
HELP = (
    "List and process the exhibits. It can be stopped at any moment, and goes on where it was.\n\n"
    "Example: sauveterre process --workers 4"
)


def run(
    workers: Annotated[int | None, typer.Option(min=1, help="Child processes; default: one a processor.")] = None,
    workspace: session.WorkspaceOption = None,
    operation: session.OperationOption = None,
) -> None:
    """Work until nothing waits, then show the accounting."""
    opened = session.start(workspace)
    from sauveterre.casework.accounting import accounts_of
    from sauveterre.casework.progress import progress_of
    from sauveterre.casework.runner import run_jobs
    from sauveterre.casework.workspace import exclusive

    with exclusive(opened, "process"):
        chosen = session.operation(operation)
        with bar() as progress:
            run_jobs(workers=workers, tick=lambda: progress.show(progress_of(chosen)))
        accounts = accounts_of(chosen)
    tables.wide_console().print(tables.accounting(accounts))
    for account in accounts:
        if account.reason:
            print(
                f"exhibit {account.exhibit:02d} {account.source} ({account.reader}): {account.state}: {account.reason}"
            )
    print("Next: sauveterre assess")
