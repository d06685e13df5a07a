"""The rules of hash lists and the confirmation of hits, on their pages."""

import pytest
from django.urls import reverse

from sauveterre.casework.models import ListPolicy


@pytest.fixture
def lists_page(world):
    return reverse("hash-lists", args=[world.operation.pk])


def text(answer):
    return " ".join(answer.content.decode().split())


def give_rule(member, world, **given):
    url = reverse("list-rule", args=[world.operation.pk])
    data = {"list_name": "Known skies", "scheme": "weather", "code": "2", "rule": "confirm", "people": "2", **given}
    return text(member.post(url, data, follow=True))


def test_every_category_has_its_rule_and_may_get_another(member, world, lists_page):
    page = text(member.get(lists_page))
    assert "<td>Known skies<br><code>weather:2</code></td>" in page
    assert page.count('name="list_name"') == 4

    page = give_rule(member, world)

    assert "The rule holds from now on" in page
    assert '<option value="confirm" selected>' in page
    assert 'name="people" value="2"' in page
    rule = ListPolicy.objects.get()
    assert (rule.list_name, rule.category_code, rule.rule, rule.people) == ("Known skies", "2", "confirm", 2)


def test_a_rule_that_makes_no_sense_is_said_and_nothing_changes(member, world):
    for wrong in ({"people": "10"}, {"rule": "guess"}, {"people": "many"}):
        assert "The rule was not changed" in give_rule(member, world, **wrong)
    assert "has no hash list" in give_rule(member, world, list_name="Seas").replace("&#x27;", "'")
    assert not ListPolicy.objects.exists()


def test_one_officer_confirms_on_the_page_of_the_content(member, world):
    give_rule(member, world, people="1")
    operation, sha256 = world.operation.pk, world.pictures[0].sha256
    page = reverse("content", args=[operation, sha256])
    left = reverse("contents", args=[operation]) + "?hit=confirm"
    assert "1 officer has to confirm it; nobody has yet." in text(member.get(page))
    assert sha256[:8] in text(member.get(left))

    answer = text(member.post(reverse("confirm", args=[operation, sha256]), follow=True))

    assert "You confirmed the hit." in answer
    assert "Confirmed by 1 of 1 officers" in answer
    assert "Withdraw my confirmation" in answer
    assert sha256[:8] not in text(member.get(left))
    assert "nobody has yet" in text(member.post(reverse("withdraw", args=[operation, sha256]), follow=True))


def test_what_waits_to_be_confirmed_stands_on_the_overview(member, world):
    overview = reverse("operation", args=[world.operation.pk])
    assert 'data-figure="confirm"' not in text(member.get(overview))
    give_rule(member, world)
    assert '?hit=confirm" data-figure="confirm">' in text(member.get(overview))


def test_a_content_that_no_list_asks_for_has_no_button(member, world):
    page = text(member.get(reverse("content", args=[world.operation.pk, world.pictures[0].sha256])))
    assert "it is what the list says" not in page
    answer = member.post(reverse("confirm", args=[world.operation.pk, world.pictures[0].sha256]), follow=True)
    assert "nothing to confirm" in text(answer)
