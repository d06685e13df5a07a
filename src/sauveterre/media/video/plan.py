"""Which packets of a film must be decoded to see the wanted frames: pure, from the packets' times and key marks.

A film is cut at its key packets into runs. Frames of a run need what comes before them in that run, and nothing after;
frames that are shown before their own key packet (leading frames of an open run) need the run before as well.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

Times = np.ndarray[Any, np.dtype[np.int64]]
Marks = np.ndarray[Any, np.dtype[np.bool_]]
Uses = np.ndarray[Any, np.dtype[np.uint8]]


class Use(IntEnum):
    """What happens to one packet."""

    SKIPPED = 0
    """It is not decoded at all."""
    NEEDED = 1
    """It is decoded, unless the decoder sees that no other frame refers to it."""
    WANTED = 2
    """It is decoded, and its frame is kept."""


@dataclass(frozen=True, slots=True)
class Packets:
    """All packets of the moving picture, in the order of storage, which is that of decoding."""

    times: Times
    """When each is shown, in units of the stream."""
    keys: Marks
    """Whether decoding can begin at it."""


def at_interval(times: Times, interval: float) -> Times:
    """Return the times of the first frame at or after each multiple of ``interval``, counted from the first frame.

    ``interval`` is in units of the times, whole or not; 0 stands for every frame. The result ascends.
    """
    shown = np.unique(times)
    if interval <= 0 or not len(shown):
        return shown
    after_first = (shown - shown[0]).view(np.uint64)  # hostile times may lie further apart than int64 tells
    _, first = np.unique(np.floor(after_first / interval), return_index=True)
    return shown[first]


def plan(packets: Packets, wanted: Times) -> Uses:
    """Return the ``Use`` of each packet, such that all frames shown at the ``wanted`` times come out as stored."""
    count = len(packets.times)
    if not count:
        return np.empty(0, np.uint8)
    begins = packets.keys.copy()
    begins[0] = True
    run = np.cumsum(begins) - 1
    starts = np.flatnonzero(begins)
    is_wanted = np.isin(packets.times, wanted)
    leading = packets.times < packets.times[starts][run]
    needs_run_before = np.bincount(run, is_wanted & leading, len(starts)) > 0
    last = np.full(len(starts), -1, np.int64)
    np.maximum.at(last, run[is_wanted], np.flatnonzero(is_wanted))
    last[:-1][needs_run_before[1:]] = starts[1:][needs_run_before[1:]] - 1
    decoded = (np.arange(count) <= last[run]) & (~leading | needs_run_before[run])
    uses = np.where(decoded, np.uint8(Use.NEEDED), np.uint8(Use.SKIPPED))
    uses[is_wanted] = Use.WANTED
    return uses
