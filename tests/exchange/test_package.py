"""What one country is given, and what must stay behind."""

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.errors import InvalidInput
from sauveterre.exchange.package import OUTSIDE, confine
from sauveterre.exchange.writers.bagit import verify_bag
from sauveterre.exchange.writers.package import write_package


def test_no_file_of_the_bag_names_an_account_of_others(package, others, tmp_path):
    bag = write_package(package, tmp_path / "be")
    files = [path for path in bag.rglob("*") if path.is_file()]
    assert len(files) == 12
    for path in files:
        text = path.read_bytes().decode("utf-8")
        assert [key for key in others if key in text] == []
        assert "other account" not in text


def test_own_identifiers_stay_and_others_are_replaced(package, others):
    spanish = others[0]
    confined = confine(package)
    storm = confined.persons[0]
    assert storm.reasons == (f"both accounts hold +32 460 00 11 22, which {OUTSIDE} and {OUTSIDE} wrote",)
    admin, supplier = storm.roles
    assert (admin.granted_by, supplier.granted_by) == (OUTSIDE, "aci:22222222-2222-4222-8222-222222222222")
    assert supplier.group == f"direct:{OUTSIDE}|aci:11111111-1111-4111-8111-111111111111"
    assert spanish not in repr(confined)
    assert confined.accounts == package.accounts
    assert "storm@mail.example" in repr(confined)


@given(
    st.sampled_from(["aci:", "pni:", "", "referral:"]), st.uuids(version=4), st.text(max_size=20), st.text(max_size=20)
)
def test_any_key_in_any_reason_is_taken_out(kind, key, before, after):
    from sauveterre.exchange.package import _Confinement

    class Empty:
        accounts = frozenset()
        persons = ()

    assert str(key) not in _Confinement(Empty()).text(f"{before} {kind}{key} {after}")


def test_the_same_package_gives_the_same_bytes(package, tmp_path):
    first = write_package(package, tmp_path / "one")
    second = write_package(package, tmp_path / "two")
    for path in first.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (second / path.relative_to(first)).read_bytes()
    assert verify_bag(first) == []


def test_a_bag_appears_whole_or_not_at_all(package, tmp_path):
    write_package(package, tmp_path / "be")
    with pytest.raises(InvalidInput, match="exists already"):
        write_package(package, tmp_path / "be")
    assert [path.name for path in tmp_path.iterdir()] == ["be"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"country": "be"}, "capital"),
        ({"country": "ES"}, "Nothing suggests ES"),
        ({"created": datetime(2026, 1, 1)}, "zone"),  # noqa: DTZ001
        ({"persons": ()}, "not shared by a person"),
    ],
)
def test_a_package_that_does_not_hold_together_is_refused(package, change, why):
    with pytest.raises(InvalidInput, match=why):
        replace(package, **change)


def test_a_person_may_not_appear_twice_or_hold_the_role_of_another(package):
    storm, cloud = package.persons
    with pytest.raises(InvalidInput, match="only once"):
        replace(package, persons=(storm, storm))
    with pytest.raises(InvalidInput, match="not the person's"):
        replace(package, persons=(storm, replace(cloud, roles=storm.roles)))
    with pytest.raises(InvalidInput, match="weight"):
        replace(package, persons=(storm, replace(cloud, indications=(replace(cloud.indications[0], weight=2.0),))))
    with pytest.raises(InvalidInput, match="basis"):
        replace(package, persons=(storm, replace(cloud, basis="guess")))
