"""``sauveterre worker``: work on jobs as they come, until interrupted."""

from typing import Annotated

import typer

from sauveterre.cli import session
from sauveterre.cli.limits import LimitOption

NAME = "worker"
HELP = (
    "Work on jobs as they come, until interrupted; any number of workers may share one database.\n\n"
    "Example: sauveterre worker --workers 4"
)


def run(
    workers: Annotated[int | None, typer.Option(min=1, help="Child processes; default: one a processor.")] = None,
    limit: LimitOption = None,
    workspace: session.WorkspaceOption = None,
) -> None:
    """Serve the queue."""
    session.start(workspace)
    from sauveterre.casework.runner import serve_jobs

    limits = session.limits(limit)
    print("The worker is ready; Ctrl-C ends it after the jobs at hand.")
    serve_jobs(workers=workers, limits=limits)
