"""What is known: contents looked up on hash lists and on filters, and stacked."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from sauveterre.matching.bloom import BloomFilter
from sauveterre.matching.film_copies import FilmCopy, film_copies
from sauveterre.matching.hits import match, match_sha256
from sauveterre.matching.known import KnownList
from sauveterre.matching.stacks import Candidate, Stack, stack
from sauveterre.records.content import Fingerprint
from sauveterre.records.digest import Digest
from sauveterre.records.hash_list import Hit


def open_built(path: Path) -> KnownList:
    """Open what ``build_list`` wrote, in milliseconds."""
    return KnownList.open(path)


def look_up(prints: Iterable[Fingerprint], lists: Sequence[KnownList]) -> list[Hit]:
    """Return the hits of contents on lists, in the order of the contents."""
    return list(match(prints, lists))


def look_up_claims(digests: Sequence[str], lists: Sequence[KnownList]) -> list[Hit]:
    """Return the hits of files that are only known by a SHA-256 that somebody states."""
    return list(match_sha256(digests, lists))


def probably_known(sha1: str, path: Path) -> bool:
    """Say whether a Bloom filter may hold a content: yes is an indication and settles nothing, no is certain."""
    return BloomFilter.open(path).may_hold(Digest("sha1", sha1))


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
