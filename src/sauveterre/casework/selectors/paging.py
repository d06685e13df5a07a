"""Long lists a page at a time, by key: the hundredth page costs what the first one does."""

from dataclasses import dataclass
from typing import Generic, TypeVar

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


def portion(rows: list[T], *, after: int, size: int = SIZE) -> Page[T]:
    """Return the rows after the first ``after`` ones of a list that is already in memory."""
    more = after + size < len(rows)
    return Page(rows[after : after + size], len(rows), after + size if more else None, not after)
