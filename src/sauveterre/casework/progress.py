"""Where the processing of an operation stands."""

import time
from collections import deque
from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from sauveterre.casework.models import Entry, EntryState, Operation, Problem, Source, SourceState

WINDOW_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts at one moment. ``found`` grows while containers inside containers are opened."""

    found: int
    done: int
    problems: int
    """Entries failed or partial, sources not opened, and damage found while reading."""
    bytes_found: int
    bytes_done: int
    listing: int
    """Sources that are still to be listed."""

    @property
    def complete(self) -> bool:
        """Whether nothing is left to do."""
        return self.done == self.found and not self.listing


class Rate:
    """Bytes a second over the last half minute."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self._seen: deque[tuple[float, int]] = deque()

    def megabytes_a_second(self, done: int) -> float:
        """Take note of the bytes done by now, and return the rate in millions of bytes a second."""
        now = time.monotonic()
        self._seen.append((now, done))
        while now - self._seen[0][0] > WINDOW_SECONDS:
            self._seen.popleft()
        (then, before), elapsed = self._seen[0], now - self._seen[0][0]
        return (done - before) / elapsed / 1e6 if elapsed > 0 and now > then else 0.0


def progress_of(operation: Operation) -> Progress:
    """Count where an operation stands."""
    ended = ~Q(state=EntryState.PENDING)
    counts = Entry.objects.filter(source__exhibit__operation=operation).aggregate(
        found=Count("pk"),
        done=Count("pk", filter=ended),
        troubled=Count("pk", filter=Q(state__in=[EntryState.FAILED, EntryState.PARTIAL])),
        bytes_found=Sum("size"),
        bytes_done=Sum("size", filter=ended),
    )
    sources = Source.objects.filter(exhibit__operation=operation).aggregate(
        listing=Count("pk", filter=Q(state=SourceState.NEW)),
        unopened=Count("pk", filter=Q(state__in=[SourceState.FAILED, SourceState.LOCKED])),
    )
    damage = Problem.objects.filter(source__exhibit__operation=operation).count()
    return Progress(
        found=counts["found"],
        done=counts["done"],
        problems=counts["troubled"] + sources["unopened"] + damage,
        bytes_found=counts["bytes_found"] or 0,
        bytes_done=counts["bytes_done"] or 0,
        listing=sources["listing"],
    )
