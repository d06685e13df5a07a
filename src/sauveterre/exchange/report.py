"""What a report of an operation says: plain fields, checked sums. ``writers.report`` turns it into a PDF."""

from dataclasses import dataclass
from datetime import datetime

from sauveterre.records.action import Figures


@dataclass(frozen=True, slots=True)
class SourceCount:
    """How one source's entries ended. Raises ``ValueError`` when the outcomes do not add up to what was found."""

    name: str
    found: int
    """What the catalogue holds of it."""
    processed: int
    partial: int
    failed: int
    skipped: int
    waiting: int = 0
    announced: int | None = None
    """What its listing announced; None while it is not listed."""

    def __post_init__(self) -> None:
        ended = self.processed + self.partial + self.failed + self.skipped + self.waiting
        if ended != self.found:
            raise ValueError(f"{self.name}: {self.found} entries were found, {ended} are accounted for")


@dataclass(frozen=True, slots=True)
class ReportedCause:
    """How many entries are not simply processed for one cause (``records.entry.Cause``; empty where none is stated)."""

    cause: str
    partial: int
    failed: int
    skipped: int


@dataclass(frozen=True, slots=True)
class ReportedIntegrity:
    """Whether an exhibit's medium is still what was acquired."""

    exhibit: str
    digest: str
    """``MD5 0123…``, as the last reading gave it; empty while nobody read it from end to end."""
    compared: tuple[str, ...]
    """Who stated the digests that readings were compared with: ``container``, ``examiner``, ``earlier reading``."""
    agrees: bool | None
    """None while there is nothing to compare with."""


@dataclass(frozen=True, slots=True)
class ReportedAdministrator:
    """An administrator whom the data states, with the interval; a None is an end that no row dates."""

    label: str
    start: datetime | None
    end: datetime | None
    still: bool = False
    """Whether the role was still held when last seen."""


@dataclass(frozen=True, slots=True)
class ReportedGroup:
    """A discussion group, as facts."""

    title: str
    identifier: str
    members: int
    administrators: tuple[ReportedAdministrator, ...]
    messages: int | None = None


@dataclass(frozen=True, slots=True)
class ReportedSupplier:
    """A supplier of a group: an assessment, with its counts and reasons."""

    label: str
    group: str
    shares: int
    first_shares: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReportedSpace:
    """A storage space that links lead to. Its key carries no credential."""

    key: str
    kind: str
    links: int
    groups: int


@dataclass(frozen=True, slots=True)
class ReportedCountry:
    """How many persons something suggests for a country."""

    country: str
    persons: int


@dataclass(frozen=True, slots=True)
class OperationReport:
    """A report of an operation as it stood at one moment. Raises ``ValueError`` when that moment has no zone."""

    operation: str
    as_of: datetime
    unit: str
    figures: Figures
    persons: int
    sources: tuple[SourceCount, ...] = ()
    causes: tuple[ReportedCause, ...] = ()
    integrity: tuple[ReportedIntegrity, ...] = ()
    groups: tuple[ReportedGroup, ...] = ()
    suppliers: tuple[ReportedSupplier, ...] = ()
    spaces: tuple[ReportedSpace, ...] = ()
    countries: tuple[ReportedCountry, ...] = ()
    handling: tuple[str, ...] = ()
    home: str = ""
    """The country that reports, named last in the opening sentence."""

    def __post_init__(self) -> None:
        if self.as_of.utcoffset() is None:
            raise ValueError("a report needs the moment it speaks of with its time zone")
