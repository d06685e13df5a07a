"""Killed at any moment and started again, `process` gives the same database as if nothing had happened."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sauveterre.scenarios.village import draw

KILLS = 6
PYTHON = [sys.executable, "-m", "sauveterre.cli.main"]
DUMP = Path(__file__).with_name("dump_database.py")


def sauveterre(*arguments, check=True):
    ran = subprocess.run([*PYTHON, *map(str, arguments)], capture_output=True, text=True, timeout=300, check=False)
    assert not check or ran.returncode == 0, ran.stderr
    return ran


@pytest.fixture(scope="module")
def village(tmp_path_factory):
    folder = tmp_path_factory.mktemp("village")
    return folder, draw(folder)


def take_in(workspace, village):
    folder, truth = village
    sauveterre("init", workspace)
    sauveterre("operation", "new", "Village", "-w", workspace)
    for exhibit in truth.exhibits:
        key = ["--key-file", folder / f"key-{exhibit.number}"] if exhibit.key else []
        if exhibit.key:
            (folder / f"key-{exhibit.number}").write_text(exhibit.key)
        sauveterre("exhibit", "add", folder / exhibit.path, "-w", workspace, *key)


def dump(workspace):
    ran = subprocess.run([sys.executable, DUMP, workspace], capture_output=True, text=True, timeout=300, check=True)
    return ran.stdout.splitlines()


def kill_during_process(workspace, wait):
    """Start `process`, wait, kill it and all its children's parent with SIGKILL; return whether it was at work."""
    running = subprocess.Popen([*PYTHON, "process", "-w", str(workspace), "--workers", "2"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    lock = workspace / "run" / "process.lock"
    begun = time.monotonic()
    while running.poll() is None and not (lock.exists() and lock.read_text() == str(running.pid)):
        assert time.monotonic() - begun < 60
        time.sleep(0.02)
    time.sleep(wait)
    alive = running.poll() is None
    if alive:
        os.kill(running.pid, signal.SIGKILL)
    running.wait()
    return alive


def test_a_killed_process_gives_the_same_database(village, tmp_path):
    calm, killed = tmp_path / "calm", tmp_path / "killed"
    take_in(calm, village)
    sauveterre("process", "-w", calm)
    take_in(killed, village)
    chance = random.Random(20260601)
    hits = sum(kill_during_process(killed, chance.uniform(0.2, 3.0)) for _ in range(KILLS))
    sauveterre("process", "-w", killed)

    undisturbed, disturbed = dump(calm), dump(killed)

    assert hits >= 5, "the work was over before it could be killed five times"
    assert len(undisturbed) > 1_000
    assert [line for line in disturbed if line not in set(undisturbed)] == []
    assert undisturbed == disturbed
    assert "whole" in sauveterre("audit", "verify", "-w", killed).stdout


def test_a_second_process_on_the_workspace_says_so(village, tmp_path):
    workspace = tmp_path / "case"
    take_in(workspace, village)
    first = subprocess.Popen([*PYTHON, "process", "-w", str(workspace)], stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)  # fmt: skip
    lock = workspace / "run" / "process.lock"
    while not (lock.exists() and lock.read_text() == str(first.pid)):
        time.sleep(0.02)

    second = sauveterre("process", "-w", workspace, check=False)

    assert second.returncode == 10
    assert f"another `process` (process {first.pid}) is at work" in second.stderr.replace("\n", " ")
    assert first.wait() == 0
