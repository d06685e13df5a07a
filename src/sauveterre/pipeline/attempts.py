"""How often an entry is tried that takes its child down: twice as it is, and once more without its decoder.

Small entries are handed to a child several at a time. Where such a run takes its child down, each of its entries is
tried by itself, as if it had not been tried before.
"""

import math
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial

from sauveterre.media.casualty import Casualty, CasualtyReason
from sauveterre.media.fingerprint import DECODERS, DIGESTS
from sauveterre.media.sandbox import Sandbox
from sauveterre.pipeline.endings import cause_of
from sauveterre.pipeline.processing import ANY, LAYERS, Part, Processed, failed, process_entry, process_run
from sauveterre.records.entry import STRUCTURE, Cause, Entry, Outcome
from sauveterre.records.limits import Clocks, Limits
from sauveterre.records.source import Source

MOST_DEATHS = 2
"""How often the whole program may end with an entry in hand before the entry is left alone."""
DEADLY = (
    "the program itself was ended twice while it read this, so it is not read again; look at the content alone, on a "
    "machine of its own"
)


SMALL_BYTES = 64 << 10
"""Up to this size, handing an entry to a child by itself takes as long as reading it."""
RUN_ENTRIES = 64
"""Most entries of a run: enough to fill the lanes of the MD5 that they share."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An entry that is to be read."""

    entry: Entry
    known: Cause = Cause.NONE
    """Why its decoder is left alone from the first try on: how it died before."""
    label: str = ""
    """For the next start of a program that dies meanwhile."""

    @property
    def small(self) -> bool:
        """Whether it may be read in a run with others."""
        size = self.entry.size
        return not self.known and self.entry.kind not in STRUCTURE and size is not None and size <= SMALL_BYTES


@dataclass(frozen=True, slots=True)
class Attempts:
    """Reads the entries of one source in the sandbox, however often they kill what reads them."""

    sandbox: Sandbox
    source: Source
    limits: Limits
    keys: tuple[str, ...]

    def read(self, asked: Sequence[Asked]) -> list[Processed]:
        """Return how each entry ended, however many children that took; raises as ``outlast``."""
        ended: dict[int, Processed] = {}
        small = [place for place, one in enumerate(asked) if one.small]
        length = max(1, min(RUN_ENTRIES, math.ceil(len(small) / self.sandbox.workers)))
        places = [small[first : first + length] for first in range(0, len(small), length)]
        runs = [(run, self._begin_run([asked[place] for place in run])) for run in places]
        alone = [(place, self._begin(one)) for place, one in enumerate(asked) if not one.small]
        for run, future in runs:
            try:
                ended.update(zip(run, future.result(), strict=True))
            except Casualty as casualty:
                if casualty.reason is CasualtyReason.LOST:
                    raise
                alone += [(place, self._begin(asked[place])) for place in run]
        for place, first in alone:
            one = asked[place]
            ended[place] = self.outlast(one.entry, first, known=one.known, label=one.label)
        return [ended[place] for place in range(len(asked))]

    def _begin_run(self, run: list[Asked]) -> "Future[list[Processed]]":
        parts = [Part(one.entry, self.limits.entry_clocks(one.entry.size), one.label) for one in run]
        clocks = Clocks(
            total=sum(part.clocks.total for part in parts),
            silence=self.limits.silence_seconds,
            opening=self.limits.listing_seconds,
        )
        labels = [part.label for part in parts]
        return self.sandbox.submit(
            process_run, self.source, parts, self.limits, self.keys, process_entry, seconds=clocks, parts=labels
        )

    def _begin(self, one: Asked) -> "Future[Processed]":
        return self.begin(one.entry, decode=not one.known, label=one.label)

    def begin(self, entry: Entry, *, decode: bool = True, label: str = "") -> "Future[Processed]":
        """Begin to read an entry; ``label`` is for the next start of a program that dies meanwhile."""
        read = process_entry if decode else partial(process_entry, decode=False)
        clocks = self.limits.entry_clocks(entry.size)
        return self.sandbox.submit(read, self.source, entry, self.limits, self.keys, seconds=clocks, label=label)

    def outlast(
        self, entry: Entry, first: "Future[Processed]", *, known: Cause = Cause.NONE, label: str = ""
    ) -> Processed:
        """Return how an entry ended, however often it killed its child on the way.

        A child may have died because the machine was short of memory: so it is tried once more, alone. What kills twice
        is digested without decoding, so that its digests at least are known. ``known`` is why its decoder was left
        alone from the first try on: how it died before. Raises ``Casualty`` only where no child could be had, which is
        no fault of the entry's.
        """
        deaths: list[Casualty] = []
        for decode in tries_of(entry, known):
            future = self.begin(entry, decode=decode, label=label) if deaths else first
            try:
                processed = future.result()
            except Casualty as casualty:
                if casualty.reason is CasualtyReason.LOST:
                    raise
                deaths.append(casualty)
            else:
                return concluded(processed, deaths, decode=decode, known=known)
        extractor = LAYERS if entry.kind in STRUCTURE else DIGESTS
        return replace(failed(deaths[-1], extractor), attempts=len(deaths))


def tries_of(entry: Entry, known: Cause = Cause.NONE) -> tuple[bool, ...]:
    """Return for each try whether the content is decoded in it; a layer of an image has nothing to decode."""
    if entry.kind in STRUCTURE:
        return True, True
    return (False, False) if known else (True, True, False)


def concluded(processed: Processed, deaths: list[Casualty], *, decode: bool, known: Cause) -> Processed:
    """Count the tries, and say of what was not decoded how its decoder died: it need not be damaged."""
    processed = replace(processed, attempts=len(deaths) + 1)
    if decode or processed.extractor not in DECODERS or processed.outcome is not Outcome.PARTIAL:
        return processed
    if not deaths:
        return replace(processed, cause=known)
    return replace(processed, cause=cause_of(deaths[-1]), reason=f"{deaths[-1]}; {processed.reason}")


def deadly() -> Processed:
    """Return how an entry ends that ended the whole program twice: nobody can say which extractor it was."""
    return Processed(outcome=Outcome.FAILED, cause=Cause.CRASH, reason=DEADLY, extractor=ANY)
