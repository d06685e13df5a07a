"""Sources below one embedded container share a budget in the database, whoever works on them at the same time."""

import io
import threading
import zipfile
from collections import Counter
from dataclasses import replace

import pytest
from django.db import connection, transaction

from sauveterre.casework import intake
from sauveterre.casework.models import Entry, Officer, Source
from sauveterre.casework.nesting import budget_holder, held_budget
from sauveterre.casework.services.exhibits import add_exhibit
from sauveterre.casework.services.operations import create_operation
from sauveterre.records.limits import Limits


def packed(members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def nest(wide, deep):
    data = b"rain\n"
    for level in range(deep):
        data = packed({f"{number}.{'zip' if level else 'txt'}": data for number in range(wide)})
    return data


@pytest.fixture
def card(tmp_path):
    folder = tmp_path / "card"
    folder.mkdir()
    (folder / "bomb.zip").write_bytes(nest(5, 4))
    (folder / "good.zip").write_bytes(nest(2, 2))
    return folder


def adds_up():
    """Each source has the entries that it announced, and each of them has ended."""
    for source in Source.objects.all():
        if source.state == "done":
            assert source.announced == source.entries.count(), source.path
        else:
            assert source.reason, source.path
    return Counter(Entry.objects.values_list("state", flat=True))


@pytest.mark.django_db
def test_a_bomb_of_archives_ends_with_its_budget_and_each_entry_is_accounted_for(queue, operation, card, ana):
    queue.sandbox.limits = replace(Limits(), nested_sources=20)

    queue.take_in(operation, card, ana)

    bomb, good = Source.objects.get(path="card/bomb.zip"), Source.objects.get(path="card/good.zip")
    below = Source.objects.filter(budget=bomb)
    assert below.count() == 19
    assert (bomb.spent_sources, bomb.spent_entries) == (20, 100)
    assert set(Source.objects.filter(budget=good).values_list("path", flat=True)) == {
        "card/good.zip!0.zip", "card/good.zip!1.zip",
    }  # fmt: skip
    assert (good.spent_sources, good.spent_entries) == (3, 6)
    assert good.spent_bytes == sum(entry.size for entry in Entry.objects.filter(source__path__startswith=good.path))
    assert adds_up() == {"processed": 2 + 6 + 19, "partial": 81}
    partial = Entry.objects.filter(state="partial")
    assert set(partial.values_list("cause", flat=True)) == {"size"}
    assert "20 containers inside the same outer one have been" in partial[0].reason


@pytest.mark.django_db
def test_bytes_that_are_too_many_end_where_they_are_listed(queue, operation, tmp_path, ana):
    queue.sandbox.limits = replace(Limits(), nested_bytes=5_000, ratio=1)
    (tmp_path / "card").mkdir()
    inner = packed({f"{number}.bin": bytes(1_000) for number in range(6)})
    (tmp_path / "card" / "outer.zip").write_bytes(packed({"a.zip": inner}))

    queue.take_in(operation, tmp_path / "card", ana)

    outer = Source.objects.get(path="card/outer.zip")
    inside = Source.objects.get(path="card/outer.zip!a.zip")
    assert Counter(inside.entries.values_list("state", "cause")) == {("processed", ""): 4, ("failed", "size"): 2}
    assert outer.spent_bytes == len(inner) + 4_000
    assert inside.state == "done"
    adds_up()


@pytest.mark.django_db
def test_entries_that_are_too_many_leave_their_source_closed(queue, operation, tmp_path, ana):
    queue.sandbox.limits = replace(Limits(), entries=25)
    (tmp_path / "card").mkdir()
    inner = packed({f"{number}.txt": b"" for number in range(12)})
    (tmp_path / "card" / "outer.zip").write_bytes(packed({"a.zip": inner, "b.zip": inner}))

    queue.take_in(operation, tmp_path / "card", ana)

    refused = Source.objects.get(state="failed")
    assert refused.entries.count() == 0
    assert "with its 12 entries" in refused.reason
    assert (refused.parent_entry.state, refused.parent_entry.cause) == ("partial", "size")
    assert Source.objects.get(path="card/outer.zip").spent_entries == 14
    assert adds_up() == {"processed": 2 + 12, "partial": 1}


@pytest.mark.django_db
def test_an_archive_that_is_the_exhibit_itself_has_no_budget(queue, operation, tmp_path, ana):
    (tmp_path / "phone.zip").write_bytes(nest(2, 2))

    queue.take_in(operation, tmp_path / "phone.zip", ana)

    holders = {source.path: budget_holder(source) for source in Source.objects.all()}
    numbers = dict(Source.objects.values_list("path", "pk"))
    assert holders == {
        "phone.zip": None,
        "phone.zip!0.zip": numbers["phone.zip!0.zip"],
        "phone.zip!1.zip": numbers["phone.zip!1.zip"],
    }


@pytest.mark.django_db(transaction=True)
def test_many_at_once_spend_each_source_once(tmp_path):
    ana = Officer.objects.create_user("ana")
    operation = create_operation(name="Weather", by=ana)
    (tmp_path / "card").mkdir()
    exhibit = add_exhibit(operation=operation, path=tmp_path / "card", by=ana)
    holder = Source.objects.create(exhibit=exhibit, path="a.zip", kind="zip", steps=[["zip", "a"]], way="0" * 64)
    limits = replace(Limits(), nested_sources=31)
    answers = []

    def spend():
        try:
            for _ in range(10):
                with transaction.atomic():
                    shared = held_budget(holder, limits)
                    answers.append(shared.budget.open_source())
                    shared.save()
        finally:
            connection.close()

    threads = [threading.Thread(target=spend) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    holder.refresh_from_db()
    assert holder.spent_sources == 31
    assert Counter(map(bool, answers)) == {False: 30, True: 20}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("hold", [held_budget, lambda row, _limits: intake._close_source(row, lambda *_: None)])
def test_who_holds_a_source_keeps_nobody_from_writing_below_it(tmp_path, hold):
    """Others check at their commit, with the audit log in their hands, that the source is there: they must not wait."""
    ana = Officer.objects.create_user("ana")
    (tmp_path / "card").mkdir()
    exhibit = add_exhibit(operation=create_operation(name="Weather", by=ana), path=tmp_path / "card", by=ana)
    holder = Source.objects.create(exhibit=exhibit, path="a.zip", kind="zip", steps=[["zip", "a"]], way="0" * 64)
    done = []

    def write_below():
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '3s'")
                Source.objects.create(exhibit=exhibit, path="b", kind="zip", way="1" * 64, parent=holder, budget=holder)
            done.append(True)
        finally:
            connection.close()

    with transaction.atomic():
        hold(holder, Limits())
        other = threading.Thread(target=write_below)
        other.start()
        other.join(20)

    assert done == [True]
