"""Run the jobs: a procrastinate worker in this process, with the sandbox that its jobs work in."""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import DatabaseError, connection
from procrastinate import App, jobs
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.manager import JobManager

from sauveterre.casework import audit, suspects
from sauveterre.casework.jobs import FAILURES, FINISHED, JOB_LOCKS, QUEUE
from sauveterre.casework.limits import limits_here
from sauveterre.casework.storage import clear_incoming
from sauveterre.errors import SauveterreError, WorkspaceError
from sauveterre.media.isolation import isolation
from sauveterre.media.sandbox import DECODERS, Sandbox
from sauveterre.records.limit_values import changed
from sauveterre.records.limits import Limits

QUEUES = (QUEUE, "assessment")
TICK_SECONDS = 0.25


class CommittedJobs(JobManager):
    """A job manager that knows which jobs have committed their own end together with their results."""

    def __init__(self, worker: App, finished: set[int]) -> None:
        """Share the set that the jobs fill."""
        super().__init__(worker.connector)
        self._finished = finished

    async def finish_job(self, job: jobs.Job, status: jobs.Status, delete_job: bool) -> None:  # noqa: FBT001
        """End a job, unless its own transaction has done so."""
        if job.id in self._finished:
            self._finished.discard(job.id)
        else:
            await super().finish_job(job, status, delete_job)


def revive() -> int:
    """Put failed jobs, and jobs whose worker is dead, back into the queue; return how many.

    A living worker holds an advisory lock for each job that it runs, on a connection that dies with it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM procrastinate_jobs WHERE status = 'failed' OR (status = 'doing' "
            "AND pg_try_advisory_lock(%s, id::int) AND pg_advisory_unlock(%s, id::int))",
            [JOB_LOCKS, JOB_LOCKS],
        )
        dead = [row[0] for row in cursor.fetchall()]
    for number in dead:
        app.job_manager.retry_job_by_id(number, retry_at=datetime.now(UTC))
    return len(dead)


def waiting(queues: Sequence[str] = QUEUES) -> int:
    """Return how many jobs of these queues have not ended."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND queue_name = ANY(%s)",
            [list(queues)],
        )
        return int(cursor.fetchone()[0])


def run_jobs(
    *, workers: int | None = None, limits: Limits | None = None, tick: Callable[[], None] = lambda: None
) -> None:
    """Work until no job is left, calling ``tick`` a few times a second; raise the first failure.

    ``workers`` is the number of child processes; by default one for each processor;
    ``limits`` are by default those of the workspace.
    """
    count = workers or os.cpu_count() or 1
    _clear_away()
    if not waiting():
        tick()
        return
    failures: list[BaseException] = []
    with evidence_sandbox(count, limits=limits) as sandbox:
        if waiting([QUEUE]):
            _say_how_evidence_is_read(sandbox)
        while waiting() and not failures:
            thread = threading.Thread(target=_run_once, args=(sandbox, count, failures), name="jobs", daemon=True)
            thread.start()
            while thread.is_alive():
                thread.join(TICK_SECONDS)
                tick()
            time.sleep(TICK_SECONDS)  # what is left may be in the hands of another worker
            _put_right()
    tick()
    if failures:
        raise _explained(failures[0])


def serve_jobs(*, workers: int | None = None, limits: Limits | None = None) -> None:
    """Work until interrupted: what `sauveterre worker` does."""
    count = workers or os.cpu_count() or 1
    _clear_away()
    failures: list[BaseException] = []
    with evidence_sandbox(count, limits=limits) as sandbox:
        _say_how_evidence_is_read(sandbox)
        asyncio.run(_work(sandbox, count, failures, wait=True))
    if failures:
        raise _explained(failures[0])


def _clear_away() -> None:
    """Clear away what killed programs left: half-written files, and what they were doing."""
    _put_right()
    clear_incoming()


def _put_right() -> None:
    """Count what killed programs had in hand, then have others do their jobs."""
    suspects.gather(_scratch())
    revive()


def _scratch() -> Path:
    return Path(settings.WORKSPACE) / "run" / "scratch"


def evidence_sandbox(workers: int, preload: str = DECODERS, *, limits: Limits | None = None) -> Sandbox:
    """Return a sandbox whose children see neither the workspace's database nor its key."""
    workspace = Path(settings.WORKSPACE)
    hidden = [workspace / name for name in ("database", "packages", "run", "secret", "store")]
    return Sandbox(workers, limits or limits_here(), preload, within=_scratch(), hidden=hidden)


def _say_how_evidence_is_read(sandbox: Sandbox) -> None:
    """Enter into the audit log what shuts the readers of evidence in from now on."""
    found = isolation(sandbox.limits)
    audit.record(
        actor=audit.SYSTEM,
        action="processing-started",
        subject="all exhibits",
        workers=sandbox.workers,
        bubblewrap=found.bubble,
        network_shut=found.network,
        memory_bytes=found.memory_bytes,
        silence_seconds=found.silence_seconds,
        limits=changed(sandbox.limits),
    )


def _run_once(sandbox: Sandbox, count: int, failures: list[BaseException]) -> None:
    try:
        asyncio.run(_work(sandbox, count, failures, wait=False))
    except Exception as error:  # noqa: BLE001 - raised again by the thread that waits
        failures.append(error)


async def _work(sandbox: Sandbox, count: int, failures: list[BaseException], *, wait: bool) -> None:
    finished: set[int] = set()
    worker = app.with_connector(DjangoConnector().get_worker_connector())
    worker.job_manager = CommittedJobs(worker, finished)
    async with worker.open_async():
        running = asyncio.create_task(_run(worker, count, sandbox, finished, failures, wait=wait))
        while not running.done():
            if wait and failures:
                running.cancel()
            await asyncio.wait({running}, timeout=TICK_SECONDS)
        if not running.cancelled():
            running.result()


async def _run(
    worker: App, count: int, sandbox: Sandbox, finished: set[int], failures: list[BaseException], *, wait: bool
) -> None:
    await worker.run_worker_async(
        queues=list(QUEUES),
        concurrency=count + 1,  # one more, so that the children have work while results are written
        wait=wait,
        listen_notify=wait,
        install_signal_handlers=wait,
        additional_context={"sandbox": sandbox, FINISHED: finished, FAILURES: failures},
    )


def _explained(error: BaseException) -> BaseException:
    """Return the failure as one of ours, with what to do next."""
    if isinstance(error, SauveterreError):
        return error
    if isinstance(error, DatabaseError | psycopg.Error | ConnectorException | OSError):
        return WorkspaceError(
            f"the work stopped in the database or on the disk ({type(error).__name__}); see that the disk has space "
            "and run the command again: nothing is lost"
        )
    return error
