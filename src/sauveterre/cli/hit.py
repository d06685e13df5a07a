"""``sauveterre hit``: what was found on hash lists."""

from typing import Annotated

import typer

from sauveterre.cli import jsonl, session
from sauveterre.cli.limits import LimitOption

app = typer.Typer(name="hit", help="Hits on hash lists.", no_args_is_help=True)


@app.callback()
def hit() -> None:
    """Hits on hash lists."""


@app.command()
def check(
    sha256: Annotated[str, typer.Argument(help="The SHA-256 of the content.")],
    limit: LimitOption = None,
    workspace: session.WorkspaceOption = None,
    operation: session.OperationOption = None,
) -> None:
    """Read a picture again and compare it with the listed ones by the reference way, as a court may ask.

    Example: sauveterre hit check 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    """
    opened = session.start(workspace)
    from sauveterre.casework.runner import evidence_sandbox
    from sauveterre.casework.services.hits import check_hits
    from sauveterre.casework.workspace import exclusive

    limits = session.limits(limit)
    with exclusive(opened, "process"), evidence_sandbox(1, limits=limits) as sandbox:
        found = check_hits(
            operation=session.operation(operation), sha256=sha256.lower(), by=session.officer(), sandbox=sandbox
        )
    for one in found:
        jsonl.line(
            "hit_checked", sha256=sha256.lower(), list=one.hit.hash_list.name, version=one.hit.hash_list.version,
            value=one.hit.value, distance=one.distance, by_reference=one.by_reference,
        )  # fmt: skip
