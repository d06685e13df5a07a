"""Damage found while reading. A record like any other: stored, counted, shown."""

from dataclasses import dataclass

from sauveterre.records.provenance import Provenance


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing a reader could not read, and why, in one plain sentence."""

    provenance: Provenance
    what: str
