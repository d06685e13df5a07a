"""Clocks of devices, from messages that went between them."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sauveterre.network.clocks import SERVICE, clock_skews

OWNERS = {"ada": "phone-1", "ben": "phone-2"}


@pytest.fixture
def post(make):
    """Return the two rows of one message between Ada's telephone and Ben's, each by its own clock."""

    def rows(number, sender, *, ahead, transit, server=None):
        """``ahead``: seconds of Ben's clock before Ada's; ``transit``: seconds that the message took."""
        true = make.day(number)
        mine, theirs = (ahead, 0.0) if sender == "ben" else (0.0, ahead)
        receiver = "ada" if sender == "ben" else "ben"
        base = make.message(f"m{number}", sender, number, device=OWNERS[sender])
        sent = replace(
            base,
            direction="out",
            sent_at=true + timedelta(seconds=mine),
            provenance=make.row(f"out {number}", OWNERS[sender]),
        )
        got = replace(
            sent, direction="in", received_at=true + timedelta(seconds=transit + theirs),
            server_at=None if server is None else true + timedelta(seconds=server),
            provenance=make.row(f"in {number}", OWNERS[receiver]),
        )  # fmt: skip
        return [sent, got]

    return rows


@pytest.fixture
def owners(make):
    return [make.owner(account, device) for account, device in OWNERS.items()]


def test_messages_both_ways_give_the_skew_and_its_spread(make, owners, post):
    rows = [
        *post(1, "ada", ahead=100, transit=3),
        *post(2, "ben", ahead=100, transit=1),
        *post(3, "ada", ahead=100, transit=50),
    ]
    (skew,) = clock_skews(rows, owners)
    assert (skew.device, skew.other) == ("folder:phone-1", "folder:phone-2")
    assert (skew.least, skew.most) == (-103, -99)
    assert (skew.estimate, skew.spread) == (-101, 2)
    assert skew.messages == 3
    assert skew.rows == tuple(
        sorted(
            make.row(f"{way} {n}", f"phone-{phone}")
            for way, n, phone in [("out", 1, 1), ("in", 1, 2), ("out", 2, 2), ("in", 2, 1)]
        )
    )
    assert (skew.since, skew.until) == (rows[1].received_at, rows[5].received_at)


def test_messages_one_way_give_one_bound_and_no_estimate(owners, post):
    (skew,) = clock_skews(post(1, "ada", ahead=60, transit=2), owners)
    assert (skew.least, skew.most, skew.estimate, skew.spread) == (-62, None, None, None)


def test_a_clock_that_was_set_begins_another_span(owners, post):
    rows = [row for n in range(6) for row in post(n, ("ada", "ben")[n % 2], ahead=0 if n < 3 else 3600, transit=1)]
    before, after = clock_skews(rows, owners)
    assert (before.least, before.most, before.messages) == (-1, 1, 3)
    assert (after.least, after.most, after.messages) == (-3601, -3599, 3)
    assert before.until < after.since


def test_the_services_own_clock_is_one_more(owners, post):
    rows = [*post(1, "ada", ahead=10, transit=2, server=1), *post(2, "ben", ahead=10, transit=4, server=1)]
    found = {(one.device, one.other): (one.least, one.most) for one in clock_skews(rows, owners)}
    assert found["folder:phone-1", SERVICE] == (-1, 3)
    assert found["folder:phone-2", SERVICE] == (9, 11)


def test_who_sent_is_taken_from_the_device_alone(make, post):
    rows = post(1, "ada", ahead=60, transit=2)
    assert clock_skews(rows, []) == []
    assert clock_skews(rows, [make.owner("ada", "phone-2")]) == []
    assert clock_skews([rows[1]], [make.owner("ada", "phone-1")]) == []


@given(
    ahead=st.integers(-100_000, 100_000),
    ways=st.lists(st.tuples(st.sampled_from(["ada", "ben"]), st.integers(0, 10_000)), min_size=1, max_size=12),
    seed=st.integers(0, 9),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_truth_lies_between_the_bounds_whatever_the_order(owners, post, ahead, ways, seed):
    rows = [row for n, (who, transit) in enumerate(ways) for row in post(n, who, ahead=ahead, transit=transit)]
    (skew,) = clock_skews(rows, owners)
    assert skew.least is None or skew.least <= -ahead
    assert skew.most is None or skew.most >= -ahead
    random.Random(seed).shuffle(rows)
    assert clock_skews([*rows, rows[0]], owners) == [skew]
