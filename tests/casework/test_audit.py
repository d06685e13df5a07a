"""The audit log: whatever is done to its rows is found and named."""

import json
from pathlib import Path

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from sauveterre.casework import audit
from sauveterre.casework.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_head(workspace):
    head = Path(settings.STORE) / "audit.head"
    head.unlink(missing_ok=True)
    yield head
    head.unlink(missing_ok=True)


@pytest.fixture
def five(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        return [audit.record(actor="ana", action="looked", subject=f"row {n}", n=n) for n in range(5)]


def _without_guard(statement, *arguments):
    """Do what only the database's own superuser can."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement, arguments)
        cursor.execute("SET session_replication_role = origin")


def _breaks():
    return [(found.sequence, found.what) for found in audit.verify()]


def test_what_was_written_verifies(five):
    assert _breaks() == []


@pytest.mark.parametrize(
    "statement", ["UPDATE casework_auditevent SET actor = 'eve'", "DELETE FROM casework_auditevent"]
)
def test_the_database_refuses_to_change_a_row(five, statement):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("column", ["actor", "action", "subject", "operation"])
def test_a_changed_row_is_named(five, column):
    _without_guard(f"UPDATE casework_auditevent SET {column} = 'x' WHERE sequence = 3")

    assert _breaks() == [(3, "row 3 was changed, or moved from another place")]


def test_a_changed_detail_is_named(five):
    _without_guard("UPDATE casework_auditevent SET detail = %s WHERE sequence = 2", json.dumps({"n": 7}))

    assert _breaks() == [(2, "row 2 was changed, or moved from another place")]


def test_a_removed_row_is_named(five):
    _without_guard("DELETE FROM casework_auditevent WHERE sequence = 3")

    assert _breaks() == [(3, "row 3 is missing: the next one is row 4")]


def test_rows_cut_off_at_the_end_are_named(five):
    _without_guard("DELETE FROM casework_auditevent WHERE sequence >= 4")

    assert _breaks() == [(4, "rows 4 to 5 are missing at the end of the log")]


def test_two_rows_that_changed_places_are_named(five):
    _without_guard("UPDATE casework_auditevent SET sequence = 99 WHERE sequence = 2")
    _without_guard("UPDATE casework_auditevent SET sequence = 2 WHERE sequence = 4")
    _without_guard("UPDATE casework_auditevent SET sequence = 4 WHERE sequence = 99")

    assert {sequence for sequence, _ in _breaks()} >= {2, 4}


def test_a_lost_head_is_named(five, no_head):
    no_head.unlink()

    assert _breaks() == [(5, "the log's head file is missing: rows after row 5 could have been cut off")]


def test_an_emptied_log_is_named(five):
    _without_guard("DELETE FROM casework_auditevent")

    assert _breaks() == [(1, "rows 1 to 5 are missing at the end of the log")]


def test_a_row_of_an_undone_transaction_leaves_no_gap(five):
    with pytest.raises(RuntimeError), transaction.atomic():
        audit.record(actor="ana", action="tried", subject="x")
        raise RuntimeError
    assert audit.record(actor="ana", action="did", subject="x").sequence == 6
    assert AuditEvent.objects.count() == 6


def test_the_database_refuses_to_empty_the_log(five):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE casework_auditevent ENABLE TRIGGER no_truncate")
        cursor.execute("TRUNCATE casework_auditevent")


def test_a_cut_stays_visible_after_later_events(five, django_capture_on_commit_callbacks):
    _without_guard("DELETE FROM casework_auditevent WHERE sequence >= 4")
    with django_capture_on_commit_callbacks(execute=True):
        for n in range(4):
            audit.record(actor="ana", action="looked", subject=f"later {n}")

    assert _breaks() == [(4, "row 4 says that the log was cut before it: rows up to 5 had been written")]
