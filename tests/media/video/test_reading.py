"""Films to facts, hashes and a sheet: as the reference does, by plan as without, and damage told."""

import io

import av
import numpy as np
import pytest
from av.stream import Disposition
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from sauveterre.errors import SauveterreError
from sauveterre.media.pdq.hashing import NO_HASH
from sauveterre.media.video import reading
from sauveterre.media.video.opening import Unplayable
from sauveterre.media.video.reading import facts_of, read_film
from sauveterre.media.video.sampling import Sampling
from sauveterre.records.limits import Limits

LIMITS = Limits()
USUAL = Sampling(short_interval=1)
NO_CUTS = Sampling(short_interval=1, cuts=False)
EVERY = Sampling(interval=0, cuts=False)
KIND_OF = {
    "matroska": "video/x-matroska", "avi": "video/x-msvideo", "mp4": "video/mp4", "webm": "video/webm",
    "mpegts": "video/mp2t",
}  # fmt: skip
KINDS = [
    ("libx264", "mp4", "video/mp4", {"g": "40", "bf": "3"}), ("libx264", "mp4", "video/mp4", {"g": "250"}),
    ("libx264", "matroska", "video/x-matroska", {"g": "15", "x264-params": "open-gop=1:bframes=3:scenecut=0"}),
    ("mpeg4", "avi", "video/x-msvideo", {"g": "12"}), ("mpeg4", "mov", "video/quicktime", {"g": "12", "bf": "2"}),
    ("libvpx-vp9", "webm", "video/webm", {"g": "30", "cpu-used": "8", "deadline": "realtime"}),
    ("libx265", "mp4", "video/mp4", {"x265-params": "keyint=20:log-level=none"}),
    ("mjpeg", "mov", "video/quicktime", {}),
]  # fmt: skip


def read(data, kind="video/mp4", sampling=USUAL, limits=LIMITS):
    return read_film(io.BytesIO(data), kind, limits, sampling)


@pytest.mark.parametrize(("sampling", "numbers"), [
    (USUAL, [0, 30, 60, 90]), (Sampling(short_interval=1, reference=True), [0, 30, 60, 90]),
    (Sampling(interval=0, cuts=False), list(range(120))), (Sampling(key_frames_only=True), [0, 60]),
])  # fmt: skip
def test_frames_of_the_reference_clip_are_those_of_the_reference(fixtures, distance, sampling, numbers):
    lines = (fixtures / "video" / "doorknob-hd-no-bar.txt").read_text().split()
    expected = [line.split(",") for line in lines]
    with (fixtures / "video" / "doorknob-hd-no-bar.mp4").open("rb") as stream:
        film = read_film(stream, "video/mp4", LIMITS, sampling)

    assert [frame.number for frame in film.frames] == numbers
    for frame in film.frames:
        number, quality, pdq, seconds = expected[frame.number]
        assert frame.number == int(number)
        assert f"{frame.seconds:.3f}" == seconds
        assert abs(frame.quality - int(quality)) <= 1
        if int(quality) >= 80:
            assert distance(frame.pdq, bytes.fromhex(pdq)) <= 4
        elif int(quality) >= 50:
            assert distance(frame.pdq, bytes.fromhex(pdq)) <= 16
    assert film.trouble == ""


@pytest.mark.parametrize(("codec", "form", "kind", "options"), KINDS)
def test_by_plan_come_the_same_hashes_as_from_end_to_end(draw_clip, codec, form, kind, options):
    pixels = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    data = draw_clip(codec=codec, form=form, options=options, each=45, pixels=pixels)
    every = read(data, kind, EVERY)
    planned = read(data, kind, NO_CUTS)

    assert len(every.frames) == 45
    assert [frame.number for frame in planned.frames] == [0, 10, 20, 30, 40]
    assert planned.frames == every.frames[::10]
    assert all(frame.quality >= 50 for frame in every.frames)


def test_the_plan_decodes_fewer_frames(clip, monkeypatch):
    came = []
    coarse = reading.coarse
    monkeypatch.setattr(reading, "coarse", lambda rows: (came.append(1), coarse(rows))[1])
    read(clip)
    planned = len(came)
    read(clip, sampling=EVERY)
    assert planned < 40
    assert len(came) - planned == 60


def test_the_first_frame_of_each_scene_is_hashed_though_no_second_begins_there(draw_clip):
    data = draw_clip(scenes=(1, 2, 3), each=13, options={"g": "250", "sc_threshold": "0", "bf": "0"})
    assert [frame.number for frame in read(data).frames] == [0, 10, 13, 20, 26, 30]
    assert [frame.number for frame in read(data, sampling=NO_CUTS).frames] == [
        0,
        10,
        20,
        30,
    ]


def test_key_frames_alone(clip):
    assert [frame.number for frame in read(clip, sampling=Sampling(key_frames_only=True)).frames] == [0, 40]


def test_frames_that_no_plan_brings_are_found_from_end_to_end(clip, monkeypatch):
    monkeypatch.setattr(reading, "plan", lambda packets, wanted: np.zeros(len(packets.times), np.uint8))
    assert [frame.number for frame in read(clip).frames] == [0, 10, 20, 30, 40, 50]


def test_what_the_container_states(draw_clip):
    film = facts_of(io.BytesIO(draw_clip(form="mov", sound=True, metadata={
        "creation_time": "2026-05-01T10:00:00Z", "title": "Rain over the lake",
    })), "video/quicktime")  # fmt: skip
    assert (film.container, film.seconds, film.width, film.height) == ("mov", 2.0, 320, 240)
    assert (film.frame_rate, film.video_codec, film.audio_codecs) == (10.0, "h264", ("aac",))
    assert film.created_raw == "2026-05-01T10:00:00.000000Z"
    assert facts_of(io.BytesIO(draw_clip()), "video/mp4").audio_codecs == ()


def test_sound_alone_has_facts_and_no_frames(sound):
    film = read(sound, "audio/x-wav")
    assert (film.film.video_codec, film.film.audio_codecs, film.film.seconds) == ("", ("pcm_s16le",), 1.0)
    assert (film.frames, film.sheet, film.trouble) == ((), b"", "")


def test_a_cover_picture_is_no_film(draw):
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        cover, tone = container.add_stream("mjpeg", rate=1), container.add_stream("aac", rate=44_100)
        cover.width, cover.height, cover.pix_fmt = 320, 240, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        container.mux(cover.encode(av.VideoFrame.from_ndarray(draw(1, 320, 240), format="rgb24")))
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        silence.sample_rate = 44_100
        container.mux([*cover.encode(None), *tone.encode(silence), *tone.encode(None)])
    film = read(file.getvalue(), "audio/mp4")
    assert (film.film.video_codec, film.film.audio_codecs, film.frames) == ("", ("aac",), ())


@pytest.mark.parametrize("reference", [True, False])
def test_the_exact_way_is_taken_when_asked_for(clip, monkeypatch, reference):
    asked = []
    monkeypatch.setattr(reading, "pdq_of_luma", lambda luma, *, reference: asked.append(reference) or NO_HASH)
    read(clip, sampling=Sampling(short_interval=1, reference=reference, cuts=False))
    assert asked == [reference] * 6


def test_the_sheet_shows_the_frames_in_their_order(draw_clip):
    sheet = Image.open(io.BytesIO(read(draw_clip(scenes=(1, 2), each=10), sampling=NO_CUTS).sheet))
    assert sheet.size == (2 * 192, 144)
    long = Image.open(io.BytesIO(read(draw_clip(each=60), sampling=EVERY).sheet))
    assert long.size == (4 * 192, 4 * 144)
    assert not sheet.getexif()


def test_frames_larger_than_allowed_are_not_decoded(clip):
    film = read(clip, limits=Limits(picture_pixels=1_000))
    assert (film.film.width, film.film.height, film.frames) == (320, 240, ())
    assert "320 × 240 pixels, more than the 1,000 allowed; raise picture_pixels" in film.trouble


@pytest.mark.parametrize("kind", ["video/mp4", "video/webm", "video/x-msvideo", "audio/ogg"])
@pytest.mark.parametrize("data", [b"", b"rain", b"#EXTM3U\n/etc/hostname\n", bytes(70_000)])
def test_what_is_no_film_is_refused(data, kind):
    with pytest.raises(Unplayable, match=f"begins like {kind}, but it cannot be played"):
        read(data, kind)
    with pytest.raises(Unplayable, match="no film or sound is read from content of the kind text/plain"):
        read(data, "text/plain")


@pytest.mark.parametrize("form", ["matroska", "avi", "mp4", "webm", "mpegts"])
def test_a_cut_clip_gives_what_comes_before_the_cut_and_says_where_it_ends(draw_clip, form, tmp_path):
    kind = KIND_OF[form]
    codec = {"avi": "mpeg4", "webm": "libvpx"}.get(form, "libx264")
    data = draw_clip(codec=codec, form=form, each=60, options={"g": "20"}, path=tmp_path / "clip")
    whole, cut = read(data, kind), read(data[: len(data) // 2], kind)
    assert whole.trouble == ""
    assert 0 < len(cut.frames) < len(whole.frames) == 6
    assert cut.frames[0] == whole.frames[0]
    if form != "mpegts":  # which states no length
        assert cut.trouble.startswith("the film is damaged or cut short: ")
        assert (
            f"frames to be hashed were decoded, and nothing behind second {cut.frames[-1].seconds:.0f}" in cut.trouble
        )


def test_a_film_that_costs_too_much_is_read_as_far_as_it_may_be(clip):
    film = read(clip, limits=Limits(film_pixels=25 << 17))
    assert [frame.number for frame in film.frames] == [0, 10, 20]
    assert "the film was decoded up to second 2 only" in film.trouble
    assert "raise film_pixels" in film.trouble


def test_a_clip_without_its_index_is_refused_in_a_sandbox(clip, sandbox):
    whole, cut = io.BytesIO(clip), io.BytesIO(clip[: len(clip) // 2])
    with pytest.raises(Unplayable, match=r"begins like video/mp4, but it cannot be played: .+; look at it with a tool"):
        sandbox.run(read_film, cut, "video/mp4", LIMITS, seconds=60)
    assert sandbox.run(read_film, whole, "video/mp4", LIMITS, USUAL, seconds=60) == read(clip)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=30))
def test_flipped_bits_give_a_film_or_an_error_of_ours(clip, flips):
    data = bytearray(clip)
    for place, bits in flips:
        data[int(place * len(data))] ^= bits
    try:
        film = read(bytes(data))
    except SauveterreError:
        return
    assert all(len(frame.pdq) == 32 and 0 <= frame.quality <= 100 for frame in film.frames)


def test_damage_inside_is_told_and_the_rest_is_hashed(draw_clip):
    data = bytearray(draw_clip(codec="mjpeg", form="mov", pixels="yuvj420p"))
    with av.open(io.BytesIO(bytes(data))) as container:
        first = next(container.demux(video=0))
        start, length = first.pos, first.size
    data[start : start + length] = bytes(length)
    film = read(bytes(data), "video/quicktime")
    assert film.trouble.startswith("the film is damaged or cut short: 1 of 2 frames to be hashed were decoded, ")
    assert [frame.number for frame in film.frames] == [10]
