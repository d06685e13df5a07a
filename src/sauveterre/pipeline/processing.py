"""Processing: one entry from its content to its fingerprint, and what it turns out to be."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import BinaryIO, NamedTuple, cast

from sauveterre.errors import SauveterreError, UnreadableSource
from sauveterre.evidence.encryption import UNMARKED
from sauveterre.evidence.opening import container_kind, peek_at
from sauveterre.media.alarms import opened, start
from sauveterre.media.evenness import Evenness
from sauveterre.media.fingerprint import DIGESTS, EXTRACTORS, extractor_of, fingerprint
from sauveterre.media.kind import UNKNOWN
from sauveterre.media.md5.lanes import md5_of_many
from sauveterre.pipeline.endings import cause_of, foreseen
from sauveterre.pipeline.opener import content_of, shared_opener
from sauveterre.records.content import Fingerprint
from sauveterre.records.entry import Cause, Entry, EntryKind, Outcome
from sauveterre.records.limits import Clocks, Limits
from sauveterre.records.peek import HEAD_BYTES, TAIL_BYTES, Peek
from sauveterre.records.pulse import pulse
from sauveterre.records.source import Source, Step

CARVING = "carving"
"""The reader that looks for files by their content in what nothing else reads."""
LAYERS = "layers"
"""The extractor of what is no file: layers of an image, and regions, are opened as sources of their own."""
ANY = "any"
"""What is recorded where one of the extractors is to blame and nobody can say which."""
VERSIONS = {**EXTRACTORS, LAYERS: 1}
"""Every extractor with its version."""


def version_of(extractor: str) -> int:
    """Return an extractor's version; that of ``ANY`` changes with every other."""
    return sum(VERSIONS.values()) if extractor == ANY else VERSIONS.get(extractor, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Processed:
    """How an entry ended, and what is known of its content."""

    outcome: Outcome
    cause: Cause = Cause.NONE
    reason: str = ""
    """Why it is not simply processed; empty when it is."""
    extractor: str = ""
    """What gave the outcome; empty where the listing did."""
    fingerprint: Fingerprint | None = None
    container: str | None = None
    """The reader that may open the content as a source of its own."""
    seconds: float = 0.0
    attempts: int = 1

    @property
    def version(self) -> int:
        """The extractor's."""
        return version_of(self.extractor)

    @property
    def is_locked(self) -> bool:
        """Whether it was to be read, and none of the keys opened it."""
        return self.outcome is Outcome.FAILED and self.cause is Cause.ENCRYPTED and bool(self.extractor)


def failed(error: SauveterreError, extractor: str = DIGESTS) -> Processed:
    """Return how an entry ended that could not be read."""
    return Processed(outcome=Outcome.FAILED, cause=cause_of(error), reason=str(error), extractor=extractor)


def unread(why: str) -> Processed:
    """Return how an entry ended that was not read, since what lies around it cost too much already."""
    return Processed(outcome=Outcome.FAILED, cause=Cause.SIZE, reason=why)


def left_closed(processed: Processed, why: str) -> Processed:
    """Return how an entry ended that was read, and is a container that was not opened for what it would cost."""
    return replace(processed, outcome=Outcome.PARTIAL, cause=Cause.SIZE, reason=why)


class _Remembering:
    """A stream that keeps both ends of what passes through it: a pipe need not be read twice."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._head = b""
        self._tail = b""
        self._size = 0
        self._once = True
        self.evenness = Evenness()

    def read(self, size: int = -1) -> bytes:
        pulse()
        block = self._stream.read(size)
        if not self._once:
            return block
        self._size += len(block)
        self.evenness.take(block)
        if len(self._head) < HEAD_BYTES:
            self._head += block[: HEAD_BYTES - len(self._head)]
        self._tail = (self._tail + block)[-TAIL_BYTES:] if len(block) < TAIL_BYTES else block[-TAIL_BYTES:]
        return block

    def seekable(self) -> bool:
        return self._stream.seekable()

    def seek(self, offset: int, whence: int = 0) -> int:
        self._once = False
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def close(self) -> None:
        self._stream.close()

    def peek_under(self, name: bytes) -> Peek:
        return Peek(head=self._head, tail=self._tail, size=self._size, name=name)


class Part(NamedTuple):
    """One entry of a run, with clocks of its own, and what a hand calls it."""

    entry: Entry
    clocks: Clocks
    label: str


def process_run(
    source: Source, run: list[Part], limits: Limits, keys: tuple[str, ...], read: Callable[..., Processed]
) -> list[Processed]:
    """Process entries one after the other, each in hand and against its clocks by itself; their MD5 side by side.

    ``read`` is ``process_entry``.
    """
    ended: list[Processed] = []
    waiting: dict[int, bytes] = {}
    for place, (entry, clocks, label) in enumerate(run):
        start(clocks, label)
        ended.append(read(source, entry, limits, keys, md5_later=partial(waiting.__setitem__, place)))
    for place, md5 in zip(waiting, md5_of_many(list(waiting.values())), strict=True):
        found = ended[place].fingerprint
        if found is not None:
            ended[place] = replace(ended[place], fingerprint=replace(found, digests=replace(found.digests, md5=md5)))
    return ended


def process_entry(
    source: Source,
    entry: Entry,
    limits: Limits,
    keys: tuple[str, ...],
    *,
    decode: bool = True,
    md5_later: Callable[[bytes], None] | None = None,
) -> Processed:
    """Read an entry once and fingerprint it. Never raises for what the entry holds.

    A layer of an image is only looked at, and a region not even that: what they hold is read below them. Without
    ``decode`` a picture is digested and its decoder left alone, as it must be for one that has crashed it.
    ``md5_later`` as for ``fingerprint``.
    """
    began = time.monotonic()
    processed = _process(source, entry, limits, keys, decode=decode, md5_later=md5_later)
    return replace(processed, seconds=round(time.monotonic() - began, 6))


def _process(
    source: Source,
    entry: Entry,
    limits: Limits,
    keys: tuple[str, ...],
    *,
    decode: bool,
    md5_later: Callable[[bytes], None] | None,
) -> Processed:
    ended = foreseen(entry)
    if ended is not None:
        outcome, cause, reason = ended
        return Processed(outcome=outcome, cause=cause, reason=reason)
    if entry.kind is EntryKind.REGION:
        return Processed(outcome=Outcome.PROCESSED, extractor=LAYERS, container=entry.opens or CARVING)
    name = entry.path.rpartition(b"/")[2]
    try:
        container = shared_opener(limits, keys).container(source)
        opened()
        with content_of(container, entry) as stream:
            if entry.kind is EntryKind.VOLUME:
                return _layer(entry, entry.opens or container_kind(peek_at(stream, name)))
            remembering = _Remembering(stream)
            found = fingerprint(
                cast(BinaryIO, remembering), limits=limits, size_hint=entry.size, decode=decode, md5_later=md5_later
            )
    except SauveterreError as error:
        return failed(error)
    except (OSError, ValueError, EOFError) as error:
        return failed(UnreadableSource(f"{entry.provenance.path} could not be read to its end: {error}"))
    container_name = entry.opens or container_kind(remembering.peek_under(name))
    cause, reason = _cause(found), found.trouble
    if found.kind == UNKNOWN and container_name is None and remembering.evenness.is_that_of_a_container():
        cause, reason = Cause.ENCRYPTED, _may_be_encrypted(entry, found.size)
    return Processed(
        outcome=Outcome.PARTIAL if reason else Outcome.PROCESSED,
        cause=cause,
        reason=reason,
        extractor=extractor_of(found.kind),
        fingerprint=found,
        container=container_name,
    )


def _may_be_encrypted(entry: Entry, size: int) -> str:
    return (
        f"{entry.provenance.path} may be an encrypted container: nothing marks it, its "
        f"{size:,} bytes are whole sectors, and their values are spread as evenly as random ones. It may as well be "
        f"random. {UNMARKED}"
    )


def _cause(found: Fingerprint) -> Cause:
    if found.unsupported:
        return Cause.UNSUPPORTED
    return Cause.DAMAGED if found.trouble else Cause.NONE


def _layer(entry: Entry, kind: str | None) -> Processed:
    """Say how a layer of an image ended: opened, or searched for files by content where nothing reads it."""
    if kind is not None:
        return Processed(outcome=Outcome.PROCESSED, extractor=LAYERS, container=kind)
    return Processed(
        outcome=Outcome.PARTIAL,
        cause=Cause.UNSUPPORTED,
        reason=f"{entry.provenance.path} holds no file system, volume or archive that is read; it was searched for "
        "files by their content alone",
        extractor=LAYERS,
        container=CARVING,
    )


def nested_source(source: Source, entry: Entry, processed: Processed) -> Source | None:
    """Return the source that an entry turns out to be, or None when it is no container."""
    if not processed.container:
        return None
    if processed.fingerprint is not None:
        identity = f"sha256:{processed.fingerprint.digests.sha256}"
    else:
        identity = f"{source.identity}!{entry.locator}"
    return source.child(Step(processed.container, entry.locator), identity)
