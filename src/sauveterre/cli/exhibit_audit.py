"""``sauveterre exhibit audit``: everything of an exhibit read again, and held against what was processed."""

from typing import TYPE_CHECKING, Annotated

import typer

from sauveterre.cli import jsonl, session, tables
from sauveterre.cli.limits import LimitOption
from sauveterre.cli.progress import bar
from sauveterre.errors import EvidenceDiffers

if TYPE_CHECKING:
    from sauveterre.casework.proving import Proof

SOURCES = ("source", "reader", "announced", "listed", "read", "differing", "note")
DIFFERENCES = ("source", "path", "what")


def audit(
    number: Annotated[int, typer.Argument(help="The exhibit's number.")],
    workers: Annotated[int, typer.Option(min=1, help="Child processes.")] = 2,
    json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
    limit: LimitOption = None,
    workspace: session.WorkspaceOption = None,
    operation: session.OperationOption = None,
) -> None:
    """Read an exhibit again and prove that every entry, count and digest is what was processed.

    Ends with exit code 13 and the list of differences when something is not.

    Example: sauveterre exhibit audit 3
    """
    opened = session.start(workspace)
    from sauveterre.casework.proving import prove
    from sauveterre.casework.runner import evidence_sandbox
    from sauveterre.casework.workspace import exclusive
    from sauveterre.pipeline.digesting import PRELOAD

    limits = session.limits(limit)
    with exclusive(opened, "process"):
        exhibit = session.exhibit(session.operation(operation), number)
        with evidence_sandbox(workers, PRELOAD, limits=limits) as sandbox, bar() as progress:
            proof = prove(exhibit=exhibit, by=session.officer(), sandbox=sandbox, tick=progress.show)
    _print_lines(proof) if json else _print_tables(proof)
    if not proof.agrees:
        raise EvidenceDiffers(f"{proof.sentence}; compare it with another copy, and look who had it")


def _print_lines(proof: "Proof") -> None:
    for source in proof.sources:
        jsonl.line("audited", exhibit=proof.exhibit, **{name: getattr(source, name) for name in SOURCES})
    for difference in proof.differences:
        jsonl.record_line(difference)
    for finding in proof.media:
        jsonl.line("medium_finding", exhibit=proof.exhibit, what=finding)


def _print_tables(proof: "Proof") -> None:
    console = tables.wide_console()
    console.print(
        tables.plain_table(SOURCES, [{name: getattr(one, name) for name in SOURCES} for one in proof.sources])
    )
    if proof.differences:
        rows = [{name: getattr(one, name) for name in DIFFERENCES} for one in proof.differences]
        console.print(tables.plain_table(DIFFERENCES, rows))
    if proof.differing > len(proof.differences):
        print(f"and {proof.differing - len(proof.differences):,} more")
    for finding in proof.media:
        print(f"exhibit {proof.exhibit}: {finding}")
    if proof.agrees:
        print(f"{proof.sentence[0].upper()}{proof.sentence[1:]}.")


def add_to(app: typer.Typer) -> None:
    """Put this verb among those of ``sauveterre exhibit``."""
    app.command()(audit)
