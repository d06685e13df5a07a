"""What WhatsApp's rows come to: who was in which group, added by whom, and who administered it, as far as is stated."""

from itertools import combinations

import pytest
from tests.messages import whatsapp_world as world
from tests.messages.conftest import FolderTree
from tests.messages.told_world import tellers

from sauveterre.messages.readers import whatsapp_android as reader
from sauveterre.network.timeline import timeline
from sauveterre.records.account import Account
from sauveterre.records.group import GroupEvent, MemberSnapshot, Role
from sauveterre.records.store import StoreLocation
from sauveterre.scenarios import whatsapp_writer as writer

LOCATION = StoreLocation(reader.NAME, f"{writer.FOLDER}/msgstore.db", needs_key=False)


@pytest.fixture(scope="module", params=world.SCHEMAS)
def told(request, tmp_path_factory):
    """The events, lists of members and accounts of each device."""
    found = []
    for teller in tellers():
        folder = tmp_path_factory.mktemp("phone")
        writer.tell(teller, folder, request.param)
        found.append(list(reader.read(FolderTree(folder), LOCATION, None)))
    return found


def come_to(devices):
    records = [record for device in devices for record in device]
    events, lists, accounts = (
        [record for record in records if isinstance(record, kind)] for kind in (GroupEvent, MemberSnapshot, Account)
    )
    return timeline(events, lists, accounts)


def milliseconds(at):
    return None if at is None else round(at.timestamp() * 1000)


def true_stays():
    teller = tellers()[0]
    return {
        (world.group(teller, room), world.account(teller, index)): stay
        for room, stays in teller.line.stays.items()
        for index, stay in stays.items()
    }


def test_every_membership_is_as_it_was(told):
    stays, found = true_stays(), come_to(told)
    assert found.contradictions == ()
    assert {(one.group, one.account) for one in found.memberships} == set(stays)
    assert len(found.memberships) == len(stays)
    for one in found.memberships:
        stay = stays[one.group, one.account]
        assert one.start_basis != "event" or milliseconds(one.start) == stay.start
        assert one.end_basis != "event" or milliseconds(one.end) == stay.end
        assert (one.end is None) == (stay.end is None)
    added = sum(one.added_by is not None for one in found.memberships)
    assert added > 10


def test_from_any_half_of_the_devices_nothing_wrong_is_said(told):
    stays = true_stays()
    for devices in (*combinations(told, 1), *combinations(told, 2)):
        found = come_to(devices)
        assert found.contradictions == ()
        for one in found.memberships:
            stay = stays[one.group, one.account]
            assert one.start_basis != "event" or milliseconds(one.start) == stay.start
            assert one.end_basis != "event" or milliseconds(one.end) == stay.end
            assert one.last_seen is None or stay.end is None or milliseconds(one.last_seen) <= stay.end


def test_administrators_are_told_as_far_as_whatsapp_states_them(told):
    """Creators from the beginning, the device's own demotion with who did it, all others as they are at the end."""
    teller = tellers()[1]
    weather, recipes = world.group(teller, "weather"), world.group(teller, "recipes")
    first, second, third = (world.account(teller, index) for index in (1, 2, 3))
    terms = {(one.group, one.account): one for one in come_to(told).roles if one.role is Role.ADMIN}
    assert {(group, account) for group, account in terms if group in (weather, recipes)} == {
        (weather, second), (weather, third), (recipes, second), (recipes, first),
    }  # fmt: skip
    demoted = terms[weather, second]
    assert (demoted.start_basis, demoted.end_basis, demoted.revoked_by) == ("event", "event", third)
    assert terms[weather, third].start_basis == terms[recipes, first].start_basis == "snapshot"
    owners = {(one.group, one.account) for one in come_to(told).roles if one.role is Role.OWNER}
    assert (recipes, second) in owners
    assert (weather, second) not in owners
