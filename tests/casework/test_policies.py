import hashlib

import pytest

from sauveterre.casework.models import AuditEvent, Content, HashList, Hit, ListPolicy, Picture
from sauveterre.casework.selectors import contents, standing
from sauveterre.casework.selectors.access import sight_of
from sauveterre.casework.selectors.policies import Asked, RuleRow, asked, rule_rows
from sauveterre.casework.services.policies import confirm, remove_hash_list, set_policy, withdraw
from sauveterre.errors import InvalidInput, NotAllowed
from sauveterre.records.category import Category
from sauveterre.records.ruling import Rule

pytestmark = pytest.mark.django_db
CLOUDS, RAIN = Category("weather", "1"), Category("weather", "2")


@pytest.fixture
def lists(operation):
    return {
        name: HashList.objects.create(
            operation=operation, name=name, version="1", scheme="weather", effect=effect, reader="plain",
            sha256=digit * 64, items=9, problems=0,
        )
        for name, effect, digit in (("Skies", "known", "a"), ("Icons", "ignorable", "b"))
    }  # fmt: skip


@pytest.fixture
def content(operation, lists):
    """Make a content with hits: (list, category, distance of a near hit or None)."""

    def make(name, *hits):
        digest = hashlib.sha256(name.encode()).hexdigest()
        made = Content.objects.create(operation=operation, sha256=digest, sha1="", md5="", size=1, kind="image/png")
        Picture.objects.create(content=made, width=9, height=9, pdq=bytes(32), quality=90)
        for on, category, near in hits:
            Hit.objects.create(
                content=made, hash_list=lists[on], algorithm="sha256" if near is None else "pdq", value=digest,
                distance=near or 0, quality=90, category_scheme=category.scheme if category else "",
                category_code=category.code if category else "", locator="line 1", rule=lists[on].usual.value,
            )  # fmt: skip
        return made

    return make


@pytest.fixture
def state(operation, ana):
    """What a content counts as, the same by all three ways of asking."""

    def of(one):
        sight = sight_of(ana, operation.pk)
        names = {
            name for name in standing.HIT_FILTERS if contents.content_rows(sight, hit=name).filter(pk=one.pk).exists()
        }
        shown = {name for name in standing.HIT_FILTERS if contents.shown(sight, show=name).filter(pk=one.pk).exists()}
        assert names == shown
        counted = standing.hit_counts(operation)
        assert {name: contents.content_rows(sight, hit=name).count() for name in counted} == counted
        return names - {"all"}

    return of


def test_what_a_hit_settles_without_any_rule(content, state):
    assert state(content("a", ("Skies", RAIN, None))) == {"known"}
    assert state(content("b", ("Icons", None, None))) == {"ignorable"}
    assert state(content("c", ("Skies", RAIN, 12))) == {"near", "unsettled"}
    assert state(content("d", ("Icons", None, 12))) == {"unsettled"}
    assert state(content("e")) == {"unsettled"}
    assert state(content("f", ("Skies", RAIN, None), ("Icons", None, None))) == {"known"}


def test_a_category_has_a_rule_of_its_own_which_holds_at_once(content, state, operation, ana):
    rain, clouds = content("a", ("Skies", RAIN, None)), content("b", ("Skies", CLOUDS, None))

    set_policy(operation=operation, list_name="Skies", category=RAIN, rule=Rule.CONFIRM, people=2, by=ana)

    assert state(rain) == {"confirm", "unsettled"}
    assert state(clouds) == {"known"}
    set_policy(operation=operation, list_name="Skies", category=None, rule=Rule.IGNORED, people=0, by=ana)
    assert state(rain) == {"confirm", "unsettled"}
    assert state(clouds) == {"ignorable"}
    set_policy(operation=operation, list_name="Skies", category=RAIN, rule=Rule.SETTLED, people=0, by=ana)
    assert state(rain) == {"known"}
    assert ListPolicy.objects.count() == 2
    assert AuditEvent.objects.filter(action="list-rule-set").count() == 3


def test_as_many_officers_as_the_rule_says_have_to_confirm(content, state, operation, ana, ben):
    one = content("a", ("Skies", RAIN, None), ("Icons", None, None))
    set_policy(operation=operation, list_name="Skies", category=None, rule=Rule.CONFIRM, people=2, by=ana)
    assert asked(one) == Asked(2, ())

    confirm(content=one, by=ana)
    confirm(content=one, by=ana)
    assert state(one) == {"confirm", "unsettled"}
    confirm(content=one, by=ben)
    assert state(one) == {"known"}
    assert asked(one) == Asked(2, ("ana", "ben"))
    assert asked(one).is_settled

    withdraw(content=one, by=ana)
    withdraw(content=one, by=ana)
    assert state(one) == {"confirm", "unsettled"}
    assert list(AuditEvent.objects.filter(subject=one.sha256).values_list("actor", "action")) == [
        ("ana", "hit-confirmed"), ("ben", "hit-confirmed"), ("ana", "hit-confirmation-withdrawn"),
    ]  # fmt: skip


def test_a_near_hit_is_settled_by_officers_only(content, state, operation, ana):
    one = content("a", ("Skies", RAIN, 12))
    set_policy(operation=operation, list_name="Skies", category=None, rule=Rule.CONFIRM, people=1, by=ana)
    assert state(one) == {"confirm", "unsettled"}

    confirm(content=one, by=ana)

    assert state(one) == {"known"}
    set_policy(operation=operation, list_name="Skies", category=None, rule=Rule.SETTLED, people=0, by=ana)
    assert state(one) == {"near", "unsettled"}


def test_taking_a_list_out_takes_its_effect_out(content, state, operation, lists, ana):
    one = content("a", ("Skies", RAIN, None))

    assert remove_hash_list(operation=operation, name="Skies", version="1", by=ana) == 1

    assert state(one) == {"unsettled"}
    assert [row.name for row in operation.hash_lists.all()] == ["Icons"]
    with pytest.raises(InvalidInput, match="no hash list Skies 1"):
        remove_hash_list(operation=operation, name="Skies", version="1", by=ana)


def test_every_list_and_category_has_a_row(content, operation, ana):
    content("a", ("Skies", RAIN, None))
    content("b", ("Skies", RAIN, 3), ("Icons", None, None))
    set_policy(operation=operation, list_name="Skies", category=CLOUDS, rule=Rule.CONFIRM, people=3, by=ana)

    assert rule_rows(operation) == [
        RuleRow("Icons", None, Rule.IGNORED, 0, 1),
        RuleRow("Skies", None, Rule.SETTLED, 0, 0),
        RuleRow("Skies", CLOUDS, Rule.CONFIRM, 3, 0),
        RuleRow("Skies", RAIN, Rule.SETTLED, 0, 2),
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"list_name": "Seas"}, "no hash list 'Seas'"),
        ({"people": 0}, "confirm needs 1 to 9"),
        ({"people": 10}, "confirm needs 1 to 9"),
        ({"rule": Rule.IGNORED}, "the others none"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(operation, lists, ana, changes, message):
    given = {"list_name": "Skies", "category": None, "rule": Rule.CONFIRM, "people": 1, **changes}
    with pytest.raises(InvalidInput, match=message):
        set_policy(operation=operation, by=ana, **given)
    assert not ListPolicy.objects.exists()


def test_who_is_no_member_changes_nothing(content, operation, eve, ana):
    one = content("a", ("Skies", RAIN, None))
    with pytest.raises(NotAllowed):
        set_policy(operation=operation, list_name="Skies", category=None, rule=Rule.IGNORED, people=0, by=eve)
    with pytest.raises(NotAllowed):
        remove_hash_list(operation=operation, name="Skies", version="1", by=eve)
    set_policy(operation=operation, list_name="Skies", category=None, rule=Rule.CONFIRM, people=1, by=ana)
    with pytest.raises(NotAllowed):
        confirm(content=one, by=eve)


def test_what_no_list_asks_for_cannot_be_confirmed(content, ana):
    with pytest.raises(InvalidInput, match="no list asks"):
        confirm(content=content("a", ("Skies", RAIN, None)), by=ana)
