"""Near matches: nothing within the threshold is missed, nothing beyond it is found."""

import numpy as np
import pytest

from sauveterre.matching import near
from sauveterre.matching.near import NearIndex, matchable

WAYS = ("brute", "probe", "join")


def all_pairs(hashes, queries, threshold):
    """Compare everything with everything, in numpy alone."""
    distances = np.bitwise_count(queries[:, None, :] ^ hashes[None, :, :]).sum(2, dtype=np.int64)
    query, item = np.nonzero(distances <= threshold)
    return np.stack([query, item, distances[query, item]], 1)


def read_hashes(path):
    return near.to_rows([bytes.fromhex(line) for line in path.read_text().split()])


@pytest.mark.parametrize("way", WAYS)
def test_needles_in_the_haystack(fixtures, way):
    needles, haystack = (read_hashes(fixtures / "pictures" / name) for name in ("needles.txt", "haystack.txt"))
    found = near.near(NearIndex(haystack), needles, way=way)
    assert len(found) == 250
    assert len(set(found[:, 0].tolist())) == 100
    assert (found == all_pairs(haystack, needles, 31)).all()


@pytest.fixture(scope="module")
def planted(random_hashes, flipped):
    """Random hashes, and queries at every distance from 0 to 40 bits of some of them, twice."""
    hashes = random_hashes(3_000, 1)
    hashes[1_000] = hashes[7]
    chosen = [(row, bits) for row in range(0, 1_640, 40) for bits in (row // 40, 40 - row // 40)]
    queries = [flipped(hashes[row].tobytes(), bits, seed) for seed, (row, bits) in enumerate(chosen)]
    return hashes, np.concatenate([near.to_rows(queries), random_hashes(500, 2), hashes[7:8]])


@pytest.mark.parametrize("threshold", [0, 1, 15, 16, 30, 31])
def test_bands_find_what_brute_force_finds(planted, threshold):
    hashes, queries = planted
    expected = all_pairs(hashes, queries, threshold)
    index = NearIndex(hashes)
    for way in WAYS:
        found = near.near(index, queries, threshold, way=way)
        assert found.tolist() == expected.tolist()
    assert [7, 0] in expected[expected[:, 0] == len(queries) - 1][:, 1:].tolist()


def test_every_way_to_part_31_bits_over_the_bands(random_hashes):
    base = random_hashes(1, 9)[0]
    rng = np.random.default_rng(10)
    queries = np.repeat(base[None], 3_000, 0)
    for query in queries:
        bits = np.concatenate([rng.choice(16, 2 if band else 1, replace=False) + 16 * band for band in range(16)])
        rng.shuffle(bands := bits.reshape(-1))
        for bit in bands:
            query[bit >> 3] ^= 1 << (bit & 7)
    for way in WAYS:
        assert near.near(NearIndex(base[None]), queries, way=way)[:, 2].tolist() == [31] * 3_000


@pytest.mark.parametrize("way", WAYS)
def test_nearest_is_the_first_of_the_closest(planted, way):
    hashes, queries = planted
    found = near.nearest(NearIndex(hashes), queries, way=way)
    expected = np.full((len(queries), 2), -1)
    for query, item, distance in all_pairs(hashes, queries, 31)[::-1]:
        if expected[query, 1] < 0 or distance <= expected[query, 1]:
            expected[query] = item, distance
    assert found.tolist() == expected.tolist()
    assert found[-1].tolist() == [7, 0]


def test_above_31_bits_everything_is_compared(planted):
    hashes, queries = planted
    assert near.near(NearIndex(hashes), queries, 40, way="join").tolist() == all_pairs(hashes, queries, 40).tolist()


def test_more_pairs_than_room(random_hashes):
    hashes = np.repeat(random_hashes(1, 4), 400, 0)
    for way in WAYS:
        assert len(near.near(NearIndex(hashes), hashes, way=way)) == 160_000


def test_empty_sides(random_hashes):
    none, some = np.empty((0, 32), np.uint8), random_hashes(3, 1)
    for way in WAYS:
        assert near.near(NearIndex(none), some, way=way).shape == (0, 3)
        assert near.near(NearIndex(some), none, way=way).shape == (0, 3)
        assert near.nearest(NearIndex(none), some, way=way).tolist() == [[-1, -1]] * 3


def test_wrong_shapes_and_thresholds_are_refused(random_hashes):
    with pytest.raises(ValueError, match="rows of 32 bytes"):
        NearIndex(np.zeros((2, 20), np.uint8))
    with pytest.raises(ValueError, match="threshold"):
        near.near(NearIndex(random_hashes(1, 1)), random_hashes(1, 1), -1)


def test_what_may_be_matched(random_hashes):
    pdq = random_hashes(1, 1)[0].tobytes()
    assert matchable(pdq, 50)
    assert matchable(pdq, None)
    assert not matchable(pdq, 49)
    assert matchable(pdq, 49, least_quality=40)
    for flat in (b"\0" * 32, b"\xff" * 32, b"\xaa" * 32, b"\0" * 31 + b"\x0f", b"\xff" * 31 + b"\x0f", pdq[:31], b""):
        assert not matchable(flat, 100)


def test_the_way_is_chosen_by_size_and_by_what_was_asked_before(random_hashes):
    small, large = NearIndex(random_hashes(20_000, 1)), NearIndex(random_hashes(20_001, 1))
    assert [small.way(queries) for queries in (1, 50_000)] == ["brute", "brute"]
    assert [large.way(1) for _ in range(101)] == ["brute"] * 100 + ["probe"]
    assert [large.way(queries) for queries in (99, 100, 53_000, 54_000)] == ["probe", "brute", "brute", "join"]
    fresh = NearIndex(random_hashes(20_001, 1))
    assert fresh.bands[1].shape == (16, 20_001)
    assert fresh.way(1) == "probe"


@pytest.mark.parametrize("way", WAYS)
def test_a_row_that_is_gone_is_not_found(planted, way):
    hashes, queries = planted
    index = NearIndex(hashes)
    assert near.nearest(index, queries[-1:], way=way).tolist() == [[7, 0]]
    index.gone = np.packbits(np.arange(3_000) == 7, bitorder="little")
    assert near.nearest(index, queries[-1:], way=way).tolist() == [[1_000, 0]]
    expected = [pair for pair in all_pairs(hashes, queries, 31).tolist() if pair[1] != 7]
    assert near.near(index, queries, way=way).tolist() == expected


def test_memory_is_about_a_hundred_bytes_a_hash(random_hashes):
    index = NearIndex(random_hashes(30_000, 1))
    assert index.nbytes == 32 * 30_000
    index.bands  # noqa: B018  (made when first asked for)
    assert index.nbytes == 96 * 30_000 + 16 * 65_537 * 8
