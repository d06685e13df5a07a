"""Hash lists on their way into the store: copied, read apart, and put where hits look them up."""

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sauveterre.casework.limits import limits_here
from sauveterre.casework.models import HashList
from sauveterre.casework.runner import evidence_sandbox
from sauveterre.casework.storage import incoming, kept_list, list_file
from sauveterre.errors import InvalidInput, UnreadableSource
from sauveterre.matching.bloom import NAME as FILTER
from sauveterre.matching.known import KnownList
from sauveterre.media.sandbox import Sandbox
from sauveterre.pipeline.known import open_built
from sauveterre.pipeline.list_building import PRELOAD, ListReading, Part
from sauveterre.pipeline.list_reading import build_apart, list_limits

_BLOCK = 1 << 20
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Taken:
    """A version of a list that was read and not yet kept."""

    reading: ListReading
    parts: list[list[str]]
    """As ``HashList.parts``."""
    copy: Path
    built: Path
    """Its index; nothing is there for a filter."""

    @property
    def is_filter(self) -> bool:
        """Whether it is a Bloom filter."""
        return self.reading.reader == FILTER

    def known(self) -> KnownList:
        """Open its index."""
        return open_built(self.built)

    def keep(self, row: HashList) -> None:
        """Put file and index where the store keeps them."""
        target = list_file(row.sha256)
        target.parent.mkdir(parents=True, exist_ok=True)
        self.copy.replace(target)
        if not self.is_filter:
            index = kept_list(row.kept_as, row.name, row.version)
            beside = index.with_name(f".{index.name}.part")
            shutil.move(self.built, beside)  # the scratch folder may lie on another disk
            beside.replace(index)


@contextmanager
def read_version(path: Path, before: HashList | None, *, name: str, version: str) -> Iterator[Taken]:
    """Have a child read a file, as a whole list or as the difference to a version, for as long as the block lasts.

    Raises as ``build_version``, and ``InvalidInput`` where the files of the version before were not kept.
    """
    copy = incoming() / f"list-{hashlib.sha256(str(path).encode()).hexdigest()[:16]}"
    try:
        sha256 = _copied(path, copy)
        kept = [*(before.parts if before else ()), [sha256, version, path.name[-LONGEST_NAME:]]]
        files = [*(list_file(digest) for digest, *_ in kept[:-1]), path]
        _require_kept(before, files)
        with evidence_sandbox(1, PRELOAD, limits=list_limits(limits_here(), files)) as sandbox:
            built = sandbox.scratch / "built"
            parts = (*_lent(sandbox, kept[:-1]), Part(path.absolute(), version))
            reading = build_apart(sandbox, parts, built, name=name, version=version)
            if reading.source != f"sha256:{sha256}":
                raise UnreadableSource(f"{path.name} changed while it was read; see that nothing writes to it")
            yield Taken(reading, kept, copy, built)
    finally:
        copy.unlink(missing_ok=True)


def _copied(path: Path, copy: Path) -> str:
    """Copy a file and return its SHA-256."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as source, copy.open("wb") as target:
            while block := source.read(_BLOCK):
                digest.update(block)
                target.write(block)
    except OSError as error:
        raise UnreadableSource(
            f"The hash list {path.name} cannot be read ({error.strerror or error}); check the file, its permissions, "
            "and that the workspace has room for a copy"
        ) from error
    return digest.hexdigest()


def _require_kept(before: HashList | None, files: Sequence[Path]) -> None:
    if before is not None and not (before.parts and all(file.is_file() for file in files)):
        raise InvalidInput(
            f"the file of {before.name} {before.version} was not kept, so a difference to it makes no new version; "
            "give the whole list"
        )


def _lent(sandbox: Sandbox, kept: Sequence[list[str]]) -> Iterator[Part]:
    """Give the children copies of files in the store, which they do not see, under the names that they came with."""
    for number, (sha256, version, name) in enumerate(kept):
        folder = sandbox.scratch / str(number)
        folder.mkdir()
        shutil.copyfile(list_file(sha256), folder / name)
        yield Part(folder / name, version)


@contextmanager
def parts_of(row: HashList) -> Iterator[tuple[Sandbox, tuple[Part, ...]]]:
    """Give a sandbox, and in it the files of a version; raise ``InvalidInput`` where they were not kept."""
    files = [list_file(sha256) for sha256, *_ in row.parts]
    if not files or not all(file.is_file() for file in files):
        raise InvalidInput(f"the file of {row.name} {row.version} was not kept; add the list again to export it")
    with evidence_sandbox(1, PRELOAD, limits=list_limits(limits_here(), files)) as sandbox:
        yield sandbox, tuple(_lent(sandbox, row.parts))


def forget_files(row: HashList) -> None:
    """Remove the index of a version that was taken out, and its files, unless another version needs them."""
    rest = HashList.objects.exclude(pk=row.pk)
    if not any(other.kept_as == row.kept_as for other in rest.filter(name=row.name, version=row.version)):
        kept_list(row.kept_as, row.name, row.version).unlink(missing_ok=True)
    for sha256, *_ in row.parts:
        if not rest.filter(parts__contains=[[sha256]]).exists():
            list_file(sha256).unlink(missing_ok=True)
