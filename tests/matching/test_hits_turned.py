"""Hits on what a picture is when turned, and on pictures inside its file."""

from dataclasses import replace

import numpy as np
import pytest

from sauveterre.matching.hits import MatchOptions, match
from sauveterre.matching.known import KnownListBuilder
from sauveterre.matching.turns import turned_rows
from sauveterre.records.content import Embedded, Fingerprint, Picture
from sauveterre.records.digest import Digest, Digests
from sauveterre.records.hash_list import ListedMedia, ListIdentity
from sauveterre.records.provenance import Provenance
from sauveterre.records.turn import TURNS, Turn

THUMBNAIL = "EXIF thumbnail"


def digests(k):
    return Digests(f"{k:032x}", f"{k:040x}", f"{k:064x}")


def item(locator, *hashes):
    return ListedMedia(hashes, None, Provenance("sha256:00", "skies.txt", locator, "plain"))


def pdq(value):
    return Digest("pdq", bytes(value).hex())


@pytest.fixture
def listed(tmp_path):
    def made(*items, name="skies"):
        with KnownListBuilder(tmp_path / name) as builder:
            for one in items:
                builder.add(one)
            return builder.finish(ListIdentity(name, "1", ""), "sha256:00")

    return made


@pytest.fixture
def hashes(random_hashes):
    return [row.tobytes() for row in random_hashes(12, 7)]


@pytest.fixture
def picture(hashes):
    return Picture(10, 10, hashes[0], 80, b"", turned=b"".join(hashes[1:4]))


def content(picture, k=1):
    return Fingerprint(digests(k), 1, "image/jpeg", picture)


def found(hits):
    return [(hit.locator, hit.digest.algorithm, hit.distance, hit.via, hit.turn) for hit in hits]


@pytest.mark.parametrize("turn", TURNS[1:])
def test_a_turned_copy_is_found_and_the_hit_says_how(listed, picture, flipped, turn):
    (rows,) = turned_rows([(picture.pdq, picture.turned)])
    value = flipped(rows[TURNS.index(turn)].tobytes(), 12, 3)
    (hit,) = match([content(picture)], [listed(item("a", pdq(value)))])
    assert (hit.turn, hit.distance, hit.quality, hit.via) == (turn, 12, 80, "")
    assert hit.digest == pdq(value)


def test_the_closest_turn_counts_of_equals_the_first(listed, picture, hashes, flipped):
    far, close = flipped(hashes[1], 9, 1), flipped(hashes[3], 4, 1)
    skies = listed(item("half", pdq(far)), item("mirrored", pdq(close)))
    assert found(match([content(picture)], [skies])) == [("mirrored", "pdq", 4, "", Turn.MIRRORED)]
    even = listed(item("mirrored", pdq(hashes[3])), item("half", pdq(hashes[1])), name="even")
    assert found(match([content(picture)], [even])) == [("half", "pdq", 0, "", Turn.HALF)]


def test_what_has_a_hit_already_is_not_turned(listed, picture, hashes, flipped):
    near = listed(item("turned", pdq(hashes[1])), item("upright", pdq(flipped(hashes[0], 30, 2))))
    exact = listed(item("turned", pdq(hashes[1])), item("exact", Digest("md5", digests(1).md5)), name="exact")
    assert found(match([content(picture)], [near, exact])) == [
        ("upright", "pdq", 30, "", Turn.NONE),
        ("exact", "md5", 0, "", Turn.NONE),
    ]


def test_turning_can_be_left_out_and_asks_for_quality_and_all_hashes(listed, picture, hashes):
    skies = listed(item("half", pdq(hashes[1])))
    assert list(match([content(picture)], [skies], MatchOptions(turned=False))) == []
    assert list(match([content(replace(picture, quality=49))], [skies])) == []
    assert list(match([content(replace(picture, turned=b""))], [skies])) == []


def small(value, k=9, quality=70):
    return Embedded(THUMBNAIL, 160, 120, value, quality, digests(k), 500)


def test_a_thumbnail_on_a_list_is_a_hit_of_its_own(listed, picture, hashes, flipped):
    held = content(replace(picture, embedded=(small(hashes[5]),)))
    skies = listed(item("near", pdq(flipped(hashes[5], 7, 1))), item("exact", Digest("sha1", digests(9).sha1)))
    hits = list(match([held], [skies]))
    assert found(hits) == [
        ("exact", "sha1", 0, THUMBNAIL, Turn.NONE),
        ("near", "pdq", 7, THUMBNAIL, Turn.NONE),
    ]
    assert {hit.sha256 for hit in hits} == {digests(1).sha256}
    assert hits[1].quality == 70


def test_a_thumbnail_that_shows_its_picture_says_nothing_new(listed, picture, hashes, flipped):
    held = content(replace(picture, embedded=(small(flipped(hashes[0], 31, 1)),)))
    skies = listed(item("a", pdq(flipped(hashes[0], 31, 1))), item("b", pdq(flipped(hashes[0], 3, 2))))
    assert found(match([held], [skies])) == [("b", "pdq", 3, "", Turn.NONE)]
    flat = content(replace(picture, quality=10, embedded=(small(hashes[0]),)))
    assert found(match([flat], [skies])) == [("b", "pdq", 3, THUMBNAIL, Turn.NONE)]


def test_what_the_picture_met_itself_is_not_said_again(listed, picture, hashes, flipped):
    held = content(replace(picture, embedded=(small(hashes[5]), small(hashes[5], k=1))))
    both = listed(item("both", pdq(hashes[0]), pdq(hashes[5]), Digest("md5", digests(1).md5)))
    assert found(match([held], [both])) == [("both", "md5", 0, "", Turn.NONE)]


def test_a_poor_thumbnail_and_one_without_a_file_of_its_own(listed, picture, hashes):
    bare = replace(small(hashes[5]), digests=None, size=None)
    skies = listed(item("a", pdq(hashes[5])), item("b", Digest("md5", digests(9).md5)))
    held = content(replace(picture, embedded=(bare, small(hashes[6], quality=49))))
    assert found(match([held], [skies])) == [
        ("a", "pdq", 0, THUMBNAIL, Turn.NONE),
        ("b", "md5", 0, THUMBNAIL, Turn.NONE),
    ]


def test_the_order_does_not_depend_on_the_batch(listed, picture, hashes, flipped):
    held = [
        content(replace(picture, pdq=flipped(hashes[k % 3], k, k), embedded=(small(hashes[4 + k % 4], k),)), k)
        for k in range(40)
    ]
    skies = listed(*(item(str(k), pdq(value)) for k, value in enumerate(hashes[:6])))
    whole = list(match(held, [skies]))
    assert len({int(hit.sha256, 16) for hit in whole}) > 30
    assert {hit.via for hit in whole} == {"", THUMBNAIL}
    assert np.all(np.diff([int(hit.sha256, 16) for hit in whole]) >= 0)
    for batch in (1, 7):
        assert list(match(held, [skies], MatchOptions(batch=batch))) == whole
