"""Doing again what a newer version does otherwise, and trying again what failed: that, and nothing else.

Only *what waits* is changed here. The jobs then list a source instead of its old listing and read an entry instead of
its old outcome, each in one transaction: until then the old ones stand.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from sauveterre.casework import audit
from sauveterre.casework.batches import Batches
from sauveterre.casework.jobs import put
from sauveterre.casework.models import Content, Entry, EntryState, Officer, Operation, Source, SourceState
from sauveterre.casework.sources import way_of
from sauveterre.casework.storage import sheet_name, thumbnail_name
from sauveterre.casework.suspects import is_deadly
from sauveterre.media.fingerprint import DIGESTS
from sauveterre.media.formats import CONTAINERS
from sauveterre.pipeline.opening import reader_versions
from sauveterre.pipeline.processing import ANY, VERSIONS, version_of
from sauveterre.records.entry import Cause, EntryKind
from sauveterre.records.source import Step

ENDED = (EntryState.PROCESSED, EntryState.PARTIAL, EntryState.FAILED)
OPEN = (SourceState.LISTED, SourceState.DONE)
PASSING = (Cause.TIME, Cause.MEMORY, Cause.UNREADABLE, Cause.SIZE)
"""Causes that may lie in the machine, a cable, a share or a limit, and not in the entry."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What waits to be done again."""

    sources: int
    entries: int
    left_alone: int = 0
    """What failed, and is not tried again: it ended whatever read it."""


@transaction.atomic
def refresh() -> Refreshed:
    """Have all sources listed again, and all entries read again, that a newer version of their reader touches."""
    known = Q()
    for name, version in reader_versions().items():
        known |= Q(kind=name, reader_version__gt=0, reader_version__lt=version)
    sources = _outermost(Source.objects.exclude(state=SourceState.NEW).filter(known))
    old = Q()
    for extractor in (*VERSIONS, ANY):
        old |= Q(extractor=extractor, version__lt=version_of(extractor))
    old |= Q(content__kind__in=CONTAINERS, extractor=DIGESTS)  # read before films were
    entries = _entries_of_others(Entry.objects.filter(old, state__in=ENDED), sources)
    done = Refreshed(_list_again(sources), _read_again(entries))
    if done.sources or done.entries:
        _record("refreshed", audit.SYSTEM, done)
    return done


@transaction.atomic
def try_again(*, operation: Operation, by: Officer) -> Refreshed:
    """Have all tried again that failed in an operation, except what ended this very version of its reader."""
    inside = Source.objects.filter(exhibit__operation=operation)
    folders = Entry.objects.filter(source=OuterRef("pk"), kind=EntryKind.FOLDER.value, state=EntryState.FAILED)
    done_before = Q(state=SourceState.DONE) & (~Q(reason="") | Exists(folders))
    chosen = _outermost(inside.filter(Q(state=SourceState.FAILED) | done_before | Q(pk__in=_overspent(operation))))
    sources = [source for source in chosen if not is_deadly(source.attempts)]
    failed = Entry.objects.filter(source__exhibit__operation=operation).filter(
        Q(state=EntryState.FAILED) | Q(state=EntryState.PARTIAL, cause__in=[cause.value for cause in PASSING])
    )
    read = failed.exclude(extractor="")
    killers = Q()
    for extractor in (*VERSIONS, ANY):
        killers |= Q(cause=Cause.CRASH.value, extractor=extractor, version=version_of(extractor))
    left = read.filter(killers).count() + len(chosen) - len(sources)
    closed = Q(sources__in=[source.pk for source in sources])  # whether it opens now is told by its source
    again = _entries_of_others(read.exclude(killers | closed), sources)
    done = Refreshed(_list_again(sources), _read_again(again), left)
    _record("tried-again", by.username, done, operation)
    return done


def read_locked_again(entries: QuerySet[Entry]) -> int:
    """Have those of the entries read again that were read and found locked: a key came in. Return how many."""
    locked = entries.filter(state=EntryState.FAILED, cause=Cause.ENCRYPTED.value).exclude(extractor="")
    return _read_again(_entries_of_others(locked, ()))


def _overspent(operation: Operation) -> QuerySet[Entry]:
    """Return the outermost containers in which an entry was not read, as all that lies in them came to too much."""
    refused = Entry.objects.filter(
        source__exhibit__operation=operation, state=EntryState.FAILED, cause=Cause.SIZE.value, extractor="", failure=""
    )
    return refused.values_list(Coalesce("source__budget_id", "source_id"), flat=True)


def forget_unheld(operation: Operation) -> int:
    """Remove contents that no entry holds any more, once nothing waits; return how many.

    An entry that is read anew may turn out to hold something else.
    """
    waiting = Entry.objects.filter(source__exhibit__operation=operation, state=EntryState.PENDING).exists()
    if waiting or Source.objects.filter(exhibit__operation=operation, state=SourceState.NEW).exists():
        return 0
    with transaction.atomic():
        unheld = Content.objects.filter(operation=operation, entries__isnull=True)
        digests = set(unheld.values_list("sha256", flat=True))
        unheld.delete()
    kept = set(Content.objects.filter(sha256__in=digests).values_list("sha256", flat=True))
    for digest in digests - kept:
        default_storage.delete(thumbnail_name(digest))
        default_storage.delete(sheet_name(digest))
    return len(digests)


def _outermost(sources: QuerySet[Source]) -> list[Source]:
    """Return sources that lie in none of the others: listing the outer one replaces all that lies in it."""
    found = {(source.exhibit_id, source.way): source for source in sources.select_for_update(of=("self",), no_key=True)}
    return [source for source in found.values() if not any(way in found for way in _ways_around(source))]


def _ways_around(source: Source) -> list[tuple[int, str]]:
    steps = tuple(Step(*step) for step in source.steps)
    return [(source.exhibit_id, way_of(steps[:length])) for length in range(len(steps))]


def _entries_of_others(entries: QuerySet[Entry], sources: Iterable[Source]) -> QuerySet[Entry]:
    """Leave out entries of sources that are listed again, or not open: their listing decides over them."""
    return entries.filter(source__state__in=OPEN).exclude(source__in=[source.pk for source in sources])


def _list_again(sources: list[Source]) -> int:
    numbers = [source.pk for source in sources]
    Source.objects.filter(pk__in=numbers).update(state=SourceState.NEW, attempts=0, reached=None)
    put("inventory", [{"source_id": number} for number in numbers])
    return len(numbers)


def _read_again(entries: QuerySet[Entry]) -> int:
    """Have entries wait again; what is known of how they killed their reader stays with them, as long as it is true."""
    found = entries.order_by("source_id", "ordinal").values_list("pk", "source_id", "ordinal", "kind", "size")
    batches: dict[int, Batches] = {}
    numbers = []
    for number, source, ordinal, kind, size in found.iterator(chunk_size=5_000):
        batches.setdefault(source, Batches()).take(ordinal, kind, size)
        numbers.append(number)
    for at in range(0, len(numbers), 5_000):
        Entry.objects.filter(pk__in=numbers[at : at + 5_000]).update(
            state=EntryState.PENDING, reason="", attempts=0, version=0
        )
    Source.objects.filter(pk__in=batches).update(state=SourceState.LISTED)
    for source, cut in batches.items():
        put("process", cut.jobs(source))
    return len(numbers)


def _record(action: str, by: str, done: Refreshed, operation: Operation | None = None) -> None:
    audit.record(
        actor=by,
        action=action,
        subject="what failed" if operation else "what newer versions touch",
        operation=operation,
        sources=done.sources,
        entries=done.entries,
        left_alone=done.left_alone,
    )
