"""What other programs use: fingerprints, hits and stacks of files, with no workspace."""

import hashlib
import re
from pathlib import Path

import pytest
from PIL import Image

from sauveterre import api
from sauveterre.errors import SauveterreError


@pytest.fixture(scope="module")
def album(tmp_path_factory):
    """Two landscapes, one of them also smaller and as a copy, a text and a file that is none."""
    folder = tmp_path_factory.mktemp("album")
    hills = Image.effect_mandelbrot((512, 384), (-2.0, -1.2, 0.8, 1.2), 60)
    hills.save(folder / "hills.png")
    hills.resize((300, 225)).save(folder / "hills-small.png")
    (folder / "copies").mkdir()
    (folder / "copies" / "hills-again.png").write_bytes((folder / "hills.png").read_bytes())
    Image.effect_mandelbrot((640, 480), (-0.75, 0.05, -0.70, 0.10), 90).save(folder / "spirals.png")
    (folder / "notes.txt").write_text("Rain from the west, then sun.")
    return folder


def digest(path, name="sha256"):
    return hashlib.new(name, path.read_bytes()).hexdigest()


def test_hash_yields_every_file_in_order(album):
    found = list(api.hash([album, album / "absent.jpg"]))

    assert [one.path.name for one in found] == [
        "hills-small.png", "hills.png", "notes.txt", "spirals.png", "hills-again.png", "absent.jpg"
    ]  # fmt: skip
    assert [one.fingerprint.digests.sha256 for one in found[:-1]] == [digest(one.path) for one in found[:-1]]
    assert (found[1].fingerprint.picture.width, found[1].fingerprint.picture.height) == (512, 384)
    assert found[2].fingerprint.picture is None
    assert isinstance(found[-1], api.Failed)
    assert "cannot be read" in found[-1].reason


@pytest.mark.parametrize("batch", [1, 4_096])
def test_match_says_which_file_is_on_which_list(album, tmp_path, monkeypatch, batch):
    monkeypatch.setattr(api, "BATCH", batch)
    listed = tmp_path / "weather.txt"
    listed.write_text(f"{digest(album / 'hills.png', 'md5')}\n")
    other = tmp_path / "other.txt"
    other.write_text(f"{digest(album / 'notes.txt', 'sha1')}\n")

    found = list(api.match([album, Path("absent.jpg")], [listed, other]))

    hits = {(one.path.name, one.hit.identity.name, one.hit.distance) for one in found if isinstance(one, api.Matched)}
    assert hits == {("hills.png", "weather", 0), ("hills-again.png", "weather", 0), ("notes.txt", "other", 0)}
    assert [one.path for one in found if isinstance(one, api.Failed)] == [Path("absent.jpg")]


def test_a_list_that_is_none_is_said_before_files_are_read(album):
    with pytest.raises(SauveterreError, match=r"spirals\.png"):
        next(api.match([album], [album / "spirals.png"]))


def test_stack_gives_near_identical_pictures_the_largest_first(album):
    (found,) = api.stack([album])

    first, second = found.members
    assert first.fingerprint.digests.sha256 == digest(album / "hills.png")
    assert [path.name for path in first.paths] == ["hills.png", "hills-again.png"]
    assert [path.name for path in second.paths] == ["hills-small.png"]
    assert first.distance == 0 <= second.distance <= 31
    assert first.fingerprint.picture.thumbnail == b""


def test_the_example_of_the_documentation_runs(album, tmp_path, monkeypatch, capsys):
    text = (Path(__file__).parents[1] / "docs" / "commands.md").read_text()
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (tmp_path / "album").symlink_to(album)
    (tmp_path / "national.txt").write_text(digest(album / "notes.txt", "sha1") + "\n")
    monkeypatch.chdir(tmp_path)

    exec(example, {})

    printed = capsys.readouterr().out
    assert f"album/hills.png {digest(album / 'hills.png')}" in printed
    assert "album/notes.txt national 0" in printed
    assert "['hills.png', 'hills-small.png']" in printed
