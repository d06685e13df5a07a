"""What was in hand when the whole program died: read last and alone, and not at all once it has happened twice.

A killed program cannot say why. But each child keeps what it has in hand in a file (``media.hand``), and the next start
counts it. An entry that is in hand at two deaths is left alone from then on. A source may take hours to list, and the
program may be killed for other reasons meanwhile: only a source that was at the same place both times is.
"""

import re
from pathlib import Path

from django.db.models import F

from sauveterre.casework.models import Entry, EntryState, Source, SourceState
from sauveterre.media.casualty import Casualty, CasualtyReason
from sauveterre.media.fingerprint import DECODERS
from sauveterre.media.forking import left_behind
from sauveterre.media.hand import Held
from sauveterre.pipeline.attempts import MOST_DEATHS, deadly
from sauveterre.pipeline.endings import KILLERS
from sauveterre.pipeline.processing import Processed, version_of
from sauveterre.records.entry import Cause

IDENTITY, LISTING, FACTS = range(3)
"""The stages of an inventory."""
_ENTRY = re.compile(r"entry (\d{1,18})")
_SOURCE = re.compile(r"source (\d{1,18}) stage (\d)")
_STAGE_BITS = 48
_NEAR = 100
"""One part in so many: deaths that lie no further apart are at the same place."""


def entry_label(number: int) -> str:
    """Return what a hand calls an entry."""
    return f"entry {number}"


def source_label(number: int, stage: int) -> str:
    """Return what a hand calls a source that is being listed."""
    return f"source {number} stage {stage}"


def gather(scratch: Path) -> int:
    """Count what killed programs had in hand, and clear away what they left; return how many things that is."""
    held = left_behind(scratch)
    for one in held:
        _count(one)
    return len(held)


def _count(held: Held) -> None:
    if found := _ENTRY.fullmatch(held.label):
        Entry.objects.filter(pk=int(found[1]), state=EntryState.PENDING).update(attempts=F("attempts") + 1)
    elif found := _SOURCE.fullmatch(held.label):
        place = place_of(int(found[2]), held.pulses)
        for source in Source.objects.filter(pk=int(found[1]), state=SourceState.NEW):
            source.attempts = deaths_there(source.attempts, source.reached, place)
            source.reached = place
            source.save(update_fields=["attempts", "reached"])


def place_of(stage: int, pulses: int) -> int:
    """Return a place in an inventory as one number."""
    return stage << _STAGE_BITS | min(pulses, (1 << _STAGE_BITS) - 1)


def deaths_there(before: int, reached: int | None, place: int) -> int:
    """Return how often in a row the program has died at a place; one hundredth further on is the same place."""
    if reached is None or reached >> _STAGE_BITS != place >> _STAGE_BITS:
        return 1
    pulses = place & ((1 << _STAGE_BITS) - 1)
    return before + 1 if abs(place - reached) <= pulses // _NEAR else 1


def is_deadly(attempts: int) -> bool:
    """Say whether an entry or source has ended the program as often as it may."""
    return attempts >= MOST_DEATHS


def deadly_source() -> Casualty:
    """Return why a source is not listed that ended the program twice."""
    return Casualty(
        CasualtyReason.KILLED,
        "the program itself was ended twice at the same place of this while it was listed, so it is not listed again; "
        "look at it alone, on a machine of its own",
    )


def deadly_entry() -> Processed:
    """Return how an entry ends that ended the program twice."""
    return deadly()


def known_killer(cause: str, extractor: str, version: int) -> Cause:
    """Return how the decoder of this very version died of an entry before; ``NONE`` where it may be tried."""
    found = Cause(cause)
    return found if found in KILLERS and extractor in DECODERS and version == version_of(extractor) else Cause.NONE
