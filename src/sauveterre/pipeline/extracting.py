"""Files taken out of a source, through all the layers of an image: written by children, put in their place here.

Children may write to their scratch alone. So a batch is written there, each file under a number, and then moved: no
name from the evidence is ever opened, no link is ever made, and nothing that is there already is written over.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sauveterre.media.sandbox import Sandbox
from sauveterre.pipeline.digesting import Digested, EntryReading, digest_all
from sauveterre.pipeline.endings import Read, Unopened
from sauveterre.pipeline.naming import extracted_apart, extracted_folder, extracted_name
from sauveterre.records.entry import Cause, Entry, Outcome
from sauveterre.records.limits import Limits
from sauveterre.records.problem import Problem
from sauveterre.records.source import Source

TAKEN = "was read, but another file has its name and the name that it would have instead; extract its source alone"


@dataclass(frozen=True, slots=True)
class Extracted:
    """One entry, and the file that it was written to; None where there is none."""

    found: Digested
    file: Path | None


def extract_all(
    path: Path, folder: Path, sandbox: Sandbox, limits: Limits, keys: tuple[str, ...] = ()
) -> Iterator[Extracted | Unopened | Problem]:
    """Write every file of what a path names below an empty folder, and yield each entry; archives inside are files.

    The sandbox's scratch has to lie on the folder's file system. Raises as ``digest_all``, and ``OSError`` when the
    folder cannot be written to.
    """
    files: dict[str, Path] = {}

    def writing(source: Source) -> EntryReading:
        return _EntryWriting(folder, files, sandbox, source, limits, keys)

    for found in digest_all(path, sandbox, limits, keys, reading=writing):
        if isinstance(found, Digested):
            yield Extracted(found, files.pop(found.entry.locator, None))
        else:
            yield found


class _EntryWriting(EntryReading):
    """The entries of one source, read by all children, and each written to a file of its own."""

    def __init__(
        self,
        folder: Path,
        files: dict[str, Path],
        sandbox: Sandbox,
        source: Source,
        limits: Limits,
        keys: tuple[str, ...],
    ) -> None:
        super().__init__(sandbox, source, limits, keys)
        self._folder = b"/".join(filter(None, (os.fsencode(folder), extracted_folder(source.steps))))
        self._files = files
        self._places: dict[Future[list[Read]], Path] = {}

    def submit(self, batch: list[Entry]) -> "Future[list[Read]]":
        place = Path(tempfile.mkdtemp(prefix="batch-", dir=self.sandbox.scratch))
        arguments = (place, self.source, batch, self.limits, self.keys)
        future: Future[list[Read]] = self.sandbox.submit(_write, *arguments, seconds=self.clocks(batch))
        self._places[future] = place
        return future

    def take(self, batch: list[Entry], future: "Future[list[Read]]") -> Iterator[tuple[Entry, Read]]:
        place = self._places.pop(future)
        try:
            for number, (entry, read) in enumerate(super().take(batch, future)):
                file = None if read.digests is None else self._moved(place / str(number), entry)
                if file is not None:
                    self._files[entry.locator] = file
                yield entry, read if file or not read.digests else Read(Outcome.FAILED, Cause.PROGRAM, TAKEN)
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def _moved(self, file: Path, entry: Entry) -> Path | None:
        """Move a file to its place, or to one of its own where that is taken; None where even that is."""
        for name in (extracted_name(entry), extracted_apart(entry)):
            target = Path(os.fsdecode(b"/".join((self._folder, name))))
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
            except (FileExistsError, NotADirectoryError):
                continue  # a file has the name of a folder on the way
            if not os.path.lexists(target):
                return file.rename(target)
        return None


def _write(*arguments: Any) -> list[Read]:
    from sauveterre.pipeline.reading import write_batch

    return write_batch(*arguments)
