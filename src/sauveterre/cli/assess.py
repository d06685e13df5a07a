"""``sauveterre assess``: hits, stacks and the picture of the network, worked out anew."""

from sauveterre.cli import session
from sauveterre.errors import InvalidInput

NAME = "assess"
HELP = "Work out hits, stacks and the picture of the network anew.\n\nExample: sauveterre assess"


def run(
    workspace: session.WorkspaceOption = None,
    operation: session.OperationOption = None,
) -> None:
    """Assess an operation and say what was found."""
    opened = session.start(workspace)
    from sauveterre.casework.jobs import assess
    from sauveterre.casework.progress import progress_of
    from sauveterre.casework.runner import run_jobs
    from sauveterre.casework.selectors import exhibits, figures
    from sauveterre.casework.selectors.access import sight_of
    from sauveterre.casework.selectors.tallies import tally_of
    from sauveterre.casework.workspace import exclusive

    with exclusive(opened, "process"):
        officer, chosen = session.officer(), session.operation(operation)
        sight = sight_of(officer, chosen.pk)
        so_far = progress_of(chosen)
        if not so_far.complete:
            waiting = so_far.found - so_far.done
            raise InvalidInput(
                f"{so_far.listing} sources and {waiting} files still wait, and would be left out; "
                "run `sauveterre process` first"
            )
        assess.defer(operation_id=chosen.pk, by=officer.username)
        run_jobs(workers=1)
    for name, count in figures.overview(sight, exhibits.account(sight), tally_of(chosen)).items():
        print(f"{count:>10,}  {name.replace('_', ' ')}")
    print("Next: sauveterre serve, or sauveterre report")
