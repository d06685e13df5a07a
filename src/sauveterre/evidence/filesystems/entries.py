"""From what the walk found to entries: pure, but for the clock of the record."""

from dataclasses import dataclass

from sauveterre.evidence.container import LARGEST_SIZE, special_refusal
from sauveterre.evidence.filesystems.dialect import Below, Remains, Stream, Times
from sauveterre.evidence.filesystems.verdict import CAUSES, FAILURES, NOTES, Verdict
from sauveterre.evidence.filesystems.walk import Found
from sauveterre.records.entry import Cause, Entry, EntryKind, display_path
from sauveterre.records.provenance import Provenance

OLD_NAMES = (Verdict.REUSED, Verdict.NAME_ONLY)
_IN_USE = (Verdict.LIVE, Verdict.LOST)
_NO_TIMES = Times(None, None, None, None)
NO_STREAM = Stream(0)


@dataclass(frozen=True, slots=True)
class Naming:
    """Where all entries of one volume come from."""

    identity: str
    reader: str
    volume_bytes: int


UNALLOCATED = (b"$Unallocated", "unallocated")
SLACK = (b"$Slack", "slack")


def region_of(region: tuple[bytes, str], size: int | None, naming: Naming) -> Entry:
    """Make the entry of a region: path and locator, to be searched for files by content."""
    path, locator = region
    where = Provenance(naming.identity, display_path(path), locator, naming.reader)
    return Entry(path, size, locator, EntryKind.REGION, None, None, where, opens="carving")


def volume_of(below: Below, naming: Naming) -> Entry:
    """Make the entry of a volume inside a volume."""
    where = Provenance(naming.identity, display_path(below.path), below.locator, naming.reader)
    return Entry(
        path=below.path,
        size=below.media.size,
        locator=below.locator,
        kind=EntryKind.VOLUME,
        allocated=True,
        modified=None,
        provenance=where,
        opens=below.opens,
        created=below.created,
        note=below.note,
    )


def locator_of(found: Found, stream: Stream) -> str:
    """Return how the entry is found again (see ``locator``)."""
    if found.address is None:
        return f"name{found.where}"
    if stream.attribute is None:
        return f"meta {found.address}{found.where}"
    return f"meta {found.address}-{stream.attribute[0]}-{stream.attribute[1]}{found.where}"


def entry_of(found: Found, stream: Stream, times: Times, naming: Naming, left: Remains | None = None) -> Entry:
    """Make an entry; ``left`` is what remains of a deleted content."""
    path = found.path + stream.suffix
    locator = locator_of(found, stream)
    refusal, failure, cause = _obstacle(found, stream, left)
    return Entry(
        path=path,
        size=stream.size if 0 <= stream.size <= LARGEST_SIZE else None,
        locator=locator,
        kind=found.kind,
        allocated=found.verdict in _IN_USE,
        modified=times.modified,
        provenance=Provenance(naming.identity, display_path(path), locator, naming.reader),
        refusal=refusal,
        failure=failure,
        cause=cause,
        created=times.created,
        accessed=times.accessed,
        changed=times.changed,
        note=_note(found, stream, times, naming, left),
    )


def bare_entry(found: Found, naming: Naming) -> Entry:
    """Make an entry of a name with no record to read, or of a folder that cannot be entered."""
    return entry_of(found, NO_STREAM, _NO_TIMES, naming)


def _obstacle(found: Found, stream: Stream, left: Remains | None) -> tuple[str, str, Cause]:
    """Return refusal, failure and their cause."""
    if found.trouble:
        cause = Cause.UNREADABLE if found.verdict in _IN_USE else Cause.GONE
        return "", found.trouble, cause
    if found.verdict in OLD_NAMES:
        return "", FAILURES[found.verdict], CAUSES[found.verdict]
    if stream.refusal or stream.failure:
        return stream.refusal, stream.failure, stream.cause
    refusal = special_refusal(found.kind, stream.target or b"")
    if refusal:
        return refusal, "", Cause.SPECIAL
    if left is not None and not left.intact and stream.size > 0:
        return (
            "",
            (
                "was deleted, and its place belongs to other files or is not known; what is left of it is found by "
                "content in the unallocated region"
            ),
            Cause.GONE,
        )
    return "", "", Cause.NONE


def _note(found: Found, stream: Stream, times: Times, naming: Naming, left: Remains | None) -> str:
    notes = [NOTES.get(found.verdict, ""), times.note]
    if left is not None and left.guessed_from and left.intact:
        notes.append(
            f"was deleted, and where it lay from byte {left.guessed_from:,} on is a guess: in the free clusters that "
            "follow, around those of other files"
        )
    if left is not None and 0 < left.intact < stream.size:
        notes.append(
            f"was deleted, and from byte {left.intact:,} of {stream.size:,} on its place belongs to other files or is "
            "not known"
        )
    if stream.size > naming.volume_bytes and found.kind is EntryKind.FILE:
        notes.append(
            f"states {stream.size:,} bytes, more than the whole volume: all but what lies on it is hole, or the size "
            "is damaged"
        )
    elif stream.size < 0:
        notes.append(f"states a size that cannot be, {stream.size:,}: its record is damaged")
    return "; ".join(note for note in notes if note)
