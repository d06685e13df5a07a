"""Stacks keep their identity and what was decided, whatever comes in."""

import pytest

from sauveterre.casework.models import MergeAnswer, MergeQuestion, Picture, Stack, StackDecision, StackMember
from sauveterre.casework.stacking import stack_again

pytestmark = pytest.mark.django_db


@pytest.fixture
def assess(operation):
    def run():
        stack_again(operation).write()
        return {
            stack.identity: [int(sha256, 16) for sha256 in stack.members.order_by("distance", "content__sha256")
                             .values_list("content__sha256", flat=True)]
            for stack in Stack.objects.filter(operation=operation)
        }  # fmt: skip

    return run


def name(number):
    return f"{number:064x}"


def decided(stack, officer, code="1"):
    return StackDecision.objects.create(stack=stack, category_scheme="weather", category_code=code, officer=officer)


def test_an_undecided_stack_keeps_its_row_under_a_better_head(picture, assess, operation):
    picture(1, 0, width=20), picture(2, 3)
    assert assess() == {name(1): [1, 2]}
    row = Stack.objects.get(operation=operation)
    best = picture(3, 2, width=90)
    assert assess() == {name(1): [3, 2, 1]}
    assert Stack.objects.get() == row
    assert Stack.objects.get().head == best
    assert list(StackMember.objects.order_by("distance").values_list("distance", flat=True)) == [0, 1, 2]


def test_two_stacks_exchange_their_heads(picture, assess, operation):
    """Rows are not in one another's way when heads move."""
    picture(1, 0), picture(2, 1), picture(11, 100), picture(12, 101)
    assess()
    first, second = Stack.objects.order_by("identity")
    first.identity, second.identity = "z", name(1)
    first.save(), second.save()
    second.head, first.head = first.head, second.head
    first.save(), second.save()
    assess()
    assert {(one.pk, int(one.head.sha256, 16)) for one in Stack.objects.all()} == {(first.pk, 1), (second.pk, 11)}


def test_a_decided_stack_keeps_head_members_and_decision(picture, assess, ana):
    head, _ = picture(1, 0, width=20), picture(2, 3)
    assess()
    decision = decided(Stack.objects.get(), ana)
    picture(3, 2, width=90), picture(4, 32)
    assert assess() == {name(1): [1, 3, 2]}
    kept = Stack.objects.get()
    assert (kept.head, list(kept.decisions.all())) == (head, [decision])


def test_no_stack_grows_by_small_steps(picture, assess, ana):
    """Ten pictures, each 20 bits from the next: each is within 31 bits of its head or in another stack."""
    for place in range(10):
        picture(place + 1, 20 * place, width=100 - place)
    stacks = assess()
    assert stacks == {name(n): [n, n + 1] for n in (1, 3, 5, 7, 9)}
    decided(Stack.objects.get(identity=name(1)), ana)
    assert assess() == stacks


def test_between_two_decided_stacks_a_question_is_stored_and_nothing_joined(picture, assess, ana):
    picture(1, 0), picture(2, 1), picture(11, 50), picture(12, 51)
    assess()
    for stack in Stack.objects.all():
        decided(stack, ana)
    bridge = picture(20, 25, width=90)
    before = {name(1): [1, 2], name(11): [11, 12]}
    assert assess() == before
    question = MergeQuestion.objects.get()
    assert (question.first.identity, question.second.identity, question.content) == (name(1), name(11), bridge)
    MergeAnswer.objects.create(first=question.first, second=question.second, answer="later", officer=ana)
    assert assess() == before
    assert MergeQuestion.objects.count() == 1

    MergeAnswer.objects.update(answer="different")

    after = {name(1): [1, 2, 20], name(11): [11, 12]}
    assert assess() == assess() == after
    assert not MergeQuestion.objects.exists()
    assert [one.content for one in StackMember.objects.filter(by_answer=True)] == [bridge]


def test_one_decided_stack_takes_what_lies_near_its_head_and_keeps_its_decision(picture, assess, ana):
    picture(1, 0), picture(2, 1), picture(11, 50), picture(12, 51)
    assess()
    decision = decided(Stack.objects.get(identity=name(11)), ana)
    picture(20, 25, width=90)
    assert assess() == {name(1): [1, 2], name(11): [11, 12, 20]}
    assert Stack.objects.get(identity=name(11)).decisions.get() == decision


def test_what_is_decided_while_stacks_are_worked_out_is_not_lost(picture, operation, assess, ana):
    picture(1, 0), picture(2, 1)
    assess()
    picture(3, 1, width=90)
    worked_out = stack_again(operation)
    decided(Stack.objects.get(), ana)
    worked_out.write()
    assert int(Stack.objects.get().head.sha256, 16) == 1
    assert assess() == {name(1): [1, 2, 3]}


def test_a_stack_that_is_no_more_goes_with_its_row(picture, assess):
    picture(1, 0), picture(2, 1)
    assess()
    Picture.objects.filter(content__sha256=name(2)).update(quality=49)
    assert assess() == {}


def test_poor_and_flat_pictures_are_in_no_stack(picture, assess):
    picture(1, 0, quality=49), picture(2, 0, quality=49)
    flat = [picture(number, 0) for number in (3, 4)]
    Picture.objects.filter(content__in=flat).update(pdq=bytes(32))
    assert assess() == {}
