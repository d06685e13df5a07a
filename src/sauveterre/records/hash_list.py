"""What a hash list holds, and what it means to be found on one."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sauveterre.records.category import Category
from sauveterre.records.digest import Digest
from sauveterre.records.film_match import FilmMatch
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance
from sauveterre.records.turn import Turn
from sauveterre.records.video import HashedFrame


@dataclass(frozen=True, slots=True)
class ListedFile:
    """One place where the list's author saw the content. Says nothing about seized devices."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class ListedMedia:
    """One item of a hash list. Flags are None where the list is silent: unknown is not no."""

    hashes: tuple[Digest, ...]
    category: Category | None
    provenance: Provenance
    size: int | None = None
    victim_identified: bool | None = None
    offender_identified: bool | None = None
    distributed: bool | None = None
    series: str = ""
    tags: str = ""
    files: tuple[ListedFile, ...] = ()
    entry: str = ""
    """Its identity in the list, where the list has one: what a later version changes or withdraws it by."""
    pdq_quality: int | None = None
    """PDQ quality, 0 to 100, where the list states it."""
    frames: tuple[HashedFrame, ...] = ()
    """Of a film that is listed by vPDQ."""

    def __post_init__(self) -> None:
        """Refuse a quality that PDQ does not know."""
        if self.pdq_quality is not None and not 0 <= self.pdq_quality <= 100:
            raise ValueError(f"a PDQ quality of {self.pdq_quality} is not between 0 and 100")


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A list takes back an entry of an earlier version, by the identity that ``ListedMedia.entry`` gave it."""

    entry: str
    provenance: Provenance


ListRecord = ListedMedia | Withdrawal | Problem
"""What a reader of lists yields."""


class Trust(StrEnum):
    """Who stands behind the entries of a list. The set is closed."""

    SEVERAL = "several"
    """Several people or bodies looked at each entry and agreed."""
    ONE = "one"
    """One body decided on each entry."""
    REPORTED = "reported"
    """Entries were reported, and nobody vouches for them."""
    UNKNOWN = "unknown"


class Shape(StrEnum):
    """What a file is, that a new version of a list is made with. The set is closed."""

    WHOLE = "whole"
    DIFFERENCE = "difference"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a list comes from, as far as it or whoever added it says so."""

    publisher: str = ""
    """Empty where nobody says."""
    dated: date | None = None
    """The day that its contents are of."""
    trust: Trust = Trust.UNKNOWN


@dataclass(frozen=True, slots=True)
class ListIdentity:
    """Which list, so that every hit can name it."""

    name: str
    version: str
    scheme: str
    """The category scheme of its codes, e.g. ``projectvic-us-list``."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A content found on a list. Distance 0 with a digest is exact; with ``pdq`` it is still a near hit."""

    sha256: str
    identity: ListIdentity
    digest: Digest
    """The list's value that was met."""
    distance: int
    """Differing bits of 256 for PDQ; 0 for digests."""
    quality: int | None
    """PDQ quality of the content; None for digests."""
    category: Category | None
    locator: str
    """The row of the list."""
    listed_quality: int | None = None
    """PDQ quality of the listed picture; None for digests, and where the list states none."""
    via: str = ""
    """What of the content was found, where it was not the content itself: ``EXIF thumbnail``, as ``Embedded`` names it.
    Such a hit settles nothing alone."""
    turn: Turn = Turn.NONE
    """What turns the content into what is listed; only of near hits."""
    film: FilmMatch | None = None
    """How far the frames of a film are on the list, or a picture among those of a listed film; then ``digest`` is the
    listed frame that is closest to one of them."""
