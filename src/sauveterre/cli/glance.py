"""``sauveterre glance``: which films to read first, by their key frames, with no workspace."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sauveterre.cli.found import print_found
from sauveterre.cli.limits import LimitOption, limits_from

if TYPE_CHECKING:
    from sauveterre.api import Glimpsed

NAME = "glance"
HELP = "Say which films to read first.\n\nExample: sauveterre glance --list national.json album/"


def run(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders with all that is in them.")],
    lists: Annotated[list[Path], typer.Option("--list", help="A hash list; may be given several times.")],
    workers: Annotated[int, typer.Option(min=1, help="Child processes.")] = 2,
    limit: LimitOption = None,
) -> None:
    """Print a JSON line for each film, the most promising first: its key frames, and how many are near a list."""
    from sauveterre import api

    print_found("film", api.glance(paths, lists, workers=workers, limits=limits_from(limit)), _fields_of)


def _fields_of(found: "Glimpsed") -> dict[str, object]:
    return {"path": str(found.path), "key_frames": found.key_frames, "found": found.found}
