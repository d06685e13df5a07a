"""Rows that cannot all be right: shown to people, never settled by the program."""

from dataclasses import dataclass

from sauveterre.records.provenance import Provenance


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two statements about one account in one group that do not go together."""

    group: str
    account: str
    what: str
    """One sentence with both statements and their times (UTC)."""
    rows: tuple[Provenance, ...]
    """The rows of both statements, sorted."""
