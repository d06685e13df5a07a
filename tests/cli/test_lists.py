"""A list added, put in force anew, written out and taken away; a near hit confirmed by the reference way."""

import hashlib
import json

import pytest
from PIL import Image

from sauveterre import api


@pytest.fixture
def album(tmp_path):
    """A landscape, and a note."""
    folder = tmp_path / "album"
    folder.mkdir()
    Image.effect_mandelbrot((640, 480), (-0.75, 0.05, -0.70, 0.10), 90).save(folder / "spirals.png")
    (folder / "note.txt").write_text("Rain from the west, then sun.")
    return folder


@pytest.fixture
def run(sauveterre, case):
    """Run a verb on the case; return its JSON lines where it prints some, else what it says."""

    def verb(*arguments):
        said = sauveterre(*arguments, "-w", case).stdout
        return [json.loads(line) for line in said.splitlines()] if said.startswith("{") else " ".join(said.split())

    return verb


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_near_hit_is_confirmed_by_the_reference_way(run, album, tmp_path):
    (exact,) = api.hash([album / "spirals.png"], reference=True)
    listed = int.from_bytes(exact.fingerprint.picture.pdq, "big") ^ 0b11111
    (tmp_path / "near.txt").write_text(f"pdq {listed:064x}\n")
    run("exhibit", "add", album)
    run("hashlist", "add", tmp_path / "near.txt", "--name", "Near", "--version", "1")
    run("process")
    run("assess")

    (checked,) = run("hit", "check", digest(album / "spirals.png"))

    assert (checked["list"], checked["version"], checked["value"]) == ("Near", "1", f"{listed:064x}")
    assert checked["by_reference"] == 5
    assert abs(checked["distance"] - 5) <= 4


def test_a_list_is_replaced_shown_exported_and_removed(run, album, tmp_path):
    first, second, out = tmp_path / "may.txt", tmp_path / "june.txt", tmp_path / "out.csv"
    first.write_text(f"{digest(album / 'note.txt')}\n{'a' * 64}\n{'b' * 64}\n")
    second.write_text(f"{digest(album / 'spirals.png')}\n{'a' * 64}\n{'b' * 64}\n")
    run("exhibit", "add", album)
    run("process")
    run("hashlist", "add", first, "--name", "National", "--version", "may", "--origin", "A unit", "--trust", "one")
    run("assess")

    shown = run("hashlist", "update", "National", second, "--version", "june", "--as", "whole", "--preview")
    assert [one["version"] for one in run("hashlist", "list", "--json")] == ["may"]
    said = run("hashlist", "update", "National", second, "--version", "june", "--as", "whole")
    versions = {one["version"]: one for one in run("hashlist", "list", "--json")}
    run("hashlist", "export", "National", "--to", out, "--format", "csv")

    assert "1 " in shown
    assert said
    assert (versions["may"]["in_force"], versions["june"]["in_force"]) == (False, True)
    assert (versions["may"]["origin"], versions["may"]["trust"]) == ("A unit", "one")
    assert (versions["june"]["items"], versions["june"]["added"], versions["june"]["removed"]) == (3, 1, 1)
    written = api.match([album], [out])
    assert [one.path.name for one in written] == ["spirals.png"]
    run("hashlist", "remove", "National", "--version", "june")
    assert [one["version"] for one in run("hashlist", "list", "--json")] == ["may"]
