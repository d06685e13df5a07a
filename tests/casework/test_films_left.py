"""Films among what is left to look at: each by itself, or behind a longer one that it is a copy of."""

import pytest

from sauveterre.casework.models import Content, Entry, Exhibit, Film, FilmCopy, HashList, Hit, Source
from sauveterre.casework.selectors import contents
from sauveterre.casework.selectors.access import sight_of
from sauveterre.casework.selectors.standing import Part, place_of
from sauveterre.casework.selectors.tallies import left_to_look_at, tally_of
from sauveterre.casework.services.stacks import decide, take_back_decision
from sauveterre.casework.stacking import stack_again
from sauveterre.records.category import Category

pytestmark = pytest.mark.django_db


@pytest.fixture
def film(operation):
    """Make a film in a file, or in none; ``hashed`` is how many of its frames were."""
    exhibit = Exhibit.objects.create(operation=operation, number=1, path="/evidence/1")
    source = Source.objects.create(exhibit=exhibit, way="0" * 64, kind="directory")

    def make(number, *, hashed=9, lies=True):
        content = Content.objects.create(
            operation=operation, sha256=f"{number:064x}", sha1="", md5="", size=1, kind="video/mp4"
        )
        Film.objects.create(content=content, container="mov", seconds=9, hashed=hashed)
        if lies:
            lay(content)
        return content

    def lay(content):
        Entry.objects.create(source=source, ordinal=source.entries.count(), path=content.sha256, content=content)

    make.lay = lay
    return make


@pytest.fixture
def left(operation, ana):
    """What is left, in order, as the gallery shows it."""
    return lambda: contents.gallery(sight_of(ana, operation.pk), show="unsettled", after=0).rows


def copies(head, *held):
    for one in held:
        FilmCopy.objects.create(content=one, head=head, film={})


def keys(tiles):
    return [tile.content.pk for tile in tiles]


def test_a_film_is_left_to_look_at_and_sound_alone_is_not(operation, film):
    moving, _ = film(1, hashed=1), film(2, hashed=0)
    counted = tally_of(operation)
    assert (counted.effect.parts[Part.LEFT], counted.effect.parts[Part.OTHER]) == (1, 1)
    assert left_to_look_at(operation) == [place_of(moving.pk, 1)]
    assert (counted.shown["all"], counted.shown["unsettled"]) == (1, 1)


def test_copies_come_up_when_their_film_is_decided_and_are_not_decided_by_it(operation, film, left, ana):
    first, head, second, other = (film(number) for number in range(4))
    copies(head, first, second)
    assert keys(left()) == [head.pk, other.pk], "not the copy that was found first"
    assert [tile.copies for tile in left()] == [2, 0]
    stack = decide(content=head, category=Category("weather", "2"), by=ana)
    assert keys(left()) == [first.pk, second.pk, other.pk]
    assert contents.next_left(sight_of(ana, operation.pk), after=head.pk) == second.sha256, "on from where it was"
    stack_again(operation).write()
    assert keys(left()) == [first.pk, second.pk, other.pk], "an assessment leaves the decision"
    assert tally_of(operation).effect.parts[Part.DECIDED] == 1
    take_back_decision(stack=stack, by=ana)
    assert keys(left()) == [head.pk, other.pk]


def test_copies_of_a_film_that_a_list_knows_or_that_lies_nowhere_are_each_left(operation, film):
    head, one, two = film(1, lies=False), film(2), film(3)
    copies(head, one, two)
    alone = [place_of(content.pk, 1) for content in (one, two)]
    assert left_to_look_at(operation) == alone
    film.lay(head)
    assert left_to_look_at(operation) == [place_of(head.pk, 1)]
    skies = HashList.objects.create(operation=operation, name="Skies", version="1", items=9, problems=0)
    for algorithm, expected in (("pdq", [place_of(head.pk, 1)]), ("sha256", alone)):
        Hit.objects.create(content=head, hash_list=skies, algorithm=algorithm, distance=0, rule="settled")
        assert left_to_look_at(operation) == expected, algorithm
