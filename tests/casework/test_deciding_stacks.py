"""A category for a whole stack at once, and whether two decided stacks are one."""

import pytest

from sauveterre.casework.models import AuditEvent, Content, MergeAnswer, MergeQuestion, Stack, StackDecision
from sauveterre.casework.selectors import stacks
from sauveterre.casework.selectors.access import sight_of
from sauveterre.casework.selectors.tallies import tally_of
from sauveterre.casework.services.stacks import (
    answer_question,
    decide,
    decide_alone,
    take_back_answer,
    take_back_decision,
)
from sauveterre.casework.stacking import stack_again
from sauveterre.errors import InvalidInput, NotAllowed
from sauveterre.records.category import Category

pytestmark = pytest.mark.django_db
RAIN, SUN, FOG = (Category("weather", code) for code in "123")


def name(number):
    return f"{number:064x}"


@pytest.fixture
def assess(operation):
    def run():
        stack_again(operation).write()
        return held(operation)

    return run


def held(operation):
    return {
        int(stack.identity.partition("-")[0], 16): sorted(
            int(sha256, 16) for sha256 in stack.members.values_list("content__sha256", flat=True)
        )
        for stack in Stack.objects.filter(operation=operation)
    }


def content(number):
    return Content.objects.get(sha256=name(number))


def stack(number):
    return Stack.objects.get(identity=name(number))


def category(number):
    return stacks.category_of_stack(stack(number))


def actions():
    return [action for action in AuditEvent.objects.order_by("sequence").values_list("action", flat=True)
            if action.startswith("stack")]  # fmt: skip


@pytest.fixture
def left(operation, ana):
    return lambda: tally_of(operation).effect.left


@pytest.fixture
def two(picture, assess, ana):
    """Two decided stacks, 1 as rain and 11 as sun, and two pictures near both heads: 21 nearer to 1, 22 to 11."""
    for number, away in [(1, 0), (2, 1), (11, 50), (12, 51)]:
        picture(number, away)
    assess()
    decide(content=content(2), category=RAIN, by=ana)
    decide(content=content(11), category=SUN, by=ana)
    picture(21, 24), picture(22, 26)
    assess()
    return stack(1), stack(11)


def test_one_decision_settles_the_whole_stack(picture, assess, ana, left):
    for number in (1, 2, 3):
        picture(number, number)
    picture(9, 100)
    assess()
    assert left() == 2

    made = decide(content=content(3), category=RAIN, by=ana)
    decide(content=content(1), category=RAIN, by=ana)

    assert (made, category(1), left()) == (stack(1), RAIN, 1)
    assert StackDecision.objects.count() == 1
    event = AuditEvent.objects.get(action="stack-decided")
    assert (event.actor, event.subject, event.detail["category"], event.detail["contents"]) == (
        "ana", name(1), "weather:1", 3,
    )  # fmt: skip
    decide(content=content(1), category=SUN, by=ana)
    assert (category(1), StackDecision.objects.count()) == (SUN, 2)


def test_a_content_without_a_stack_is_decided_alone_and_takes_in_what_comes_near(picture, assess, ana, left):
    picture(1, 0)
    assess()
    decide(content=content(1), category=RAIN, by=ana)
    assert (held(ana.operations.get()), left()) == ({1: [1]}, 0)
    picture(2, 9, width=900), picture(3, 40)
    assert assess() == {1: [1, 2]}
    assert (category(1), left()) == (RAIN, 1)


def test_a_clip_or_a_flat_picture_is_decided_too(operation, assess, ana):
    clip = Content.objects.create(operation=operation, sha256=name(7), sha1="", md5="", size=1, kind="video/mp4")
    decide(content=clip, category=FOG, by=ana)
    assert assess() == {7: [7]}
    assert category(7) == FOG
    assert tally_of(operation).hits["decided"] == 1


def test_a_member_may_be_decided_otherwise_than_its_stack(picture, assess, ana, left):
    for number in (1, 2, 3):
        picture(number, number)
    assess()
    decide(content=content(1), category=RAIN, by=ana)
    decide_alone(content=content(2), category=SUN, by=ana)
    assert assess() == {1: [1, 3], 2: [2]}
    assert (category(1), category(2), left()) == (RAIN, SUN, 0)
    with pytest.raises(InvalidInput, match="this is the head"):
        decide_alone(content=content(1), category=SUN, by=ana)
    assert actions() == ["stack-decided", "stack-left", "stack-decided"]


def test_nothing_leaves_a_stack_that_is_not_decided(picture, assess, ana):
    for number in (1, 2, 3):
        picture(number, number)
    assess()
    for number in (1, 3):
        with pytest.raises(InvalidInput, match="not decided yet"):
            decide_alone(content=content(number), category=SUN, by=ana)
    assert held(ana.operations.get()) == {1: [1, 2, 3]}
    assert not StackDecision.objects.exists()


def test_a_decision_is_taken_back(two, picture, ana, left):
    answer_question(first=two[0], second=two[1], answer="different", by=ana)
    assert left() == 0
    take_back_decision(stack=two[0], by=ana)
    assert held(ana.operations.get()) == {1: [1, 2], 11: [11, 12, 21, 22]}
    assert (category(1), category(11), left()) == (None, SUN, 1)
    assert not MergeAnswer.objects.exists()
    take_back_decision(stack=two[0], by=ana)
    assert actions()[-2:] == ["stacks-answered", "stack-decision-taken-back"]


def test_two_decided_stacks_are_never_joined_by_themselves(two, operation, ana, left):
    assert held(operation) == {1: [1, 2], 11: [11, 12], 21: [21, 22]}
    (question,) = stacks.questions(sight_of(ana, operation.pk))
    assert (question.first, question.second, question.is_open, question.categories) == (*two, True, (RAIN, SUN))
    assert question.contents == (name(21), name(22))
    assert (stacks.open_questions(sight_of(ana, operation.pk)), left()) == (1, 1)


def test_the_same_takes_one_category_and_binds_and_is_taken_back(two, operation, assess, ana, left):
    first, second = two
    with pytest.raises(InvalidInput, match="weather:1 and weather:2; say which"):
        answer_question(first=first, second=second, answer="same", by=ana)

    answer_question(first=second, second=first, answer="same", lead=second, by=ana)

    joined = {1: [1, 2, 21], 11: [11, 12, 22]}
    assert held(operation) == joined == assess()
    assert (category(1), category(11), left()) == (SUN, SUN, 0)
    assert not stacks.questions(sight_of(ana, operation.pk))[0].is_open
    assert stacks.open_questions(sight_of(ana, operation.pk)) == 0
    answer_question(first=first, second=second, answer="same", lead=second, by=ana)
    assert actions().count("stacks-answered") == 1

    take_back_answer(first=first, second=second, by=ana)
    take_back_answer(first=first, second=second, by=ana)

    assert held(operation) == {1: [1, 2], 11: [11, 12], 21: [21, 22]}
    assert (category(1), category(11), left()) == (RAIN, SUN, 1)
    assert MergeQuestion.objects.count() == 2
    assert actions().count("stacks-answer-taken-back") == 1


def test_what_shows_the_same_is_decided_together(two, ana):
    answer_question(first=two[0], second=two[1], answer="same", lead=two[0], by=ana)
    decide(content=content(12), category=FOG, by=ana)
    assert (category(1), category(11)) == (FOG, FOG)
    take_back_answer(first=two[0], second=two[1], by=ana)
    assert (category(1), category(11)) == (FOG, FOG), "that was decided of both after the answer"


def test_different_joins_each_to_the_nearest_head_and_changes_no_category(two, operation, assess, ana):
    answer_question(first=two[0], second=two[1], answer="different", by=ana)
    assert held(operation) == {1: [1, 2, 21], 11: [11, 12, 22]} == assess()
    assert (category(1), category(11)) == (RAIN, SUN)


def test_later_puts_the_question_off_and_another_answer_takes_its_place(two, operation, assess, ana, ben):
    answer_question(first=two[0], second=two[1], answer="later", by=ana)
    assert assess() == {1: [1, 2], 11: [11, 12], 21: [21, 22]}
    (question,) = stacks.questions(sight_of(ana, operation.pk))
    assert (question.is_open, question.is_put_off, question.answer.officer) == (True, True, ana)
    assert stacks.open_questions(sight_of(ana, operation.pk)) == 0
    answer_question(first=two[0], second=two[1], answer="different", by=ben)
    assert MergeAnswer.objects.get().officer == ben
    assert held(operation)[1] == [1, 2, 21]


def test_answers_do_not_go_against_one_another(two, picture, assess, ana):
    first, second = two
    answer_question(first=first, second=second, answer="same", lead=first, by=ana)
    picture(31, 100)
    decide(content=content(31), category=SUN, by=ana)
    picture(32, 75)
    assess()
    third = stack(31)
    assert {(one.first, one.second) for one in MergeQuestion.objects.all()} == {(second, third)}
    answer_question(first=second, second=third, answer="different", by=ana)
    MergeQuestion.objects.create(first=first, second=third, content=content(32))
    with pytest.raises(InvalidInput, match="goes against"):
        answer_question(first=first, second=third, answer="same", lead=first, by=ana)
    MergeQuestion.objects.all().delete()
    with pytest.raises(InvalidInput, match="nobody asks"):
        answer_question(first=first, second=third, answer="different", by=ana)


def test_a_category_has_a_scheme_and_a_code(picture, ana):
    picture(1, 0)
    for wrong in (Category("", "1"), Category("weather", " "), Category("w" * 201, "1"), Category("weather", "1\n")):
        with pytest.raises(InvalidInput, match="a scheme and a code"):
            decide(content=content(1), category=wrong, by=ana)
    assert not Stack.objects.exists()


def test_a_stranger_decides_nothing(two, eve):
    before = AuditEvent.objects.count()
    for act in (
        lambda: decide(content=content(1), category=RAIN, by=eve),
        lambda: decide_alone(content=content(2), category=RAIN, by=eve),
        lambda: take_back_decision(stack=two[0], by=eve),
        lambda: answer_question(first=two[0], second=two[1], answer="different", by=eve),
        lambda: take_back_answer(first=two[0], second=two[1], by=eve),
    ):
        with pytest.raises(NotAllowed, match="eve is not a member"):
            act()
    assert (AuditEvent.objects.count(), MergeAnswer.objects.count()) == (before, 0)
