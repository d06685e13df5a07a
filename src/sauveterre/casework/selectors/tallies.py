"""What is counted of a whole operation: once, and again only when something that it is counted from has changed.

A tally cannot be out of date. Triggers (migration 0013) write a ``Change`` in the transaction of every statement that
touches what is counted here, whoever runs it; a tally that was made while other changes were seen is made anew.
"""

import hashlib
from dataclasses import dataclass

from django.db.models import Count, Max

from sauveterre.casework.models import Change, Entry, Operation, Tally
from sauveterre.casework.selectors.standing import (
    HIT_FILTERS,
    HITS,
    STANDING,
    Effect,
    Part,
    hit_counts,
    several,
    standing,
)
from sauveterre.casework.snapshot import one_moment

SHAPE = 3
"""Of ``Tally.counts`` and ``Tally.queue``; a change of either is a new number."""
_HOW = hashlib.sha256(repr((SHAPE, STANDING, HITS, HIT_FILTERS)).encode()).hexdigest()[:12]
"""By which rules: what another version of the program counted by others is counted anew."""


@dataclass(frozen=True, slots=True)
class Counted:
    """An operation in the numbers that rest on all of its files."""

    effect: Effect
    hits: dict[str, int]
    """Contents, for each key of ``standing.HIT_FILTERS``."""
    pictures: dict[str, int]
    """The pictures among them, likewise."""
    stacks: int


def tally_of(operation: Operation) -> Counted:
    """Return the numbers of an operation as they are now."""
    return _counted(_tally(operation))


def left_to_look_at(operation: Operation) -> list[int]:
    """Return the places (``standing.place_of``) of what is left to look at, in order: of each stack its first."""
    return _tally(operation, queue=True).queue


def _tally(operation: Operation, *, queue: bool = False) -> Tally:
    with one_moment():
        seen = Change.objects.aggregate(n=Count("pk"), last=Max("pk"))
        state = f"{_HOW}/{seen['n']}/{seen['last']}"
        kept = Tally.objects.filter(operation=operation, state=state)
        found = (kept if queue else kept.defer("queue")).first()
        if found is not None:
            return found
        made = _count(operation, state)
    Tally.objects.update_or_create(
        operation=operation, defaults={"state": made.state, "counts": made.counts, "queue": made.queue}
    )
    return made


def _count(operation: Operation, state: str) -> Tally:
    files = Entry.objects.filter(source__exhibit__operation=operation).count()
    effect, queue = standing(operation, found=files)
    counts = {
        "parts": {part.value: number for part, number in effect.parts.items()},
        "hits": hit_counts(operation),
        "pictures": hit_counts(operation, pictures=True),
        "stacks": several(operation).count(),
    }
    return Tally(operation=operation, state=state, counts=counts, queue=queue)


def _counted(tally: Tally) -> Counted:
    counts = tally.counts
    return Counted(
        effect=Effect({part: counts["parts"][part.value] for part in Part}),
        hits={name: counts["hits"][name] for name in HIT_FILTERS},
        pictures={name: counts["pictures"][name] for name in HIT_FILTERS},
        stacks=counts["stacks"],
    )
