"""``sauveterre stack``: near-identical pictures among files, with no workspace."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sauveterre.cli.found import print_found
from sauveterre.cli.limits import LimitOption, limits_from

if TYPE_CHECKING:
    from sauveterre.api import Member, Stacked

NAME = "stack"
HELP = "Find near-identical pictures among files.\n\nExample: sauveterre stack album/ archive/"


def run(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders with all that is in them.")],
    workers: Annotated[int, typer.Option(min=1, help="Child processes.")] = 2,
    limit: LimitOption = None,
) -> None:
    """Print a JSON line for each stack: its pictures, the one that stands for them first."""
    from sauveterre import api

    print_found("stack", api.stack(paths, workers=workers, limits=limits_from(limit)), _fields_of)


def _fields_of(found: "Stacked") -> dict[str, object]:
    return {"members": [_member_fields(member) for member in found.members]}


def _member_fields(member: "Member") -> dict[str, object]:
    picture = member.fingerprint.picture
    return {
        "sha256": member.fingerprint.digests.sha256,
        "distance": member.distance,
        "quality": getattr(picture, "quality", None),
        "width": getattr(picture, "width", None),
        "height": getattr(picture, "height", None),
        "paths": [str(path) for path in member.paths],
    }
