"""The demonstration finds what is true, all of it and nothing else, and accounts for every entry.

And killed at any moment and started again, the work gives the same database as if nothing had happened.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

KILLS = 6
DUMP = Path(__file__).with_name("dump_database.py")
KINDS = [
    "entries of each source", "sources that add up", "hostile and damaged files", "deleted files by name",
    "files in free space", "whole pictures", "known contents", "contents near a known one",
    "films", "films near a listed one", "copies of films", "stacks", "groups",
    "administrators with intervals", "suppliers", "users", "storage spaces and their links", "persons",
    "countries by number", "account of the person reported", "unit in charge of the referral",
    "file that the referral names", "arrests by country", "totals of the action", "action days",
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


def dump(workspace):
    ran = subprocess.run([sys.executable, DUMP, workspace], capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def start(sauveterre, workspace, *arguments):
    """Start `process`, and wait until it is at work."""
    running = subprocess.Popen([*sauveterre.command, "process", "-w", str(workspace), *arguments],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    lock = workspace / "run" / "process.lock"
    begun = time.monotonic()
    while running.poll() is None and not (lock.exists() and lock.read_text() == str(running.pid)):
        assert time.monotonic() - begun < 120
        time.sleep(0.02)
    return running


def killed(running, wait):
    """Kill with SIGKILL after a while; return whether it was still at work."""
    time.sleep(wait)
    alive = running.poll() is None
    if alive:
        os.kill(running.pid, signal.SIGKILL)
    running.wait()
    return alive


def take_in(workspace, village):
    script = Path(__file__).with_name("take_in_village.py")
    subprocess.run([sys.executable, script, workspace, village], timeout=300, check=True)


def test_a_killed_process_gives_the_same_database(demo, sauveterre, tmp_path):
    workspace = tmp_path / "case"
    take_in(workspace, demo / "village")
    chance = random.Random(20260601)

    hits = sum(killed(start(sauveterre, workspace, "--workers", "2"), chance.uniform(0.2, 2.5)) for _ in range(KILLS))
    last = start(sauveterre, workspace)
    second = sauveterre("process", "-w", workspace, check=False)
    assert last.wait() == 0
    sauveterre("assess", "-w", workspace)
    sauveterre("action", "import", demo / "village" / "measures.csv", "-w", workspace)
    sauveterre("package", "make", "all", "-w", workspace)
    sauveterre("report", "--to", tmp_path / "reports", "-w", workspace)

    assert hits >= 5, "the work was over before it could be killed five times"
    assert second.returncode == 10, "a second process on the same workspace has to be refused"
    assert f"another `process` (process {last.pid}) is at work" in " ".join(second.stderr.split())
    undisturbed, disturbed = dump(demo / "case"), dump(workspace)
    assert len(undisturbed) > 5_000
    assert [line for line in disturbed if line not in set(undisturbed)] == []
    assert undisturbed == disturbed
    assert list((workspace / "store" / "incoming").iterdir()) == [], "what was half-written when killed is cleared away"
    assert "whole" in sauveterre("audit", "verify", "-w", workspace).stdout
