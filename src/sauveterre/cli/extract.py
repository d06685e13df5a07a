"""``sauveterre evidence extract``: the files of a source, written to a folder."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from sauveterre.cli import jsonl
from sauveterre.cli.digest import OUTCOMES, fields_of
from sauveterre.cli.key import read_key
from sauveterre.cli.limits import LimitOption, limits_from
from sauveterre.errors import InvalidInput


def extract(
    source: Annotated[Path, typer.Argument(help="A folder, a disk image, or an archive.")],
    to: Annotated[Path, typer.Option(help="An empty folder, or one that does not exist yet.")],
    key_file: Annotated[Path | None, typer.Option(help="A file that holds a key.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Child processes.")] = 2,
    limit: LimitOption = None,
) -> None:
    """Write every file of a source to a folder, through all layers of an image; print each as a JSON line.

    Example: sauveterre evidence extract disk.E01 --to files
    """
    from sauveterre.media.sandbox import Sandbox
    from sauveterre.pipeline.digesting import PRELOAD
    from sauveterre.pipeline.extracting import Extracted, extract_all

    limits = limits_from(limit)
    folder, keys = _empty(to), () if key_file is None else (read_key(key_file),)
    counts: Counter[str] = Counter()
    try:
        with Sandbox(workers, limits, PRELOAD, within=folder) as sandbox:
            for one in extract_all(source, folder, sandbox, limits, keys):
                if isinstance(one, Extracted):
                    counts[one.found.read.outcome] += 1
                    jsonl.line("extracted", **fields_of(one.found), file=None if one.file is None else str(one.file))
                else:
                    jsonl.record_line(one)
    except OSError as error:
        raise InvalidInput(f"{folder} cannot be written to: {error.strerror}; see that it has space") from error
    jsonl.line("extraction", folder=str(folder), **{kind: counts[kind] for kind in OUTCOMES})


def _empty(folder: Path) -> Path:
    folder = folder.expanduser().absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise InvalidInput(f"{folder} is not empty; name a new folder with --to")
    except OSError as error:
        raise InvalidInput(f"{folder} cannot be written to: {error.strerror}; name another folder") from error
    return folder
