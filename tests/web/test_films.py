"""The page of a film: what its container states, its frames blurred, and why it was found."""

import io

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse
from PIL import Image

from sauveterre.casework.models import Content, Film, FilmCopy, Hit
from sauveterre.casework.storage import sheet_name

MET = {
    "query_frames": 24, "query_found": 11, "target_frames": 6, "target_found": 6, "closest": 12, "distance": 31,
    "quality": 50, "query_share": 0.0, "target_share": 0.8,
}  # fmt: skip


@pytest.fixture
def film(world):
    """A film with sound, on a list by its frames, of which another one is a part."""
    made = []
    for letter in "ab":
        content = Content.objects.create(
            operation=world.operation, sha256=letter * 64, sha1="", md5="", size=9, kind="video/mp4"
        )
        Film.objects.create(
            content=content, container="mov", seconds=61.25, width=1920, height=1080, frame_rate=29.97, hashed=62,
            video_codec="h264", audio_codecs=["aac"], make="Lumenor", model="Pocket 5", place_raw="+48.00+002.00/",
        )  # fmt: skip
        made.append(content)
    sheet = io.BytesIO()
    Image.effect_noise((768, 432), 90).convert("RGB").save(sheet, "JPEG")
    default_storage.save(sheet_name("a" * 64), ContentFile(sheet.getvalue()))
    Hit.objects.create(
        content=made[0], hash_list=world.lists[0], algorithm="pdq", value="00" * 32, distance=12, quality=90,
        locator="line 2", film=MET,
    )  # fmt: skip
    FilmCopy.objects.create(content=made[1], head=made[0], film=MET)
    return sheet.getvalue()


def page(member, world, letter, language="en"):
    answer = member.get(
        reverse("content", args=[world.operation.pk, letter * 64]), headers={"accept-language": language}
    )
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_the_page_says_what_it_is_and_that_it_is_muted(member, world, film):
    shown = page(member, world, "a")
    for text in ("61.3 seconds", "h264, 1920 × 1080, 29.97 frames a second", "aac", "muted: no page plays it",
                 "Lumenor Pocket 5", "+48.00+002.00/"):  # fmt: skip
        assert text in shown
    assert "<video" not in shown
    assert "<audio" not in shown


def test_a_hit_says_how_many_frames_of_each_side_and_what_was_asked_for_and_settles_nothing(member, world, film):
    shown = page(member, world, "a")
    assert "11 of its 24 different frames, and 6 of the other's 6; the closest differ in 12 of 256 bits" in shown
    assert "asked for: 0 % and 80 %, at most 31 bits, quality 50 and up" in shown
    assert "a near hit settles nothing" in shown


def test_copies_lead_to_each_other(member, world, film):
    there, back = (reverse("content", args=[world.operation.pk, letter * 64]) for letter in "ba")
    assert f'href="{there}"' in page(member, world, "a")
    assert "a part of this film, or a copy." in page(member, world, "a")
    assert f'href="{back}"' in page(member, world, "b")
    assert "this film is a part of it, or a copy." in page(member, world, "b")


def test_its_sheet_leaves_the_server_grey_and_blurred_only(member, world, film):
    answer = member.get(reverse("sheet", args=[world.operation.pk, "a" * 64]))
    shown = Image.open(io.BytesIO(answer.content))
    assert (shown.mode, shown.size) == ("L", (512, 288))
    small = shown.resize((96, 54), Image.Resampling.BOX).resize(shown.size, Image.Resampling.BICUBIC)
    assert sum(abs(a - b) for a, b in zip(shown.tobytes(), small.tobytes(), strict=True)) / (512 * 288) < 2
    assert film not in answer.content
    assert member.get(reverse("sheet", args=[world.operation.pk, "b" * 64])).status_code == 404
    assert member.get(reverse("sheet", args=[world.operation.pk, world.pictures[3].sha256])).status_code == 404
