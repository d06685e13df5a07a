"""Films on lists, and films that are copies of one another."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sauveterre.matching.film_copies import FilmCopy, film_copies
from sauveterre.matching.hits import MatchOptions, match
from sauveterre.matching.known import KnownList, KnownListBuilder
from sauveterre.matching.video import AROUND, WITHIN, compare_films
from sauveterre.records.content import Fingerprint, Picture
from sauveterre.records.digest import Digest, Digests
from sauveterre.records.film_match import FilmComparison, FilmMatch
from sauveterre.records.hash_list import ListedMedia, ListIdentity
from sauveterre.records.provenance import Provenance
from sauveterre.records.video import Film, HashedFilm, HashedFrame

FILMS = ListIdentity("films", "1", "")


@pytest.fixture(scope="module")
def hashes():
    import numpy as np

    return [row.tobytes() for row in np.random.default_rng(5).integers(0, 256, (60, 32), np.uint8)]


def frames(hashes, quality=90):
    return tuple(HashedFrame(number, pdq, quality, float(number)) for number, pdq in enumerate(hashes))


def content(k, *hashes, still=None, kind="video/mp4"):
    film = HashedFilm(film=Film(container="mov"), frames=frames(hashes)) if hashes else None
    picture = Picture(10, 10, still, 80, b"") if still else None
    return Fingerprint(Digests(f"{k:032x}", f"{k:040x}", f"{k:064x}"), 1, kind, picture, film=film)


def item(locator, *hashes, film=()):
    return ListedMedia(hashes, None, Provenance("sha256:00", "films", locator, "signals_csv"), frames=frames(film))


@pytest.fixture
def make(tmp_path):
    def made(*items):
        with KnownListBuilder(tmp_path / "films") as builder:
            for one in items:
                builder.add(one)
            return builder.finish(FILMS, "sha256:00")

    return made


def test_an_extract_and_a_compilation_are_near_hits_with_how_many_of_each_side(make, hashes, flipped):
    known = make(item("line 1"), item("line 2", film=hashes[:10]), item("line 3", film=hashes[20:24]))
    extract = content(1, *(flipped(pdq, 5, 1) for pdq in hashes[2:6]), hashes[50])
    compilation = content(2, *hashes[20:24], *hashes[30:50])
    hits = list(match([extract, compilation, content(3, *hashes[51:])], [known]))

    assert [(hit.sha256, hit.locator, hit.distance, hit.quality) for hit in hits] == [
        (extract.digests.sha256, "line 2", 5, 90), (compilation.digests.sha256, "line 3", 0, 90),
    ]  # fmt: skip
    assert hits[0].digest.hex in {pdq.hex() for pdq in hashes[2:6]}
    assert hits[0].film == FilmMatch(FilmComparison(5, 4, 10, 4, 5), WITHIN)
    assert hits[1].film == FilmMatch(FilmComparison(24, 4, 4, 4, 0), AROUND)


@pytest.mark.parametrize(("shares", "found"), [
    (((0.8, 0.0),), True), (((0.81, 0.0),), False), (((0.8, 0.4),), True), (((0.8, 0.41),), False),
    (((0.9, 0.0), (0.0, 0.4)), True),
])  # fmt: skip
def test_both_shares_of_one_rule_must_be_reached(make, hashes, shares, found):
    known = make(item("line 1", film=hashes[:10]))
    hits = list(match([content(1, *hashes[:4], hashes[50])], [known], MatchOptions(film_shares=shares)))
    assert bool(hits) is found


def test_a_listed_picture_in_a_film_and_a_still_of_a_listed_film_are_near_hits(make, hashes, flipped):
    known = make(item("line 1", Digest("pdq", hashes[0].hex())), item("line 2", film=hashes[10:20]))
    film, still = content(1, *hashes[30:50], flipped(hashes[0], 31, 3)), content(2, still=hashes[12], kind="image/png")
    hits = list(match([film, still], [known]))
    assert [(hit.locator, hit.distance, hit.film) for hit in hits] == [
        ("line 1", 31, FilmMatch(FilmComparison(21, 1, 1, 1, 31), AROUND)),
        ("line 2", 0, FilmMatch(FilmComparison(1, 1, 10, 1, 0), WITHIN)),
    ]


def test_what_is_met_otherwise_is_not_met_by_frames_once_more(make, hashes):
    moving = content(1, *hashes[:3], still=hashes[0], kind="image/gif")
    exact = item("line 1", Digest("md5", moving.digests.md5), film=hashes[:3])
    near = item("line 2", Digest("pdq", hashes[0].hex()), film=hashes[:3])
    assert [(hit.locator, hit.film) for hit in match([moving], [make(exact, near)])] == [
        ("line 1", None),
        ("line 2", None),
    ]


def test_flat_and_poor_frames_are_not_listed_and_not_asked_for(make, hashes):
    known = make(item("line 1", film=(bytes(32), *hashes[:2])))
    assert len(known.films) == 2
    poor = content(1, hashes[0])
    film = replace(poor.film, frames=frames(hashes[:2], quality=49))
    assert list(match([replace(poor, film=film)], [known])) == []


def test_a_list_written_before_films_is_still_read(make, hashes, monkeypatch):
    from sauveterre.matching import known as module

    class Before(module.Plan):
        def __init__(self, kind, shapes):
            super().__init__(kind, {name: shape for name, shape in shapes.items() if not name.startswith("film.")})

    monkeypatch.setattr(module, "Plan", Before)
    monkeypatch.setattr(module.KnownListBuilder, "_fill_frames", lambda *_: None)
    old = make(item("line 1", Digest("pdq", hashes[0].hex())))
    assert isinstance(old, KnownList)
    assert (len(old.films), len(list(match([content(1, *hashes[:9])], [old])))) == (0, 1)


def test_the_batch_and_the_chunk_change_nothing(make, hashes, monkeypatch):
    from sauveterre.matching import film_hits

    known = make(*(item(f"line {at}", film=hashes[at : at + 9]) for at in range(0, 50, 4)))
    contents = [content(at, *hashes[at : at + 6]) for at in range(40)]
    whole = list(match(contents, [known]))
    monkeypatch.setattr(film_hits, "AT_ONCE", 7)
    assert list(match(contents, [known], MatchOptions(batch=3))) == whole
    assert len(whole) > 20


def test_copies_are_given_to_the_longest_film_each_once(hashes, flipped):
    films = [
        ("c", frames(hashes[:4])), ("a", frames(hashes[:10])), ("d", frames([flipped(h, 9, 2) for h in hashes[:10]])),
        ("b", frames(hashes[20:40])), ("e", frames(hashes[50:])), ("f", ()),
    ]  # fmt: skip
    assert film_copies(films) == [
        FilmCopy("a", "c", FilmMatch(FilmComparison(4, 4, 10, 4, 0), WITHIN)),
        FilmCopy("a", "d", FilmMatch(FilmComparison(10, 10, 10, 10, 9), WITHIN)),
    ]
    assert film_copies(reversed(films)) == film_copies(films)


@settings(max_examples=60)
@given(st.lists(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40)), max_size=8), max_size=6))
def test_copies_are_what_comparison_pair_by_pair_finds(hashes, flipped, films):
    given_films = [
        (f"{number}", frames([flipped(hashes[base], bits, bits) for base, bits in film]))
        for number, film in enumerate(films)
    ]
    by_name = dict(given_films)
    copies = film_copies(given_films)
    for copy in copies:
        compared = compare_films(by_name[copy.sha256], by_name[copy.head], WITHIN)
        assert copy.match.comparison == compared
        assert compared.is_match(copy.match.thresholds)
    given_away = {copy.sha256 for copy in copies}
    heads = sorted(by_name.keys() - given_away)
    for one in heads:
        for other in heads:
            compared = compare_films(by_name[one], by_name[other], WITHIN)
            assert one == other or not (compared.is_match(WITHIN) or compared.is_match(AROUND))
