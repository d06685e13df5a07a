"""How far reading is, for the operation or one exhibit, and whether anybody is at it at this moment."""

from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum

from sauveterre.casework.jobs import JOB_LOCKS
from sauveterre.casework.models import Entry, EntryState, Exhibit, Source, SourceState
from sauveterre.casework.selectors.access import Sight
from sauveterre.casework.selectors.exhibits import Account, problem_rows
from sauveterre.records.entry import EntryKind

NEWEST = 5
STRUCTURE = Q(kind__in=[EntryKind.VOLUME, EntryKind.REGION])
"""Layers are only looked at: their sizes are not bytes that were read."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far reading is."""

    account: Account
    bytes_found: int
    bytes_done: int
    waiting_sources: int
    """Sources that are not yet listed: their entries are not yet counted."""
    problems: int
    at_work: bool
    """Whether a living process works on it now; else it waits until somebody runs `process` again."""
    failures: list[Entry] = field(default_factory=list)
    """The newest ones."""

    @property
    def running(self) -> bool:
        """Whether something is left to do."""
        return bool(self.account.pending or self.waiting_sources)

    @property
    def percent(self) -> int:
        """Ended entries in whole percent, rounded down."""
        return 100 * self.account.ended // self.account.found if self.account.found else 0


def progress(sight: Sight, *, exhibit: Exhibit | None = None) -> Progress:
    """Return how far reading is, with the newest failures."""
    sources = Source.objects.filter(exhibit__operation=sight.operation)
    if exhibit is not None:
        sources = sources.filter(exhibit=exhibit)
    states = dict(sources.values_list("pk", "state"))
    entries = Entry.objects.filter(source__in=list(states))
    counted = entries.values_list("state").annotate(n=Count("pk"), size=Sum("size", filter=~STRUCTURE)).order_by()
    rows = {state: (n, size or 0) for state, n, size in counted}
    found = sum(size for _, size in rows.values())
    failed = entries.filter(state=EntryState.FAILED).select_related("source__exhibit").order_by("-pk")
    waiting = sum(state == SourceState.NEW for state in states.values())
    return Progress(
        account=Account(**{state: n for state, (n, _) in rows.items()}),
        bytes_found=found,
        bytes_done=found - rows.get(EntryState.PENDING, (0, 0))[1],
        waiting_sources=waiting,
        problems=problem_rows(sight, exhibit=exhibit.pk if exhibit else 0).count(),
        at_work=bool(waiting or EntryState.PENDING in rows) and _at_work(sources),
        failures=list(failed[:NEWEST]) if EntryState.FAILED in rows else [],
    )


def _at_work(sources: QuerySet[Source]) -> bool:
    """Ask the database which jobs living processes hold: each holds an advisory lock on its job's number."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT (job.args->>'source_id')::bigint, (job.args->>'exhibit_id')::bigint FROM pg_locks held
            JOIN procrastinate_jobs job ON job.id = held.objid::bigint
            WHERE held.locktype = 'advisory' AND held.classid = %s AND held.granted
                AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """,
            [JOB_LOCKS],
        )
        held = cursor.fetchall()
    of_sources, of_exhibits = [one for one, _ in held if one], [one for _, one in held if one]
    return bool(held) and sources.filter(Q(pk__in=of_sources) | Q(exhibit__in=of_exhibits)).exists()
