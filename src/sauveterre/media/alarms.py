"""The clocks of a child, kept by the system: a reader that hangs in machine code cannot hold them up.

The wall's clock and the clock of silence share one alarm, set to whichever runs out first: each sign of life moves it
on. The processor's clock is another. Either ends the process, and only while a task runs.
"""

import signal
import time
from pathlib import Path

from sauveterre.media.hand import SILENCE, TOTAL, Hand
from sauveterre.records import pulse
from sauveterre.records.limits import Clocks

MOST_OFTEN_SECONDS = 1.0
"""The alarm is moved on at most once in this time, or in a tenth of the silence allowed."""


class _Running:
    """The clocks of the task at hand."""

    def __init__(self, hand: Hand, clocks: Clocks, label: str) -> None:
        self._hand = hand
        self._clocks = clocks
        self._more = clocks.more
        self._pulses = 0
        self._step = min(MOST_OFTEN_SECONDS, (clocks.silence or MOST_OFTEN_SECONDS) / 10)
        hand.take(label)
        self._set(clocks.opening)

    def _set(self, more: float) -> None:
        """Set both clocks from now, with more time than the task itself has."""
        self._end = time.monotonic() + self._clocks.total + more
        self._move_on(time.monotonic())
        if self._clocks.cpu is not None:
            signal.setitimer(signal.ITIMER_PROF, self._clocks.cpu + more)

    def opened(self) -> None:
        """Begin to count: what the task works on is open."""
        if self._clocks.opening:
            self._set(0.0)

    def allow(self, seconds: float) -> None:
        """Put the ends of both clocks off, by as much as the task may at most in all."""
        seconds = min(seconds, self._more)
        self._more -= seconds
        self._end += seconds
        self._move_on(time.monotonic())
        left, _ = signal.getitimer(signal.ITIMER_PROF)
        if left:
            signal.setitimer(signal.ITIMER_PROF, left + seconds)

    def progress(self) -> None:
        """Take note of a sign of life."""
        self._pulses += 1
        self._hand.note(self._pulses)
        now = time.monotonic()
        if now >= self._next:
            self._move_on(now)
            self._hand.keep()

    def _move_on(self, now: float) -> None:
        self._next = now + self._step
        left, silence = max(self._end - now, 1e-6), self._clocks.silence
        silent = silence is not None and silence < left
        self._hand.set_clock(SILENCE if silent else TOTAL)
        signal.setitimer(signal.ITIMER_REAL, silence if silent and silence is not None else left)

    def stop(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)
        self._hand.let_go()


_hand: Hand | None = None
_running: _Running | None = None


def begin(hands: Path) -> None:
    """Make this process one that clocks may end."""
    global _hand
    for each in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(each, signal.SIG_DFL)
    _hand = Hand(hands)
    pulse.listen(_progress)


def start(clocks: Clocks, label: str) -> None:
    """Start the clocks of one task."""
    global _running
    if _hand is not None:
        _running = _Running(_hand, clocks, label)


def stop() -> None:
    """Stop them: the task has ended."""
    global _running
    if _running is not None:
        _running.stop()
        _running = None


def opened() -> None:
    """Say that what a task works on is open, where opening it has time of its own; does nothing outside a child."""
    if _running is not None:
        _running.opened()


def allow(seconds: float) -> None:
    """Give a task more time, as its content takes long by nature: within ``Clocks.more``; nothing outside a child."""
    if _running is not None:
        _running.allow(seconds)


def _progress() -> None:
    if _running is not None:
        _running.progress()
