"""Proof that an exhibit still is what was processed: listed and read again, and held against the catalogue.

Every source is listed anew, every entry that has digests is read again, in the sandbox and in bounded memory: what the
sources hold now goes through a table that lives as long as the comparison.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from django.db import connection, transaction
from django.db.models import Count, Sum
from psycopg import Cursor

from sauveterre.casework import audit, verifying
from sauveterre.casework.intake import listing_clocks
from sauveterre.casework.models import Entry, EntryState, Exhibit, Officer, Phase, Source
from sauveterre.casework.presence import require_children, require_there
from sauveterre.casework.rows import storable
from sauveterre.casework.selectors.integrity import integrity_findings
from sauveterre.casework.services.operations import require_member
from sauveterre.casework.sources import entry_record, keys_of, source_record
from sauveterre.errors import SauveterreError
from sauveterre.media.sandbox import Sandbox
from sauveterre.pipeline.digesting import EntryReading, list_to_file
from sauveterre.pipeline.endings import Read
from sauveterre.pipeline.listing import Listing, scratch_file
from sauveterre.records.entry import Entry as EntryRecord
from sauveterre.records.entry import display_path
from sauveterre.records.progress import Progress

MOST_DIFFERENCES = 1_000
"""Differences that are told one by one; beyond that they are counted."""
PAGE = 1_000
_RELISTED = """DROP TABLE IF EXISTS pg_temp.relisted;
CREATE TEMPORARY TABLE relisted (locator text, path bytea, size bigint, kind text) ON COMMIT DROP"""
_UNLIKE = """
SELECT COALESCE(e.path_raw, r.path), COALESCE(e.locator, r.locator), e.id IS NULL, r.locator IS NULL, e.size, r.size,
    e.path_raw IS DISTINCT FROM r.path, e.kind IS DISTINCT FROM r.kind
FROM (SELECT * FROM casework_entry WHERE source_id = %s) e FULL JOIN relisted r ON e.locator = r.locator
WHERE e.id IS NULL OR r.locator IS NULL OR e.path_raw <> r.path OR e.kind <> r.kind OR e.size IS DISTINCT FROM r.size
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was processed."""

    source: str
    path: str
    locator: str
    what: str


@dataclass(slots=True)
class SourceProof:
    """What a source was, and what it is now."""

    source: str
    reader: str
    announced: int | None
    """None for a source that was never opened: there is nothing to hold against."""
    listed: int = 0
    read: int = 0
    """Entries whose digests are what they were."""
    differing: int = 0
    note: str = ""


@dataclass(slots=True)
class Proof:
    """What an audit of an exhibit gave."""

    exhibit: int
    sources: list[SourceProof] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    """The first of them."""
    differing: int = 0
    """All of them."""
    media: list[str] = field(default_factory=list)
    """Findings on the medium as a whole."""
    medium_read: bool = False

    @property
    def agrees(self) -> bool:
        """Whether all is as it was."""
        return not self.differing and not self.media

    @property
    def sentence(self) -> str:
        """All of it in one sentence."""
        listed, read = (sum(getattr(one, name) for one in self.sources) for name in ("listed", "read"))
        told = f"{listed:,} entries in {len(self.sources):,} sources were listed again and {read:,} files read again"
        medium = (
            "its medium was read from end to end" if self.medium_read else "as a folder it has no digest of its own"
        )
        if self.agrees:
            return f"exhibit {self.exhibit} is what was processed: {told}, {medium}, and nothing differs"
        wrong = self.differing + len(self.media)
        return f"exhibit {self.exhibit} is not what was processed: {told}, {medium}, and {wrong:,} things differ"


def prove(
    *, exhibit: Exhibit, by: Officer, sandbox: Sandbox, tick: Callable[[Progress], None] = lambda _: None
) -> Proof:
    """Hold everything that was processed of an exhibit against what can be read of it now; the log keeps the result.

    Raises ``WorkspaceError`` while its medium is not connected.
    """
    require_member(operation=exhibit.operation, officer=by)
    require_there(exhibit)
    proof = Proof(exhibit.number)
    standing = _Standing(exhibit, proof, tick)
    for row in exhibit.sources.select_related("exhibit__operation", "parent_entry").order_by("path", "way"):
        _Examination(row, proof, sandbox, standing).run()
    _verify_medium(exhibit, proof, sandbox)
    with transaction.atomic():
        audit.record(
            actor=by.username,
            action="exhibit-audited",
            subject=f"exhibit {exhibit.number}",
            operation=exhibit.operation,
            listed=sum(one.listed for one in proof.sources),
            read=sum(one.read for one in proof.sources),
            differing=proof.differing,
            medium=len(proof.media),
        )
    return proof


def _verify_medium(exhibit: Exhibit, proof: Proof, sandbox: Sandbox) -> None:
    if verifying.medium_source(exhibit) is None:
        return
    medium = verifying.read_medium_of(sandbox, exhibit)
    readings = [verifying.read_file_of(sandbox, exhibit), *([] if medium is None else [medium])]
    verifying.write_readings(exhibit, Phase.AUDIT, readings)
    proof.medium_read = True
    proof.media = integrity_findings(exhibit, Phase.AUDIT)


class _Standing:
    """How far an audit is, for whoever watches."""

    def __init__(self, exhibit: Exhibit, proof: Proof, tick: Callable[[Progress], None]) -> None:
        entries = Entry.objects.filter(source__exhibit=exhibit, content__isnull=False)
        counted = entries.aggregate(found=Count("pk"), bytes=Sum("content__size"))
        self._found, self._bytes = counted["found"], counted["bytes"] or 0
        self._done = self._bytes_done = 0
        self._proof = proof
        self._tick = tick

    def read(self, size: int) -> None:
        self._done += 1
        self._bytes_done += size
        if self._done % 64 == 0 or self._done == self._found:
            self._tick(
                Progress(self._found, self._done, self._proof.differing, self._bytes, self._bytes_done, listing=0)
            )


class _Examination:
    """One source, held against its rows."""

    def __init__(self, row: Source, proof: Proof, sandbox: Sandbox, standing: _Standing) -> None:
        self._row = row
        self._proof = proof
        self._sandbox = sandbox
        self._standing = standing
        self._found = SourceProof(row.path, row.kind, row.announced)
        proof.sources.append(self._found)

    def run(self) -> None:
        if self._row.announced is None:
            self._found.note = f"was not opened: {self._row.reason or 'it still waits'}"
            return
        if pending := self._row.entries.filter(state=EntryState.PENDING).count():
            self._found.note = f"{pending:,} entries still wait to be processed"
        catalogued = self._row.entries.count()
        if catalogued != self._row.announced:
            self._differs("", "", f"its listing announced {self._row.announced:,} entries and {catalogued:,} are kept")
        if self._list_again():
            self._read_again()

    def _list_again(self) -> bool:
        """List the source anew; return whether it still opens."""
        file = scratch_file(self._sandbox.scratch)
        try:
            source, keys = source_record(self._row), keys_of(self._row.exhibit)
            clocks = listing_clocks(self._row, self._sandbox.limits)
            listing: Listing = self._sandbox.run(list_to_file, file, source, self._sandbox.limits, keys, seconds=clocks)
            with transaction.atomic():
                self._found.listed = _keep_for_comparison(listing)
                for path, locator, what in _unlike(self._row.pk):
                    self._differs(path, locator, what)
        except SauveterreError as error:
            require_children(error)
            self._differs("", "", f"could be listed and cannot any more: {error}")
            return False
        finally:
            file.unlink(missing_ok=True)
        return True

    def _read_again(self) -> None:
        expected: deque[Entry] = deque()
        source = source_record(self._row)

        def records() -> Iterator[EntryRecord]:
            for entry in _with_digests(self._row):
                expected.append(entry)
                yield entry_record(entry, source, self._row.kind)

        reading = EntryReading(self._sandbox, source, self._sandbox.limits, keys_of(self._row.exhibit))
        for _, read in reading.all(records()):
            entry = expected.popleft()
            what = changed(entry, read)
            if what:
                self._differs(entry.path, entry.locator, what)
            else:
                self._found.read += 1
            self._standing.read(read.size or 0)

    def _differs(self, path: str, locator: str, what: str) -> None:
        self._found.differing += 1
        self._proof.differing += 1
        if len(self._proof.differences) < MOST_DIFFERENCES:
            self._proof.differences.append(Difference(self._row.path, path, locator, what))


def changed(entry: Entry, read: Read) -> str:
    """Say how an entry's content differs from what was read when it was processed; nothing where it does not."""
    content = entry.content
    if content is None:
        return ""
    if read.digests is None:
        return f"could be read and cannot any more: {read.reason}"
    if read.size != content.size:
        return f"had {content.size:,} bytes and has {read.size or 0:,} now"
    for name in ("sha256", "sha1", "md5"):
        before, now = getattr(content, name), getattr(read.digests, name)
        if before != now:
            return f"has other bytes: its {name.upper()} was {before} and is {now}"
    return ""


def _with_digests(row: Source) -> Iterator[Entry]:
    """Yield the entries that were read to their end, a page of them in memory at a time."""
    last = -1
    while page := list(
        row.entries.filter(content__isnull=False, ordinal__gt=last).select_related("content").order_by("ordinal")[:PAGE]
    ):
        yield from page
        last = page[-1].ordinal


def _keep_for_comparison(listing: Listing) -> int:
    """Write a listing into the table of the comparison; return how many entries it has."""
    with connection.cursor() as wrapper:
        wrapper.execute(_RELISTED)
        cursor = cast("Cursor[Any]", wrapper.cursor)
        with cursor.copy("COPY relisted FROM STDIN") as copy:
            for entry in listing.entries():
                copy.write_row([storable(entry.locator), entry.path, entry.size, entry.kind.value])
        wrapper.execute("ANALYZE relisted")
    return listing.count


def _unlike(source_id: int) -> Iterator[tuple[str, str, str]]:
    """Yield path, locator and a sentence for each entry that is not listed as it was."""
    with connection.cursor() as cursor:
        cursor.execute(_UNLIKE, [source_id])
        while rows := cursor.fetchmany(PAGE):
            for path, locator, is_new, is_gone, size, size_now, other_path, _ in rows:
                if is_new:
                    what = "was not there when it was processed"
                elif is_gone:
                    what = "was there when it was processed and is not any more"
                elif other_path:
                    what = "has another name now"
                elif size != size_now:
                    what = f"was listed with {_bytes(size)} and is now with {_bytes(size_now)}"
                else:
                    what = "is listed as another kind of thing now"
                yield display_path(bytes(path)), locator, what


def _bytes(size: int | None) -> str:
    return "no size" if size is None else f"{size:,} bytes"
