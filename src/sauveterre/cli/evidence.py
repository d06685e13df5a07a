"""``sauveterre evidence``: what a source holds, with no workspace."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sauveterre.cli import digest, extract, jsonl
from sauveterre.cli.key import read_key
from sauveterre.cli.limits import LimitOption, limits_from
from sauveterre.records.entry import display_path

if TYPE_CHECKING:
    from sauveterre.pipeline.inspection import Inspected

app = typer.Typer(name="evidence", help="What a source holds, with no workspace.", no_args_is_help=True)


@app.command(name="list")
def list_(
    source: Annotated[Path, typer.Argument(help="A folder, or a ZIP, TAR or 7z file.")],
    key_file: Annotated[Path | None, typer.Option(help="A file that holds a key.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Child processes.")] = 2,
    limit: LimitOption = None,
) -> None:
    """List every entry of a source, and of the sources inside it, as JSON lines.

    Example: sauveterre evidence list phone.zip
    """
    from sauveterre.media.sandbox import Sandbox
    from sauveterre.pipeline.inspection import Inspected, inspect

    keys = () if key_file is None else (read_key(key_file),)
    limits = limits_from(limit)
    counts: dict[str, Counter[str]] = {}
    with Sandbox(workers=workers, limits=limits) as sandbox:
        for found in inspect(source, sandbox, limits, keys):
            if isinstance(found, Inspected):
                counts.setdefault(found.source, Counter())[found.processed.outcome] += 1
                _entry_line(found)
            else:
                jsonl.record_line(found)
    for name, count in counts.items():
        jsonl.line("accounting", source=name, found=count.total(), **{kind: count[kind] for kind in _OUTCOMES})


app.command()(digest.digest)
app.command()(extract.extract)
_OUTCOMES = ("processed", "partial", "failed", "skipped")


def _entry_line(found: "Inspected") -> None:
    entry, processed = found.entry, found.processed
    known = processed.fingerprint
    jsonl.line(
        "entry",
        source=found.source,
        path=display_path(entry.path),
        path_raw=entry.path,
        locator=entry.locator,
        entry_kind=entry.kind,
        size=entry.size if known is None else known.size,
        md5=None if known is None else known.digests.md5,
        sha1=None if known is None else known.digests.sha1,
        sha256=None if known is None else known.digests.sha256,
        kind=None if known is None else known.kind,
        allocated=entry.allocated,
        modified=entry.modified,
        outcome=processed.outcome,
        reason=processed.reason,
    )
