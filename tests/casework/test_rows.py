from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sauveterre.casework import rows
from sauveterre.casework.models import Exhibit, Fact, Problem, Source
from sauveterre.casework.rows import FACT_MODELS, copy_facts, read_facts, storable
from sauveterre.records import problem
from sauveterre.records.account import Account, AccountIdentifier
from sauveterre.records.group import EventKind, GroupEvent, MemberSnapshot, Role
from sauveterre.records.message import Message
from sauveterre.records.provenance import Provenance

pytestmark = pytest.mark.django_db
ROW = Provenance("sha256:0", "main", "frame 7", "signal_backup_v2")
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def source(operation):
    exhibit = Exhibit.objects.create(operation=operation, number=1, path="/x", added_by="ana")
    return Source.objects.create(exhibit=exhibit, path="x", kind="directory", identity="folder:x", way="0")


@pytest.mark.parametrize(
    "record",
    [
        Account("signal", "aci:1", True, ROW),
        AccountIdentifier("aci:1", "e164", "+33639980001", ROW),
        MemberSnapshot("g", "aci:1", Role.ADMIN, NOON, ROW, joined_at_revision=3),
        GroupEvent("g", EventKind.PROMOTED, None, "aci:1", None, "0", ROW),
        Message("k", "g", None, "in", NOON, "1", None, "clouds", "text", ROW),
    ],
    ids=lambda record: type(record).__name__,
)
def test_a_record_comes_back_as_it_was(source, operation, record):
    copy_facts(source.pk, [record])

    assert list(read_facts(type(record), operation.pk)) == [record]


def test_every_fact_model_has_the_fields_of_its_record():
    for record, model in FACT_MODELS.items():
        own = (
            {field.name for field in model._meta.concrete_fields}
            - {f.name for f in Fact._meta.concrete_fields}
            - {"id"}
        )
        assert own == set(record.__dataclass_fields__) - {"provenance"}, record


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.text(st.characters(), max_size=60))
def test_any_text_can_be_kept(source, operation, body):
    copy_facts(source.pk, [Message("k", "g", None, "in", None, "", None, body, "text", ROW)])

    assert next(iter(read_facts(Message, operation.pk))).body == storable(body)
    source.exhibit.sources.get()
    FACT_MODELS[Message].objects.all().delete()


def test_what_cannot_be_kept_is_written_out():
    assert storable("a\x00b\udcff") == "a\\x00b\\udcff"


def test_a_row_that_the_database_refuses_costs_that_row_and_is_named(source, operation, monkeypatch):
    monkeypatch.setattr(rows, "AT_ONCE", 4)
    fine = [Message(f"k{n}", "g", None, "in", NOON, "1", None, "clouds", "text", ROW) for n in range(10)]
    where = Provenance("sha256:0", "main", "frame 99", "signal_backup_v2")
    long = Message("k" * 2_000, "g", None, "in", NOON, "1", None, "clouds", "text", where)
    wide = Message("k", "g", None, "in", NOON, "1", None, "clouds", "text", where, expires_in_ms=1 << 63)
    damage = [problem.Problem(where, "a frame is damaged") for _ in range(5)]

    copy_facts(source.pk, [*fine[:3], long, *damage, *fine[3:], wide])

    assert [one.key for one in read_facts(Message, operation.pk)] == [one.key for one in fine]
    told = Problem.objects.filter(source=source).values_list("locator", "what")
    assert sorted(told) == sorted([("frame 99", "a frame is damaged")] * 5 + [("frame 99", rows.UNFIT)] * 2)
