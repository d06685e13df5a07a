"""What the page of a content says of pictures inside its file, of turned copies, and of what the file states."""

import pytest
from django.urls import reverse


@pytest.fixture
def picture(world):
    """The picture of a content that no list knows, with an old thumbnail in its file."""
    held = world.pictures[9].picture
    held.embedded = [{
        "origin": "EXIF thumbnail", "width": 160, "height": 120, "pdq": bytes(held.pdq).hex()[::-1], "quality": 71,
        "digests": {"md5": "1" * 32, "sha1": "2" * 40, "sha256": "3" * 64}, "size": 4_000,
    }, {
        "origin": "HEIF thumbnail", "width": 320, "height": 240, "pdq": bytes(held.pdq).hex(), "quality": 90,
        "digests": None, "size": None,
    }]  # fmt: skip
    held.statements = [["XMP", "xmp:CreatorTool", "Lantern <Editor> 3"]]
    held.frames = 12
    held.save()
    return held


def hit(world, picture, **fields):
    from sauveterre.casework.models import Hit

    return Hit.objects.create(
        content=picture.content, hash_list=world.lists[0], value="3" * 64, locator="line 9",
        **{"algorithm": "sha256", "distance": 0, **fields},
    )  # fmt: skip


def page(client, world, picture, **headers):
    return client.get(reverse("content", args=[world.operation.pk, picture.content.sha256]), **headers).content.decode()


def test_the_page_shows_what_is_inside_and_what_is_stated(member, world, picture):
    text = page(member, world, picture)
    assert "thumbnail in EXIF" in text
    assert "160 × 120" in text
    assert "differs" in text
    assert "the same scene" in text
    assert "not a file of its own" in text
    assert "3333" in text
    assert "Lantern &lt;Editor&gt; 3" in text
    assert "the first one was fingerprinted" in text


def test_an_exact_hit_on_a_thumbnail_settles_nothing(member, world, picture):
    from sauveterre.casework.selectors.access import sight_of
    from sauveterre.casework.selectors.contents import contents
    from sauveterre.casework.selectors.standing import hit_counts

    sight = sight_of(world.ana, world.operation.pk)
    before = hit_counts(world.operation)
    hit(world, picture, via="EXIF thumbnail")
    text = page(member, world, picture)
    assert "a hit on a picture inside the file settles nothing" in text
    assert "of the thumbnail in EXIF" in text
    row = contents(sight).get(pk=picture.content_id)
    assert (row.known, row.ignorable, row.near) == (False, False, True)
    after = hit_counts(world.operation)
    assert (after["known"], after["near"]) == (before["known"], before["near"] + 1)


def test_officers_may_confirm_it(member, world, picture):
    from sauveterre.casework.selectors.access import sight_of
    from sauveterre.casework.selectors.contents import contents

    hit(world, picture, via="EXIF thumbnail", rule="confirm", people=1)
    member.post(reverse("confirm", args=[world.operation.pk, picture.content.sha256]))
    sight = sight_of(world.ana, world.operation.pk)
    assert contents(sight).get(pk=picture.content_id).known


def test_a_turned_copy_says_how_it_was_turned(member, world, picture):
    hit(world, picture, algorithm="pdq", turn="mirrored left to right", quality=80)
    text = page(member, world, picture)
    assert "after: mirrored left to right" in text
    assert "a near hit settles nothing" in text
    french = page(member, world, picture, HTTP_ACCEPT_LANGUAGE="fr")
    assert "après : miroir de gauche à droite" in french


def test_a_near_hit_that_was_checked_shows_both_distances(member, world, picture):
    hit(world, picture, algorithm="pdq", quality=80, distance=12)
    assert "in dispute: <code>sauveterre hit check</code> compares it the reference way" in page(member, world, picture)
    picture.reference_pdq, picture.reference_quality = bytes.fromhex("3" * 61 + "000"), 81
    picture.save()
    text = page(member, world, picture)
    assert "12 of 256 bits" in text
    assert "by the reference way: 6 of 256 bits" in text
    assert "in dispute" not in text
    french = page(member, world, picture, HTTP_ACCEPT_LANGUAGE="fr")
    assert "par la méthode de référence : 6 bits sur 256" in french


def test_a_package_names_no_list_for_a_thumbnail(world, picture):
    from sauveterre.casework.models import Share
    from sauveterre.casework.packaging import _contents

    subject = f"sha256:{picture.content.sha256}"
    Share.objects.create(operation=world.operation, group="g", account="a", subject=subject, message="m")
    hit(world, picture, via="EXIF thumbnail")
    assert [one.lists for one in _contents(world.operation, ["a"])] == [()]
    hit(world, picture)
    assert [one.lists for one in _contents(world.operation, ["a"])] == [("Known skies 2026-01",)]
