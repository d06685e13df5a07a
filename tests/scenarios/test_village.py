"""The operation as a whole: the same bytes every time, and a truth that the bytes bear out."""

import hashlib
import json
import os
import stat
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import pytest

from sauveterre.errors import InvalidInput
from sauveterre.scenarios import village


def tree_digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*"), key=os.fsencode):
        state = path.lstat()
        digest.update(os.fsencode(path.relative_to(folder)) + b"\0%d\0" % state.st_mtime)
        if stat.S_ISLNK(state.st_mode):
            digest.update(os.fsencode(path.readlink()))
        elif stat.S_ISREG(state.st_mode):
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small") / "one"
    return folder, village.draw(folder, sizes=village.SMALL)


def test_the_same_seed_gives_the_same_bytes_and_times(small, tmp_path):
    folder, first = small
    second = village.draw(tmp_path / "again", sizes=village.SMALL)
    assert first == second
    assert tree_digest(folder) == tree_digest(tmp_path / "again")


def test_another_seed_gives_another_operation(small, tmp_path):
    _, first = small
    second = village.draw(tmp_path / "other", seed=2, sizes=village.SMALL)
    assert {group.stable_id for group in first.groups}.isdisjoint(group.stable_id for group in second.groups)
    assert first.referral.file != second.referral.file
    assert len(first.suppliers) == len(second.suppliers)


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(InvalidInput, match="not empty"):
        village.draw(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_drawing_takes_less_than_25_seconds_of_one_core(drawn):
    assert drawn.cpu_seconds < 25


def test_the_truth_on_disk_is_the_truth_returned(drawn):
    assert drawn.told == json.loads(json.dumps(asdict(drawn.truth)))


def test_listing_every_source_gives_the_entries_stated(drawn, found):
    stated = {one["label"]: one["entries"] for one in drawn.told["sources"] if "bomb.zip" not in one["label"]}
    assert stated == {label: len(contents) for label, contents in found.items()}
    assert drawn.truth.entries == sum(exhibit.entries for exhibit in drawn.truth.exhibits)
    assert sum(one.entries for one in drawn.truth.sources) == drawn.truth.entries
    assert 1_800 <= drawn.truth.entries <= 2_200
    assert [exhibit.number for exhibit in drawn.truth.exhibits] == ["01", "02", "03", "04", "05", "06", "07"]


def test_pictures_are_counted_as_one_finds_them(drawn, found):
    spoilt = {path.read_bytes() for path in (drawn.folder / "exhibits/06-stick/broken").iterdir()}
    pictures = {
        hashlib.sha256(content).digest()
        for contents in found.values()
        for content in contents
        if content.startswith((b"\xff\xd8\xff", b"\x89PNG", b"GIF8")) and content not in spoilt
    }
    assert drawn.truth.pictures == len(pictures) > 800


def test_what_the_truth_names_lies_in_the_exhibits(drawn, found):
    present = {hashlib.sha256(content).hexdigest() for contents in found.values() for content in contents}
    told = drawn.told
    assert set(told["near"]) <= present
    assert {digest for stack in told["stacks"] for digest in stack} <= present
    assert {digest for hits in told["known"].values() for digest in hits} <= present
    assert told["referral"]["file"] in present
    assert len(told["near"]) >= 40
    assert len(told["stacks"]) >= 40
    assert not set(told["known"]["known_national"]) & set(told["known"]["ignorable"])


def test_the_arrests_add_up_and_only_what_took_place_counts(drawn):
    lines = (drawn.folder / "measures.csv").read_text().splitlines()
    assert lines[0] == "target,country,unit,kind,day,outcome"
    rows = [line.split(",") for line in lines[1:]]
    arrests = Counter(row[1] for row in rows if row[3] == "arrest" and row[5] in ("custody", "charged", "released"))
    assert drawn.truth.figures.arrests_by_country == arrests == {"FR": 4, "ES": 3, "BE": 2, "HU": 1}
    assert drawn.truth.figures.arrests == sum(arrests.values()) == 10
    assert sum(row[3] == "arrest" for row in rows) > 10
    for target, country, *_ in rows:
        assert drawn.truth.countries[target] == country
    assert {row[4] for row in rows} == {f"2026-06-0{day}" for day in range(1, 6)}
    assert len({(row[0], row[3], row[4]) for row in rows}) == len(rows)
