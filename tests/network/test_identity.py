import random

import pytest

from sauveterre.network.identity import persons
from sauveterre.network.people import people_of
from sauveterre.records.referral import Referral

ACI = [f"aci:0000000{n}-1111-4222-8333-444455556666" for n in range(1, 6)]
NIL = "00000000-0000-0000-0000-000000000000"


def sets(found):
    return [one.accounts for one in found]


@pytest.mark.parametrize("kind", ["username", "profile_name", "contact_name", "nickname", "display_name", "name"])
def test_two_people_with_one_name_remain_two(make, kind):
    stated = [make.identifier(aci, kind, "Captain Rain") for aci in ACI[:2]]
    found = persons([make.account(aci) for aci in ACI[:2]], stated)
    assert sets(found) == [(ACI[0],), (ACI[1],)]
    assert all(one.rows and one.reasons for one in found)


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("e164", "+33639980012", "+33 6 39-98 00.12"),
        ("pni", "PNI:0000000A-1111-4222-8333-444455556666", "0000000a-1111-4222-8333-444455556666"),
        ("email", "rain@Example.ORG", "rain@example.org"),
        ("user_id", "4711", "4711"),
    ],
)
def test_a_shared_strong_identifier_makes_one_person(make, kind, one, other):
    stated = [make.identifier(ACI[1], kind, one), make.identifier(ACI[0], kind, other)]
    (found,) = persons([make.account(aci) for aci in ACI[:2]], stated)
    assert (found.key, found.accounts) == (ACI[0], (ACI[0], ACI[1]))
    assert found.rows == tuple(sorted(row.provenance for row in stated))
    assert found.reasons[0].startswith(kind)
    assert ACI[0] in found.reasons[0]
    assert ACI[1] in found.reasons[0]


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("email", "Rain@example.org", "rain@example.org"),
        ("e164", "0639980012", "0639980012"),
        ("aci", NIL, NIL),
        ("pni", "unknown", "unknown"),
        ("email", "example.org", "example.org"),
        ("e164", "", ""),
        ("email", "a" * 400 + "@example.org", "a" * 400 + "@example.org"),
    ],
)
def test_different_or_malformed_values_join_nobody(make, kind, one, other):
    stated = [make.identifier(ACI[0], kind, one), make.identifier(ACI[1], kind, other)]
    assert len(persons([make.account(aci) for aci in ACI[:2]], stated)) == 2


def test_user_ids_join_only_on_one_service(make):
    accounts = [make.account("one", service="Chat"), make.account("two", service="board")]
    stated = [make.identifier(who, "user_id", "4711") for who in ("one", "two")]
    assert len(persons(accounts, stated)) == 2
    assert len(persons([*accounts, make.account("three", service="chat")],
                       [*stated, make.identifier("three", "user_id", "4711")])) == 2  # fmt: skip


def test_joining_goes_through_others_and_every_tie_is_named(make):
    stated = [
        make.identifier(ACI[0], "e164", "+33639980012"),
        make.identifier(ACI[1], "e164", "+33639980012"),
        make.identifier(ACI[1], "email", "rain@example.org"),
        make.identifier(ACI[2], "email", "rain@example.org"),
    ]
    found = persons([make.account(aci) for aci in ACI[:4]], stated)
    assert sets(found) == [tuple(ACI[:3]), (ACI[3],)]
    assert [reason.split()[:2] for reason in found[0].reasons] == [
        ["e164", "+33639980012"], ["email", "rain@example.org"]
    ]  # fmt: skip
    assert len(found[0].rows) == 4


def test_an_account_named_by_its_number_is_the_account_that_states_the_number(make):
    accounts = [make.account("e164:+33639980012"), make.account(ACI[0])]
    (found,) = persons(accounts, [make.identifier(ACI[0], "e164", "+33639980012")])
    assert found.accounts == (ACI[0], "e164:+33639980012")


def test_one_account_on_two_devices_is_one_account(make):
    (found,) = persons([make.account(ACI[0], "phone-1"), make.account(ACI[0], "phone-2")], [])
    assert len(found.rows) == 2


def test_a_person_of_a_referral_joins_by_number_or_mail_not_by_name(make):
    people = {
        "referral:77#1": make.person("reported", [("email", "rain@example.org", ""), ("name", "Captain Rain", "")]),
        "referral:77#2": make.person("associated", [("screen_name", "Captain Rain", "chat")]),
    }
    stated = [make.identifier(ACI[0], "email", "rain@example.org"), make.identifier(ACI[1], "nickname", "Captain Rain")]
    found = persons([make.account(ACI[0]), make.account(ACI[1])], stated, people)
    assert sets(found) == [(ACI[0], "referral:77#1"), (ACI[1],), ("referral:77#2",)]


def test_a_number_of_many_acis_still_joins_and_the_reason_says_so(make):
    stated = [make.identifier(aci, "e164", "+33639980012") for aci in ACI[:3]]
    (found,) = persons([], stated)
    assert found.accounts == tuple(ACI[:3])
    assert "3 ACIs with one number: numbers change hands" in found.reasons[0]
    (pair,) = persons([], stated[:2])
    assert "change hands" not in pair.reasons[0]


def test_every_account_is_in_one_person_whatever_the_order(make):
    numbers = [f"+3363998001{n}" for n in range(6)]
    accounts = [make.account(f"aci:{n:08d}-1111-4222-8333-444455556666") for n in range(1, 30)]
    chance = random.Random(5)
    stated = [make.identifier(chance.choice(accounts).stable_id, "e164", chance.choice(numbers)) for _ in range(14)]
    found = persons(accounts, stated)
    assert sorted(who for one in found for who in one.accounts) == sorted(one.stable_id for one in accounts)
    for _ in range(5):
        chance.shuffle(accounts)
        chance.shuffle(stated)
        assert persons([*accounts, *accounts[:4]], [*stated, *stated[:4]]) == found


def test_people_of_referrals_are_numbered_from_one(make):
    people = (make.person("reported"), make.person("recipient"))
    blank = ("", None, "", "", "", people, (), (), ())
    with_number = Referral("77", *blank, make.row("$", "a"))
    without = Referral("", *blank, make.row("$", "b"))
    assert list(people_of([with_number, without])) == [
        "referral:77#1", "referral:77#2", "referral:folder:b#1", "referral:folder:b#2"
    ]  # fmt: skip
