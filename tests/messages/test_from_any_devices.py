"""From whatever devices a group was seen: what is said of members and administrators is never wrong, only less."""

import random
from datetime import datetime
from itertools import combinations

import pytest
from tests.messages.conftest import FolderTree
from tests.messages.told_world import tellers

from sauveterre.messages.stores import find_stores, reader_named
from sauveterre.network.timeline import timeline
from sauveterre.records.account import Account
from sauveterre.records.group import GroupEvent, MemberSnapshot, Role
from sauveterre.scenarios import android_writer, signal_desktop_writer, signal_ios_writer, signal_writer, telling
from sauveterre.scenarios.android_rows import AndroidTeller
from sauveterre.scenarios.devices import DEVICES

SOME = [chosen for size in range(1, len(DEVICES) + 1) for chosen in combinations(range(len(DEVICES)), size)]
KEY = "m" * 64


def backup(teller):
    return signal_writer.encrypted_folder(teller.backup(), KEY, random.Random(1)), KEY


def old_backup(teller):
    digits = "0" * 30
    store = AndroidTeller(teller, random.Random(5)).store()
    return {"signal.backup": android_writer.backup_file(store, digits, random.Random(9))}, digits


def iphone(teller):
    phone = signal_ios_writer.told(teller, random.Random(3))
    return signal_ios_writer.written(phone, bytes(48)), bytes(48).hex()


def desktop(teller):
    rng, key = random.Random(4), bytes(range(32))
    config = signal_desktop_writer.config_with(key, "plain", "", rng)
    return signal_desktop_writer.written(signal_desktop_writer.told(teller, rng), key, config), None


WORLDS = {"backups": [backup] * 4, "a telephone of each kind, and a computer": [old_backup, iphone, desktop, backup]}


@pytest.fixture(scope="module", params=WORLDS.values(), ids=WORLDS)
def read(request, tmp_path_factory):
    """What each device states, as it is read."""
    found = []
    for place, (teller, write) in enumerate(zip(tellers(), request.param, strict=True)):
        folder = tmp_path_factory.mktemp(f"device{place}")
        files, key = write(teller)
        for name, data in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        (location,) = find_stores(FolderTree(folder))
        found.append(list(reader_named(location.reader).read(FolderTree(folder), location, key)))
    return found


def told(read, chosen):
    """The timeline of some devices."""
    rows = [record for place in chosen for record in read[place]]
    kinds = [[row for row in rows if isinstance(row, kind)] for kind in (GroupEvent, MemberSnapshot, Account)]
    return timeline(*kinds)


def terms():
    """The true terms of administrators and stays of members: (group, account) -> [(start, end, by, revoked by)]."""
    cast, line = tellers()[0].cast, tellers()[0].line
    admins, stays = {}, {}
    for of_interest in (True, False):
        for one in telling.administrators(cast, line, of_interest=of_interest):
            times = (moment(one.start), one.end and moment(one.end), one.granted_by, one.revoked_by)
            admins.setdefault((one.group, one.account), []).append(times)
    for one in telling.memberships(cast, line):
        stays.setdefault((one.group, one.account), []).append((moment(one.start), one.end and moment(one.end)))
    return admins, stays


def moment(text):
    return datetime.fromisoformat(text)


def is_true(said, term):
    """Whether nothing that an interval says is wrong of a true one; what it leaves open is not wrong."""
    start, end = term[:2]
    begins = {
        "event": said.start == start,
        "snapshot": said.start is not None and start <= said.start,
        "unknown": said.start is None,
    }
    ends = {
        "event": said.end == end,
        "snapshot": said.end is None or (end is not None and said.last_seen <= end <= said.end),
        "unknown": said.end is None,
    }  # fmt: skip
    seen = said.last_seen is None or (start <= said.last_seen and (end is None or said.last_seen <= end))
    return begins[said.start_basis] and ends[said.end_basis] and seen


@pytest.mark.parametrize("chosen", SOME, ids=lambda chosen: "+".join(DEVICES[place].exhibit for place in chosen))
def test_nothing_wrong_is_said_from_any_devices(read, chosen):
    line = told(read, chosen)
    admins, stays = terms()
    administered = [one for one in line.roles if one.role is Role.ADMIN]
    assert administered
    for said in administered:
        (found,) = [term for term in admins[said.group, said.account] if is_true(said, term)]
        assert said.granted_by in (None, found[2])
        assert said.revoked_by in (None, found[3])
    for said in line.memberships:
        assert any(is_true(said, term) for term in stays[said.group, said.account]), said
    assert not line.contradictions


def test_from_all_devices_every_administrator_is_dated_and_named_as_it_was(read):
    line = told(read, range(len(DEVICES)))
    seen = {room for teller in tellers() for room in teller.device.rooms}
    groups = {tellers()[0].cast.rooms[room].stable_id for room in seen}
    admins, _ = terms()
    true = {
        (group, account, start, end, by if by != account else None, revoked if revoked != account else None)
        for (group, account), found in admins.items() if group in groups
        for start, end, by, revoked in found
    }  # fmt: skip
    found = {
        (one.group, one.account, one.start, one.end, one.granted_by, one.revoked_by)
        for one in line.roles if one.role is Role.ADMIN
    }  # fmt: skip
    assert found == true


def test_fewer_devices_say_less_and_say_so(read):
    whole, alone = told(read, range(len(DEVICES))), told(read, [2])
    dated = [sum(one.start_basis == "event" for one in line.roles if one.role is Role.ADMIN) for line in (whole, alone)]
    assert dated[1] < dated[0]
    assert any(one.start_basis != "event" for one in alone.roles)
