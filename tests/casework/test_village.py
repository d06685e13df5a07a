"""The demonstration finds what is true, all of it and nothing else, and accounts for every entry."""

import json

import pytest

pytestmark = pytest.mark.xdist_group("demo")  # the demonstration is run once, for all of these
KINDS = [
    "entries of each source", "sources that add up", "hostile and damaged files", "whole pictures", "known contents",
    "contents near a known one", "stacks", "groups", "administrators with intervals", "suppliers", "users",
    "storage spaces and their links", "persons", "countries by number", "account of the person reported",
    "unit in charge of the referral", "file that the referral names", "arrests by country", "totals of the action",
    "action days",
]  # fmt: skip


@pytest.fixture(scope="module")
def result(demo):
    return json.loads((demo / "result.json").read_text())


@pytest.fixture(scope="module")
def truth(demo):
    return json.loads((demo / "village" / "truth.json").read_text())


def test_every_kind_of_finding_is_compared(result):
    assert [one["kind"] for one in result["kinds"]] == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_found_is_true_and_true_is_found(result, kind):
    one = next(one for one in result["kinds"] if one["kind"] == kind)

    assert one["true"] > 0
    assert (one["found"], one["correct"], one["precision"], one["recall"]) == (one["true"], one["true"], 1, 1)


def test_every_entry_of_every_source_is_accounted_for(result, truth):
    for account in result["accounting"]:
        ended = account["processed"] + account["partial"] + account["failed"] + account["skipped"]
        assert account["found"] == ended, account
        assert account["pending"] == 0
        assert account["state"] == "done" or account["reason"]
    assert sum(account["found"] for account in result["accounting"]) >= truth["entries"] > 1_900


def test_arrests_by_country_add_up_in_four_countries(truth):
    assert sum(truth["figures"]["arrests_by_country"].values()) == truth["figures"]["arrests"]
    assert len(truth["figures"]["arrests_by_country"]) == 4


def test_reports_and_packages_are_written(demo, result):
    assert {path.name for path in (demo / "reports").iterdir()} == {
        "report.en.pdf", "report.fr.pdf", "communique.en.txt", "communique.fr.txt",
    }  # fmt: skip
    assert "10 " in (demo / "reports" / "communique.fr.txt").read_text()
    bags = sorted(path.name for path in (demo / "case" / "packages").glob("*/*"))
    assert len(bags) == 12
    assert all((path / "bagit.txt").is_file() for path in (demo / "case" / "packages").glob("*/*"))


def test_a_package_holds_nobody_of_another_country(demo, truth):
    packages = {path.name[:2]: path for path in (demo / "case" / "packages").glob("*/*")}
    for account, country in truth["countries"].items():
        bare = account.partition(":")[2]
        for code, folder in packages.items():
            texts = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
            partners = [one for one in truth["persons"] if account in one]
            if code != country and not any(truth["countries"].get(other) == code for other in partners[0]):
                assert bare.encode() not in texts, f"{account} of {country} is in the package for {code}"


def test_no_key_is_written_anywhere_outside_the_material(demo, truth):
    for exhibit in truth["exhibits"]:
        if exhibit["key"]:
            for path in (
                *(demo / "reports").rglob("*"),
                *(demo / "case" / "packages").rglob("*"),
                demo / "result.json",
            ):
                assert not path.is_file() or exhibit["key"].encode() not in path.read_bytes()
