"""Who may see what: the one place where membership is checked for reading."""

from dataclasses import dataclass

from django.db.models import QuerySet

from sauveterre.casework.models import Officer, Operation
from sauveterre.errors import NotAllowed


@dataclass(frozen=True, slots=True)
class Sight:
    """An operation, seen by an officer who is a member of it. Made by ``sight_of`` only."""

    viewer: Officer
    operation: Operation


def operations_of(viewer: Officer) -> QuerySet[Operation]:
    """Return the operations that the officer is a member of, by name."""
    return Operation.objects.filter(members=viewer).order_by("name")


def sight_of(viewer: Officer, operation: int) -> Sight:
    """Open an operation for an officer; raise ``NotAllowed`` alike for one that does not exist and a foreign one."""
    found = operations_of(viewer).filter(pk=operation).first()
    if found is None:
        raise NotAllowed(f"there is no operation {operation} that {viewer.username} is a member of")
    return Sight(viewer, found)
