"""A lock between processes that is a byte in a pipe: whoever has read it has the lock.

The semaphores of ``multiprocessing`` lie in memory that is shared with the whole system, where a child that is shut in
has no business. A process that dies with the lock takes it along, as it does with a semaphore.
"""

import os
import select
import threading
import time
from collections.abc import Callable
from multiprocessing import reduction
from typing import Any

_BYTE = b"."


class Token:
    """A lock that its holder may take more than once; made where it is first needed, and passed on to children."""

    def __init__(self, ends: tuple[int, int] | None = None) -> None:
        """Make a new one, or take the two ends of the pipe of one that another process has made."""
        if ends is None:
            ends = os.pipe()
            os.set_blocking(ends[0], False)
            os.write(ends[1], _BYTE)
        self._reader, self._writer = ends
        self._holder = 0
        self._times = 0

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:  # noqa: FBT001, FBT002 - as locks have it
        """Take it; return whether that was possible in time."""
        if self._holder != threading.get_ident():
            if not self._take(timeout if block else 0):
                return False
            self._holder = threading.get_ident()
        self._times += 1
        return True

    def release(self) -> None:
        """Give it back, when it has been given back as often as it was taken."""
        self._times -= 1
        if not self._times:
            self._holder = 0
            os.write(self._writer, _BYTE)

    def _take(self, timeout: float | None) -> bool:
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            try:
                return bool(os.read(self._reader, 1))
            except BlockingIOError:
                left = None if end is None else end - time.monotonic()
                if left is not None and left <= 0:
                    return False
                waiting = select.poll()
                waiting.register(self._reader, select.POLLIN)
                waiting.poll(None if left is None else left * 1_000)

    def __reduce__(self) -> tuple[Callable[..., "Token"], tuple[Any, Any]]:
        """Travel to a child as it starts."""
        return _arrived, (reduction.DupFd(self._reader), reduction.DupFd(self._writer))

    def __del__(self) -> None:
        for end in (self._reader, self._writer):
            os.close(end)


def _arrived(reader: Any, writer: Any) -> Token:
    return Token((reader.detach(), writer.detach()))
