import random

import pytest

from sauveterre.network.countries import country_indications, country_of, phone_country
from sauveterre.network.ip_registry import ip_country


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("+33612345678", ("FR", 0.6)),
        ("+447911123456", ("GG", 0.6)),
        ("+77272123456", ("KZ", 0.6)),
        ("+77271234567", ("KZ", 0.3)),
        ("+79161234567", ("RU", 0.6)),
        ("+18095551234", ("DO", 0.6)),
        ("+3312", ("FR", 0.3)),
        ("+1200", (None, 0.0)),
        ("+80012345678", (None, 0.0)),
        ("0612345678", (None, 0.0)),
        ("+", (None, 0.0)),
        ("+999123456", (None, 0.0)),
        ("+33" + "6" * 500, (None, 0.0)),
    ],
)
def test_the_numbering_plan_knows_more_than_the_prefix(number, expected):
    assert phone_country(number) == expected


def test_a_number_is_an_indication_with_its_row_and_its_doubt(make):
    stated = [make.identifier("aci:1", "e164", "+33612345678"), make.identifier("aci:1", "nickname", "+34")]
    (one,) = country_indications(stated)
    assert (one.subject, one.country, one.basis, one.weight) == ("aci:1", "FR", "phone_plan", 0.6)
    assert "numbering plan of FR" in one.reason
    assert "passed on" in one.reason
    assert one.rows == (stated[0].provenance,)


def test_a_referral_states_places_and_addresses(make):
    person = make.person(
        "reported",
        places=[("fr", "Metz"), ("??", "Nowhere"), ("", "")],
        addresses=[("192.0.2.1", None), ("198.51.100.7", None), ("203.0.113.1", True)],
        identifiers=[("e164", "+3225551234", ""), ("phone", "+34600000000", "")],
    )
    table = {"192.0.2.1": "HU", "198.51.100.7": "HU", "203.0.113.1": "BG"}.get
    found = country_indications([], {"referral:7#1": person}, table)
    assert [(one.country, one.basis, one.weight, len(one.rows)) for one in found] == [
        ("BE", "phone_plan", 0.6, 1),
        ("BG", "ip_registry", 0.1, 1),
        ("FR", "stated_place", 0.8, 1),
        ("HU", "ip_registry", 0.3, 2),
    ]
    assert "may be a proxy" in found[1].reason
    assert "192.0.2.1, 198.51.100.7" in found[3].reason
    assert {one.subject for one in found} == {"referral:7#1"}
    assert [one.basis for one in country_indications([], {"referral:7#1": person})] == ["phone_plan", "stated_place"]


def test_usual_spellings_of_country_codes_are_understood(make):
    person = make.person("reported", places=[("UK", ""), ("EL", "")])
    assert [one.country for one in country_indications([], {"r": person})] == ["GB", "GR"]


def test_order_and_repetition_change_nothing(make):
    stated = [make.identifier(f"aci:{n % 3}", "e164", f"+3361234567{n}") for n in range(8)]
    found = country_indications(stated)
    random.Random(1).shuffle(stated)
    assert country_indications([*stated, *stated]) == found
    assert all(one.rows for one in found)
    assert country_of(found[::-1]) == country_of(found)


def test_bases_combine_and_the_heaviest_country_wins(make):
    person = make.person("reported", [("e164", "+33612345678", "")], [("ES", "Vigo")], [("192.0.2.1", None)])
    found = country_indications([], {"r": person}, lambda _: "FR")
    code, weight, reasons = country_of(found)
    assert (code, weight) == ("ES", 0.8)
    assert len(reasons) == 3
    more = country_of([one for one in found if one.country == "FR"])
    assert (more.code, more.weight) == ("FR", 0.72)


def test_the_same_basis_counts_once_for_a_country(make):
    stated = [make.identifier(f"aci:{n}", "e164", f"+3361234567{n}") for n in range(5)]
    assert country_of(country_indications(stated))[:2] == ("FR", 0.6)


def test_equal_weights_leave_it_undecided(make):
    stated = [make.identifier("aci:1", "e164", number) for number in ("+33612345678", "+34612345678")]
    code, weight, reasons = country_of(country_indications(stated))
    assert (code, weight) == (None, 0.6)
    assert reasons[0] == "undecided: ES and FR weigh the same (0.60)"


def test_nothing_suggests_nothing():
    assert country_of([]) == (None, 0.0, ("nothing in the material suggests a country",))


@pytest.mark.parametrize(
    "address",
    ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "10.0.0.1", "127.0.0.1", "100.64.0.1", "fe80::1%eth0",
     "239.1.1.1", "::1", "", "rain", "1.2.3", "9" * 100, "::ffff:10.0.0.1", "0.0.0.0", "255.255.255.255"],
)  # fmt: skip
def test_special_ranges_and_no_addresses_have_no_country(address):
    assert ip_country(address) is None


def test_a_delegated_address_has_its_registry_country():
    # The root name servers K and M: long-lived public infrastructure, nobody's own address.
    assert ip_country("193.0.14.129") == "NL"
    assert ip_country(" 2001:dc3::35 ") == "JP"
    assert ip_country("::ffff:193.0.14.129") == "NL"
