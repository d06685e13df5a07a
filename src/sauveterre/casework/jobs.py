"""The jobs: inventory, process, assess. Each commits its results and its own completion in one transaction.

That is what makes a crash harmless: a job that was killed has written nothing and is done again; one that has
committed is finished. While a job runs, its connection holds an advisory lock on the job's number, so that
jobs of dead workers are told from those of living ones at once. Decoders are loaded by the jobs that need them, so that
pages and small verbs start fast.
"""

from collections.abc import Callable
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

from django.conf import settings
from django.db import connection, transaction
from procrastinate import JobContext
from procrastinate.contrib.django import app

from sauveterre.casework.diskspace import require_space

if TYPE_CHECKING:
    from sauveterre.media.sandbox import Sandbox

JOB_LOCKS = 7_331_002
QUEUE = "evidence"
FINISHED = "finished"
FAILURES = "failures"
P = ParamSpec("P")


class Stopped(Exception):
    """Another job has failed: this one waits for the next run."""


def in_one_transaction(
    work: Callable[Concatenate["Sandbox", P], Callable[[], None]],
) -> Callable[Concatenate[JobContext, P], None]:
    """Make a job of a function that works, and returns what is to be written.

    The function computes with no transaction open; what it returns writes, and is committed together with the
    job's own end. A job that another worker finished meanwhile is undone by the database's own refusal.
    """

    def job(context: JobContext, /, *args: P.args, **kwargs: P.kwargs) -> None:
        number = context.job.id
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [JOB_LOCKS, number])
            if not cursor.fetchone()[0]:  # somebody looks after it at this moment: leave it to them as it is
                context.additional_context[FINISHED].add(number)
                return
        try:
            if context.additional_context[FAILURES]:
                raise Stopped  # noqa: TRY301 - the worker drains its queue without working
            require_space(settings.WORKSPACE)
            if not _is_ours(number):
                context.additional_context[FINISHED].add(number)
                return
            write = work(context.additional_context["sandbox"], *args, **kwargs)
            with transaction.atomic():
                write()
                with connection.cursor() as cursor:
                    cursor.execute("SELECT procrastinate_finish_job_v1(%s, 'succeeded', true)", [number])
            context.additional_context[FINISHED].add(number)
        except Stopped:
            raise
        except Exception as error:
            context.additional_context[FAILURES].append(error)
            raise
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [JOB_LOCKS, number])

    return update_wrapper(job, work)


def _is_ours(number: int | None) -> bool:
    """Say whether a job is still to be done: nobody ended it, or put it back, while it was on its way here."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT status FROM procrastinate_jobs WHERE id = %s", [number])
        found = cursor.fetchone()
    return found is not None and found[0] == "doing"


@app.task(queue=QUEUE, pass_context=True)
@in_one_transaction
def inventory(sandbox: "Sandbox", source_id: int) -> Callable[[], None]:
    """List a source (and read it, when it is a message store)."""
    from sauveterre.casework import intake

    return intake.inventory(sandbox, source_id, defer=put)


@app.task(queue=QUEUE, pass_context=True)
@in_one_transaction
def process(sandbox: "Sandbox", source_id: int, first: int, last: int) -> Callable[[], None]:
    """Process the pending entries of a source between two ordinals."""
    from sauveterre.casework import intake

    return intake.process(sandbox, source_id, first, last, defer=put)


@app.task(queue=QUEUE, pass_context=True)
@in_one_transaction
def suspect(sandbox: "Sandbox", entry_id: int) -> Callable[[], None]:
    """Process an entry that was in hand when the whole program died."""
    from sauveterre.casework import intake

    return intake.suspect(sandbox, entry_id, defer=put)


@app.task(queue=QUEUE, pass_context=True)
@in_one_transaction
def verify(sandbox: "Sandbox", exhibit_id: int, phase: str) -> Callable[[], None]:
    """Read an exhibit's medium from end to end, and hold it against what is stated of it."""
    from sauveterre.casework import verifying

    return verifying.verify(sandbox, exhibit_id, phase)


@app.task(queue=QUEUE, pass_context=True)
@in_one_transaction
def crosscheck(sandbox: "Sandbox", source_id: int) -> Callable[[], None]:
    """Have a second reader list a file system."""
    from sauveterre.casework import crosschecking

    return crosschecking.crosscheck(sandbox, source_id)


@app.task(queue="assessment", pass_context=True)
@in_one_transaction
def assess(_sandbox: "Sandbox", operation_id: int, by: str) -> Callable[[], None]:
    """Work out hits, stacks and the picture of the network anew."""
    from sauveterre.casework import assessing

    return assessing.assess(operation_id, by=by)


def put(task: str, rows: list[dict[str, Any]], *, priority: int = 0) -> None:
    """Put jobs into the queue within the caller's transaction."""
    if rows:
        app.configure_task(f"{__name__}.{task}", queue=QUEUE, priority=priority).batch_defer(*rows)
