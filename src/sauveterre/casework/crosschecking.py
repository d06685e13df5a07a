"""Whether a second reader sees in a file system what the first one listed."""

from collections.abc import Callable

from sauveterre.casework import audit
from sauveterre.casework.models import Crosscheck, Source, SourceState
from sauveterre.casework.presence import require_children, require_there
from sauveterre.casework.rows import storable
from sauveterre.casework.sources import keys_of, source_record
from sauveterre.errors import SauveterreError
from sauveterre.evidence.filesystems.second import SECOND_READERS
from sauveterre.media.sandbox import Sandbox
from sauveterre.pipeline.crosschecking import crosscheck as compare
from sauveterre.records.crosscheck import Comparison

OPEN = (SourceState.LISTED, SourceState.DONE)


def has_second_reader(row: Source) -> bool:
    """Say whether a source is a file system that two libraries read."""
    return row.kind in SECOND_READERS


def crosscheck(sandbox: Sandbox, source_id: int) -> Callable[[], None]:
    """Have a second reader list a file system, and write what agrees and what does not."""
    row = Source.objects.select_related("exhibit__operation", "parent_entry").filter(pk=source_id).first()
    if row is None or row.state not in OPEN:
        return lambda: None  # its exhibit is gone, or it is being listed anew and will come back
    require_there(row.exhibit)
    size = row.parent_entry.size if row.parent_entry else None
    limits = sandbox.limits
    try:
        found: Comparison | None = sandbox.run(
            compare, source_record(row), row.kind, limits, keys_of(row.exhibit), seconds=limits.listing_clocks(size)
        )
    except SauveterreError as error:
        require_children(error)
        return _write(row, {"trouble": storable(str(error))})
    return (lambda: None) if found is None else _write(row, _values(found))


def _values(found: Comparison) -> dict[str, object]:
    more = (f"and {found.unlisted:,} more differences",) if found.unlisted else ()
    return {
        "reader": found.second,
        "listed_first": found.listed_first,
        "listed_second": found.listed_second,
        "agreeing": found.agreeing,
        "sampled": found.sampled,
        "digests_agreeing": found.digests_agreeing,
        "differences": [storable(one) for one in (*found.differences, *more)],
        "trouble": "",
    }


def _write(row: Source, values: dict[str, object]) -> Callable[[], None]:
    nothing = dict.fromkeys(("listed_first", "listed_second", "agreeing", "sampled", "digests_agreeing"), 0)
    values = {"reader": SECOND_READERS[row.kind], "differences": [], **nothing, **values}

    def write() -> None:
        written, _ = Crosscheck.objects.update_or_create(source=row, defaults=values)
        audit.record(
            actor=audit.SYSTEM,
            action="source-crosschecked",
            subject=f"exhibit {row.exhibit.number} {row.path} ({row.kind})",
            operation=row.exhibit.operation,
            reader=written.reader,
            agreeing=written.agreeing,
            differences=len(written.differences),
            trouble=written.trouble,
        )

    return write
