"""Processing: one entry from its content to its fingerprint, and what it turns out to be."""

from dataclasses import dataclass
from typing import BinaryIO, cast

from sauveterre.errors import SauveterreError
from sauveterre.evidence.opening import container_kind
from sauveterre.media.fingerprint import fingerprint
from sauveterre.pipeline.inventory import HEAD_BYTES, foreseen
from sauveterre.pipeline.opening import content_of, shared_opener
from sauveterre.records.content import Fingerprint
from sauveterre.records.entry import Entry, Outcome
from sauveterre.records.limits import Limits
from sauveterre.records.source import Source, Step


@dataclass(frozen=True, slots=True)
class Processed:
    """How an entry ended, and what is known of its content."""

    outcome: Outcome
    reason: str
    """Why it is not simply processed; empty when it is."""
    fingerprint: Fingerprint | None = None
    container: str | None = None
    """The reader that may open the content as a source of its own."""


class _Remembering:
    """A stream that keeps the first bytes which pass through it: a pipe need not be read twice."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.head = b""

    def read(self, size: int = -1) -> bytes:
        block = self._stream.read(size)
        if len(self.head) < HEAD_BYTES:
            self.head += block[: HEAD_BYTES - len(self.head)]
        return block

    def close(self) -> None:
        self._stream.close()


def process_entry(source: Source, entry: Entry, limits: Limits, keys: tuple[str, ...]) -> Processed:
    """Read an entry once and fingerprint it. Never raises for what the entry holds."""
    ended = foreseen(entry)
    if ended is not None:
        return Processed(*ended)
    try:
        container = shared_opener(limits, keys).container(source)
        with content_of(container, entry) as stream:
            remembering = _Remembering(stream)
            found = fingerprint(cast(BinaryIO, remembering), limits=limits, size_hint=entry.size)
    except SauveterreError as error:
        return Processed(Outcome.FAILED, str(error))
    except (OSError, ValueError, EOFError) as error:
        return Processed(Outcome.FAILED, f"{entry.provenance.path} could not be read to its end: {error}")
    outcome = Outcome.PARTIAL if found.trouble else Outcome.PROCESSED
    return Processed(outcome, found.trouble, found, container_kind(remembering.head))


def nested_source(source: Source, entry: Entry, processed: Processed) -> Source | None:
    """Return the source that an entry turns out to be, or None when it is no container."""
    if processed.container is None or processed.fingerprint is None:
        return None
    identity = f"sha256:{processed.fingerprint.digests.sha256}"
    return source.child(Step(processed.container, entry.locator), identity)
