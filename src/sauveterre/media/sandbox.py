"""The sandbox: child processes in which everything that touches hostile content runs.

A child is forked from a server that has all decoders loaded, shuts itself in (``child.shut_in``) and works off
tasks. One that dies costs its own task only, and is replaced. A time limit is an alarm inside the child, kept by the
system, so it can never hit another task; the pool's own clock stands behind it.
"""

import os
import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as PoolTimeout
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from weakref import ref

from pebble import CONSTS, ProcessExpired, ProcessPool

from sauveterre.media import forking
from sauveterre.media.child import run_task, shut_in
from sauveterre.media.crossing import loaded
from sauveterre.media.deaths import death, no_answer, no_child, pool_broken
from sauveterre.media.hand import Held, read_hand
from sauveterre.records.limits import Clocks, Limits

TASKS_PER_CHILD = 5_000
"""Tasks after which a child is replaced by a fresh one, whatever its decoders may have leaked."""
GRACE_SECONDS = 5.0
"""How long after its time a task is given up when even the alarm did not end it."""
MOST_LOSSES = 3
"""How often the pool may break, or a child end without a word, with no task finished in between."""
CONSTS.sleep_unit = 0.02
"""How often the pool looks at its children, in seconds: its own tenth is added to every verb when it ends."""
DECODERS = "sauveterre.media.preload"
"""What children need that decode pictures."""


@dataclass(slots=True, eq=False, weakref_slot=True)
class _Task:
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    clocks: Clocks
    label: str
    outcome: "Future[Any]"
    parts: Sequence[str] = ()
    inner: "Future[Any] | None" = None
    silent_ends: int = 0
    breaks: int = 0


class Sandbox:
    """A pool of confined child processes. Use as a context manager; safe to call from several threads.

    Functions and arguments travel by pickling: functions must be importable by name, and arguments small. What comes
    back is plain values and records, and is made again here from the bytes that the child gave. Children have no
    network, may write no file larger than ``limits.nested_bytes``, and where the system has Bubblewrap nothing outside
    of ``scratch``. Leaving the block waits for what was submitted; leaving it by an exception gives it up.
    """

    def __init__(
        self,
        workers: int,
        limits: Limits,
        preload: str = DECODERS,
        *,
        within: Path | None = None,
        hidden: Sequence[Path] = (),
    ) -> None:
        """Name what children find loaded, the folder that scratch is made in, and folders that children may not see.

        The first sandbox of a process decides all three for those that follow.
        """
        self._workers = workers
        self._preload = preload
        self._within = within
        self._hidden = hidden
        self.limits = limits
        self._lock = threading.RLock()
        self._waiting: set[_Task] = set()
        self._pool: ProcessPool | None = None
        self._losses = 0
        self._bubble = False
        self._scratch: tempfile.TemporaryDirectory[str] | None = None

    @property
    def workers(self) -> int:
        """How many children there are."""
        return self._workers

    @property
    def scratch(self) -> Path:
        """A folder for what children leave for their caller; gone with the sandbox."""
        if self._scratch is None:
            raise RuntimeError("the sandbox is not open: use it as a context manager")
        return Path(self._scratch.name)

    def __enter__(self) -> Self:
        ground = forking.settle(self._preload, self._within, self._hidden)
        self._bubble = bool(ground.bubble)
        self._scratch = tempfile.TemporaryDirectory(dir=ground.home)
        (self.scratch / forking.HANDS).mkdir()
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

    def run(self, function: Callable[..., Any], *arguments: Any, seconds: float | Clocks, label: str = "") -> Any:
        """Run one task in a child and return its result.

        Raises what the task raised when that is a ``SauveterreError``, and ``Casualty`` for everything else:
        a crash, a limit of time, memory or output, any other exception.
        """
        return self.submit(function, *arguments, seconds=seconds, label=label).result()

    def submit(
        self,
        function: Callable[..., Any],
        *arguments: Any,
        seconds: float | Clocks,
        label: str = "",
        parts: Sequence[str] = (),
    ) -> "Future[Any]":
        """Put a task in the queue and return its future, which ends as ``run`` does.

        ``seconds`` is the total, or all clocks. ``label`` says what is in hand, for the next start of a program that
        dies meanwhile (``forking.left_behind``); ``parts`` are the labels of what the task takes in hand one by one.
        """
        clocks = seconds if isinstance(seconds, Clocks) else Clocks(total=seconds)
        task = _Task(function, arguments, clocks, label, Future(), parts)
        with self._lock:
            if self._pool is None:
                raise RuntimeError("the sandbox is not open: use it as a context manager")
            self._schedule(task)
            self._waiting.add(task)
        known = ref(task)  # a future that held its task, which holds it, would keep its result for long
        task.outcome.add_done_callback(lambda _: self._forget(known()))
        return task.outcome

    def _new_pool(self) -> ProcessPool:
        return ProcessPool(
            max_workers=self._workers,
            max_tasks=TASKS_PER_CHILD,
            initializer=shut_in,
            initargs=(self.limits, self.scratch / forking.HANDS, self._bubble),
            context=forking.context(),
        )

    def _successor(self, broken: ProcessPool) -> ProcessPool:
        """Return a new pool, and have what is left of the broken one cleared away by a thread of its own."""
        threading.Thread(target=broken.join, daemon=True).start()
        return self._new_pool()

    def _schedule(self, task: _Task) -> None:
        """Hand a task to the pool, to a new one when the last broke while it was idle."""
        assert self._pool is not None  # noqa: S101 - callers hold the lock and have looked
        arguments = (task.function, task.arguments, task.clocks, self.limits, task.label)
        longest = task.clocks.opening + task.clocks.total + task.clocks.more + GRACE_SECONDS
        try:
            inner = self._pool.schedule(run_task, args=arguments, timeout=longest)
        except RuntimeError:
            self._pool = self._successor(self._pool)
            inner = self._pool.schedule(run_task, args=arguments, timeout=longest)
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
        task.inner = None
        _finish(task.outcome, loaded(done.result()) if error is None else self._explained(error, task))

    def _explained(self, error: BaseException, task: _Task) -> BaseException:
        """Turn how a child died into a casualty with one clear sentence; errors of our own family stay themselves."""
        if isinstance(error, ProcessExpired):
            return death(error.exitcode, task.clocks, self.limits, self._emptied(error.pid))
        if isinstance(error, PoolTimeout):
            self._empty_dead_hands()
            return no_answer(MOST_LOSSES, task.clocks)
        return error

    def _emptied(self, child: int) -> Held | None:
        """Return what a dead child had in hand, and let nobody find it there later."""
        file = self.scratch / forking.HANDS / str(child)
        held = read_hand(file)
        file.unlink(missing_ok=True)
        return held

    def _empty_dead_hands(self) -> None:
        for file in (self.scratch / forking.HANDS).iterdir():
            try:
                os.kill(int(file.name), 0)
            except ProcessLookupError:
                file.unlink(missing_ok=True)

    def _replace_pool(self) -> None:
        with self._lock:
            if self._pool is None or self._pool.active:
                return
            self._losses += 1
            stranded = self._snapshot()
            suspects = self._suspects(stranded)
            ended: list[_Task] = []
            if self._losses > MOST_LOSSES:
                self._losses = 0
                ended = suspects or stranded
            why = pool_broken() if suspects else no_child()
            self._pool = self._successor(self._pool)
            for task in stranded:
                if task not in ended:
                    self._schedule(task)
        for task in ended:
            _finish(task.outcome, why)

    def _suspects(self, stranded: list[_Task]) -> list[_Task]:
        """Return those in hand at this moment that were so at the most breaks: a neighbour is there by chance.

        Nobody finds them in hand later.
        """
        files = list((self.scratch / forking.HANDS).iterdir())
        held = {found.label for file in files if (found := read_hand(file)) is not None}
        for file in files:
            file.unlink(missing_ok=True)
        in_hand = [task for task in stranded if any(name and name in held for name in (task.label, *task.parts))]
        for task in in_hand:
            task.breaks += 1
        most = max((task.breaks for task in in_hand), default=0)
        return [task for task in in_hand if task.breaks == most]

    def _forget(self, task: _Task | None) -> None:
        if task is None:
            return
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
