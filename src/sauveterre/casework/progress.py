"""Where the processing of an operation stands."""

from django.db.models import Count, Q, Sum

from sauveterre.casework.models import Entry, EntryState, Operation, Problem, Source, SourceState
from sauveterre.records.progress import Progress


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
