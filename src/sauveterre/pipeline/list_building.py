"""Inside a child: hash lists read to their end and made ready to be matched.

A version of a list is made of files: one that is whole, and the differences that came after it. An item with an
identity of its own (``ListedMedia.entry``) stands until a later file changes it or takes it back.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sauveterre.errors import LimitExceeded
from sauveterre.matching.bloom import NAME as FILTER
from sauveterre.matching.bloom import BloomFilter, recognises_filter
from sauveterre.matching.bulk import HashRows
from sauveterre.matching.known import KnownListBuilder
from sauveterre.matching.lists import OpenedList, open_list
from sauveterre.records.hash_list import ListedMedia, ListIdentity, ListRecord, Origin, Withdrawal
from sauveterre.records.problem import Problem
from sauveterre.records.pulse import pulse

FIRST_PROBLEMS = 1_000
MOST_CHANGES = 5_000_000
"""Entries that differences change or take back: they are held in memory, about 200 bytes each."""
PRELOAD = "sauveterre.pipeline.list_building"


@dataclass(frozen=True, slots=True)
class Part:
    """One file that a version is made of."""

    path: Path
    version: str
    """The version that it came with."""


@dataclass(frozen=True, slots=True)
class ListReading:
    """What came of reading a list to its end."""

    reader: str
    """Of the last file, as the next three."""
    source: str
    """``sha256:…`` of the file."""
    origin: Origin
    takes_back: int
    """Entries that it takes back."""
    items: int
    """That stand in the version."""
    problem_count: int
    problems: tuple[Problem, ...]
    """The first thousand."""
    scheme: str
    """The category schemes of its codes, parted by commas."""


def build_list(path: Path, target: Path, *, name: str, version: str) -> ListReading:
    """Read a whole list and write it to ``target``, ready to be matched; nothing is there before the end.

    What it takes back itself does not stand in it. Raises ``UnknownFormat``, ``UnreadableSource`` or ``MalformedList``
    when it is not whole.
    """
    return build_version((Part(path, version),), target, name=name, version=version)


def build_version(parts: Sequence[Part], target: Path, *, name: str, version: str) -> ListReading:
    """Read the files of a version, the whole list first, and write what stands in it to ``target``.

    A Bloom filter is only looked at: its reading names the reader ``bloom``, and nothing is written. Raises as
    ``build_list``, and ``LimitExceeded`` for differences of more than five million entries.
    """
    if len(parts) == 1 and recognises_filter(parts[0].path):
        return _filter(parts[0].path)
    opened = [open_list(part.path) for part in parts]
    changes = [_changes(one, with_items=place > 0) for place, one in enumerate(opened)]
    troubles = _Troubles()
    schemes: set[str] = set()
    with KnownListBuilder(target) as builder:
        for place, (part, one) in enumerate(zip(parts, opened, strict=True)):
            troubles.is_told = place == len(parts) - 1
            for record in _standing(one, place, changes):
                _take(record, builder, troubles, schemes, f"{part.version}: " if len(parts) > 1 else "")
        for withdrawal in changes[-1].unmet if len(parts) > 1 else ():
            troubles.add(_nothing_to_withdraw(withdrawal))
        scheme = ", ".join(sorted(schemes))
        last = opened[-1]
        builder.finish(ListIdentity(name, version, scheme), last.identity)
        return ListReading(
            last.reader.NAME, last.identity, last.origin, len(changes[-1].withdrawn), len(builder), troubles.count,
            tuple(troubles.first), scheme,
        )  # fmt: skip


def records_of(parts: Sequence[Part]) -> Iterator[ListedMedia | Problem]:
    """Yield the items that stand in a version, and the problems, as they are in their files."""
    opened = [open_list(part.path) for part in parts]
    changes = [_changes(one, with_items=place > 0) for place, one in enumerate(opened)]
    for place, one in enumerate(opened):
        for record in _standing(one, place, changes, read=OpenedList.records):
            if isinstance(record, ListedMedia | Problem):
                yield record


@dataclass(slots=True)
class _Changes:
    """What one file says of entries that files before it may hold."""

    withdrawn: dict[str, Withdrawal] = field(default_factory=dict)
    given: set[str] = field(default_factory=set)
    met: set[str] = field(default_factory=set)
    """Those taken back that an earlier file, or this one, does hold."""

    @property
    def unmet(self) -> list[Withdrawal]:
        return [one for entry, one in self.withdrawn.items() if entry not in self.met]


@dataclass(slots=True)
class _Troubles:
    """Problems of the file that is new; those of earlier ones were told with their versions."""

    first: list[Problem] = field(default_factory=list)
    count: int = 0
    is_told: bool = True

    def add(self, problem: Problem) -> None:
        if self.is_told:
            self.count += 1
            if len(self.first) < FIRST_PROBLEMS:
                self.first.append(problem)


def _changes(opened: OpenedList, *, with_items: bool) -> _Changes:
    """Read what a file takes back, and of a difference what it gives; a whole list that cannot take back is spared."""
    changes = _Changes()
    if not with_items and not getattr(opened.reader, "TAKES_BACK", False):
        return changes
    for record in opened.rows():
        pulse()
        if isinstance(record, Withdrawal):
            changes.withdrawn[record.entry] = record
        elif with_items and isinstance(record, ListedMedia) and record.entry:
            changes.given.add(record.entry)
        if len(changes.withdrawn) + len(changes.given) > MOST_CHANGES:
            raise LimitExceeded(
                f"{opened.path.name} changes more than {MOST_CHANGES:,} entries; ask for the list as a whole"
            )
    return changes


def _standing(
    opened: OpenedList,
    place: int,
    changes: Sequence[_Changes],
    read: Callable[[OpenedList], Iterator[ListRecord | HashRows]] = OpenedList.rows,
) -> Iterator[ListRecord | HashRows]:
    """Yield the records of a file without the items that it, or a later one, takes back or gives anew."""
    for record in read(opened):
        pulse()
        if isinstance(record, ListedMedia) and record.entry and _is_gone(record.entry, place, changes):
            continue
        yield record


def _is_gone(entry: str, place: int, changes: Sequence[_Changes]) -> bool:
    gone = False
    for later, change in enumerate(changes[place:], start=place):
        if entry in change.withdrawn:
            change.met.add(entry)
            gone = True
        gone = gone or (later > place and entry in change.given)
    return gone


def _take(
    record: ListRecord | HashRows, builder: KnownListBuilder, troubles: _Troubles, schemes: set[str], prefix: str
) -> None:
    if isinstance(record, HashRows):
        builder.add_rows(record, prefix)
    elif isinstance(record, ListedMedia):
        builder.add(record, prefix)
        schemes.update({record.category.scheme} if record.category else ())
    elif isinstance(record, Problem):
        troubles.add(record)


def _filter(path: Path) -> ListReading:
    """Look at a Bloom filter: its items are the values that its header states."""
    with path.open("rb") as stream:
        identity = "sha256:" + hashlib.file_digest(stream, "sha256").hexdigest()
    values = BloomFilter.open(path).values
    return ListReading(FILTER, identity, Origin(), 0, values, 0, (), "")


def _nothing_to_withdraw(record: Withdrawal) -> Problem:
    what = f"it takes back entry {record.entry}, which the version before does not hold"
    return Problem(record.provenance, f"{what}; look whether this is the difference to that version")
