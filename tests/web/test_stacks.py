"""Deciding stacks and answering questions, on their pages."""

import re
from collections import Counter

import pytest
from django.urls import reverse

from sauveterre.casework.models import AuditEvent, MergeAnswer, MergeQuestion, StackDecision


def text(answer):
    return " ".join(answer.content.decode().split())


@pytest.fixture
def here(world):
    return lambda name, *keys: reverse(name, args=[world.operation.pk, *keys])


@pytest.fixture
def decide(member, here):
    def post(content, category, **more):
        return member.post(here("decide", content.sha256), {"category": category, **more}, follow=True)

    return post


@pytest.fixture
def asked(world, decide):
    """The first two stacks, decided, and a picture near both."""
    decide(world.pictures[10], "weather:1")
    decide(world.pictures[15], "weather:2")
    first, second = sorted(world.stacks[:2], key=lambda one: one.identity)
    MergeQuestion.objects.create(first=first, second=second, content=world.pictures[20])
    return first, second


def parts(member, here):
    """The overview's parts of all files, and their sum; one that holds none is not drawn."""
    page = text(member.get(here("operation")))
    found = {part: int(files) for part, files in re.findall(r'data-part="([\w-]+)">(\d+)</a>', page)}
    assert sum(found.values()) == int(re.search(r"of (\d+) files (?:is|are) left", page)[1])
    return Counter(found)


def test_the_page_of_a_stack_says_its_rule_and_each_distance(member, world, here):
    page = text(member.get(here("stack", world.stacks[0].pk)))
    assert "Every picture here lies within 31 of 256 bits of the head. No stack grows by small steps" in page
    assert page.count('<li class="tile') == 4
    assert page.count("<p><strong>head</strong></p>") == 1
    assert page.count("5 of 256 bits from the head") == 3
    assert "not decided yet" in page
    assert "one decision holds for all 4 contents of the stack" in page


def test_one_decision_settles_the_stack_and_goes_on_to_the_next_picture(member, world, here, decide):
    before = parts(member, here)
    answer = decide(world.pictures[11], "weather:a:7")
    assert "Decided as weather:a:7: 4 contents." in text(answer)
    assert answer.redirect_chain[-1][0] == here("content", world.pictures[15].sha256)
    after = parts(member, here)
    assert (before["decided"], after["decided"], before["left"] - after["left"]) == (0, 8, 1)
    assert (before["stacked"] - after["stacked"], before["copy"] - after["copy"]) == (3, 4)
    page = text(member.get(here("stack", world.stacks[0].pk)))
    assert '<strong class="category">weather:a:7</strong>' in page
    assert "decided by ana" in page
    assert 'value="weather:a:7" data-act="1"' in page


def test_after_the_last_picture_it_begins_again_and_ends_in_the_gallery(member, world, here, decide):
    answer = decide(world.pictures[23], "weather:1")
    assert answer.redirect_chain[-1][0] == here("content", world.pictures[10].sha256)
    for _ in range(12):
        sha256 = answer.redirect_chain[-1][0].rstrip("/").rpartition("/")[2]
        answer = member.post(here("decide", sha256), {"category": "weather:1"}, follow=True)
    assert answer.redirect_chain[-1][0] == here("gallery")
    assert "Nothing is left to look at" in text(answer)
    assert parts(member, here)["left"] == 0


@pytest.mark.parametrize("wrong", ["", "weather", ":1", "weather:", " : "])
def test_what_is_no_category_decides_nothing(world, decide, wrong):
    assert "write a category as scheme:code" in text(decide(world.pictures[10], wrong))
    assert not StackDecision.objects.exists()


def test_one_is_decided_alone_out_of_a_decided_stack(member, world, here, decide):
    assert "out of the stack" not in text(member.get(here("content", world.pictures[11].sha256)))
    assert "not decided yet" in text(decide(world.pictures[11], "weather:2", alone="1"))
    decide(world.pictures[10], "weather:1")
    assert "out of the stack" in text(member.get(here("content", world.pictures[11].sha256)))
    assert "Decided as weather:2." in text(decide(world.pictures[11], "weather:2", alone="1"))
    assert '<strong class="category">weather:2' in text(member.get(here("content", world.pictures[11].sha256)))
    assert "this is the head" in text(decide(world.pictures[10], "weather:2", alone="1"))


def test_a_decision_is_taken_back_on_the_page(member, world, here, decide):
    decide(world.pictures[8], "weather:1")
    stack = StackDecision.objects.get().stack
    answer = member.post(here("stack-take-back", stack.pk), follow=True)
    assert "The decision is taken back." in text(answer)
    assert answer.redirect_chain[-1][0] == here("content", world.pictures[8].sha256)
    assert not StackDecision.objects.exists()


def test_a_question_stands_on_the_overview_the_list_and_both_stacks(member, here, asked, world):
    assert 'data-figure="questions">1 question' in text(member.get(here("operation")))
    for url in (here("questions"), *(here("stack", stack.pk) for stack in asked)):
        page = text(member.get(url))
        assert "1 picture lies near both heads and waits." in page
        assert f"/blurred/{world.pictures[20].sha256}" in page
        assert "The same: both are weather:1" in page
        assert "The same: both are weather:2" in page
    page = text(member.get(here("questions")))
    assert re.findall(r'data-act="(\w)"', page) == ["1", "2", "d", "l"]


def test_an_answer_is_given_put_off_and_taken_back(member, here, asked, world):
    url = here("answer-question", *(stack.pk for stack in asked))
    assert "say which holds for both" in text(member.post(url, {"answer": "same"}, follow=True))

    page = text(member.post(url, {"answer": "later"}, follow=True))
    assert "<strong>put off</strong>" in page
    assert "answered by ana" in page
    assert 'data-figure="questions"' not in text(member.get(here("operation")))

    MergeQuestion.objects.get_or_create(first=asked[0], second=asked[1], content=world.pictures[20])
    page = text(member.post(f"{url}?lead={world.stacks[1].pk}", {"answer": "same"}, follow=True))
    assert "The answer holds from now on" in page
    assert "<strong>they show the same</strong>" in page
    page = text(member.get(here("stack", world.stacks[0].pk)))
    assert "Officers said that these show the same:" in page
    assert '<strong class="category">weather:2</strong> <span' in page

    assert "The answer is taken back" in text(member.post(url, {"answer": "open"}, follow=True))
    assert not MergeAnswer.objects.exists()
    actions = AuditEvent.objects.filter(action__startswith="stacks-").order_by("sequence")
    assert list(actions.values_list("action", "actor")) == [
        ("stacks-answered", "ana"), ("stacks-answered", "ana"), ("stacks-answer-taken-back", "ana"),
    ]  # fmt: skip


def test_a_near_hit_says_both_qualities(member, world, here):
    page = text(member.get(here("content", world.pictures[7].sha256)))
    assert "12 of 256 bits, quality 80, the list's 95" in page.replace("&#x27;", "'")
    unknown = text(member.get(here("content", world.pictures[8].sha256)))
    assert '0 of 256 bits, quality 80, the list\'s <span class="unknown">unknown</span>' in unknown
    assert "quality 80" not in text(member.get(here("content", world.pictures[0].sha256)))
    gallery = text(member.get(here("gallery") + "?show=near"))
    assert "12 of 256 bits, q80 / q95</span>" in gallery
    assert "0 of 256 bits, q80 / unknown</span>" in gallery
