"""Long lists a page at a time, by key: the hundredth page costs what the first one does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

SIZE = 100
T = TypeVar("T")
M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows of a list in its order, how many the whole list has, and where the next page starts."""

    rows: list[T]
    total: int
    after: int | None
    """The key to go on after; None at the end."""
    first: bool


def keyset(rows: QuerySet[M], *, after: int, field: str = "pk", size: int = SIZE, total: int | None = None) -> Page[M]:
    """Return the rows whose whole-number ``field`` is beyond ``after``, in its order; ``-field`` goes downwards.

    ``after`` of 0 starts at the beginning. ``total`` spares the count where it is known.
    """
    name = field.lstrip("-")
    compare = f"{name}__{'lt' if field.startswith('-') else 'gt'}"
    wanted = rows.filter(**{compare: after}) if after else rows
    found = list(wanted.order_by(field)[: size + 1])
    more = len(found) > size
    found = found[:size]
    return Page(found, rows.count() if total is None else total, getattr(found[-1], name) if more else None, not after)


def keys_beyond(query: str, given: Sequence[Any], *, after: int, size: int) -> tuple[list[int], int]:
    """Return the keys beyond ``after`` that a query gives, in order, at most ``size``; and how many it gives in all.

    For lists of which every row has to be found before the first is known: it is asked once, for both.
    """
    cut = "SELECT count(*), (array_agg(id ORDER BY id) FILTER (WHERE id > %s))[:%s] FROM asked"
    with connection.cursor() as cursor:
        cursor.execute(f"WITH asked (id) AS ({query}) {cut}", [*given, after, size])
        total, keys = cursor.fetchone()
    return keys or [], total


def portion(rows: list[T], *, after: int, size: int = SIZE) -> Page[T]:
    """Return the rows after the first ``after`` ones of a list that is already in memory."""
    more = after + size < len(rows)
    return Page(rows[after : after + size], len(rows), after + size if more else None, not after)
