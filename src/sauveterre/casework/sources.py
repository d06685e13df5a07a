"""Sources in the database, and the records that the core works with."""

import hashlib
import json
import os
from pathlib import Path

from sauveterre.casework import sealing
from sauveterre.casework.models import Entry, Exhibit, ExhibitKey, Source
from sauveterre.casework.rows import storable
from sauveterre.records import entry as entries
from sauveterre.records import source as sources
from sauveterre.records.provenance import Provenance


def way_of(steps: tuple[sources.Step, ...]) -> str:
    """Return the digest that tells one way down from another."""
    return hashlib.sha256(json.dumps([[step.reader, step.locator] for step in steps]).encode()).hexdigest()


def source_row(exhibit: Exhibit, record: sources.Source, *, path: str, kind: str) -> Source:
    """Return a new, unsaved row for a source."""
    return Source(
        exhibit=exhibit,
        path=storable(path),
        kind=kind,
        steps=[[step.reader, storable(step.locator)] for step in record.steps],
        way=way_of(record.steps),
        identity=storable(record.identity),
        depth=record.depth,
    )


def source_record(row: Source) -> sources.Source:
    """Return the record of a source's row."""
    steps = tuple(sources.Step(reader, locator) for reader, locator in row.steps)
    return sources.Source(path_of(row.exhibit), row.identity, steps)


def path_of(exhibit: Exhibit) -> Path:
    """Return where an exhibit lies."""
    return Path(os.fsdecode(bytes(exhibit.path_raw)))


def entry_record(row: Entry, source: sources.Source, reader: str) -> entries.Entry:
    """Return the record of an entry's row."""
    return entries.Entry(
        path=bytes(row.path_raw),
        size=row.size,
        locator=row.locator,
        kind=entries.EntryKind(row.kind),
        allocated=row.allocated,
        modified=row.modified,
        provenance=Provenance(source.identity, row.path, row.locator, reader),
        refusal=row.refusal,
        failure=row.failure,
        opens=row.opens,
        created=row.created,
        accessed=row.accessed,
        changed=row.changed,
        note=row.note,
    )


def keys_of(exhibit: Exhibit) -> tuple[str, ...]:
    """Return an exhibit's recovery keys, oldest first."""
    return tuple(
        sealing.unseal("key", bytes(key.sealed), name=f"exhibit {exhibit.pk}").decode()
        for key in exhibit.keys.order_by("pk")
    )


def keep_key(exhibit: Exhibit, key: str) -> None:
    """Keep a recovery key, sealed."""
    sealed = sealing.seal("key", key.encode(), name=f"exhibit {exhibit.pk}")
    ExhibitKey.objects.create(exhibit=exhibit, sealed=sealed)
