from datetime import UTC, datetime, timedelta

import pytest

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def member():
    from sauveterre.casework.models import Membership

    def make(account="a", start=0, end=None, **given):
        values = {"start_basis": "event", "end_basis": "snapshot", "last_seen": START + timedelta(days=90), **given}
        at = None if start is None else START + timedelta(days=start)
        return Membership(
            group="g", account=account, start=at, end=None if end is None else START + timedelta(days=end), **values
        )

    return make


@pytest.fixture
def admin():
    from sauveterre.casework.models import RoleInterval

    return lambda account, start: RoleInterval(
        group="g", account=account, role="admin", start=START + timedelta(days=start), start_basis="event",
        end_basis="snapshot", last_seen=START + timedelta(days=90),
    )  # fmt: skip


def draw(*rows, roles=()):
    from sauveterre.web.timeline import draw

    return draw(rows, roles, {})


def test_ends_say_how_they_are_known(member):
    lanes = draw(
        member("dated", 0, 50, end_basis="event"),
        member("open", 10, start_basis="snapshot"),
        member("unknown", None, start_basis="unknown", end_basis="unknown", last_seen=None),
    ).lanes
    ends = {lane.account: (lane.stretches[0].start, lane.stretches[0].end) for lane in lanes}
    assert ends == {"dated": ("dated", "dated"), "open": ("seen", "seen"), "unknown": ("unknown", "unknown")}


def test_time_runs_to_the_right_in_proportion(member):
    lanes = draw(member("a", 0), member("b", 30), member("c", 60)).lanes
    xs = [float(lane.stretches[0].x) for lane in lanes]
    assert xs == sorted(xs)
    assert xs[1] - xs[0] == pytest.approx(xs[2] - xs[1], abs=0.2)


def test_administrators_stand_first_inside_their_membership(member, admin):
    lanes = draw(member("early", 0), member("chief", 40), roles=[admin("chief", 45)]).lanes
    assert [lane.account for lane in lanes] == ["chief", "early"]
    outer, inner = lanes[0].stretches
    assert (outer.role, inner.role) == ("member", "admin")
    assert float(inner.height) < float(outer.height)


def test_nothing_dated_draws_nothing(member):
    assert draw(member(start=None, last_seen=None)) is None
    assert draw() is None


def test_a_large_group_is_drawn_in_part_and_says_so(member):
    drawn = draw(*(member(f"account {n:04}", n % 80) for n in range(700)))
    assert len(drawn.lanes) + drawn.left_out == 700
    assert drawn.left_out > 0


def test_one_moment_alone_can_be_drawn(member):
    drawn = draw(member("a", 0, 0, last_seen=None))
    assert float(drawn.lanes[0].stretches[0].width) >= 2


def test_ticks_stay_few_however_long_the_time(member):
    for days in (1, 40, 400, 4_000, 20_000):
        drawn = draw(member("a", 0, days))
        assert len(drawn.ticks) <= 13, days
        assert [tick.at.day for tick in drawn.ticks] == [1] * len(drawn.ticks)
