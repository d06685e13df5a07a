"""Inside a child: one picture read again, and hashed the reference way whatever it looks like."""

from sauveterre.errors import UnreadableSource
from sauveterre.media.alarms import opened
from sauveterre.media.fingerprint import fingerprint
from sauveterre.pipeline.opener import content_of, shared_opener
from sauveterre.records.content import Fingerprint
from sauveterre.records.entry import Entry
from sauveterre.records.limits import Limits
from sauveterre.records.source import Source


def fingerprint_by_reference(source: Source, entry: Entry, limits: Limits, keys: tuple[str, ...]) -> Fingerprint:
    """Read one entry of a source; raise ``UnreadableSource`` where it cannot be read to its end."""
    container = shared_opener(limits, keys).container(source)
    opened()
    try:
        with content_of(container, entry) as stream:
            return fingerprint(stream, limits=limits, size_hint=entry.size, reference=True)
    except (OSError, ValueError, EOFError) as error:
        raise UnreadableSource(
            f"{entry.provenance.path} could not be read to its end: {error}; look at the exhibit's damage"
        ) from error
