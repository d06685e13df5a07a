"""Pictures that move: every frame as it is seen, sampled by time and by cuts."""

import io

import numpy as np
import pytest
from PIL import Image

from sauveterre.media.fingerprint import fingerprint
from sauveterre.media.formats import may_move
from sauveterre.media.pdq.hashing import pdq_of_pixels
from sauveterre.media.video import moving
from sauveterre.media.video.moving import read_moving
from sauveterre.records.limits import Limits

LIMITS = Limits()
FORMS = ["GIF", "WEBP", "PNG"]


@pytest.fixture(scope="session")
def move(draw, save):
    """Return a function that draws a moving picture of scenes, a second each."""

    def make(form, scenes=(1, 2, 3), duration=1000):
        shades = [Image.fromarray(draw(seed, 320, 240)).convert("L").convert("RGB") for seed in scenes]
        return save(shades[0], form, save_all=True, append_images=shades[1:], duration=duration)

    return make


@pytest.mark.parametrize("form", FORMS)
def test_each_scene_is_hashed_as_it_is_seen(draw, move, distance, form):
    film = read_moving(move(form), form, LIMITS)
    assert [(frame.number, frame.seconds) for frame in film.frames] == [(0, 0), (1, 1), (2, 2)]
    assert (film.film.container, film.film.seconds, film.film.frame_rate) == (form.lower(), 3.0, 1.0)
    assert (film.film.width, film.film.height, film.trouble) == (320, 240, "")
    for frame, seed in zip(film.frames, (1, 2, 3), strict=True):
        shade = np.array(Image.fromarray(draw(seed, 320, 240)).convert("L").convert("RGB"))
        assert distance(frame.pdq, pdq_of_pixels(shade).hash) <= (10 if form == "WEBP" else 4)  # lossy
    assert Image.open(io.BytesIO(film.sheet)).size == (3 * 192, 144)


def test_four_frames_a_second_are_hashed_and_each_cut(draw, save):
    still = np.roll(draw(1, 320, 240), 3, axis=1)
    frames = [Image.fromarray(np.roll(still, step, axis=1)) for step in range(10)] + [
        Image.fromarray(draw(2, 320, 240))
    ]
    data = save(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=100, lossless=True)
    assert [frame.number for frame in read_moving(data, "WEBP", LIMITS).frames] == [0, 3, 5, 8, 10]


def test_what_states_no_time_is_shown_as_all_programs_show_it(move):
    assert read_moving(move("GIF", duration=0), "GIF", LIMITS).film.seconds == pytest.approx(0.3)


@pytest.mark.parametrize("form", [*FORMS, "AVIF"])
def test_one_fingerprint_holds_picture_and_film_and_a_still_picture_no_film(draw, move, save, form):
    found = fingerprint(io.BytesIO(move(form)), limits=LIMITS)
    assert (found.picture.width, len(found.film.frames), found.trouble) == (320, 3, "")
    still = save(draw(4, 320, 240), form)
    assert fingerprint(io.BytesIO(still), limits=LIMITS).film is None
    if form != "GIF":
        assert not may_move(f"image/{form.lower()}", still)
        assert may_move(f"image/{form.lower()}", move(form))


def test_one_cut_short_says_behind_which_second(move):
    data = move("GIF", scenes=range(8))
    film = read_moving(data[: len(data) * 3 // 4], "GIF", LIMITS)
    assert 0 < len(film.frames) < 8
    assert film.trouble.startswith("the moving picture cannot be decoded behind second ")


def test_no_more_is_decoded_than_may_be(move, monkeypatch):
    film = read_moving(move("WEBP"), "WEBP", Limits(film_pixels=2 << 17))
    assert len(film.frames) == 2
    assert film.trouble == "only 2 of its 3 frames were decoded; raise film_pixels to decode more"


def test_whatever_a_decoder_raises_is_told(move, monkeypatch):
    def refuse(*_):
        raise RuntimeError("rain")

    monkeypatch.setattr(moving, "pdq_of_pixels", refuse)
    assert read_moving(move("GIF"), "GIF", LIMITS).trouble.endswith("behind second 0.0: RuntimeError")


@pytest.mark.parametrize("size", [(1, 2_000), (2_000, 1)])
def test_one_that_is_all_length_has_a_sheet(save, size):
    frames = [Image.new("RGB", size, colour) for colour in ("navy", "teal")]
    data = save(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=200)
    film = read_moving(data, "GIF", Limits())
    assert (film.trouble, film.film.width, film.film.height) == ("", *size)
    assert min(Image.open(io.BytesIO(film.sheet)).size) >= 1
