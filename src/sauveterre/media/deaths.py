"""How a child of the sandbox died, in one clear sentence."""

import signal

from sauveterre.media.casualty import Casualty, CasualtyReason
from sauveterre.media.hand import SILENCE, Held
from sauveterre.records.limits import Clocks, Limits

MEMORY_EXIT = 87
"""Exit status of a child that ran out of the memory it may have: it is replaced by a fresh one."""
_ALONE = "look at the content alone"


def death(code: int, clocks: Clocks, limits: Limits, held: Held | None) -> Casualty:
    """Explain the exit status of a child, negative for a signal; ``held`` says which clock its alarm stood for."""
    if code == -signal.SIGALRM and held is not None and held.clock == SILENCE:
        return Casualty(
            CasualtyReason.SILENCE,
            f"reading gave no sign of life for {clocks.silence:g} seconds and was ended; {_ALONE}, or raise "
            "silence_seconds for a slow medium",
        )
    if code == -signal.SIGALRM:
        return Casualty(
            CasualtyReason.TIME,
            f"reading took longer than the {clocks.total:g} seconds allowed; {_ALONE}, or raise entry_seconds, or "
            "listing_seconds for a whole source",
        )
    if code == -signal.SIGPROF and clocks.cpu is not None:
        return Casualty(
            CasualtyReason.CPU,
            f"reading used more than the {clocks.cpu:g} seconds of processor time allowed; {_ALONE}, or raise "
            "entry_cpu_seconds to give it more",
        )
    if code == MEMORY_EXIT:
        return Casualty(
            CasualtyReason.MEMORY,
            f"reading wanted more than the {limits.memory_bytes >> 20:,} MiB of memory allowed; "
            "raise memory_bytes to give it more",
        )
    if code < 0:
        return Casualty(
            CasualtyReason.KILLED,
            f"the child process was killed by signal {-code} ({_name(-code)}) while it read this; {_ALONE}",
        )
    return Casualty(
        CasualtyReason.EXITED, f"the child process ended itself with status {code} while it read this; {_ALONE}"
    )


def no_answer(times: int, clocks: Clocks) -> Casualty:
    """Explain a task whose child the pool gave up on, again and again."""
    return Casualty(
        CasualtyReason.TIME,
        f"the child process gave no answer, {times} times, within {clocks.total + clocks.opening:g} seconds and some "
        f"grace; {_ALONE}, or raise entry_seconds, or listing_seconds for a whole source",
    )


def no_child() -> Casualty:
    """Explain a task for which no child could be had."""
    return Casualty(CasualtyReason.LOST, "no child process could be kept running for it; see the system's log")


def pool_broken() -> Casualty:
    """Explain a task that was in hand each time when the pool of children broke."""
    return Casualty(
        CasualtyReason.KILLED, f"the pool of child processes broke each time while this was being read; {_ALONE}"
    )


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"
