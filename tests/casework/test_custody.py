import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from sauveterre.casework.models import AuditEvent, CustodyAct, CustodyEvent, CustodySignature
from sauveterre.casework.selectors.access import sight_of
from sauveterre.casework.selectors.custody import current_seal, custody, custody_rows, holder, line_of, to_sign
from sauveterre.casework.services.custody import enter_line, sign_line
from sauveterre.casework.services.exhibits import add_exhibit
from sauveterre.errors import InvalidInput, NotAllowed
from sauveterre.exchange.writers.custody_csv import custody_csv

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 3, 15, 6, 5, tzinfo=UTC)


@pytest.fixture
def exhibit(operation, ana):
    return add_exhibit(operation=operation, by=ana, seal="S-1")


@pytest.fixture
def seen(operation, ana, exhibit):
    """The log as an officer sees it."""
    return lambda officer=ana: custody(sight_of(officer, operation.pk), exhibit)


def enter(exhibit, by, **changes):
    return enter_line(exhibit=exhibit, by=by, **{"act": "seized", "happened_at": MORNING, **changes})


def test_a_line_is_valid_once_another_officer_has_signed_it(exhibit, ana, ben, seen):
    event = enter(exhibit, ana, place="Exempleville")
    [line] = seen(ana)
    assert (line.number, line.valid, line.may_sign) == (1, False, False)
    assert seen(ben)[0].may_sign

    sign_line(event=event, by=ben)

    [line] = seen(ben)
    assert (line.valid, line.signed_by, line.may_sign) == (True, "ben", False)
    assert list(AuditEvent.objects.filter(action__startswith="custody").values_list("actor", "action")) == [
        ("ana", "custody-entered"), ("ben", "custody-signed"),
    ]  # fmt: skip


def test_nobody_signs_his_own_line_and_nothing_is_written(exhibit, ana):
    event = enter(exhibit, ana)

    with pytest.raises(NotAllowed, match="another member of the operation has to sign it"):
        sign_line(event=event, by=ana)
    assert not CustodySignature.objects.exists()


def test_twice_is_once(exhibit, ana, ben, operation, eve):
    from sauveterre.casework.services.operations import add_member

    event = enter(exhibit, ana)
    assert enter(exhibit, ana) == event
    for _ in range(2):
        sign_line(event=event, by=ben)
    add_member(operation=operation, officer=eve, by=ana)
    with pytest.raises(InvalidInput, match="ben has signed this line already"):
        sign_line(event=event, by=eve)

    assert (CustodyEvent.objects.count(), CustodySignature.objects.count()) == (1, 1)
    assert AuditEvent.objects.filter(action__startswith="custody").count() == 2
    assert enter(exhibit, ben) != event, "another officer's line is another line"


def test_a_stranger_may_neither_enter_nor_sign(exhibit, ana, eve):
    event = enter(exhibit, ana)

    with pytest.raises(NotAllowed, match="eve is not a member"):
        enter(exhibit, eve)
    with pytest.raises(NotAllowed, match="eve is not a member"):
        sign_line(event=event, by=eve)
    assert CustodyEvent.objects.get() == event
    assert not CustodySignature.objects.exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"act": "lost"}, "nothing that happens"),
        ({"happened_at": datetime(2026, 3, 15)}, "names no zone"),  # noqa: DTZ001
        ({"happened_at": timezone.now() + timedelta(days=1)}, "yet to come"),
        ({"act": "handed over", "given_by": "Branch 3"}, "name both"),
        ({"act": "sealed"}, "names the number of the seal"),
        ({"received_by": "x" * 201}, "more than 200 characters"),
        ({"note": "x" * 1_001}, "more than 1,000 characters"),
    ],
)
def test_what_makes_no_sense_is_refused(exhibit, ana, change, says):
    with pytest.raises(InvalidInput, match=says):
        enter(exhibit, ana, **change)
    assert not CustodyEvent.objects.exists()


@pytest.mark.parametrize("act", [act for act in CustodyAct if act not in {"handed over", "sealed"}])
def test_every_act_can_be_entered(exhibit, ana, act):
    assert enter(exhibit, ana, act=act).act == act


def test_the_database_itself_refuses_to_change_a_line(exhibit, ana, ben):
    event = enter(exhibit, ana)
    sign_line(event=event, by=ben)

    for change in (
        lambda: CustodyEvent.objects.update(note="other"),
        lambda: CustodySignature.objects.update(signed_by="ana"),
        lambda: CustodySignature.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()
    assert (CustodyEvent.objects.get().note, CustodySignature.objects.get().signed_by) == ("", "ben")


def test_lines_keep_their_numbers_and_stand_in_the_order_of_what_happened(exhibit, ana, operation, seen):
    enter(exhibit, ana, act="imaged", happened_at=MORNING + timedelta(hours=3))
    enter(exhibit, ana, act="seized", note="entered late")

    assert [(line.number, line.event.act) for line in seen()] == [(2, "seized"), (1, "imaged")]
    sight = sight_of(ana, operation.pk)
    assert line_of(sight, exhibit, 2).event.act == "seized"
    assert line_of(sight, exhibit, 3) is None


def test_only_signed_lines_say_who_holds_it_and_which_seal_it_bears(exhibit, ana, ben, seen):
    given = enter(exhibit, ana, act="handed over", given_by="Branch 3", received_by="Centre")
    assert holder(seen()) is None
    sign_line(event=given, by=ben)
    assert holder(seen()).event == given
    assert current_seal(exhibit, seen()) == "S-1"

    opened = enter(exhibit, ana, act="unsealed", happened_at=MORNING + timedelta(hours=1))
    assert current_seal(exhibit, seen()) == "S-1"
    sign_line(event=opened, by=ben)
    assert current_seal(exhibit, seen()) == ""
    closed = enter(exhibit, ana, act="sealed", seal="S-1b", happened_at=MORNING + timedelta(hours=2), place="Store")
    sign_line(event=closed, by=ben)
    assert current_seal(exhibit, seen()) == "S-1b"
    assert holder(seen()).event == closed


def test_what_waits_is_what_another_officer_entered(exhibit, ana, ben, operation):
    event = enter(exhibit, ana)

    assert to_sign(sight_of(ana, operation.pk)) == []
    assert to_sign(sight_of(ben, operation.pk)) == [event]
    sign_line(event=event, by=ben)
    assert to_sign(sight_of(ben, operation.pk)) == []


def test_the_log_leaves_as_a_table_that_no_spreadsheet_takes_for_formulas(exhibit, ana, ben, seen):
    event = enter(exhibit, ana, note="=1+1\nmore", place="Exempleville")
    sign_line(event=event, by=ben)

    data = custody_csv(custody_rows(seen()))

    assert data.startswith(b"\xef\xbb\xbf")
    [row] = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
    assert (row["exhibit"], row["line"], row["act"], row["happened_at"]) == ("1", "1", "seized", MORNING.isoformat())
    assert (row["note"], row["entered_by"], row["signed_by"]) == ("'=1+1\\nmore", "ana", "ben")
