"""``sauveterre assess``: hits, stacks and the picture of the network, worked out anew."""

from sauveterre.casework.workspace import exclusive
from sauveterre.cli import session

NAME = "assess"
HELP = "Work out hits, stacks and the picture of the network anew.\n\nExample: sauveterre assess"


def run(
    workspace: session.WorkspaceOption = None,
    operation: session.OperationOption = None,
) -> None:
    """Assess an operation and say what was found."""
    opened = session.start(workspace)
    from sauveterre.casework.jobs import assess
    from sauveterre.casework.overview import overview_of
    from sauveterre.casework.runner import run_jobs

    with exclusive(opened, "process"):
        chosen = session.operation(operation)
        assess.defer(operation_id=chosen.pk, by=session.officer().username)
        run_jobs(workers=1)
    for name, count in overview_of(chosen).items():
        print(f"{count:>8,}  {name}")
    print("Next: sauveterre serve, or sauveterre report")
