import pytest
from django.db import connection

from sauveterre.casework.jobs import JOB_LOCKS
from sauveterre.casework.models import Entry, Source
from sauveterre.casework.selectors.access import sight_of
from sauveterre.casework.selectors.exhibits import Stage, exhibit_rows, tree_order
from sauveterre.casework.selectors.progress import progress
from sauveterre.casework.services.exhibits import add_exhibit

pytestmark = pytest.mark.django_db


@pytest.fixture
def exhibit(operation, ana, tmp_path):
    (tmp_path / "card").mkdir()
    return add_exhibit(operation=operation, by=ana, path=tmp_path / "card")


@pytest.fixture
def sight(operation, ana):
    return sight_of(ana, operation.pk)


def enter(source, **counts):
    """Give a source entries of 100 bytes each, so many in each state."""
    states = [state for state, n in counts.items() for _ in range(n)]
    start = source.entries.count()
    Entry.objects.bulk_create(
        Entry(
            source=source,
            ordinal=start + n,
            path=f"{n}",
            path_raw=b"",
            size=100,
            locator=f"{n}",
            kind="file",
            state=one,
        )
        for n, one in enumerate(states)
    )


def test_an_exhibit_goes_from_registered_to_read(operation, ana, sight, exhibit):
    add_exhibit(operation=operation, by=ana, seal="S-2")
    stages = lambda: [row.stage for row in exhibit_rows(sight)]  # noqa: E731
    assert stages() == [Stage.LISTING, Stage.REGISTERED]
    Source.objects.update(state="listed")
    enter(exhibit.sources.get(), processed=2, pending=1)
    assert stages() == [Stage.PROCESSING, Stage.REGISTERED]
    Entry.objects.update(state="processed")
    assert stages() == [Stage.DONE, Stage.REGISTERED]


def test_what_is_done_is_counted_in_entries_and_in_bytes_that_are_read(sight, exhibit):
    source = exhibit.sources.get()
    enter(source, processed=3, failed=1, skipped=1, pending=5)
    Entry.objects.create(source=source, ordinal=99, path="p1", path_raw=b"", size=1 << 40, locator="p1", kind="volume",
                         state="processed")  # fmt: skip

    found = progress(sight, exhibit=exhibit)

    assert (found.account.found, found.account.ended, found.percent) == (11, 6, 54)
    assert (found.bytes_found, found.bytes_done) == (1_000, 500), "a layer is only looked at"
    assert [entry.state for entry in found.failures] == ["failed"]
    assert (found.waiting_sources, found.running) == (1, True)


@pytest.mark.parametrize(("arguments", "expected"), [("source_id", True), ("exhibit_id", True), ("other", False)])
def test_somebody_is_at_work_while_a_living_process_holds_a_job_of_it(sight, exhibit, arguments, expected):
    from procrastinate.contrib.django import app

    name = "source_id" if arguments == "other" else arguments
    number = {"source_id": exhibit.sources.get().pk, "exhibit_id": exhibit.pk, "other": 10**9}[arguments]
    job = app.configure_task("sauveterre.casework.jobs.inventory", queue="evidence").defer(**{name: number})
    assert not progress(sight, exhibit=exhibit).at_work, "it waits"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [JOB_LOCKS, job])
        try:
            assert progress(sight, exhibit=exhibit).at_work is expected
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [JOB_LOCKS, job])


def test_sources_stand_below_the_one_they_were_found_in(exhibit):
    root = exhibit.sources.get()
    made = {"": root}
    for path, parent in [("x", ""), ("x y", ""), ("x!z", "x"), ("x!a", "x"), ("x!a!b", "x!a")]:
        made[path] = Source.objects.create(exhibit=exhibit, parent=made[parent], path=path, kind="zip", way=path)
    ordered = tree_order(Source.objects.select_related("exhibit"))
    assert [source.path for source in ordered] == ["card", "x", "x!a", "x!a!b", "x!z", "x y"]
