"""``sauveterre match``: find files on hash lists, with no workspace."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from sauveterre.cli import jsonl
from sauveterre.cli.limits import LimitOption, limits_from
from sauveterre.errors import SauveterreError
from sauveterre.records.content import Fingerprint
from sauveterre.records.hash_list import Hit

NAME = "match"
HELP = "Find files on hash lists.\n\nExample: sauveterre match --list national.json album/"


def run(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders with all that is in them.")],
    lists: Annotated[list[Path], typer.Option("--list", help="A hash list; may be given several times.")],
    workers: Annotated[int, typer.Option(min=1, help="Child processes.")] = 2,
    limit: LimitOption = None,
) -> None:
    """Print a JSON line for each hit: file, list, version, distance, category."""
    from sauveterre.media.sandbox import Sandbox
    from sauveterre.pipeline.files import fingerprints
    from sauveterre.pipeline.known import build_list, look_up, open_built

    prints: dict[str, Fingerprint] = {}
    names: dict[str, list[str]] = {}
    failed = False
    limits = limits_from(limit)
    with Sandbox(workers=workers, limits=limits) as sandbox:
        for path, found in fingerprints(paths, sandbox, limits):
            if isinstance(found, SauveterreError):
                failed = True
                jsonl.line("failure", path=str(path), reason=str(found))
                continue
            prints[found.digests.sha256] = _slim(found)
            names.setdefault(found.digests.sha256, []).append(str(path))
    with tempfile.TemporaryDirectory() as scratch:
        known = []
        for number, path in enumerate(lists):
            built = Path(scratch) / str(number)
            build_list(path, built, name=path.stem, version="")
            known.append(open_built(built))
        for hit in look_up(prints.values(), known):
            _hit_lines(hit, names[hit.sha256])
    if failed:
        raise typer.Exit(3)


def _slim(found: Fingerprint) -> Fingerprint:
    """Drop the thumbnail: what is held for every file must stay small."""
    picture = None if found.picture is None else replace(found.picture, thumbnail=b"")
    return replace(found, picture=picture)


def _hit_lines(hit: Hit, paths: list[str]) -> None:
    for path in paths:
        jsonl.line(
            "hit",
            path=path,
            sha256=hit.sha256,
            list=hit.identity.name,
            version=hit.identity.version,
            algorithm=hit.digest.algorithm,
            value=hit.digest.hex,
            distance=hit.distance,
            quality=hit.quality,
            category=hit.category,
            locator=hit.locator,
        )
