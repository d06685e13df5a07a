"""What is known: hash lists made ready to be matched, and contents looked up on them and stacked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sauveterre.matching.film_copies import FilmCopy, film_copies
from sauveterre.matching.hits import match
from sauveterre.matching.known import KnownList, KnownListBuilder
from sauveterre.matching.lists import open_list
from sauveterre.matching.stacks import Candidate, Stack, stack
from sauveterre.records.content import Fingerprint
from sauveterre.records.hash_list import Hit, ListedMedia, ListIdentity, Withdrawal
from sauveterre.records.problem import Problem


@dataclass(frozen=True, slots=True)
class ListReading:
    """What came of reading a list to its end."""

    reader: str
    source: str
    """``sha256:…`` of the file."""
    items: int
    problems: tuple[Problem, ...]
    scheme: str
    """The category schemes of its codes, parted by commas."""


def build_list(path: Path, target: Path, *, name: str, version: str) -> ListReading:
    """Read a list to its end and write it to ``target``, ready to be matched; nothing is there before the end.

    Raises ``UnknownFormat``, ``UnreadableSource`` or ``MalformedList`` when it is not whole.
    """
    opened = open_list(path)
    problems: list[Problem] = []
    schemes: set[str] = set()
    with KnownListBuilder(target) as builder:
        for record in opened.records():
            if isinstance(record, ListedMedia):
                builder.add(record)
                schemes.update({record.category.scheme} if record.category else ())
            elif isinstance(record, Withdrawal):
                problems.append(_not_withdrawn(record))
            else:
                problems.append(record)
        scheme = ", ".join(sorted(schemes))
        builder.finish(ListIdentity(name, version, scheme), opened.identity)
        return ListReading(opened.reader.NAME, opened.identity, len(builder), tuple(problems), scheme)


def _not_withdrawn(record: Withdrawal) -> Problem:
    what = f"the list takes back entry {record.entry}: an earlier version that holds it is not changed by this file"
    return Problem(record.provenance, f"{what}; take that version off, or import the list whole")


def open_built(path: Path) -> KnownList:
    """Open what ``build_list`` wrote, in milliseconds."""
    return KnownList.open(path)


def look_up(prints: Iterable[Fingerprint], lists: Sequence[KnownList]) -> list[Hit]:
    """Return the hits of contents on lists, in the order of the contents."""
    return list(match(prints, lists))


def stacks_of(prints: Iterable[Fingerprint]) -> list[Stack]:
    """Return the stacks of near-identical pictures."""
    return stack(candidates_of(prints))


def candidates_of(prints: Iterable[Fingerprint]) -> list[Candidate]:
    """Return what stacking has to know of the pictures among contents."""
    return [
        Candidate(
            sha256=one.digests.sha256,
            pdq=one.picture.pdq,
            quality=one.picture.quality,
            pixels=one.picture.width * one.picture.height,
            size=one.size,
        )
        for one in prints
        if one.picture is not None
    ]


def copies_of(prints: Iterable[Fingerprint]) -> list[FilmCopy]:
    """Return the films among contents that are a longer one in part or whole."""
    return film_copies((one.digests.sha256, one.film.frames) for one in prints if one.film is not None)
