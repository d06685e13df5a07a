"""Records to rows and back. A fact model has the fields of its record; ``prov_`` fields hold the provenance.

Rows go in by COPY: the fastest way into PostgreSQL, and one that fails whole.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import datetime
from enum import Enum
from functools import cached_property
from operator import attrgetter
from types import NoneType
from typing import Any, TypeVar, cast

import psycopg
from django.db import DataError, connection, models, transaction
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
    Problem,
    ReactionFact,
    SnapshotFact,
    StoreFact,
)
from sauveterre.records import problem
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
UNKEPT = (DataError, psycopg.DataError)
"""Refusals of a value, not of the database's state: trying again would not help."""
AT_ONCE = 5_000
UNFIT = "a value of this row is longer or larger than any real one: the row is not kept; look at it by hand"
_AS_IT_IS = frozenset({int, bool, float, bytes, datetime, NoneType})
PROVENANCE = ("prov_source", "prov_path", "prov_locator", "prov_reader")


def copy_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows by COPY within the caller's transaction; ``columns`` are names of fields' columns."""
    quoted = ", ".join(f'"{column}"' for column in columns)
    statement = f'COPY "{model._meta.db_table}" ({quoted}) FROM STDIN'
    with connection.cursor() as wrapper:
        cursor = cast("Cursor[Any]", wrapper.cursor)
        with cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row([value if type(value) in _AS_IT_IS else _value(value) for value in row])


def _value(value: Any) -> Any:
    """Make a value fit for PostgreSQL: no NUL in text, enums by value, tuples and lists as JSON."""
    if type(value) is str:
        return storable(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list | tuple | dict):
        return Jsonb(value)
    return value


def storable(text: str) -> str:
    r"""Return text that PostgreSQL can hold: NUL and lone surrogates written out as ``\x00`` and ``\udcXX``."""
    if "\x00" in text:
        text = text.replace("\x00", "\\x00")
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def copy_facts(source_id: int, records: Iterable[Any]) -> None:
    """Write what a store states as the facts and problems of one source, those of each kind in their order.

    At most ``AT_ONCE`` records of a kind are held. One that the database refuses becomes a problem that names its row:
    a hostile value may be longer or larger than its column, and costs that row alone.
    """
    waiting: dict[type[Any], list[Any]] = {}

    def take(record: Any) -> None:
        held = waiting.setdefault(type(record), [])
        held.append(record)
        if len(held) == AT_ONCE:
            write(type(record))

    def write(kind: type[Any]) -> None:
        for record in _refused(source_id, kind, waiting.pop(kind)):
            take(problem.Problem(record.provenance, UNFIT))

    for record in records:
        take(record)
    for kind in (*FACT_MODELS, problem.Problem):
        if kind in waiting:
            write(kind)


def _refused(source_id: int, kind: type[Any], records: list[Any]) -> list[Any]:
    """Write records of one kind, and return those that the database refuses."""
    table = _TABLES[kind]
    try:
        with transaction.atomic():
            copy_rows(table.model, table.columns, ((source_id, *table.values(record)) for record in records))
    except UNKEPT:
        fit = [record for record in records if table.fits(record)]
        if kind is problem.Problem or len(fit) == len(records):
            raise
        _refused(source_id, kind, fit)
        return [record for record in records if not table.fits(record)]
    return []


class _Table:
    """Where records of one kind are written: the columns, what gives their values, and what these may be."""

    def __init__(self, kind: type[Any], model: type[models.Model], where: Sequence[str]) -> None:
        names = [field.name for field in fields(kind) if field.name != "provenance"]
        self.model = model
        self.columns = ["source_id", *where, *names]
        self.values = attrgetter(*(f"provenance.{column.removeprefix('prov_')}" for column in where), *names)

    @cached_property
    def _most(self) -> list[int | None]:
        return [_most_of(self.model._meta.get_field(column)) for column in self.columns[1:]]

    def fits(self, record: Any) -> bool:
        """Say whether no text is longer, and no number larger, than its column takes."""
        return all(
            most is None or value is None or (len(storable(value)) if isinstance(value, str) else abs(value)) <= most
            for value, most in zip(self.values(record), self._most, strict=True)
        )


def _most_of(field: Any) -> int | None:
    """Return the most characters of a text's column, or the largest number of a number's; None for all others."""
    if isinstance(field, models.IntegerField):
        return connection.ops.integer_field_range(field.get_internal_type())[1]
    most: int | None = getattr(field, "max_length", None)
    return most


_TABLES = {kind: _Table(kind, model, PROVENANCE) for kind, model in FACT_MODELS.items()}
_TABLES[problem.Problem] = _Table(problem.Problem, Problem, ("path", "locator", "reader"))


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
