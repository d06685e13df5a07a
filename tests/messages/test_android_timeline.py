"""Who administered and who was in, out of the rows of Signal for Android: equal to the truth, or later, never wrong."""

import pytest
from tests.messages.android_world import milliseconds, of, read_store, world

from sauveterre.network.timeline import timeline
from sauveterre.records.account import Account
from sauveterre.records.group import GroupEvent, MemberSnapshot, Role
from sauveterre.scenarios.telling import administrators, memberships
from sauveterre.scenarios.truth import iso


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """The records of three telephones, by their number."""
    return {one: read_store(tmp_path_factory.mktemp("seen"), world(one).store) for one in range(3)}


def worked_out(records):
    found = timeline(of(records, GroupEvent), of(records, MemberSnapshot), of(records, Account))
    assert found.contradictions == ()
    admins = {
        (r.group, r.account, at(r.start), at(r.end), r.granted_by or r.account, r.revoked_by)
        for r in found.roles
        if r.role is Role.ADMIN
    }
    stays = {(m.group, m.account, at(m.start), at(m.end)) for m in found.memberships}
    return admins, stays


def at(moment):
    return None if moment is None else iso(milliseconds(moment))


def truth(one, rooms):
    cast, line = one.teller.cast, one.teller.line
    terms = [term for interest in (True, False) for term in administrators(cast, line, of_interest=interest)]
    admins = {(t.group, t.account, t.start, t.end, t.granted_by, t.revoked_by) for t in terms if t.group in rooms}
    stays = {(t.group, t.account, t.start, t.end) for t in memberships(cast, line) if t.group in rooms}
    return admins, stays


def test_a_telephone_that_saw_its_groups_from_their_beginning_tells_everything(seen):
    one = world(1)
    assert worked_out(seen[1]) == truth(one, {room.stable_id for room in one.teller.rooms})


def test_all_telephones_together_tell_every_group_that_one_saw_from_its_beginning(seen):
    admins, stays = worked_out([record for records in seen.values() for record in records])
    whole = {"film", "garden", "recipes", "weather", "choir"}
    rooms = {room.stable_id for name, room in world().teller.cast.rooms.items() if name in whole}
    expected_admins, expected_stays = truth(world(), rooms)
    assert admins == expected_admins
    assert stays == expected_stays


@pytest.mark.parametrize("number", [0, 2])
def test_one_that_came_in_later_tells_less_and_nothing_wrong(seen, number):
    one = world(number)
    expected_admins, expected_stays = truth(one, {room.stable_id for room in one.teller.rooms})
    admins, stays = worked_out(seen[number])
    for group, account, start, end, _, revoked in admins:
        (term,) = [t for t in expected_admins if t[:2] == (group, account)]
        assert start >= term[2]
        assert (end, revoked) == (term[3], term[5])
    for group, account, start, end in stays:
        (stay,) = [s for s in expected_stays if s[:2] == (group, account)]
        assert start >= stay[2]
        assert end == stay[3]
