"""Killed at any moment and started again, the work gives the same database as if nothing had happened."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("demo")  # the demonstration is run once, for all of these
KILLS = 6
DUMP = Path(__file__).with_name("dump_database.py")


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


def take_in(sauveterre, workspace, village):
    truth = json.loads((village / "truth.json").read_text())
    sauveterre("init", workspace)
    sauveterre("operation", "new", truth["operation"], "-w", workspace)
    for referral in (village / "referral.xml", village / "referral_files" / "1.xml"):
        sauveterre("referral", "add", referral, "-w", workspace)
    for exhibit in truth["exhibits"]:
        key = []
        if exhibit["key"]:
            (workspace / "key.txt").write_text(exhibit["key"])
            key = ["--key-file", workspace / "key.txt"]
        sauveterre("exhibit", "add", village / exhibit["path"], "--seal", f"S-{exhibit['number']}",
                   "--description", exhibit["what"], "-w", workspace, *key)  # fmt: skip
    for name, more in (("known_national.json", []), ("ignorable.txt", ["--ignorable"]), ("pdq_partners.txt", [])):
        sauveterre("hashlist", "add", village / "lists" / name, "--version", "2026-05", "-w", workspace, *more)


def test_a_killed_process_gives_the_same_database(demo, sauveterre, tmp_path):
    workspace = tmp_path / "case"
    take_in(sauveterre, workspace, demo / "village")
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
    assert "whole" in sauveterre("audit", "verify", "-w", workspace).stdout
