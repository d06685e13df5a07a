"""Where a record came from, precisely enough for another examiner to find it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Provenance:
    """Carried by every record a reader yields."""

    source: str
    """What was read: ``sha256:…`` of the file, or ``folder:NAME`` for a folder, which has no bytes of its own."""
    path: str
    """Where inside the source, as shown to people (``Entry.path`` keeps the raw bytes)."""
    locator: str
    """The row itself: ``frame 12``, ``offset 4096``, ``line 7``, ``$.value[3]``."""
    reader: str
    """The ``NAME`` of the reader that says so."""
