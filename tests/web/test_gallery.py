import io

import pytest
from django.urls import reverse
from PIL import Image, ImageFilter, ImageStat


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def detail(picture: Image.Image) -> float:
    """How much two neighbouring pixels differ: the fine detail of a picture."""
    grey = picture.convert("L").resize((128, 96))
    edges = grey.filter(ImageFilter.FIND_EDGES).crop((2, 2, 126, 94))
    return ImageStat.Stat(edges).mean[0]


@pytest.fixture
def blurred(member, world):
    sha256 = world.pictures[5].sha256
    answer = member.get(reverse("blurred", args=[world.operation.pk, sha256]))
    return world.thumbnails[sha256], answer


def test_a_picture_leaves_the_server_grey(blurred):
    clear, answer = blurred
    assert answer["Content-Type"] == "image/jpeg"
    picture = opened(answer.content)
    assert picture.mode == "L", "a picture with colour"
    assert max(picture.size) == 128
    assert opened(clear).mode == "RGB"


def test_its_detail_is_gone(blurred):
    clear, answer = blurred
    assert detail(opened(clear)) > 20, "the drawing must have detail for this test to mean anything"
    assert detail(opened(answer.content)) < detail(opened(clear)) / 8


def test_no_more_than_a_few_grey_values_are_left(blurred):
    """What is sent can be made again from 24 values a side: there is no detail in it that a sharpener could find."""
    _, answer = blurred
    picture = opened(answer.content)
    small = picture.resize((24, 24), Image.Resampling.BOX)
    again = small.resize(picture.size, Image.Resampling.BICUBIC)
    pairs = zip(picture.tobytes(), again.tobytes(), strict=True)
    assert sum(abs(a - b) for a, b in pairs) / len(picture.tobytes()) < 2


def test_it_carries_no_metadata(blurred):
    _, answer = blurred
    assert not opened(answer.content).getexif()


def test_no_answer_holds_a_clear_picture(member, world):
    """Not one byte string of any thumbnail, on any page or address that the gallery's pages lead to."""
    pages = [reverse("gallery", args=[world.operation.pk]) + "?show=all"]
    for content in world.pictures[:6]:
        pages += [reverse(name, args=[world.operation.pk, content.sha256]) for name in ("content", "blurred")]
    for url in pages:
        answer = member.get(url).content
        for clear in world.thumbnails.values():
            middle = len(clear) // 2
            assert clear[middle : middle + 64] not in answer


def test_thumbnails_have_no_address_of_their_own(member, world):
    from sauveterre.casework.storage import thumbnail_name

    sha256 = world.pictures[0].sha256
    for prefix in ("/", "/media/", "/static/", "/store/", f"/o/{world.operation.pk}/"):
        assert member.get(prefix + thumbnail_name(sha256)).status_code == 404


def test_a_picture_without_a_thumbnail_is_not_found(member, world):
    from sauveterre.casework.models import Content

    url = reverse("blurred", args=[world.operation.pk, "0" * 64])
    assert member.get(url).status_code == 404
    Content.objects.filter(pk=world.pictures[1].pk).update(sha256="0" * 64)
    assert member.get(url).status_code == 404
    text = world.contents[-1]
    assert member.get(reverse("blurred", args=[world.operation.pk, text.sha256])).status_code == 404


def tiles(member, world, *, stack=None, **query):
    url = reverse("stack", args=[world.operation.pk, stack]) if stack else reverse("gallery", args=[world.operation.pk])
    page = member.get(url, query).content.decode()
    return [content.sha256 for content in world.pictures if f"/contents/{content.sha256}/" in page]


def test_what_a_list_knows_need_not_be_looked_at(member, world):
    left = tiles(member, world, show="unsettled")
    assert len(left) == 13
    settled = {content.sha256 for content in world.pictures[:7]}
    assert not settled & set(left)
    assert settled == set(tiles(member, world, show="known")) | set(tiles(member, world, show="ignorable"))


def test_a_near_hit_is_still_looked_at(member, world):
    near = tiles(member, world, show="near")
    assert near == [content.sha256 for content in world.pictures[7:9]]
    assert set(near) <= set(tiles(member, world, show="unsettled"))


def test_a_stack_comes_once_and_opens_to_all_of_it(member, world):
    from sauveterre.casework.models import Stack

    stack = Stack.objects.get(head=world.pictures[10])
    ours = {content.sha256 for content in world.pictures[10:14]}
    assert len(ours & set(tiles(member, world, show="unsettled"))) == 1
    assert len(ours & set(tiles(member, world, show="stacks"))) == 1
    assert set(tiles(member, world, stack=stack.pk)) == ours


def test_a_stack_with_an_unsettled_member_is_not_settled_by_its_head(member, world):
    """The head is on a list, its near twin is not: the twin is still shown."""
    assert world.pictures[18].sha256 in tiles(member, world, show="unsettled")
    assert world.pictures[0].sha256 not in tiles(member, world, show="unsettled")
