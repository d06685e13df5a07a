"""Films compared as sets of frames, with thresholds on both sides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.matching.video import compare_films
from sauveterre.records.film_match import FilmComparison, FilmThresholds
from sauveterre.records.video import HashedFrame
from sauveterre.records.vpdq import read_vpdq_text

USUAL = FilmThresholds(distance=31, quality=50, query_share=0.8, target_share=0.0)
BASES = [bytes([value, 255 - value, 0x5A, 0x3C] * 8) for value in range(1, 40, 3)]
frames = st.lists(
    st.builds(
        lambda base, flips, quality: HashedFrame(0, flipped(base, flips), quality, 0.0),
        st.sampled_from(BASES), st.sets(st.integers(0, 255), max_size=40), st.integers(0, 100),
    ), max_size=12,
)  # fmt: skip
thresholds = st.builds(
    FilmThresholds, distance=st.integers(0, 31), quality=st.integers(0, 100), query_share=st.floats(0, 1),
    target_share=st.floats(0, 1),
)  # fmt: skip


def flipped(pdq, places):
    number = int.from_bytes(pdq, "big")
    for place in places:
        number ^= 1 << place
    return number.to_bytes(32, "big")


def film(*hashes, quality=100):
    return [HashedFrame(number, pdq, quality, float(number)) for number, pdq in enumerate(hashes)]


def test_shares_are_counted_of_different_frames_that_are_good_enough():
    first, second, third = BASES[0], BASES[4], BASES[8]
    query = [*film(first, first, second), *film(third, quality=49)]
    target = film(flipped(first, range(31)), third, flipped(third, [0]), flipped(third, [1]))
    compared = compare_films(query, target, USUAL)
    assert compared == FilmComparison(query_frames=2, query_found=1, target_frames=4, target_found=1, closest=31)
    assert (compared.query_share, compared.target_share) == (0.5, 0.25)


@pytest.mark.parametrize(("query_share", "target_share", "matches"), [
    (0.5, 0.25, True), (0.51, 0.25, False), (0.5, 0.26, False), (0, 0, True),
])  # fmt: skip
def test_both_shares_must_be_reached(query_share, target_share, matches):
    given_shares = FilmThresholds(distance=31, quality=50, query_share=query_share, target_share=target_share)
    assert FilmComparison(2, 1, 4, 1, 3).is_match(given_shares) is matches


def test_nothing_in_common_is_no_match_even_where_no_share_is_asked_for():
    nothing = FilmThresholds(distance=31, quality=50, query_share=0, target_share=0)
    assert not compare_films([], film(BASES[0]), nothing).is_match(nothing)
    assert not compare_films(film(BASES[0]), film(BASES[8]), nothing).is_match(nothing)
    assert not compare_films(film(bytes(32)), film(bytes(32)), nothing).is_match(nothing)


@pytest.mark.parametrize("wrong", [{"distance": 257}, {"distance": -1}, {"query_share": 1.1}, {"target_share": -0.1}])
def test_thresholds_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match="no sense"):
        FilmThresholds(**{"distance": 31, "quality": 50, "query_share": 0.8, "target_share": 0.0, **wrong})


def test_the_sample_films_are_themselves_and_not_each_other(fixtures):
    names = ("doorknob-hd-no-bar", "pattern-hd-no-bar", "pattern-sd-grey-bar")
    films = {name: read_vpdq_text((fixtures / "video" / f"{name}.txt").read_text()) for name in names}
    door, pattern, grey = (films[name] for name in names)
    for one in films.values():
        assert (compare_films(one, one, USUAL).query_share, compare_films(one, one, USUAL).closest) == (1.0, 0)
    for other in (pattern, grey):
        assert compare_films(door, other, USUAL).query_found == 0
        assert compare_films(other, door, USUAL).target_found == 0


@given(frames, frames, thresholds)
def test_comparison_is_the_same_as_pair_by_pair_and_turns_round(query, target, given_thresholds):
    compared = compare_films(query, target, given_thresholds)
    turned = compare_films(target, query, given_thresholds)
    ours, theirs = ({f.pdq for f in side if f.quality >= given_thresholds.quality} for side in (query, target))
    distances = {
        (a, b): (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).bit_count() for a in ours for b in theirs
    }
    within = {pair: bits for pair, bits in distances.items() if bits <= given_thresholds.distance}

    assert (compared.query_frames, compared.target_frames) == (len(ours), len(theirs))
    assert compared.query_found == len({a for a, _ in within})
    assert compared.target_found == len({b for _, b in within})
    assert compared.closest == (min(within.values()) if within else None)
    assert (turned.query_found, turned.target_found) == (compared.target_found, compared.query_found)


@given(frames, frames, thresholds)
def test_a_longer_list_of_frames_never_finds_less(query, target, given_thresholds):
    fewer = compare_films(query, target, given_thresholds)
    more = compare_films(query, target + film(*BASES), given_thresholds)
    assert more.query_found >= fewer.query_found
