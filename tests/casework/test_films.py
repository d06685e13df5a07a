"""Films in an operation: read with the rest, kept sealed, found on lists by their frames, and told from copies."""

import importlib.util
import io
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from sauveterre.casework.assessing import assess, fingerprints_of
from sauveterre.casework.models import Content, Entry, Film, FilmCopy, Hit
from sauveterre.casework.selectors.access import sight_of
from sauveterre.casework.selectors.contents import blurred_sheet, content_rows
from sauveterre.casework.services.hash_lists import add_hash_list
from sauveterre.casework.services.refresh import forget_unheld, refresh
from sauveterre.casework.storage import sheet_name
from sauveterre.pipeline import processing
from sauveterre.records.vpdq import read_vpdq_text, vpdq_json

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def clips():
    spec = importlib.util.spec_from_file_location("clip_samples", Path(__file__).parents[2] / "bench/clip_samples.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    other = module.clips(seed=8)["h264.mp4"][1]
    return {name: data for name, (_, data) in module.clips().items()} | {"other.mp4": other}


@pytest.fixture
def taken_in(queue, operation, clips, ana, tmp_path):
    """A stick with a film, the same one coded anew, one cut short, another one, a moving picture, sound and a note."""
    stick = tmp_path / "stick"
    stick.mkdir()
    for name in ("h264.mp4", "mpeg4.avi", "other.mp4", "moving.webp", "sound.wav"):
        (stick / name).write_bytes(clips[name])
    (stick / "cut.avi").write_bytes(clips["mpeg4.avi"][: len(clips["mpeg4.avi"]) * 2 // 3])
    (stick / "note.txt").write_text("rain")
    queue.take_in(operation, stick, ana)
    return queue


def film(name):
    return Film.objects.get(content__entries__path=name)


def test_facts_and_frames_are_kept_and_what_was_cut_is_partial(taken_in):
    entries = {entry.path: entry for entry in Entry.objects.all()}
    states = {path: entry.state for path, entry in entries.items()}
    assert states == {path: "partial" if path == "cut.avi" else "processed" for path in entries}
    assert entries["cut.avi"].reason.startswith("the film is damaged or cut short: ")
    assert {entry.extractor for path, entry in entries.items() if path[-3:] in {"mp4", "avi", "wav"}} == {"film"}
    assert (film("h264.mp4").video_codec, film("h264.mp4").seconds, film("h264.mp4").hashed) == ("h264", 2.0, 8)
    assert (film("sound.wav").video_codec, film("sound.wav").audio_codecs, film("sound.wav").hashed) == (
        "", ["pcm_s16le"], 0,
    )  # fmt: skip
    assert film("moving.webp").content.picture.width == film("moving.webp").width == 176
    assert Film.objects.count() == 6
    frames = read_vpdq_text(film("h264.mp4").frames)
    kept = {one.digests.sha256: one.film for one in fingerprints_of(film("h264.mp4").content.operation)}
    assert kept[film("h264.mp4").content.sha256].frames == frames
    assert len(frames) == 8


def test_a_sheet_is_sealed_and_shown_grey_and_blurred_only(taken_in, operation, ana):
    sha256 = film("h264.mp4").content.sha256
    clear = default_storage.open(sheet_name(sha256)).read()
    sealed = Path(default_storage.path(sheet_name(sha256))).read_bytes()
    assert Image.open(io.BytesIO(clear)).size[0] == 4 * 176
    assert sealed[:2] != b"\xff\xd8"
    assert clear not in sealed
    shown = Image.open(io.BytesIO(blurred_sheet(sight_of(ana, operation.pk), sha256)))
    assert (shown.mode, shown.size[0]) == ("L", round(4 * 176 * 128 / 192))
    grains = shown.resize((round(4 * 176 / 8), round(shown.height * 24 / 128)), Image.Resampling.BOX)
    again = grains.resize(shown.size, Image.Resampling.BICUBIC)
    apart = [abs(a - b) for a, b in zip(shown.tobytes(), again.tobytes(), strict=True)]
    assert sum(apart) / len(apart) < 3


def test_frames_on_a_list_are_a_near_hit_that_says_why_and_settles_nothing(taken_in, operation, ana, tmp_path):
    frames = read_vpdq_text(film("h264.mp4").frames)
    quoted = vpdq_json(frames).replace('"', '""')
    path = tmp_path / "films.csv"
    path.write_text(f'collab,signal_type,signal_str,category,tags\r\nSkies,vpdq,"{quoted}",POSITIVE_CLASS,\r\n')
    add_hash_list(operation=operation, path=path, name="films", version="1", ignorable=False, by=ana)
    assess(operation.pk, by="ana")()

    hits = {hit.content.entries.get().path: hit for hit in Hit.objects.select_related("content")}
    assert set(hits) == {"h264.mp4", "mpeg4.avi", "cut.avi", "moving.webp"}
    hit = hits["mpeg4.avi"]
    assert (hit.algorithm, hit.locator, hit.category_code) == ("pdq", "line 2", "POSITIVE_CLASS")
    assert hits["h264.mp4"].film == {
        "query_frames": 8, "query_found": 8, "target_frames": 8, "target_found": 8, "closest": 0, "distance": 31,
        "quality": 50, "query_share": 0.8, "target_share": 0.0,
    }  # fmt: skip
    assert hit.film["query_found"] >= 7
    assert 0 < hit.distance == hit.film["closest"] <= 31
    sight = sight_of(ana, operation.pk)
    rows = {row.entries.get().path for row in content_rows(sight, hit="near")}
    assert rows == set(hits)
    assert not content_rows(sight, hit="known").exists()


def test_copies_are_given_to_the_longest_and_another_film_to_none(taken_in, operation):
    assess(operation.pk, by="ana")()
    copies = FilmCopy.objects.select_related("content", "head")
    assert {copy.content.entries.get().path for copy in copies} | {copies[0].head.entries.get().path} == {
        "h264.mp4", "mpeg4.avi", "cut.avi", "moving.webp",
    }  # fmt: skip
    assert len({copy.head_id for copy in copies}) == 1
    assess(operation.pk, by="ana")()
    assert FilmCopy.objects.count() == 3


def test_a_newer_version_reads_films_again_and_so_does_the_first_one_that_knows_them(taken_in, monkeypatch):
    Entry.objects.filter(path="h264.mp4").update(extractor="digests", version=1)
    assert refresh().entries == 1
    assert taken_in.work() == ["h264.mp4"]
    monkeypatch.setitem(processing.VERSIONS, "film", processing.VERSIONS["film"] + 1)
    Film.objects.update(hashed=0)
    assert refresh().entries == 5
    taken_in.work()
    assert Film.objects.filter(hashed=0).count() == 2, "the sound, and the moving picture, which was read as a picture"


def test_what_nothing_holds_any_more_loses_its_sheet(taken_in, operation):
    sha256 = film("other.mp4").content.sha256
    Entry.objects.filter(content__sha256=sha256).update(content=None)
    assert forget_unheld(operation) == 1
    assert not default_storage.exists(sheet_name(sha256))
    assert not Content.objects.filter(sha256=sha256).exists()
