"""The sandbox: child processes in which everything that touches hostile content runs.

A child is forked from a server that has all decoders loaded, shuts itself in (``child.shut_in``) and works off
tasks. One that dies costs its own task only, and is replaced. A time limit is an alarm inside the child, kept by the
system, so it can never hit another task; the pool's own clock stands behind it.
"""

import multiprocessing
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as PoolTimeout
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pebble import ProcessExpired, ProcessPool

from sauveterre.media.casualty import Casualty, CasualtyReason
from sauveterre.media.child import MEMORY_EXIT, run_task, shut_in
from sauveterre.records.limits import Limits

TASKS_PER_CHILD = 5_000
"""Tasks after which a child is replaced by a fresh one, whatever its decoders may have leaked."""
GRACE_SECONDS = 5.0
"""How long after its time a task is given up when even the alarm did not end it."""
MOST_LOSSES = 3
"""How often the pool may break, or a child end without a word, with no task finished in between."""
SERVER = "sauveterre.media.server"
DECODERS = "sauveterre.media.preload"
"""What children need that decode pictures."""


@dataclass(slots=True, eq=False)
class _Task:
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    seconds: float
    outcome: "Future[Any]"
    inner: "Future[Any] | None" = None
    silent_ends: int = 0


class Sandbox:
    """A pool of confined child processes. Use as a context manager; safe to call from several threads.

    Functions and arguments travel by pickling: functions must be importable by name, and arguments small. Children
    see the file system as the caller does, may write no file larger than ``limits.nested_bytes``, and have no
    network. Leaving the block waits for what was submitted; leaving it by an exception gives it up.
    """

    def __init__(self, workers: int, limits: Limits, preload: str = DECODERS) -> None:
        """Name what children find loaded; the first sandbox of a process decides for all that follow."""
        self._workers = workers
        self._preload = preload
        self._limits = limits
        self._lock = threading.RLock()
        self._waiting: set[_Task] = set()
        self._pool: ProcessPool | None = None
        self._losses = 0
        self._scratch: tempfile.TemporaryDirectory[str] | None = None

    @property
    def scratch(self) -> Path:
        """A folder for what children leave for their caller; gone with the sandbox."""
        if self._scratch is None:
            raise RuntimeError("the sandbox is not open: use it as a context manager")
        return Path(self._scratch.name)

    def __enter__(self) -> Self:
        self._scratch = tempfile.TemporaryDirectory(prefix="sauveterre-")
        _start_server(self._preload)
        with self._lock:
            self._pool = self._new_pool()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while error is None and (waiting := self._snapshot()):
            for task in waiting:
                _wait(task.outcome)
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()  # type: ignore[no-untyped-call]
            pool.join()
        for task in self._snapshot():
            task.outcome.cancel()
        if self._scratch is not None:
            self._scratch.cleanup()
            self._scratch = None

    def run(self, function: Callable[..., Any], *arguments: Any, seconds: float) -> Any:
        """Run one task in a child and return its result.

        Raises what the task raised when that is a ``SauveterreError``, and ``Casualty`` for everything else:
        a crash, a time or memory limit, any other exception.
        """
        return self.submit(function, *arguments, seconds=seconds).result()

    def submit(self, function: Callable[..., Any], *arguments: Any, seconds: float) -> "Future[Any]":
        """Put a task in the queue and return its future, which ends as ``run`` does."""
        task = _Task(function, arguments, seconds, Future())
        with self._lock:
            if self._pool is None:
                raise RuntimeError("the sandbox is not open: use it as a context manager")
            self._schedule(task)
            self._waiting.add(task)
        task.outcome.add_done_callback(lambda _: self._forget(task))
        return task.outcome

    def _new_pool(self) -> ProcessPool:
        return ProcessPool(
            max_workers=self._workers,
            max_tasks=TASKS_PER_CHILD,
            initializer=shut_in,
            initargs=(self._limits,),
            context=_context(),
        )

    def _successor(self, broken: ProcessPool) -> ProcessPool:
        """Return a new pool, and have what is left of the broken one cleared away by a thread of its own."""
        threading.Thread(target=broken.join, daemon=True).start()
        return self._new_pool()

    def _schedule(self, task: _Task) -> None:
        """Hand a task to the pool, to a new one when the last broke while it was idle."""
        assert self._pool is not None  # noqa: S101 - callers hold the lock and have looked
        arguments = (task.function, task.arguments, task.seconds)
        try:
            inner = self._pool.schedule(run_task, args=arguments, timeout=task.seconds + GRACE_SECONDS)
        except RuntimeError:
            self._pool = self._successor(self._pool)
            inner = self._pool.schedule(run_task, args=arguments, timeout=task.seconds + GRACE_SECONDS)
        task.inner = inner
        inner.add_done_callback(lambda done: self._settle(task, done))

    def _settle(self, task: _Task, done: "Future[Any]") -> None:
        """Pass on how a task ended; tasks that a broken pool took along start again in a new one."""
        if task.inner is not done or task.outcome.done():
            return
        error = CancelledError() if done.cancelled() else done.exception()
        if isinstance(error, BrokenProcessPool):
            self._replace_pool()
            return
        if isinstance(error, PoolTimeout) and task.silent_ends + 1 < MOST_LOSSES:
            task.silent_ends += 1
            with self._lock:
                if self._pool is not None:
                    self._schedule(task)
            return
        self._losses = 0
        if error is None:
            _finish(task.outcome, done.result())
        else:
            _finish(task.outcome, _explained(error, task.seconds, self._limits))

    def _replace_pool(self) -> None:
        with self._lock:
            if self._pool is None or self._pool.active:
                return
            self._losses += 1
            self._pool = self._successor(self._pool)
            stranded = self._snapshot()
            if self._losses <= MOST_LOSSES:
                for task in stranded:
                    self._schedule(task)
                return
        for task in stranded:
            _finish(
                task.outcome,
                Casualty(CasualtyReason.LOST, "no child process could be kept running for it; see the system's log"),
            )

    def _forget(self, task: _Task) -> None:
        with self._lock:
            self._waiting.discard(task)
        if task.outcome.cancelled() and task.inner is not None:
            task.inner.cancel()

    def _snapshot(self) -> list[_Task]:
        with self._lock:
            return list(self._waiting)


def _finish(outcome: "Future[Any]", result: Any) -> None:
    """Set a future that somebody may have cancelled meanwhile."""
    if not outcome.set_running_or_notify_cancel():
        return
    if isinstance(result, BaseException):
        outcome.set_exception(result)
    else:
        outcome.set_result(result)


def _wait(outcome: "Future[Any]") -> None:
    if not outcome.cancelled():
        outcome.exception()


def _explained(error: BaseException, seconds: float, limits: Limits) -> BaseException:
    """Turn how a child died into a casualty with one clear sentence; errors of our own family stay themselves."""
    if isinstance(error, ProcessExpired):
        return _death(error.exitcode, seconds, limits)
    if isinstance(error, PoolTimeout):
        return Casualty(
            CasualtyReason.TIME,
            f"the child process gave no answer, {MOST_LOSSES} times, within {seconds:g} seconds and some grace; "
            "raise entry_seconds, or look at the content alone",
        )
    return error


def _death(code: int, seconds: float, limits: Limits) -> Casualty:
    if code == -signal.SIGALRM:
        return Casualty(
            CasualtyReason.TIME,
            f"reading took longer than the {seconds:g} seconds allowed; raise entry_seconds to give it more",
        )
    if code == MEMORY_EXIT:
        return Casualty(
            CasualtyReason.MEMORY,
            f"reading wanted more than the {limits.memory_bytes >> 20:,} MiB of memory allowed; "
            "raise memory_bytes to give it more",
        )
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = "unknown"
        return Casualty(
            CasualtyReason.KILLED,
            f"the child process was killed by signal {-code} ({name}) while it read this; look at the content alone",
        )
    return Casualty(
        CasualtyReason.EXITED,
        f"the child process ended itself with status {code} while it read this; look at the content alone",
    )


def _context() -> ForkServerContext:
    return multiprocessing.get_context("forkserver")


def _start_server(preload: str) -> None:
    """Start the fork server with a module loaded, unless this process has one already.

    The server is a fresh interpreter: it is shown where to import from, since older Pythons do not pass that on.
    """
    _context().set_forkserver_preload([SERVER, preload])
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    try:
        forkserver.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before
