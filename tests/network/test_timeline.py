import itertools
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sauveterre.network.timeline import administrators, contradictions, memberships, roles, timeline
from sauveterre.records.account import Account
from sauveterre.records.group import EventKind, GroupEvent, MemberSnapshot, Role
from sauveterre.records.provenance import Provenance


def spans(found, who, role=None):
    return [
        (one.start, one.start_basis, one.end, one.end_basis)
        for one in found
        if one.account == who and (role is None or one.role is role)
    ]


def test_the_creator_is_member_and_administrator_from_then_on(make):
    found = timeline([make.event("created", "ada", None, 0)], [])
    assert spans(found.memberships, "ada") == [(make.day(0), "event", None, "unknown")]
    assert spans(found.roles, "ada", Role.ADMIN) == [(make.day(0), "event", None, "unknown")]
    assert found.memberships[0].added_by is None
    assert {one.granted_by for one in found.roles} == {None}
    assert found.roles[0].rows == (make.row("event created ada None 0"),)


def test_an_owner_is_an_administrator_and_a_moderator_a_member(make):
    found = timeline([], [make.snapshot("ada", "owner", 3), make.snapshot("ben", "moderator", 3)])
    assert [(one.account, one.role) for one in found.roles] == [
        ("ada", Role.ADMIN), ("ada", Role.MEMBER), ("ada", Role.OWNER), ("ben", Role.MEMBER), ("ben", Role.MODERATOR),
    ]  # fmt: skip
    assert administrators(found.roles) == {"g1": ("ada",)}


def test_a_list_that_is_silent_about_roles_ends_none(make):
    events = [make.event("promoted", "ada", "ben", 2)]
    silent = replace(make.snapshot("ben", "member", 5), role_stated=False)
    (admin,) = [one for one in roles(events, [silent]) if one.account == "ben" and one.role is Role.ADMIN]
    assert (admin.end, admin.end_basis) == (None, "unknown")
    owner = make.owner("ada")
    lists = [replace(make.snapshot("ada", "member", 5), role_stated=False)]
    assert all(one.end is None for one in timeline(events, lists, [owner]).memberships)
    gone = timeline(events, [make.snapshot("ada", "member", 5)], [owner]).memberships
    assert [one.end for one in gone if one.account == "ben"] == [make.day(5)]
    (ended,) = [one for one in roles(events, [make.snapshot("ben", "member", 5)]) if one.role is Role.ADMIN]
    assert ended.end == make.day(5)


def test_promotion_and_demotion_name_who_did_them(make):
    events = [
        make.event("created", "ada", None, 0),
        make.event("added", "ada", "ben", 1),
        make.event("promoted", "ada", "ben", 2),
        make.event("demoted", "cyd", "ben", 5),
    ]
    (admin,) = [one for one in roles(events, []) if one.account == "ben" and one.role is Role.ADMIN]
    assert (admin.start, admin.end) == (make.day(2), make.day(5))
    assert (admin.granted_by, admin.revoked_by) == ("ada", "cyd")
    assert (admin.start_basis, admin.end_basis) == ("event", "event")
    assert len(admin.rows) == 2
    assert administrators(roles(events, [])) == {"g1": ("ada", "ben")}


def test_a_demotion_without_its_promotion_has_an_unknown_start(make):
    found = timeline([make.event("demoted", None, "ben", 3)], [])
    assert spans(found.roles, "ben", Role.ADMIN) == [(None, "unknown", make.day(3), "event")]
    assert spans(found.memberships, "ben") == [(make.day(3), "snapshot", None, "unknown")]


def test_rejoining_starts_a_second_interval_and_leaving_ends_every_role(make):
    events = [
        make.event("added", "ada", "ben", 1),
        make.event("promoted", "ada", "ben", 2),
        make.event("left", "ben", None, 3),
        make.event("joined_by_link", "ben", None, 6),
    ]
    found = timeline(events, [])
    assert spans(found.memberships, "ben") == [
        (make.day(1), "event", make.day(3), "event"),
        (make.day(6), "event", None, "unknown"),
    ]
    assert spans(found.roles, "ben", Role.ADMIN) == [(make.day(2), "event", make.day(3), "event")]
    assert [one.added_by for one in found.memberships if one.account == "ben"] == ["ada", None]
    assert found.contradictions == ()


@pytest.mark.parametrize("kind", ["removed", "banned"])
def test_removal_names_who_removed(make, kind):
    events = [make.event("added", "ada", "ben", 1), make.event(kind, "ada", "ben", 3)]
    (role,) = [one for one in roles(events, []) if one.account == "ben" and one.role is Role.MEMBER]
    assert (role.end, role.end_basis, role.revoked_by, role.last_seen) == (
        make.day(3),
        "event",
        "ada",
        make.day(3),
    )


def test_a_ban_is_no_proof_of_membership(make):
    found = timeline([make.event("banned", "ada", "ben", 3), make.event("unbanned", "ada", "ben", 4)], [])
    assert spans(found.memberships, "ben") == []
    assert spans(found.roles, "ben", Role.BANNED) == [(make.day(3), "event", make.day(4), "event")]


def test_leaving_without_a_start_row_starts_at_the_earliest_sighting(make):
    assert spans(memberships([make.event("left", "ben", None, 4)], []), "ben") == [
        (None, "unknown", make.day(4), "event")
    ]
    events = [make.event("renamed", "ben", None, 2), make.event("left", "ben", None, 4)]
    assert spans(memberships(events, []), "ben") == [(make.day(2), "snapshot", make.day(4), "event")]


def test_invitations_and_requests_end_by_acceptance_or_refusal(make):
    events = [
        make.event("invited", "ada", "ben", 1),
        make.event("invite_accepted", "ben", None, 2),
        make.event("join_requested", "cyd", None, 1),
        make.event("request_approved", "ada", "cyd", 3),
        make.event("invited", "ada", "dov", 1),
        make.event("invite_declined", "dov", None, 2),
        make.event("join_requested", "eli", None, 1),
        make.event("request_denied", "ada", "eli", 2),
        make.event("invited", "ada", "fay", 1),
        make.event("added", "ada", "fay", 4),
    ]
    found = timeline(events, [])
    ended = {one.account: one.end for one in found.roles if one.role in {Role.INVITED, Role.REQUESTING}}
    assert ended == {
        "ben": make.day(2), "cyd": make.day(3), "dov": make.day(2), "eli": make.day(2), "fay": make.day(4)
    }  # fmt: skip
    assert {one.account: one.added_by for one in found.memberships if one.start_basis == "event"} == {
        "ben": None, "cyd": "ada", "fay": "ada"
    }  # fmt: skip


def test_a_device_that_only_shows_a_list_proves_roles_at_its_moment(make):
    found = timeline([], [make.snapshot("ada", "admin", 7), make.snapshot("ben", "member", 7)])
    assert spans(found.memberships, "ada") == [(make.day(7), "snapshot", None, "snapshot")]
    assert spans(found.roles, "ada", Role.ADMIN) == [(make.day(7), "snapshot", None, "snapshot")]
    assert spans(found.roles, "ben", Role.ADMIN) == []
    assert {one.last_seen for one in found.memberships} == {make.day(7)}


def test_only_the_last_list_of_a_group_shows_who_is_still_in(make):
    lists = [make.snapshot("ben", "member", 1), make.snapshot("ada", "member", 9, device="phone-2")]
    found = memberships([], lists)
    assert spans(found, "ben") == [(make.day(1), "snapshot", None, "unknown")]
    assert spans(found, "ada") == [(make.day(9), "snapshot", None, "snapshot")]


def test_absence_from_the_list_of_a_member_device_ends_a_membership_between_two_lists(make):
    lists = [
        make.snapshot("ada", "admin", 1), make.snapshot("ben", "admin", 1),
        make.snapshot("ada", "admin", 8),
    ]  # fmt: skip
    found = timeline([], lists, [make.owner("ada")])
    (ben,) = [one for one in found.memberships if one.account == "ben"]
    assert (ben.start, ben.last_seen, ben.end, ben.end_basis) == (
        make.day(1),
        make.day(1),
        make.day(8),
        "snapshot",
    )
    assert make.row("list ada admin 8") in ben.rows
    assert spans(found.roles, "ben", Role.ADMIN) == [(make.day(1), "snapshot", make.day(8), "snapshot")]
    assert found.contradictions == ()


def test_absence_says_nothing_where_the_device_was_not_a_member_or_is_unknown(make):
    lists = [
        make.snapshot("ada", "member", 1),
        make.snapshot("ben", "member", 1),
        make.snapshot("ada", "member", 8),
    ]
    assert spans(memberships([], lists), "ben") == [(make.day(1), "snapshot", None, "unknown")]
    assert spans(memberships([], lists, [make.owner("zoe")]), "ben") == [(make.day(1), "snapshot", None, "unknown")]
    others = [make.owner("ada", device="phone-2")]
    assert spans(memberships([], lists, others), "ben") == [(make.day(1), "snapshot", None, "unknown")]


def test_one_event_on_five_devices_is_one_interval_with_five_rows(make):
    events = [make.event("added", "ada", "ben", 1, device=f"phone-{n}") for n in range(5)]
    (ben,) = [one for one in memberships(events, []) if one.account == "ben"]
    assert ben.rows == tuple(make.row("event added ada ben 1", f"phone-{n}") for n in range(5))
    assert contradictions(events, []) == []


def test_a_device_that_does_not_say_who_did_it_adds_its_row_to_one_that_does(make):
    events = [
        make.event("promoted", None, "ben", 1),
        make.event("promoted", "ada", "ben", 1, device="phone-2"),
    ]
    (admin,) = [one for one in roles(events, []) if one.role is Role.ADMIN]
    assert (admin.granted_by, len(admin.rows)) == ("ada", 2)


def test_a_list_that_denies_a_promotion_is_shown_with_both_rows(make):
    events = [make.event("promoted", "ada", "ben", 2)]
    found = timeline(events, [make.snapshot("ben", "member", 5)])
    (one,) = found.contradictions
    assert (one.group, one.account) == ("g1", "ben")
    assert one.rows == (make.row("event promoted ada ben 2"), make.row("list ben member 5"))
    assert "promoted by ada at 2026-03-03" in one.what
    assert "shown as member at 2026-03-06" in one.what
    assert spans(found.roles, "ben", Role.ADMIN) == [(make.day(2), "event", make.day(5), "snapshot")]


def test_two_lists_of_one_moment_with_different_roles_contradict_each_other(make):
    lists = [make.snapshot("ben", "admin", 5), make.snapshot("ben", "member", 5, device="phone-2")]
    (one,) = contradictions([], lists)
    assert {row.source for row in one.rows} == {"folder:phone-1", "folder:phone-2"}
    assert spans(roles([], lists), "ben", Role.ADMIN) == [(make.day(5), "snapshot", None, "snapshot")]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("left", "ben", None, 2), ("removed", "ada", "ben", 4)),
        (("added", "ada", "ben", 2), ("joined", "ben", None, 4)),
        (("added", "ada", "ben", 2), ("added", "cyd", "ben", 2)),
        (("left", "ben", None, 2), ("promoted", "ada", "ben", 4)),
    ],
)
def test_rows_that_cannot_both_be_right_are_told(make, first, second):
    found = contradictions([make.event(*first), make.event(*second)], [])
    mine = [one for one in found if one.account == "ben"]
    assert len(mine) == 1
    assert len(mine[0].rows) == 2


def test_promotion_at_the_moment_of_a_list_that_shows_the_state_before_is_no_contradiction(make):
    found = timeline([make.event("promoted", "ada", "ben", 2)], [make.snapshot("ben", "member", 2)])
    assert found.contradictions == ()
    assert spans(found.roles, "ben", Role.ADMIN) == [(make.day(2), "event", None, "unknown")]


def test_removal_and_ban_of_one_moment_end_once(make):
    events = [
        make.event("added", "ada", "ben", 1), make.event("banned", "ada", "ben", 2),
        make.event("removed", "ada", "ben", 2),
    ]  # fmt: skip
    found = timeline(events, [])
    assert spans(found.memberships, "ben") == [(make.day(1), "event", make.day(2), "event")]
    assert found.contradictions == ()


def test_a_request_and_its_withdrawal_of_one_moment_begin_and_then_end(make):
    events = [make.event("join_requested", "ben", None, 2), make.event("request_cancelled", "ben", None, 2)]
    assert spans(roles(events, []), "ben", Role.REQUESTING) == [(make.day(2), "event", make.day(2), "event")]


def test_undated_rows_fill_gaps_and_move_nothing(make):
    events = [make.event("promoted", "ada", "ben", None), make.event("left", "ben", None, None)]
    found = timeline(events, [make.snapshot("ben", "admin", 3)])
    (admin,) = [one for one in found.roles if one.account == "ben" and one.role is Role.ADMIN]
    assert (admin.start, admin.start_basis, admin.granted_by) == (make.day(3), "snapshot", "ada")
    assert (admin.end, admin.end_basis) == (None, "unknown")
    alone = timeline([make.event("added", None, "ben", None)], [])
    assert spans(alone.memberships, "ben") == [(None, "unknown", None, "unknown")]


def test_who_is_acted_upon_is_never_guessed_from_who_acted(make):
    found = timeline([make.event("promoted", "ada", None, 1), make.event("removed", "ada", None, 2)], [])
    assert {one.account for one in found.memberships} == {"ada"}
    assert {one.role for one in found.roles} == {Role.MEMBER}


def test_groups_do_not_mix(make):
    events = [make.event("added", "ada", "ben", 1), make.event("left", "ben", None, 2, group="g2")]
    assert spans([one for one in memberships(events, []) if one.group == "g1"], "ben") == [
        (make.day(1), "event", None, "unknown")
    ]


MOMENTS = st.integers(0, 6).map(lambda n: datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=n))
NAMES = st.sampled_from(["ada", "ben", "cyd"])
ROWS = st.builds(
    Provenance,
    st.sampled_from(["folder:a", "folder:b"]),
    st.just("x"),
    st.text("ab", max_size=2),
    st.just("t"),
)
EVENTS = st.lists(
    st.builds(
        GroupEvent, st.just("g"), st.sampled_from(EventKind), NAMES | st.none(), NAMES | st.none(),
        MOMENTS | st.none(), st.just(""), ROWS,
    ),
    max_size=14,
)  # fmt: skip
LISTS = st.lists(st.builds(MemberSnapshot, st.just("g"), NAMES, st.sampled_from(Role), MOMENTS, ROWS), max_size=10)
OWNERS = [
    Account("signal", who, is_owner=True, provenance=Provenance(source, "x", "me", "t"))
    for who, source in (("ada", "folder:a"), ("ben", "folder:b"))
]


@settings(max_examples=150, deadline=None)
@given(EVENTS, LISTS)
def test_intervals_never_overlap_and_every_finding_has_rows(events, lists):
    found = timeline(events, lists, OWNERS)
    rows = {one.provenance for one in (*events, *lists)}
    for one in (*found.memberships, *found.roles, *found.contradictions):
        assert one.rows
        assert set(one.rows) <= rows
    by_track = {}
    for one in found.roles:
        by_track.setdefault((one.account, one.role), []).append(one)
    for held in by_track.values():
        for one in held:
            assert one.start is None or one.end is None or one.start <= one.end
            assert one.last_seen is None or one.end is None or one.last_seen <= one.end
            assert (one.start is None) == (one.start_basis == "unknown")
        for one, following in itertools.pairwise(held):
            assert one.end is not None
            assert following.start is not None
            assert one.end <= following.start


@settings(max_examples=100, deadline=None)
@given(EVENTS, LISTS, st.randoms(use_true_random=False))
def test_order_and_repetition_of_the_rows_change_nothing(events, lists, chance: random.Random):
    again, twice = [*events, *events[:5]], [*lists, *lists[:5]]
    chance.shuffle(again)
    chance.shuffle(twice)
    assert timeline(again, twice, OWNERS[::-1]) == timeline(events, lists, OWNERS)


@settings(max_examples=100, deadline=None)
@given(EVENTS, LISTS)
def test_a_second_copy_on_another_device_adds_rows_and_nothing_else(events, lists):
    def bare(found):
        return [replace(one, rows=()) for one in (*found.memberships, *found.roles)]

    copies = [replace(one, provenance=replace(one.provenance, source="folder:c")) for one in events]
    assert bare(timeline([*events, *copies], lists, OWNERS)) == bare(timeline(events, lists, OWNERS))


def test_leaving_and_returning_in_one_moment_leaves_first(make):
    events = [
        make.event("added", "ada", "ben", 1),
        make.event("joined_by_link", "ben", None, 3),
        make.event("left", "ben", None, 3),
    ]
    found = timeline(events, [])
    assert spans(found.memberships, "ben") == [
        (make.day(1), "event", make.day(3), "event"),
        (make.day(3), "event", None, "unknown"),
    ]
    assert found.contradictions == ()


def test_missing_from_a_list_after_a_promotion_is_leaving_and_no_contradiction(make):
    events = [make.event("added", "ada", "ben", 1), make.event("promoted", "ada", "ben", 2)]
    found = timeline(events, [make.snapshot("ada", "admin", 6)], [make.owner("ada")])
    assert spans(found.memberships, "ben") == [(make.day(1), "event", make.day(6), "snapshot")]
    assert spans(found.roles, "ben", Role.ADMIN) == [(make.day(2), "event", make.day(6), "snapshot")]
    assert found.contradictions == ()


def test_removing_oneself_is_no_sighting(make):
    found = memberships([make.event("removed", "ben", "ben", 3)], [])
    assert spans(found, "ben") == [(None, "unknown", make.day(3), "event")]


def test_being_invited_by_two_accounts_is_no_contradiction(make):
    events = [make.event("invited", "ada", "ben", 1), make.event("invited", "cyd", "ben", 2)]
    found = timeline(events, [make.snapshot("ben", "invited", 4, added_by="ada")])
    assert found.contradictions == ()
    assert spans(found.roles, "ben", Role.INVITED) == [(make.day(1), "event", None, "snapshot")]
    assert spans(found.memberships, "ben") == []


def test_an_invitation_in_a_list_names_who_invited(make):
    (one,) = roles([], [make.snapshot("ben", "invited", 4, added_by="ada")])
    assert (one.role, one.granted_by) == (Role.INVITED, "ada")
