"""Who was in, who administered and since when: worked out of a computer's or an iPhone's rows, equal to the truth."""

import pytest
from tests.messages import test_signal_desktop as desktop
from tests.messages import test_signal_ios as phone
from tests.messages.signal_world import of, stable, tellers

from sauveterre.network.timeline import timeline
from sauveterre.records.account import Account
from sauveterre.records.group import GroupEvent, MemberSnapshot
from sauveterre.scenarios import signal_desktop_writer, telling

MAKERS = {
    "desktop now": lambda number: desktop.records_of(desktop.made(number)),
    "desktop before": lambda number: desktop.records_of(desktop.made(number, signal_desktop_writer.BEFORE)),
    "ios now": lambda number: phone.records_of(phone.made(number)),
    "ios before": lambda number: phone.records_of(phone.made(number, is_new=False)),
}


def line_of(records):
    return timeline(of(records, GroupEvent), of(records, MemberSnapshot), of(records, Account))


def seen_from_the_start(teller):
    return {room.stable_id for room in teller.rooms if room.initial and teller.device.owner in room.initial}


def iso(at):
    return at and at.isoformat()


def same(first, second):
    """Whether two times are one moment, as the truth writes it and as a record does."""
    return (first and first.replace("Z", "+00:00")[:19]) == (iso(second) and iso(second)[:19])


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("number", range(4))
def test_every_term_of_an_administrator_that_the_device_saw(number, maker):
    teller = tellers()[number]
    records = MAKERS[maker](number)
    line, until = line_of(records), teller.device.made_at
    terms = {(r.group, r.account, iso(r.start)[:19] if r.start else None): r for r in line.roles if r.role == "admin"}
    truths = [
        term
        for interest in (True, False)
        for term in telling.administrators(teller.cast, teller.line, of_interest=interest)
        if term.group in seen_from_the_start(teller) and term.start.replace("Z", "+00:00") <= until.isoformat()
    ]

    assert not line.contradictions
    for term in truths:
        found = terms[term.group, term.account, term.start.replace("Z", "+00:00")[:19]]
        assert found.granted_by == (None if term.granted_by == term.account else term.granted_by)  # its creator
        if term.end is not None and term.end.replace("Z", "+00:00") <= until.isoformat():
            assert same(term.end, found.end)
            assert (found.end_basis, found.revoked_by) == ("event", term.revoked_by)
        else:
            assert found.end is None
    assert len([r for r in line.roles if r.role == "admin" and r.group in seen_from_the_start(teller)]) == len(truths)


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("number", range(4))
def test_every_membership_that_the_device_saw(number, maker):
    teller = tellers()[number]
    line, until = line_of(MAKERS[maker](number)), teller.device.until
    told = {(m.group, m.account): m for m in line.memberships}
    for room in teller.rooms:
        mine = teller.line.stays[room.name][teller.device.owner].start
        for index, stay in teller.line.stays[room.name].items():
            if stay.start > until or (stay.end is not None and stay.end < mine):
                continue
            found = told[room.stable_id, stable(teller, index)]
            if stay.start > mine:
                assert int(found.start.timestamp() * 1000) == stay.start
                assert found.start_basis == "event"
            if stay.end is not None and stay.end <= until:
                assert int(found.end.timestamp() * 1000) == stay.end
            else:
                assert found.end is None
