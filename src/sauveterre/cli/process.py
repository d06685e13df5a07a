"""``sauveterre process``: list and process all that waits, with a live progress bar."""

from typing import TYPE_CHECKING, Annotated

import typer

from sauveterre.cli import session, tables
from sauveterre.cli.limits import LimitOption
from sauveterre.cli.progress import bar

if TYPE_CHECKING:
    from sauveterre.casework.services.refresh import Refreshed

NAME = "process"
HELP = (
    "List and process the exhibits. It can be stopped at any moment, and goes on where it was.\n\n"
    "What a newer version of a reader does otherwise is done again, and nothing else.\n\n"
    "Example: sauveterre process --workers 4"
)


def run(
    workers: Annotated[int | None, typer.Option(min=1, help="Child processes; default: one a processor.")] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Try again what failed, but for what ended its reader each time.")
    ] = False,
    limit: LimitOption = None,
    workspace: session.WorkspaceOption = None,
    operation: session.OperationOption = None,
) -> None:
    """Work until nothing waits, then show the accounting."""
    opened = session.start(workspace)
    from sauveterre.casework.accounting import accounts_of
    from sauveterre.casework.progress import progress_of
    from sauveterre.casework.runner import run_jobs
    from sauveterre.casework.selectors.integrity import findings_of
    from sauveterre.casework.services.refresh import forget_unheld, refresh, try_again
    from sauveterre.casework.workspace import exclusive
    from sauveterre.media.isolation import isolation
    from sauveterre.records.limit_values import changed

    limits = session.limits(limit)
    with exclusive(opened, "process"):
        chosen = session.operation(operation)
        print(f"{isolation(limits).sentence}.")
        if others := changed(limits):
            print(f"Limits that are set: {', '.join(f'{name} {value:,}' for name, value in others.items())}.")
        _say("touched by newer versions", refresh())
        if again:
            _say("tried again", try_again(operation=chosen, by=session.officer()))
        with bar() as progress:
            run_jobs(workers=workers, limits=limits, tick=lambda: progress.show(progress_of(chosen)))
        forget_unheld(chosen)
        accounts = accounts_of(chosen)
    tables.wide_console().print(tables.accounting(accounts))
    for account in accounts:
        if account.reason:
            print(
                f"exhibit {account.exhibit:02d} {account.source} ({account.reader}): {account.state}: {account.reason}"
            )
    for finding in findings_of(chosen):
        print(f"Finding: {finding}")
    print("Next: sauveterre assess")


def _say(what: str, done: "Refreshed") -> None:
    if done.sources or done.entries or done.left_alone:
        left = f"; left alone, as they ended their reader each time: {done.left_alone}" if done.left_alone else ""
        print(f"{what.capitalize()}: {done.sources} sources, {done.entries} entries{left}.")
