"""The catalogue of an exhibit in the formats of other tools, one page of it in memory at a time."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

from django.db import transaction
from django.utils import timezone

from sauveterre.casework import audit
from sauveterre.casework.models import Exhibit, Officer, Source
from sauveterre.casework.services.operations import require_member
from sauveterre.casework.sources import entry_record, path_of, source_record
from sauveterre.casework.verifying import FOLDER
from sauveterre.errors import InvalidInput
from sauveterre.evidence.readers import LAYER_NAMES
from sauveterre.exchange.writers import hashdeep
from sauveterre.exchange.writers.dfxml import Volume, write_dfxml
from sauveterre.pipeline.naming import extracted_folder, extracted_name
from sauveterre.records.catalogued import Catalogued
from sauveterre.records.digest import Digests
from sauveterre.records.entry import Entry

PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written, and how many entries are in it."""

    file: Path
    entries: int


def export_dfxml(*, exhibit: Exhibit, by: Officer, file: Path) -> Exported:
    """Write every entry of every source of an exhibit as DFXML; raise ``InvalidInput`` when it cannot be written."""

    def write(out: BinaryIO) -> int:
        volumes = (Volume(row.path, row.kind, catalogued(row)) for row in _sources(exhibit))
        return write_dfxml(out, image=exhibit.path, version=version("sauveterre"), at=timezone.now(), volumes=volumes)

    return _exported(exhibit, by, file, "dfxml", write)


def export_hashdeep(*, exhibit: Exhibit, by: Officer, file: Path, relative: bool = False) -> Exported:
    """Write what ``hashdeep -k`` audits an exhibit's files against; raise ``InvalidInput`` when it cannot be written.

    Of a folder these are its files, by the names that hashdeep gives them: from the root of the file system, or, where
    ``relative``, from the folder. Of an image or an archive they are its files, by the names that `evidence extract`
    gives them. What lies in archives inside is in none of them.
    """

    def write(out: BinaryIO) -> int:
        out.write(hashdeep.HEADER)
        count = 0
        for row in _sources(exhibit):
            start = _start_of(row, relative=relative)
            name = _stored_name if row.kind == FOLDER else extracted_name
            for one in catalogued(row) if start is not None else ():
                if one.digests is not None and one.size is not None and start is not None:
                    out.write(hashdeep.known_line(start + name(one.entry), one.size, one.digests))
                    count += 1
        return count

    return _exported(exhibit, by, file, "hashdeep", write)


def catalogued(row: Source) -> Iterator[Catalogued]:
    """Yield the entries of a source with what was read of them, in the order of its listing."""
    source, last = source_record(row), -1
    entries = row.entries.select_related("content").order_by("ordinal")
    while page := list(entries.filter(ordinal__gt=last)[:PAGE]):
        for entry in page:
            record, content = entry_record(entry, source, row.kind), entry.content
            if content is None:
                yield Catalogued(record)
            else:
                yield Catalogued(record, content.size, Digests(content.md5, content.sha1, content.sha256))
        last = page[-1].ordinal


def _sources(exhibit: Exhibit) -> Iterator[Source]:
    rows = exhibit.sources.select_related("exhibit", "parent", "parent_entry").exclude(announced=None)
    return rows.order_by("path", "way").iterator()


def _start_of(row: Source, *, relative: bool) -> bytes | None:
    """Return what the names of a source's files begin with; None for a source that is itself among the files."""
    if row.kind == FOLDER and not row.steps:
        return b"./" if relative else os.fsencode(path_of(row.exhibit).resolve()) + b"/"
    if not all(reader in LAYER_NAMES for reader, _ in row.steps):
        return None
    below = extracted_folder(source_record(row).steps)
    return b"./" + below + b"/" if below else b"./"


def _stored_name(entry: Entry) -> bytes:
    return entry.path


def _exported(exhibit: Exhibit, by: Officer, file: Path, what: str, write: Callable[[BinaryIO], int]) -> Exported:
    """Write a file whole or not at all, and say in the log that it was."""
    require_member(operation=exhibit.operation, officer=by)
    part = file.with_name(f"{file.name}.part")
    try:
        with part.open("wb") as out:
            count = write(out)
        with transaction.atomic():
            audit.record(
                actor=by.username,
                action="exhibit-exported",
                subject=f"exhibit {exhibit.number}",
                operation=exhibit.operation,
                format=what,
                entries=count,
            )
            part.replace(file)
    except OSError as error:
        raise InvalidInput(f"{file} cannot be written: {error.strerror}; name another file") from error
    finally:
        part.unlink(missing_ok=True)
    return Exported(file, count)
