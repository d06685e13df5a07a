"""``sauveterre media``: fingerprints of files, with no workspace."""

from pathlib import Path
from typing import Annotated

import typer

from sauveterre.cli import jsonl
from sauveterre.cli.limits import LimitOption, limits_from
from sauveterre.errors import SauveterreError

app = typer.Typer(name="media", help="Fingerprints of files, with no workspace.", no_args_is_help=True)


@app.command(name="hash")
def hash_(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders with all that is in them.")],
    workers: Annotated[int, typer.Option(min=1, help="Child processes.")] = 2,
    limit: LimitOption = None,
) -> None:
    """Fingerprint files as JSON lines: three digests, kind, and for pictures PDQ and what EXIF states.

    Example: sauveterre media hash holiday.jpg album/
    """
    from sauveterre.media.sandbox import Sandbox
    from sauveterre.pipeline.files import fingerprints

    failed = False
    limits = limits_from(limit)
    with Sandbox(workers=workers, limits=limits) as sandbox:
        for path, found in fingerprints(paths, sandbox, limits):
            if isinstance(found, SauveterreError):
                failed = True
                jsonl.line("failure", path=str(path), reason=str(found))
                continue
            picture = found.picture
            jsonl.line(
                "fingerprint",
                path=str(path),
                size=found.size,
                md5=found.digests.md5,
                sha1=found.digests.sha1,
                sha256=found.digests.sha256,
                kind=found.kind,
                trouble=found.trouble,
                pdq=None if picture is None else picture.pdq,
                quality=None if picture is None else picture.quality,
                width=None if picture is None else picture.width,
                height=None if picture is None else picture.height,
                camera=None if picture is None else picture.camera,
                taken_raw=None if picture is None else picture.taken_raw,
                latitude=None if picture is None else picture.latitude,
                longitude=None if picture is None else picture.longitude,
            )
    if failed:
        raise typer.Exit(3)
