"""A message store, as a reader finds it inside a source."""

from dataclasses import dataclass
from datetime import datetime

from sauveterre.records.provenance import Provenance


@dataclass(frozen=True, slots=True)
class StoreLocation:
    """Where a message store lies in a tree, found from names and first bytes alone."""

    reader: str
    root: str
    """The folder or file inside the tree; empty for the tree itself."""
    needs_key: bool


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """What a store says of itself, yielded first."""

    kind: str
    """The container: ``signal_backup_v2.folder``, ``.frames``, ``.export``."""
    version: str
    exported_at: datetime | None
    app_version: str
    notes: tuple[str, ...]
    """What this container is known to leave out, in sentences fit for a report."""
    provenance: Provenance
