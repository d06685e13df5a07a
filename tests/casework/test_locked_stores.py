"""A message store waits for its key, opens when the key arrives, and the key goes nowhere."""

import logging

import pytest
from django.db import connection

from sauveterre.casework import intake
from sauveterre.casework.exporting import export_dfxml
from sauveterre.casework.models import AuditEvent, DeliveryFact, Entry, ExhibitKey, MessageFact, Problem, Source
from sauveterre.casework.services.exhibits import add_key
from sauveterre.casework.services.reports import write_reports
from sauveterre.casework.sources import keys_of
from sauveterre.scenarios.long_backup import write_long_backup

pytestmark = pytest.mark.django_db
KEY = "quiet0rain1over2hills3" + "k" * 42
WRONG = "loud9hail8under7sun6" + "w" * 44
MESSAGES = 60


@pytest.fixture
def telephone(tmp_path):
    folder = tmp_path / "telephone"
    folder.mkdir()
    (folder / "note.txt").write_text("fog")
    write_long_backup(folder, KEY, MESSAGES)
    return folder


def give(queue, exhibit, by, key):
    add_key(exhibit=exhibit, key=key, by=by)
    queue("inventory", [{"source_id": source.pk} for source in Source.objects.filter(state="new")])
    queue.work()
    return Source.objects.get(is_store=True)


def everything_kept() -> str:
    """Return every row of every table as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")
        tables = [row[0] for row in cursor.fetchall()]
        texts = []
        for table in tables:
            cursor.execute(f"SELECT string_agg(one::text, ' ') FROM {table} AS one")
            texts.append(cursor.fetchone()[0] or "")
    return "\n".join(texts)


def forms_of(key: str) -> tuple[str, str]:
    return key, key.encode().hex()


def test_a_store_without_its_key_is_locked_and_says_what_kind_of_key_it_needs(queue, operation, telephone, ana):
    queue.take_in(operation, telephone, ana)

    store = Source.objects.get(is_store=True)
    assert (store.state, store.needs_key) == ("locked", True)
    assert "recovery key (64 letters and digits)" in store.reason
    assert not MessageFact.objects.exists()
    assert {entry.state for entry in Entry.objects.all()} == {"processed"}


def test_a_wrong_key_leaves_it_locked_and_the_right_one_opens_it_where_it_is(queue, operation, telephone, ana):
    exhibit = queue.take_in(operation, telephone, ana)
    entries = Entry.objects.count()

    store = give(queue, exhibit, ana, WRONG)
    assert store.state == "locked"
    assert "the recovery key does not open" in store.reason
    store = give(queue, exhibit, ana, "short")
    assert store.state == "locked"
    assert "64 letters and digits; this one has 5" in store.reason
    assert not MessageFact.objects.exists()

    store = give(queue, exhibit, ana, KEY)

    assert (store.state, store.reason, store.exhibit_id) == ("done", "", exhibit.pk)
    said = MessageFact.objects.filter(source=store, kind="text")
    assert said.count() == MESSAGES - 1, "one of them is a change of a group"
    assert not Problem.objects.exists()
    assert Entry.objects.filter(source__is_store=False).count() == entries
    assert operation.exhibits.count() == 1
    actions = [event.action for event in AuditEvent.objects.filter(subject__startswith="exhibit 1 ").order_by("pk")]
    assert actions.count("source-not-opened") == 3


def test_no_key_is_kept_in_the_clear_logged_or_exported(queue, operation, telephone, ana, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    exhibit = queue.take_in(operation, telephone, ana)
    give(queue, exhibit, ana, WRONG)
    give(queue, exhibit, ana, KEY)

    assert keys_of(exhibit) == (WRONG, KEY)
    sealed = b"".join(bytes(row.sealed) for row in ExhibitKey.objects.all())
    export_dfxml(exhibit=exhibit, by=ana, file=tmp_path / "out.dfxml")
    write_reports(operation=operation, folder=tmp_path / "reports", by=ana)
    written = [file.read_bytes() for file in [tmp_path / "out.dfxml", *(tmp_path / "reports").rglob("*")]]

    kept = everything_kept()
    assert "key-added" in kept
    for key in (KEY, WRONG):
        assert key.encode() not in sealed
        assert not any(form in kept or form in caplog.text for form in forms_of(key))
        assert not any(key.encode() in data for data in written)
    assert list(queue.sandbox.scratch.iterdir()) == []


def test_a_store_whose_records_come_over_damaged_leaves_nothing_half(queue, operation, telephone, ana, monkeypatch):
    real = intake.read_store

    def read_store(source, limits, keys, file):
        found = real(source, limits, keys, file)
        file.write_bytes(file.read_bytes()[:-20] + b"\xc1" * 20)
        return found

    monkeypatch.setattr(intake, "read_store", read_store)
    exhibit = queue.take_in(operation, telephone, ana)
    store = give(queue, exhibit, ana, KEY)

    assert store.state == "failed"
    assert "are damaged" in store.reason
    assert not MessageFact.objects.exists()
    assert not DeliveryFact.objects.exists()
    assert not Entry.objects.filter(source=store).exists()
    assert list(queue.sandbox.scratch.iterdir()) == []
