"""An entry or a source that takes the whole program down is found, and left alone after the second time."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.casework.suspects import FACTS, LISTING, deaths_there, is_deadly, known_killer, place_of
from sauveterre.pipeline.processing import ANY, version_of
from sauveterre.records.entry import Cause

DEADLY = """
import os, signal, time
from pathlib import Path
from sauveterre.pipeline import inventory, processing

MARK = Path(os.environ["DEADLY_MARK"])

def end_the_program():
    os.kill(int(MARK.read_text()), signal.SIGKILL)
    time.sleep(60)

def process_entry(source, entry, limits, keys, *, decode=True, **options):
    if entry.path == b"killer.bin":
        end_the_program()
    return processing.process_entry(source, entry, limits, keys, decode=decode, **options)

def list_source(source, limits, keys, file):
    if source.path.name == "killer":
        end_the_program()
    return inventory.list_source(source, limits, keys, file)
"""
RUN = """
import os, sys
from pathlib import Path
Path(os.environ["DEADLY_MARK"]).write_text(str(os.getpid()))
import deadly_reader
from sauveterre.casework.workspace import open_workspace
from sauveterre.server.boot import boot
boot(Path(sys.argv[1]))
from sauveterre.casework import intake
from sauveterre.pipeline import attempts
attempts.process_entry = deadly_reader.process_entry
intake.list_source = deadly_reader.list_source
from sauveterre.casework.runner import run_jobs
run_jobs(workers=2)
"""
LOOK = """
import json, sys
from pathlib import Path
from sauveterre.server.boot import boot
boot(Path(sys.argv[1]))
from sauveterre.casework.models import Entry, Source
print(json.dumps([
    {row.path: [row.state, row.cause, row.extractor, row.attempts, row.reason] for row in Entry.objects.all()},
    {row.path: [row.state, row.attempts, row.reason] for row in Source.objects.all()},
]))
"""


@pytest.fixture
def program(tmp_path):
    """Run a piece of Python on a workspace, with a reader in it that ends the whole program."""
    (tmp_path / "deadly_reader.py").write_text(DEADLY)
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, sys.path)]),
        "DEADLY_MARK": str(tmp_path / "mark"),
    }

    def run(text, workspace):
        return subprocess.run(
            [sys.executable, "-c", text, workspace], capture_output=True, text=True, env=environment, timeout=120
        )

    return run


def until_it_lives(program, workspace):
    """Start again until the program comes to its end; return how often it was ended."""
    for deaths in range(6):
        ran = program(RUN, workspace)
        if ran.returncode != -9:
            assert ran.returncode == 0, ran.stderr
            return deaths
    raise AssertionError("it never came to its end")


def test_an_entry_that_ends_the_program_twice_fails_and_all_others_are_processed(sauveterre, case, program, tmp_path):
    card = tmp_path / "card"
    card.mkdir()
    for number in range(40):
        (card / f"{number:02d}.txt").write_text(f"rain {number}\n")
    (card / "killer.bin").write_bytes(b"sun")
    sauveterre("exhibit", "add", card, "-w", case)

    deaths = until_it_lives(program, case)

    entries, sources = json.loads(program(LOOK, case).stdout)
    state, cause, extractor, attempts, reason = entries.pop("killer.bin")
    assert deaths == 2
    assert (state, cause, extractor, attempts) == ("failed", "crash", ANY, 3)
    assert "ended twice while it read this" in reason
    assert {tuple(found[:2]) for found in entries.values()} == {("processed", "")}
    assert len(entries) == 40
    assert [found[0] for found in sources.values()] == ["done"]
    assert list((Path(case) / "run" / "scratch").iterdir()) == []


def test_a_source_that_ends_the_program_twice_fails_and_the_other_is_processed(sauveterre, case, program, tmp_path):
    for name in ("killer", "good"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text("rain")
        sauveterre("exhibit", "add", tmp_path / name, "-w", case)

    deaths = until_it_lives(program, case)

    entries, sources = json.loads(program(LOOK, case).stdout)
    assert deaths == 2
    assert sources["killer"][0] == "failed"
    assert "ended twice at the same place of this while it was listed" in sources["killer"][2]
    assert sources["good"][0] == "done"
    assert [found[0] for found in entries.values()] == ["processed"]


def test_the_same_place_is_within_a_hundredth():
    def place(pulses, stage=LISTING):
        return place_of(stage, pulses)

    assert deaths_there(0, None, place(5)) == 1
    assert deaths_there(1, place(0), place(0)) == 2
    assert deaths_there(2, place(5), place(5)) == 3
    assert deaths_there(1, place(10_000), place(10_090)) == 2
    assert deaths_there(1, place(10_000), place(10_200)) == 1
    assert deaths_there(1, place(10_000), place(9_800)) == 1
    assert deaths_there(1, place(7), place(7, FACTS)) == 1


@given(st.integers(0, 2**40), st.integers(0, 2**40), st.integers(0, 2))
def test_deaths_at_two_places_are_never_counted_together(first, second, stage):
    counted = deaths_there(1, place_of(stage, first), place_of(stage, second))

    assert is_deadly(counted) == (abs(first - second) <= second // 100)


@pytest.mark.parametrize(
    ("cause", "extractor", "version", "known"),
    [
        ("", "", 0, Cause.NONE),
        ("crash", "picture", version_of("picture"), Cause.CRASH),
        ("time", "picture", version_of("picture"), Cause.TIME),
        ("crash", "picture", version_of("picture") - 1, Cause.NONE),
        ("damaged", "picture", version_of("picture"), Cause.NONE),
        ("crash", "", 0, Cause.NONE),
    ],
)
def test_only_what_killed_this_very_version_is_kept_from_it(cause, extractor, version, known):
    assert known_killer(cause, extractor, version) is known
