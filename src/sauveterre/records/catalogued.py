"""What is kept of an entry once it has ended: the listing beside what was read."""

from dataclasses import dataclass

from sauveterre.records.digest import Digests
from sauveterre.records.entry import Entry


@dataclass(frozen=True, slots=True)
class Catalogued:
    """One entry, and its content where that was read to its end."""

    entry: Entry
    size: int | None = None
    """Bytes read; None when none were."""
    digests: Digests | None = None
