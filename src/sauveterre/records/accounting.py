"""The accounting of a source: proof that nothing was lost or silently skipped."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounting:
    """How the entries of one source ended."""

    exhibit: int
    """The exhibit's number; 0 outside an operation."""
    source: str
    reader: str
    state: str
    found: int
    processed: int
    partial: int
    failed: int
    skipped: int
    pending: int = 0
    reason: str = ""
    """Why the source is not open, where it is not."""

    @property
    def adds_up(self) -> bool:
        """Whether every entry found has ended."""
        return self.found == self.processed + self.partial + self.failed + self.skipped
