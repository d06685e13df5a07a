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
        .annotate(found=Count("entries"))
        .annotate(**{f"n_{state.value}": Count("entries", filter=Q(entries__state=state)) for state in EntryState})
        .order_by("exhibit__number", "path", "way")
    )
    return [
        Accounting(
            exhibit=source.exhibit.number,
            source=source.path,
            reader=source.kind,
            state=source.state,
            found=source.found,
            processed=source.n_processed,
            partial=source.n_partial,
            failed=source.n_failed,
            skipped=source.n_skipped,
            pending=source.n_pending,
            reason=source.reason,
        )
        for source in counted
    ]
