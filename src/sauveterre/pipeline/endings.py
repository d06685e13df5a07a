"""How entries end that are not read, or whose reading fails; and sources that do not open."""

from dataclasses import dataclass
from typing import NamedTuple

from sauveterre.errors import LimitExceeded, Locked, SauveterreError
from sauveterre.media.casualty import Casualty, CasualtyReason
from sauveterre.records.digest import Digests
from sauveterre.records.entry import Cause, Entry, Outcome

KILLERS = frozenset({Cause.CRASH, Cause.TIME, Cause.MEMORY})
"""Causes that are the death of whatever read an entry."""
_CASUALTIES = {
    CasualtyReason.TIME: Cause.TIME,
    CasualtyReason.CPU: Cause.TIME,
    CasualtyReason.SILENCE: Cause.TIME,
    CasualtyReason.OUTPUT: Cause.SIZE,
    CasualtyReason.MEMORY: Cause.MEMORY,
    CasualtyReason.FAILED: Cause.PROGRAM,
    CasualtyReason.NETWORK: Cause.PROGRAM,
}


@dataclass(frozen=True, slots=True)
class Unopened:
    """A source that could not be opened, and why."""

    source: str
    reader: str
    reason: str


class Read(NamedTuple):
    """How the reading of one entry ended."""

    outcome: Outcome
    cause: Cause = Cause.NONE
    reason: str = ""
    """Why it is not simply processed; empty when it is."""
    size: int | None = None
    """Bytes read."""
    md5: str = ""
    sha1: str = ""
    sha256: str = ""
    """Empty where the entry was not read to its end."""
    opens: str = ""
    """For a layer of an image: the reader that opens it."""

    @property
    def digests(self) -> Digests | None:
        """All three, where the entry was read to its end."""
        return Digests(self.md5, self.sha1, self.sha256) if self.sha256 else None


def foreseen(entry: Entry) -> tuple[Outcome, Cause, str] | None:
    """Return how an entry ends whose content must or can not be read; None for one that will be read."""
    if entry.refusal:
        return Outcome.SKIPPED, entry.cause or Cause.SPECIAL, entry.refusal
    if entry.failure:
        return Outcome.FAILED, entry.cause or Cause.UNREADABLE, entry.failure
    return None


def cause_of(error: SauveterreError) -> Cause:
    """Return the cause that an error of ours stands for."""
    if isinstance(error, Casualty):
        return _CASUALTIES.get(error.reason, Cause.CRASH)
    if isinstance(error, Locked):
        return Cause.ENCRYPTED
    return Cause.SIZE if isinstance(error, LimitExceeded) else Cause.UNREADABLE


def not_read(error: SauveterreError) -> Read:
    """Return how the reading of an entry ended that could not be read."""
    return Read(Outcome.FAILED, cause_of(error), str(error))
