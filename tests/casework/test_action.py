from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sauveterre.casework.models import AuditEvent, Measure, Target
from sauveterre.casework.services import action
from sauveterre.errors import InvalidInput, NotAllowed

pytestmark = pytest.mark.django_db
DAY = date(2026, 6, 1)
HEADER = "target,country,unit,kind,day,outcome\n"
GOOD = "aci:1,FR,,arrest,2026-06-01,custody\n"


def enter(operation, by, **changes):
    values = {"label": "aci:1", "country": "FR", "unit": "Centre", "kind": "arrest", "day": DAY, "outcome": "planned"}
    return action.record_measure(operation=operation, by=by, **(values | changes))


def test_what_follows_a_measure_replaces_its_plan_and_both_are_logged(operation, ana):
    enter(operation, ana)
    enter(operation, ana, outcome="custody")

    assert Measure.objects.get().outcome == "custody"
    assert [event.detail["outcome"] for event in AuditEvent.objects.filter(action="measure-entered")] == [
        "planned", "custody",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"kind": "visit"}, "no kind of measure"),
        ({"outcome": "won"}, "no outcome"),
        ({"country": "France"}, "two letters"),
        ({"label": " "}, "needs a name"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(operation, ana, change, says):
    with pytest.raises(InvalidInput, match=says):
        enter(operation, ana, **change)

    assert not Target.objects.exists()


def test_a_stranger_may_enter_nothing(operation, ana, eve):
    enter(operation, ana)

    with pytest.raises(NotAllowed):
        enter(operation, eve, outcome="custody")
    assert Measure.objects.get().outcome == "planned"


def test_a_csv_is_entered_whole_with_a_byte_order_mark_too(operation, ana):
    text = "\ufeff" + HEADER + "aci:1,FR,Centre,arrest,2026-06-01,custody\naci:2,ES,,search,2026-06-02,done\n"

    assert action.import_measures(operation=operation, text=text, by=ana) == 2
    assert list(Measure.objects.values_list("target__label", "kind", "day__day")) == [
        ("aci:1", "arrest", date(2026, 6, 1)), ("aci:2", "search", date(2026, 6, 2)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b\n", "line 1: the columns"),
        ("", "line 1"),
        (HEADER + GOOD + "x,FR,,arrest,June,done\n", "line 3"),
        (HEADER + GOOD + "x,FR,,fly,2026-06-01,done\n", "line 3: 'fly'"),
    ],
)
def test_a_csv_with_a_bad_line_names_it_and_enters_nothing(operation, ana, text, says):
    with pytest.raises(InvalidInput, match=says):
        action.import_measures(operation=operation, text=text, by=ana)

    assert not Measure.objects.exists()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=200))
def test_any_text_is_entered_or_refused(operation, ana, text):
    try:
        action.import_measures(operation=operation, text=HEADER + text, by=ana)
    except InvalidInput as error:
        assert "line" in str(error)
