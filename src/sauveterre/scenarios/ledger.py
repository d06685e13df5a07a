"""Keeps the books while the exhibits are written: what lies where, so that the truth can be told."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sauveterre.scenarios.pictures import sha256


@dataclass(frozen=True, slots=True)
class Listed:
    """One source and how many entries listing it must give."""

    exhibit: str
    label: str
    """Path of the source under the scenario's folder; ``!/`` goes into an archive, ``!attachments`` into a store.

    A compressed TAR counts as one source, although a reader may take it for two.
    """
    kind: str
    """directory, zip, tar, tar.gz, 7z, attachments, or the layer of an image."""
    entries: int


@dataclass(frozen=True, slots=True)
class Hazard:
    """Something hostile or damaged, and the ways in which its processing may rightly end."""

    exhibit: str
    source: str
    """As ``Listed.label``."""
    path: str
    """In that source, as shown to people (undecodable bytes as ``\\xNN``)."""
    what: str
    outcomes: tuple[str, ...]
    """processed, partial, failed, skipped: any of these is right, the first is the usual one."""


@dataclass(slots=True)
class Ledger:
    """All sources, all readable contents, all hazards."""

    sources: list[Listed] = field(default_factory=list)
    hazards: list[Hazard] = field(default_factory=list)
    contents: set[str] = field(default_factory=set)
    """SHA-256 of every content that can be read whole."""
    deleted: dict[str, str] = field(default_factory=dict)
    """Deleted files that their file system still leads to: label and path to SHA-256."""
    carved: list[str] = field(default_factory=list)
    """SHA-256 of what lies in free space, whether a deleted name leads to it or nothing does."""

    def source(self, exhibit: str, label: str, kind: str, contents: Iterable[bytes], *, unread: int = 0) -> None:
        """Book a source with these contents; ``unread`` more entries are listed but have none (links, damage)."""
        digests = [sha256(content) for content in contents]
        self.contents.update(digests)
        self.sources.append(Listed(exhibit, label, kind, len(digests) + unread))
