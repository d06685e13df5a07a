"""How fast reading goes, from what a page saw before: the page itself carries that from one look to the next.

The samples travel in the address (``seen``) as ``milliseconds-entries-bytes``, parted by dots, so that the server keeps
nothing and a page without JavaScript has its rate too, from its second look on.
"""

import re
from dataclasses import dataclass

from sauveterre.casework.selectors.progress import Progress

WINDOW = 30.0
"""Seconds over which the rate is taken."""
OLDEST = 600.0
"""Seconds after which a sample tells nothing any more where none lies within the window: a page looked at by hand."""
MOST_SAMPLES = 12
LONGEST_WAIT = 7 * 24 * 3600
"""Seconds beyond which nobody can say how long it will take."""
_SAMPLE = re.compile(r"(\d{1,15})-(\d{1,12})-(\d{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Sample:
    """What was done at one moment."""

    at: float
    """Seconds of the server's clock."""
    entries: int
    read: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Entries and bytes a second over the last half minute, and the seconds that are left at that rate."""

    entries: float
    read: float
    left: float | None
    """None where nothing was done since the last look, or all is done."""
    seen: str
    """What the next look has to bring along."""


def pace(progress: Progress, *, seen: str, now: float) -> Pace:
    """Return the rate since the oldest sample within the window, else since the last one; and what to bring next."""
    here = Sample(now, progress.account.ended, progress.bytes_done)
    earlier = [one for one in samples(seen) if _precedes(one, here)]
    before = [one for one in earlier if here.at - one.at <= WINDOW][-MOST_SAMPLES + 1 :] or earlier[-1:]
    carried = ".".join(f"{round(one.at * 1000)}-{one.entries}-{one.read}" for one in [*before, here])
    if not before:
        return Pace(0.0, 0.0, None, carried)
    oldest = before[0]
    elapsed = here.at - oldest.at
    entries, read = (here.entries - oldest.entries) / elapsed, (here.read - oldest.read) / elapsed
    return Pace(entries, read, _left(progress, entries, read), carried)


def samples(seen: str) -> list[Sample]:
    """Read the samples of an address; what is none is passed over."""
    found = (_SAMPLE.fullmatch(part) for part in seen[:600].split("."))
    read = [Sample(int(one[1]) / 1000, int(one[2]), int(one[3])) for one in found if one]
    return sorted(read, key=lambda one: one.at)


def _precedes(one: Sample, here: Sample) -> bool:
    """Say whether a sample is not too old, and of the same work: what was done only grows."""
    recent = 0.5 <= here.at - one.at <= OLDEST
    return recent and one.entries <= here.entries and one.read <= here.read


def _left(progress: Progress, entries: float, read: float) -> float | None:
    """Return the longer of two estimates: by entries where they are many and small, by bytes where they are large."""
    estimates = []
    if entries > 0:
        estimates.append(progress.account.pending / entries)
    if read > 0:
        estimates.append((progress.bytes_found - progress.bytes_done) / read)
    if not estimates or not progress.running or max(estimates) > LONGEST_WAIT:
        return None
    return max(estimates)
