"""``sauveterre hash``: fingerprints of files, with no workspace."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sauveterre.cli.found import print_found
from sauveterre.cli.limits import LimitOption, limits_from

if TYPE_CHECKING:
    from sauveterre.api import Hashed

NAME = "hash"
HELP = (
    "Fingerprint files as JSON lines: three digests, kind, and for pictures PDQ, what is inside, what they say.\n\n"
    "Example: sauveterre hash holiday.jpg album/"
)
_OF_PICTURES = (
    "pdq", "quality", "width", "height", "camera", "taken_raw", "latitude", "longitude", "turned", "embedded",
    "statements", "frames", "basis",
)  # fmt: skip


def run(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders with all that is in them.")],
    workers: Annotated[int, typer.Option(min=1, help="Child processes.")] = 2,
    limit: LimitOption = None,
    reference: Annotated[bool, typer.Option("--reference", help="Hash pictures the exact, slow way.")] = False,
) -> None:
    """Print a JSON line for each file."""
    from sauveterre import api

    print_found(
        "fingerprint", api.hash(paths, workers=workers, limits=limits_from(limit), reference=reference), _fields_of
    )


def _fields_of(found: "Hashed") -> dict[str, object]:
    known = found.fingerprint
    return {
        "path": str(found.path),
        "size": known.size,
        "md5": known.digests.md5,
        "sha1": known.digests.sha1,
        "sha256": known.digests.sha256,
        "kind": known.kind,
        "trouble": known.trouble,
        **{name: getattr(known.picture, name, None) for name in _OF_PICTURES},
        "film": known.film and known.film.film,
        "film_frames": known.film and known.film.frames,
    }
