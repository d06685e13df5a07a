"""How far the clocks of devices were apart, from messages that several of them saw.

A message cannot arrive before it was sent. Each one from A to B therefore bounds from above how far B's clock was ahead
of A's, and each one from B to A bounds it from below; the service's own clock, where rows state it, is one more device.
The truth lies between the bounds, which are as wide as the fastest way there and back. Where they cross, a clock was
set in between: another span of time begins. The principle is that of Cristian's and NTP's clock synchronisation.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sauveterre.records.account import Account
from sauveterre.records.message import Message
from sauveterre.records.provenance import Provenance

SERVICE = "service"
"""In place of a device: the service's own clock."""
TOLERANCE = 2.0
"""Seconds by which bounds may cross before a clock counts as set: clocks are corrected a little all the time."""


@dataclass(frozen=True, slots=True)
class ClockSkew:
    """How many seconds the clock of one device was ahead of another's, in a span of time."""

    device: str
    """``Provenance.source`` of a store on it."""
    other: str
    """The same of the other device, or ``service``."""
    since: datetime
    """Of the first message that was compared, by the other device's clock."""
    until: datetime
    least: float | None
    """Seconds; None where no message went that way. Negative: it was behind."""
    most: float | None
    messages: int
    """How many went one way or the other."""
    rows: tuple[Provenance, ...]
    """The rows that set the bounds."""

    @property
    def estimate(self) -> float | None:
        """The middle of the bounds, in seconds; None where one of them is missing."""
        return None if self.least is None or self.most is None else (self.least + self.most) / 2

    @property
    def spread(self) -> float | None:
        """How far the truth may lie from the estimate, in seconds either way."""
        return None if self.least is None or self.most is None else abs(self.most - self.least) / 2


class _Passage(NamedTuple):
    """A message on its way from one clock to another."""

    at: datetime
    """By the clock of the other device than the one whose skew is asked for."""
    forwards: bool
    """Whether it went to the device whose skew is asked for; else from it."""
    seconds: float
    """From sent to received, each by its own clock."""
    rows: tuple[Provenance, ...]


_Way = tuple[str, str, datetime, datetime, tuple[Provenance, ...]]
"""From which clock to which a message went, when it was sent by the one and received by the other, and its rows."""


def clock_skews(messages: Iterable[Message], accounts: Iterable[Account]) -> list[ClockSkew]:
    """Return the skews of all pairs of devices between which messages went, in the order of the devices and of time.

    ``accounts`` tell whose device a source is. A pair with messages one way only has one bound.
    """
    passages: defaultdict[tuple[str, str], set[_Passage]] = defaultdict(set)
    for sender, receiver, sent, received, rows in _ways(messages, accounts):
        seconds = (received - sent).total_seconds()
        if _before(sender, receiver):
            passages[sender, receiver].add(_Passage(received, forwards=False, seconds=seconds, rows=rows))
        else:
            passages[receiver, sender].add(_Passage(sent, forwards=True, seconds=seconds, rows=rows))
    return [
        skew
        for (device, other), found in sorted(passages.items())
        for skew in _spans(device, other, sorted(found, key=lambda one: (one.at, one.rows)))
    ]


def _before(one: str, other: str) -> bool:
    """Say which of two clocks is the one asked for; the service's own never is."""
    return (one == SERVICE, one) < (other == SERVICE, other)


def _ways(messages: Iterable[Message], accounts: Iterable[Account]) -> Iterator[_Way]:
    owners = {(account.stable_id, account.provenance.source) for account in accounts if account.is_owner}
    seen: defaultdict[str, list[Message]] = defaultdict(list)
    for message in messages:
        if message.sent_at is not None:
            seen[message.key].append(message)
    for copies in seen.values():
        own = [one for one in copies if one.direction == "out" and (one.sender, one.provenance.source) in owners]
        for copy in copies:
            if copy.direction == "in":
                yield from _of_copy(copy, own)


def _of_copy(copy: Message, own: list[Message]) -> Iterator[_Way]:
    """Yield the ways of a message to one device that received it: from its sender's, over the service's clock."""
    here = copy.provenance.source
    for sent in own:
        if sent.sent_at is None or sent.provenance.source == here:
            continue
        rows = (sent.provenance, copy.provenance)
        if copy.received_at is not None:
            yield sent.provenance.source, here, sent.sent_at, copy.received_at, rows
        if copy.server_at is not None:
            yield sent.provenance.source, SERVICE, sent.sent_at, copy.server_at, rows
    if copy.server_at is not None and copy.received_at is not None:
        yield SERVICE, here, copy.server_at, copy.received_at, (copy.provenance,)


@dataclass(slots=True)
class _Bounds:
    """What the passages of a span allow."""

    passages: list[_Passage]
    least: _Passage | None = None
    most: _Passage | None = None

    def takes(self, passage: _Passage) -> bool:
        """Take a passage in, unless it cannot be true together with those before it."""
        least, most = self.least, self.most
        if passage.forwards and (most is None or passage.seconds < most.seconds):
            most = passage
        elif not passage.forwards and (least is None or passage.seconds < least.seconds):
            least = passage
        if least is not None and most is not None and -least.seconds > most.seconds + TOLERANCE:
            return False
        self.least, self.most = least, most
        self.passages.append(passage)
        return True


def _spans(device: str, other: str, passages: list[_Passage]) -> Iterator[ClockSkew]:
    """Yield one skew for each span in which one offset explains all passages, in one walk through time."""
    bounds = _Bounds([])
    for passage in passages:
        if not bounds.takes(passage):
            yield _skew(device, other, bounds)
            bounds = _Bounds([])
            bounds.takes(passage)
    yield _skew(device, other, bounds)


def _skew(device: str, other: str, bounds: _Bounds) -> ClockSkew:
    setting = [one for one in (bounds.least, bounds.most) if one is not None]
    return ClockSkew(
        device=device,
        other=other,
        since=bounds.passages[0].at,
        until=bounds.passages[-1].at,
        least=None if bounds.least is None else -bounds.least.seconds,
        most=None if bounds.most is None else bounds.most.seconds,
        messages=len(bounds.passages),
        rows=tuple(sorted({row for one in setting for row in one.rows})),
    )
