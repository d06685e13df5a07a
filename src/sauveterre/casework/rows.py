"""Records to rows and back. A fact model has the fields of its record; ``prov_`` fields hold the provenance.

Rows go in by COPY: the fastest way into PostgreSQL, and one that fails whole.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from enum import Enum
from typing import Any, TypeVar, cast

from django.db import connection, models
from psycopg import Cursor
from psycopg.types.json import Jsonb

from sauveterre.casework.models import (
    AccountFact,
    AttachmentFact,
    DeliveryFact,
    EventFact,
    Fact,
    GroupFact,
    IdentifierFact,
    LinkFact,
    MessageFact,
    ReactionFact,
    SnapshotFact,
    StoreFact,
)
from sauveterre.records.account import Account, AccountIdentifier
from sauveterre.records.group import EventKind, Group, GroupEvent, GroupKind, MemberSnapshot, Role
from sauveterre.records.message import Attachment, Delivery, Link, Message, Reaction
from sauveterre.records.provenance import Provenance
from sauveterre.records.store import StoreInfo

FACT_MODELS: dict[type[Any], type[Fact]] = {
    StoreInfo: StoreFact,
    Account: AccountFact,
    AccountIdentifier: IdentifierFact,
    Group: GroupFact,
    MemberSnapshot: SnapshotFact,
    GroupEvent: EventFact,
    Message: MessageFact,
    Delivery: DeliveryFact,
    Attachment: AttachmentFact,
    Reaction: ReactionFact,
    Link: LinkFact,
}
ENUMS: dict[tuple[type[Any], str], type[Enum]] = {
    (Group, "kind"): GroupKind,
    (MemberSnapshot, "role"): Role,
    (GroupEvent, "kind"): EventKind,
}
RecordT = TypeVar("RecordT")
PROVENANCE = ("prov_source", "prov_path", "prov_locator", "prov_reader")


def copy_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows by COPY within the caller's transaction; ``columns`` are names of fields' columns."""
    quoted = ", ".join(f'"{column}"' for column in columns)
    statement = f'COPY "{model._meta.db_table}" ({quoted}) FROM STDIN'
    with connection.cursor() as wrapper:
        cursor = cast("Cursor[Any]", wrapper.cursor)
        with cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row([_value(value) for value in row])


def _value(value: Any) -> Any:
    """Make a value fit for PostgreSQL: no NUL in text, enums by value, tuples and lists as JSON."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list | tuple | dict):
        return Jsonb(value)
    return value


def storable(text: str) -> str:
    r"""Return text that PostgreSQL can hold: NUL and lone surrogates written out as ``\x00`` and ``\udcXX``."""
    return text.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode()


def copy_facts(source_id: int, facts: Iterable[Any]) -> None:
    """Write message records of any kinds as the facts of one source, in their order."""
    by_kind: dict[type[Any], list[Any]] = {}
    for fact in facts:
        by_kind.setdefault(type(fact), []).append(fact)
    for kind, records in by_kind.items():
        names = [field.name for field in fields(kind) if field.name != "provenance"]
        rows = (
            [source_id, *provenance_row(record.provenance), *(getattr(record, name) for name in names)]
            for record in records
        )
        copy_rows(FACT_MODELS[kind], ["source_id", *PROVENANCE, *names], rows)


def provenance_row(provenance: Provenance) -> list[str]:
    """Return a provenance as the four values of its columns, or of a finding's JSON."""
    return [provenance.source, provenance.path, provenance.locator, provenance.reader]


def read_facts(kind: type[RecordT], operation_id: int) -> Iterator[RecordT]:
    """Read all records of one kind back, in a stable order."""
    model = FACT_MODELS[kind]
    names = [field.name for field in fields(cast(Any, kind)) if field.name != "provenance"]
    rows = (
        model._default_manager.filter(source__exhibit__operation_id=operation_id)
        .order_by("prov_source", "prov_path", "prov_locator", "pk")
        .values_list(*PROVENANCE, *names)
    )
    for row in rows.iterator(chunk_size=5_000):
        values = {
            name: ENUMS[kind, name](value) if (kind, name) in ENUMS else value
            for name, value in zip(names, row[4:], strict=True)
        }
        yield cast(Any, kind)(provenance=Provenance(*row[:4]), **values)
