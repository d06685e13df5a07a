"""``sauveterre demo``: an invented operation through the real chain."""

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sauveterre.cli import session, tables
from sauveterre.cli.jsonl import plain
from sauveterre.cli.progress import bar
from sauveterre.errors import InvalidInput, SauveterreError
from sauveterre.scenarios.score import Score

if TYPE_CHECKING:
    from rich.table import Table

NAME = "demo"
HELP = (
    "Draw the invented operation village, run it through the real chain, compare with the truth, serve its pages.\n\n"
    "Example: sauveterre demo --folder build/demo --no-serve"
)


class NotExact(SauveterreError):
    """The demonstration did not find what is true."""

    exit_code = 12


def run(
    folder: Annotated[Path, typer.Option(help="Where to draw it; made anew each time.")] = Path("build/demo"),
    serve: Annotated[bool, typer.Option(help="Serve the pages afterwards.")] = True,
    port: Annotated[int, typer.Option(help="The port on loopback.")] = 8000,
) -> None:
    """Run the demonstration."""
    from sauveterre.casework.workspace import create_workspace
    from sauveterre.scenarios.village import draw

    console = tables.wide_console()
    if folder.exists():
        _clear(folder)
    console.print(f"Drawing the operation village in {folder} …")
    truth = draw(folder / "village")
    workspace = create_workspace(folder / "case")
    session.start(workspace.folder)
    from sauveterre.casework.demonstration import demonstrate

    with bar() as progress:
        done = demonstrate(
            material=folder / "village",
            truth=truth,
            by=session.officer(),
            reports=folder / "reports",
            tick=progress.show,
        )
    console.print(tables.accounting(done.accounting))
    console.print(_scores(done.scores))
    console.print("   ".join(f"{part}: {seconds:.1f} s" for part, seconds in done.seconds.items()))
    result = folder / "result.json"
    kinds = [{**plain(one), "precision": one.precision, "recall": one.recall} for one in done.scores]
    accounting = [{**plain(one), "adds_up": one.adds_up} for one in done.accounting]
    found = {"operation": truth.operation, "kinds": kinds, "accounting": accounting, "seconds": done.seconds}
    result.write_text(json.dumps(found, indent=1, default=plain))
    console.print(f"Written: {result}, {folder / 'reports'}, {workspace.folder / 'packages'}")
    wrong = [one.kind for one in done.scores if not one.exact]
    if wrong:
        raise NotExact(f"found and true differ in: {', '.join(wrong)}; see {result}")
    if serve:
        from sauveterre.cli.serve import serve as serve_pages

        serve_pages(port)


def _clear(folder: Path) -> None:
    """Remove an earlier demonstration; refuse a folder that holds anything else."""
    if any(folder.iterdir()) and not (folder / "village" / "referral.xml").is_file():
        raise InvalidInput(f"{folder} holds something that is no demonstration; name a new folder with --folder")
    shutil.rmtree(folder)


def _scores(scores: list[Score]) -> "Table":
    from rich.table import Table

    table = Table(title="What was found, beside what is true")
    table.add_column("kind")
    for name in ("true", "found", "correct", "precision", "recall"):
        table.add_column(name, justify="right")
    for one in scores:
        style = None if one.exact else "red"
        table.add_row(
            one.kind, str(one.true), str(one.found), str(one.correct), f"{one.precision:.3f}", f"{one.recall:.3f}",
            style=style,
        )  # fmt: skip
    return table
