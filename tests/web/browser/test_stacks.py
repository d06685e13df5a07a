"""Stacks are decided, and questions answered, without a mouse."""

import pytest

pytestmark = pytest.mark.browser


def test_pictures_are_decided_one_after_another_by_keys(visit):
    from sauveterre.casework.models import StackDecision

    here = visit()
    here.open("gallery")
    page, pictures = here.page, here.world.pictures
    for key in ("j", "Enter"):
        page.keyboard.press(key)
    page.wait_for_url("**" + here.url("content", pictures[10].sha256))

    page.keyboard.press("c")
    page.keyboard.type("weather:1")
    page.keyboard.press("Enter")
    page.wait_for_url("**" + here.url("content", pictures[15].sha256))
    page.keyboard.press("1")
    page.wait_for_url("**" + here.url("content", pictures[7].sha256))

    page.keyboard.press("?")
    assert "weather:1" in page.locator("#acts dd").all_inner_texts()
    given = StackDecision.objects.values_list(
        "stack__head__sha256", "category_scheme", "category_code", "officer__username"
    )
    assert set(given) == {(pictures[number].sha256, "weather", "1", "ana") for number in (10, 15)}
    assert here.said == []


def test_a_question_is_answered_by_a_key(visit):
    from sauveterre.casework.models import MergeAnswer, MergeQuestion, StackDecision

    here = visit()
    first, second = sorted(here.world.stacks[:2], key=lambda one: one.identity)
    for stack in (first, second):
        StackDecision.objects.create(stack=stack, category_scheme="weather", category_code="1", officer=here.world.ben)
    MergeQuestion.objects.create(first=first, second=second, content=here.world.pictures[20])
    here.open("gallery")
    page = here.page
    page.keyboard.press("q")
    page.wait_for_url("**" + here.url("questions"))

    page.keyboard.press("s")

    page.wait_for_selector("text=they show the same")
    assert MergeAnswer.objects.get().answer == "same"
    assert here.said == []
