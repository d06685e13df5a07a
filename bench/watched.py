"""Work that is measured for itself: in a process of its own, with its time and its most memory.

Two figures of memory: what is the process's own (anonymous: nobody else could use it), and the whole of what it had in
sight at once, which includes pages of mapped files that the system takes back whenever it needs them.
"""

import os
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

_EVERY_S = 0.02


@dataclass(frozen=True)
class Measured:
    """What came out, how long it took, and the most memory: of its own, and in sight."""

    result: Any
    wall_s: float
    cpu_s: float
    own_mb: float
    in_sight_mb: float


class _Watch(threading.Thread):
    """Looks at a process again and again until it is told to stop, or the process is gone."""

    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self.status, self.own, self.in_sight = Path(f"/proc/{process}/status"), 0, 0
        self.done = threading.Event()

    def run(self) -> None:
        while not self.done.wait(_EVERY_S):
            self.look()

    def look(self) -> None:
        try:
            lines = dict(line.split(":", 1) for line in self.status.read_text().splitlines())
            self.own = max(self.own, int(lines["RssAnon"].split()[0]))
            self.in_sight = max(self.in_sight, int(lines["VmHWM"].split()[0]))
        except (OSError, KeyError):
            self.done.set()


def alone(work: Callable[..., Any], *arguments: Any) -> Measured:
    """Run a function in a fresh process."""
    with ProcessPoolExecutor(1, get_context("spawn")) as fresh:
        measured: Measured = fresh.submit(_watched, work, arguments).result()
    return measured


def _watched(work: Callable[..., Any], arguments: tuple[Any, ...]) -> Measured:
    watch = _Watch(os.getpid())
    watch.start()
    wall, cpu = time.perf_counter(), time.process_time()
    result = work(*arguments)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    watch.look()
    return Measured(result, wall, cpu, watch.own / 1e3, watch.in_sight / 1e3)


def program(command: list[str], **options: Any) -> Measured:
    """Run a program, and take what it prints as the result."""
    before, wall = os.times(), time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, **options) as running:
        watch = _Watch(running.pid)
        watch.start()
        assert running.stdout is not None
        printed = running.stdout.read()
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    watch.done.set()
    return Measured(printed, time.perf_counter() - wall, cpu, watch.own / 1e3, watch.in_sight / 1e3)


def exponent(measured: list[tuple[float, float]]) -> float:
    """Return the power of the size that a cost grows with: 1 where it is linear."""
    sizes, costs = np.log(np.array(measured).T)
    return float(np.polyfit(sizes, costs, 1)[0])


def forget(*paths: Path) -> None:
    """Let the system drop files from its cache: the way that is open without a right to drop all of it."""
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(handle)
