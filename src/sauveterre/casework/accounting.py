"""The accounting of an operation's sources, counted from the entries themselves."""

from collections.abc import Iterable

from django.db.models import Count, Q

from sauveterre.casework.models import EntryState, Operation, Source
from sauveterre.records.accounting import Accounting


def accounts_of(operation: Operation) -> list[Accounting]:
    """Return the accounting of every source of an operation, by exhibit and path."""
    return accounts(Source.objects.filter(exhibit__operation=operation))


def accounts(sources: Iterable[Source]) -> list[Accounting]:
    """Count how the entries of each source ended."""
    numbers = [source.pk for source in sources]
    counted = (
        Source.objects.filter(pk__in=numbers)
        .select_related("exhibit")
        .annotate(
            found=Count("entries"),
            processed=_ended(EntryState.PROCESSED),
            partial=_ended(EntryState.PARTIAL),
            failed=_ended(EntryState.FAILED),
            skipped=_ended(EntryState.SKIPPED),
            pending=_ended(EntryState.PENDING),
        )
        .order_by("exhibit__number", "path", "way")
    )
    return [
        Accounting(
            exhibit=source.exhibit.number,
            source=source.path,
            reader=source.kind,
            state=source.state,
            found=source.found,
            processed=source.processed,
            partial=source.partial,
            failed=source.failed,
            skipped=source.skipped,
            pending=source.pending,
            reason=source.reason,
        )
        for source in counted
    ]


def _ended(state: EntryState) -> Count:
    return Count("entries", filter=Q(entries__state=state))
