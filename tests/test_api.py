"""What other programs use: fingerprints, hits and stacks of files, with no workspace."""

import hashlib
import re
from pathlib import Path

import av
import pytest
from PIL import Image
from tests.media.conftest import draw_texture

from sauveterre import api
from sauveterre.errors import SauveterreError
from sauveterre.records.vpdq import vpdq_json


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


@pytest.fixture(scope="module")
def reel(tmp_path_factory):
    """Three clips of drawn scenes, each scene a key frame; a list that has frames of two of them; and no film."""
    folder = tmp_path_factory.mktemp("reel")
    for name, seeds in {"both.mp4": (1, 2), "half.mp4": (2, 3), "none.mp4": (4, 5)}.items():
        drawn_clip(folder / name, seeds)
    (folder / "cut.mp4").write_bytes((folder / "none.mp4").read_bytes()[:200])
    (folder / "notes.txt").write_text("Rain from the west, then sun.")
    frames = next(iter(api.hash([folder / "both.mp4"]))).fingerprint.film.frames
    listed = folder.parent / "reels.csv"
    quoted = vpdq_json(frames).replace('"', '""')
    listed.write_text(f'collab,signal_type,signal_str,category,tags\r\nSkies,video_vpdq,"{quoted}",POSITIVE_CLASS,\r\n')
    return folder, listed


def drawn_clip(path, seeds):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"g": "12", "keyint_min": "12", "sc_threshold": "0"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for seed in seeds:
            scene = draw_texture(seed, 320, 240)
            for _ in range(12):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(scene, format="rgb24")))
        container.mux(stream.encode(None))


def test_glance_orders_films_by_what_their_key_frames_promise(reel):
    folder, listed = reel

    *films, broken = api.glance([folder], [listed])

    assert [(one.path.name, one.key_frames, one.found) for one in films] == [
        ("both.mp4", 2, 2), ("half.mp4", 2, 1), ("none.mp4", 2, 0)
    ]  # fmt: skip
    assert (broken.path.name, isinstance(broken, api.Failed)) == ("cut.mp4", True)
    hits = {one.path.name for one in api.match([folder], [listed]) if isinstance(one, api.Matched)}
    assert "none.mp4" not in hits
