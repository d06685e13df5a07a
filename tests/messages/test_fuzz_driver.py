"""``fuzz/messages.py`` ends with status 1 and keeps the input when a target breaks, in whatever way it does."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FUZZ = Path(__file__).parents[2] / "fuzz"
TARGETS = """
from types import SimpleNamespace

HELD = []

def feed(data):
    if len(data) > 3 and data[:1] == b"R":
        {fault}

def target(name, feed):
    return SimpleNamespace(name=name, feed=feed, seeds=lambda world: [b"Rain", b"sun"], longest=64, costs=1, words=())

TARGETS = (target("sound", lambda data: None), target("faulty", feed))
"""
FAULTS = {
    "an exception": ('raise KeyError("chatId")', "KeyError", "crash-"),
    "memory": ("HELD.append(bytearray(b'x') * (700 << 20))", "MemoryError", "crash-"),
    "an exit": ("import os; os._exit(3)", "", None),
}


def ran(folder, *options):
    command = [sys.executable, folder / "fuzz" / "messages.py", "--runs", "200", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_ends_with_status_1_and_the_input_is_kept(tmp_path, name):
    fault, said, kept = FAULTS[name]
    shutil.copytree(FUZZ, tmp_path / "fuzz", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "fuzz" / "targets.py").write_text(TARGETS.format(fault=fault))
    done = ran(tmp_path)
    [*_, last] = done.stdout.strip().splitlines()
    found = sorted(path.name for path in (tmp_path / "build" / "fuzz" / "faulty").iterdir())

    assert (done.returncode, last) == (1, "broken: faulty")
    assert "sound: held, 20" in done.stdout
    assert said in done.stdout
    assert not (tmp_path / "build" / "fuzz" / "sound").exists()
    if kept:
        [path] = [one for one in found if one.startswith(kept)]
        again = ran(tmp_path, "--only", "faulty", "--again", str(tmp_path / "build" / "fuzz" / "faulty" / path))
        assert again.returncode == 1


def test_where_all_hold_it_ends_with_status_0(tmp_path):
    shutil.copytree(FUZZ, tmp_path / "fuzz", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "fuzz" / "targets.py").write_text(TARGETS.format(fault="pass"))
    done = ran(tmp_path)

    assert (done.returncode, done.stdout.strip().splitlines()[-1]) == (0, "all of 2 targets held")
