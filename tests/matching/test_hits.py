"""Known lists on disk, and the hits on them."""

from dataclasses import replace

import pytest

from sauveterre.errors import LimitExceeded, UnreadableSource
from sauveterre.matching.exact import ExactIndex
from sauveterre.matching.hits import MatchOptions, match
from sauveterre.matching.known import KnownList, KnownListBuilder
from sauveterre.matching.warm import warm
from sauveterre.records.category import Category
from sauveterre.records.content import Fingerprint, Picture
from sauveterre.records.digest import Digest, Digests
from sauveterre.records.hash_list import Hit, ListedMedia, ListIdentity
from sauveterre.records.provenance import Provenance

SKIES = ListIdentity("skies", "7", "skies-list")
FILMS = ListIdentity("films", "2026-11", "films-list")


def digests(k):
    return Digests(f"{k:032x}", f"{k:040x}", f"{k:064x}")


def content(k, pdq=None, quality=80):
    picture = Picture(10, 10, pdq, quality, b"") if pdq else None
    return Fingerprint(digests(k), 1, "image/jpeg", picture)


def item(locator, *hashes, code=None):
    category = Category("skies-list", code) if code else None
    return ListedMedia(hashes, category, Provenance("sha256:00", "skies.txt", locator, "plain"))


@pytest.fixture
def pdq(random_hashes):
    return random_hashes(1, 40)[0].tobytes()


@pytest.fixture
def make(tmp_path):
    def made(identity, *items):
        with KnownListBuilder(tmp_path / identity.name, rows_in_memory=2) as builder:
            for one in items:
                builder.add(one)
            return builder.finish(identity, "sha256:00")

    return made


def test_a_hit_names_everything(make, pdq, flipped):
    listed = flipped(pdq, 9, 1)
    skies = make(
        SKIES,
        item("line 1", Digest("sha1", digests(5).sha1), code="1"),
        item("line 2", Digest("pdq", listed.hex())),
        item("line 3"),
    )
    hits = list(match([content(5), content(6, pdq), content(7)], [skies]))
    assert hits == [
        Hit(digests(5).sha256, SKIES, Digest("sha1", digests(5).sha1), 0, None, Category("skies-list", "1"), "line 1"),
        Hit(digests(6).sha256, SKIES, Digest("pdq", listed.hex()), 9, 80, None, "line 2"),
    ]
    assert len(skies) == 3
    assert skies.source == "sha256:00"
    skies.verify()


@pytest.mark.parametrize(
    ("algorithms", "by"), [(["md5"], "md5"), (["md5", "sha1"], "sha1"), (["sha256", "md5"], "sha256")]
)
def test_one_exact_hit_on_an_item_by_the_strongest_digest(make, algorithms, by):
    skies = make(SKIES, item("line 1", *(Digest(name, getattr(digests(5), name)) for name in algorithms)))
    (hit,) = match([content(5)], [skies])
    assert hit.digest.algorithm == by


def test_digests_that_meet_different_items_give_a_hit_on_each(make):
    skies = make(
        SKIES, item("a", Digest("md5", digests(5).md5)), item("b"), item("c", Digest("sha256", digests(5).sha256))
    )
    assert [(hit.locator, hit.digest.algorithm) for hit in match([content(5)], [skies])] == [
        ("a", "md5"),
        ("c", "sha256"),
    ]


def test_exact_before_near_and_not_both_on_one_item(make, pdq, flipped):
    both = item("both", Digest("md5", digests(5).md5), Digest("pdq", pdq.hex()))
    assert [hit.digest.algorithm for hit in match([content(5, pdq)], [make(SKIES, both)])] == ["md5"]
    exact = item("exact", Digest("md5", digests(5).md5))
    near = item("near", Digest("pdq", flipped(pdq, 3, 1).hex()))
    assert [hit.locator for hit in match([content(5, pdq)], [make(FILMS, near, exact)])] == ["exact", "near"]


def test_the_closest_item_of_each_list_of_equals_the_first(make, pdq, flipped):
    far, close = (Digest("pdq", flipped(pdq, bits, bits).hex()) for bits in (31, 4))
    skies = make(SKIES, item("far", far), item("close", close), item("again", close))
    films = make(FILMS, item("only", far), item("beyond", Digest("pdq", flipped(pdq, 32, 2).hex())))
    hits = list(match([content(5, pdq)], [skies, films]))
    assert [(hit.identity.name, hit.locator, hit.distance) for hit in hits] == [
        ("skies", "close", 4),
        ("films", "only", 31),
    ]
    assert [hit.distance for hit in match([content(5, pdq)], [films], MatchOptions(threshold=30))] == []


def test_a_near_hit_says_both_qualities(make, pdq, flipped):
    other = flipped(pdq, 100, 1)
    stated = replace(item("stated", Digest("pdq", pdq.hex())), pdq_quality=91)
    again = replace(item("again", Digest("pdq", pdq.hex())), pdq_quality=99)
    skies = make(SKIES, stated, again, item("silent", Digest("pdq", other.hex())))
    hits = match([content(1, flipped(pdq, 2, 3), 70), content(2, other, 71)], [skies])
    assert [(hit.locator, hit.distance, hit.quality, hit.listed_quality) for hit in hits] == [
        ("stated", 2, 70, 91),
        ("silent", 0, 71, None),
    ]


@pytest.mark.parametrize("quality", [-1, 101])
def test_a_listed_quality_is_one_that_pdq_knows(quality):
    with pytest.raises(ValueError, match="between 0 and 100"):
        replace(item("a"), pdq_quality=quality)


@pytest.mark.parametrize("quality", [0, 49, 50])
def test_what_a_list_says_is_poor_is_not_matched(make, pdq, quality):
    poor = replace(item("a", Digest("pdq", pdq.hex())), pdq_quality=quality)
    assert len(list(match([content(1, pdq)], [make(SKIES, poor)]))) == (quality >= 50)


@pytest.mark.parametrize("quality", [0, 49])
def test_poor_pictures_have_no_near_hits(make, pdq, quality):
    skies = make(SKIES, item("a", Digest("pdq", pdq.hex())))
    assert list(match([content(5, pdq, quality)], [skies])) == []
    assert len(list(match([content(5, pdq, quality)], [skies], MatchOptions(quality=quality)))) == 1


def test_flat_hashes_never_match(make):
    skies = make(SKIES, item("a", Digest("pdq", "00" * 32)))
    assert len(skies.near) == 0
    assert list(match([content(5, b"\0" * 32, 100)], [skies])) == []


def test_a_flat_picture_on_one_side_is_enough(make):
    """Hashes of 20 and 40 bits, 20 apart: the first lies within the threshold of one colour, the second does not."""
    flat, other = (((1 << bits) - 1).to_bytes(32, "big") for bits in (20, 40))
    assert list(match([content(1, flat)], [make(SKIES, item("a", Digest("pdq", other.hex())))])) == []
    assert list(match([content(1, other)], [make(SKIES, item("a", Digest("pdq", flat.hex())))])) == []
    near = make(FILMS, item("a", Digest("pdq", ((1 << 41) - 1).to_bytes(32, "big").hex())))
    assert [hit.distance for hit in match([content(1, other)], [near])] == [1]


def test_the_order_is_that_of_the_contents_whatever_the_batch(make, pdq, flipped):
    skies = make(SKIES, *(item(f"line {k}", Digest("md5", digests(k).md5)) for k in range(0, 40, 2)))
    films = make(FILMS, item("x", Digest("pdq", pdq.hex())), item("y", Digest("sha1", digests(3).sha1)))
    contents = [content(k, flipped(pdq, k, k)) for k in range(39, -1, -1)]
    hits = list(match(iter(contents), [films, skies]))
    assert len(hits) == 20 + 32 + 1
    order = [(39 - int(hit.sha256, 16), hit.identity.name, hit.distance) for hit in hits]
    assert order == sorted(order)
    for batch in (1, 7):
        assert list(match(contents, [films, skies], MatchOptions(batch=batch))) == hits


def test_of_a_repeated_hash_the_first_item_stays(make):
    first, second = (item(name, Digest("md5", digests(5).md5), code=name) for name in "12")
    (hit,) = match([content(5)], [make(SKIES, first, second)])
    assert (hit.locator, hit.category.code) == ("1", "1")


def test_an_empty_list_has_no_hits(make, pdq):
    assert list(match([content(5, pdq)], [make(SKIES)])) == []


def test_a_list_is_not_an_index_and_damage_is_told(make, tmp_path):
    make(SKIES, item("a", Digest("md5", digests(5).md5)))
    path = tmp_path / "skies"
    with pytest.raises(UnreadableSource, match="kind"):
        ExactIndex.open(path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(UnreadableSource, match="skies is damaged"):
        KnownList.open(path)


def test_an_unfinished_list_leaves_nothing_behind(tmp_path):
    with KnownListBuilder(tmp_path / "list") as builder:
        builder.add(item("a", Digest("md5", digests(5).md5)))
        with pytest.raises(LimitExceeded, match="512"):
            builder.finish(ListIdentity("x" * 600, "", ""), "")
    assert list(tmp_path.iterdir()) == []


def test_options_make_sense():
    for wrong in ({"threshold": -1}, {"threshold": 257}, {"batch": 0}):
        with pytest.raises(ValueError, match="makes no sense"):
            MatchOptions(**wrong)


def test_warm_counts_compiled_kernels():
    assert warm() > 10
