"""``sauveterre match``: find files on hash lists, with no workspace."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sauveterre.cli.found import print_found
from sauveterre.cli.limits import LimitOption, limits_from

if TYPE_CHECKING:
    from sauveterre.api import Matched

NAME = "match"
HELP = "Find files on hash lists.\n\nExample: sauveterre match --list national.json album/"


def run(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders with all that is in them.")],
    lists: Annotated[list[Path], typer.Option("--list", help="A hash list; may be given several times.")],
    workers: Annotated[int, typer.Option(min=1, help="Child processes.")] = 2,
    limit: LimitOption = None,
    reference: Annotated[bool, typer.Option("--reference", help="Hash pictures the exact, slow way.")] = False,
) -> None:
    """Print a JSON line for each hit: file, list and its row, distance, both qualities, category."""
    from sauveterre import api

    found = api.match(paths, lists, workers=workers, limits=limits_from(limit), reference=reference)
    print_found("hit", found, _fields_of)


def _fields_of(found: "Matched") -> dict[str, object]:
    hit = found.hit
    return {
        "path": str(found.path),
        "sha256": hit.sha256,
        "list": hit.identity.name,
        "version": hit.identity.version,
        "algorithm": hit.digest.algorithm,
        "value": hit.digest.hex,
        "distance": hit.distance,
        "quality": hit.quality,
        "listed_quality": hit.listed_quality,
        "via": hit.via,
        "turn": hit.turn,
        "category": hit.category,
        "locator": hit.locator,
        "film": hit.film,
    }
