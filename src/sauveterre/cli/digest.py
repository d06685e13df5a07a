"""``sauveterre evidence digest``: three digests of everything in a source, as JSON lines or as hashdeep's list."""

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sauveterre.cli import jsonl
from sauveterre.cli.key import read_key
from sauveterre.cli.limits import LimitOption, limits_from
from sauveterre.exchange.writers import hashdeep
from sauveterre.records.entry import display_path
from sauveterre.records.problem import Problem

if TYPE_CHECKING:
    from sauveterre.pipeline.digesting import Digested
    from sauveterre.pipeline.endings import Unopened

OUTCOMES = ("processed", "partial", "failed", "skipped")


def digest(
    source: Annotated[Path, typer.Argument(help="A folder, a disk image, or an archive.")],
    key_file: Annotated[Path | None, typer.Option(help="A file that holds a key.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Child processes.")] = 2,
    limit: LimitOption = None,
    as_hashdeep: Annotated[bool, typer.Option("--hashdeep", help="Print the list that `hashdeep -k` reads.")] = False,
) -> None:
    """Digest every file of a source three ways, through all layers of an image, and decode nothing.

    Example: sauveterre evidence digest disk.E01 --workers 4
    """
    from sauveterre.media.sandbox import Sandbox
    from sauveterre.pipeline.digesting import PRELOAD, Digested, digest_all

    keys = () if key_file is None else (read_key(key_file),)
    prints = _Hashdeep() if as_hashdeep else _Json()
    limits = limits_from(limit)
    with Sandbox(workers, limits, preload=PRELOAD) as sandbox:
        for found in digest_all(source, sandbox, limits, keys):
            if isinstance(found, Digested):
                prints.entry(found)
            else:
                prints.trouble(found)
    prints.end()


def fields_of(found: "Digested") -> dict[str, object]:
    """Return what a line says of an entry and of what was read of it."""
    entry, read = found.entry, found.read
    return {
        "source": found.source,
        "path": display_path(entry.path),
        "path_raw": entry.path,
        "locator": entry.locator,
        "entry_kind": entry.kind,
        "allocated": entry.allocated,
        "size": entry.size if read.size is None else read.size,
        "md5": read.md5 or None,
        "sha1": read.sha1 or None,
        "sha256": read.sha256 or None,
        "outcome": read.outcome,
        "reason": read.reason,
    }


class _Json:
    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {}

    def entry(self, found: "Digested") -> None:
        self._counts.setdefault(found.source, Counter())[found.read.outcome] += 1
        jsonl.line("digested", **fields_of(found))

    def trouble(self, found: "Unopened | Problem") -> None:
        jsonl.record_line(found)

    def end(self) -> None:
        for name, count in self._counts.items():
            jsonl.line("accounting", source=name, found=count.total(), **{kind: count[kind] for kind in OUTCOMES})


class _Hashdeep:
    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._write = sys.stdout.buffer.write
        self._write(hashdeep.HEADER)

    def entry(self, found: "Digested") -> None:
        read = found.read
        self._counts[read.outcome] += 1
        if read.digests is not None and read.size is not None:
            self._write(hashdeep.known_line(found.name.encode(), read.size, read.digests))
        elif read.reason:
            self._write(hashdeep.remark_line(f"{found.name}: {read.outcome}: {read.reason}"))

    def trouble(self, found: "Unopened | Problem") -> None:
        what = (found.provenance.path, found.what) if isinstance(found, Problem) else (found.source, found.reason)
        self._write(hashdeep.remark_line(": ".join(filter(None, what))))

    def end(self) -> None:
        self._write(hashdeep.remark_line(", ".join(f"{kind} {self._counts[kind]}" for kind in OUTCOMES)))
