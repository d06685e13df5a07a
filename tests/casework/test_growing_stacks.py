"""Sources in any order, officers deciding between them: the stacks keep their rules, and the number left is right."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sauveterre.casework.models import (
    Content,
    Entry,
    Exhibit,
    MergeQuestion,
    Operation,
    Picture,
    Source,
    Stack,
    StackDecision,
    StackMember,
)
from sauveterre.casework.selectors import contents, stacks
from sauveterre.casework.selectors.access import sight_of
from sauveterre.casework.selectors.stacks import categories_of
from sauveterre.casework.selectors.tallies import tally_of
from sauveterre.casework.services.operations import create_operation
from sauveterre.casework.services.stacks import (
    answer_question,
    decide,
    decide_alone,
    take_back_answer,
    take_back_decision,
)
from sauveterre.casework.stacking import stack_again
from sauveterre.errors import InvalidInput
from sauveterre.records.category import Category

pytestmark = pytest.mark.django_db
BASE = int.from_bytes(np.random.default_rng(51).integers(0, 256, 32, np.uint8).tobytes(), "big")
ACTS = ("decide", "alone", "take back", "answer", "answer", "unanswer")


PLACES = (0, 1, 2, 24, 25, 26, 30, 50, 51, 52, 75, 76, 100, 101)
"""Lengths along a line of hashes on which stacks lie side by side, with pictures between them."""


@st.composite
def stories(draw):
    """Sources of pictures, and what officers do after each: mostly first a decision on either side of a gap."""
    places = st.tuples(st.sampled_from(PLACES), st.integers(1, 3))
    act = st.tuples(st.sampled_from(ACTS), st.integers(0, 99), st.sampled_from(["1", "2"]))
    acts = st.lists(act, max_size=4)
    first = [(1, 3), (2, 1), (51, 3), (52, 1), *draw(st.lists(places, max_size=3))]
    decided = [("decide", 0, "1"), ("decide", 2, "2")] if draw(st.integers(0, 3)) else []
    between = [(26, 1), *draw(st.lists(places, max_size=4))]
    last = draw(st.lists(places, max_size=4))
    return [(first, decided + draw(acts)), (between, [*draw(acts), *draw(acts)]), (last, draw(acts))]


def pdq(place):
    return BASE ^ ((1 << place) - 1)


def add(operation, number, source, pictures):
    """Put pictures into the database as files of a source, each third one twice."""
    row = Source.objects.create(
        exhibit=operation.exhibits.get(), path=str(source), kind="directory", way=f"{source:064}"
    )
    for place, width in pictures:
        number += 1
        content = Content.objects.create(
            operation=operation, sha256=f"{number:064x}", sha1="", md5="", size=1, kind="image/png"
        )
        Picture.objects.create(
            content=content,
            width=width,
            height=1,
            pdq=pdq(place).to_bytes(32, "big"),
            quality=40 if place == 30 else 80,
        )
        for copy in range(2 if number % 3 == 0 else 1):
            Entry.objects.create(source=row, ordinal=2 * number + copy, path=f"{number}-{copy}", content=content)
    return number


def act(operation, officer, what, which, code):
    """Do what an officer may do; what is refused changes nothing."""
    rows = list(Content.objects.filter(operation=operation).order_by("pk"))
    content, category = rows[which % len(rows)], Category("weather", code)
    own = list(Stack.objects.filter(operation=operation).order_by("identity"))
    asked = stacks.questions(sight_of(officer, operation.pk))
    try:
        if what == "decide":
            decide(content=content, category=category, by=officer)
        elif what == "alone":
            decide_alone(content=content, category=category, by=officer)
        elif what == "take back" and own:
            take_back_decision(stack=own[which % len(own)], by=officer)
        elif what == "answer" and asked:
            one = asked[which % len(asked)]
            answer = ("same", "different", "later")[which % 3]
            answer_question(first=one.first, second=one.second, answer=answer, lead=one.second, by=officer)
        elif what == "unanswer" and asked:
            one = asked[which % len(asked)]
            take_back_answer(first=one.first, second=one.second, by=officer)
    except InvalidInput:
        pass


def check_stacks(operation):
    """Each member lies within the threshold of its head, the head is a member, and same stacks have one category."""
    hashes = dict(Picture.objects.filter(content__operation=operation).values_list("content", "pdq"))
    own = {one.identity: one for one in Stack.objects.filter(operation=operation)}
    given, answers = categories_of({one.pk for one in own.values()}), stacks.Links(operation).answers
    for stack in own.values():
        members = dict(stack.members.values_list("content", "distance"))
        assert members[stack.head_id] == 0
        assert len(members) > 1 or stack.pk in given
        same = [one for name, one in own.items() if answers.are_same(name, stack.identity)]
        assert len({given.get(one.pk) for one in same}) == 1
        for key, distance in members.items():
            apart = int.from_bytes(bytes(hashes[key]), "big") ^ int.from_bytes(bytes(hashes[stack.head_id]), "big")
            assert apart.bit_count() == distance <= 31


def check_numbers(operation, officer):
    """The parts are those counted one by one: what is decided, copies, behind in a stack, left."""
    found = tally_of(operation).effect
    pile = dict(StackMember.objects.filter(stack__operation=operation).values_list("content", "stack"))
    decided = set(StackDecision.objects.values_list("stack", flat=True))
    files = list(Entry.objects.filter(content__operation=operation).values_list("content", flat=True))
    open_files = [key for key in files if pile.get(key) not in decided]
    left = {(True, pile[key]) if key in pile else (False, key) for key in open_files}
    assert (found.files, found.parts["decided"], found.left) == (len(files), len(files) - len(open_files), len(left))
    assert found.parts["copy"] == len(open_files) - len(set(open_files))
    assert found.parts["stacked"] == len(set(open_files)) - len(left)
    assert len(contents.gallery(sight_of(officer, operation.pk), show="unsettled", after=0).rows) == len(left)


def standing(operation):
    """Everything that the stacks hold."""
    members = StackMember.objects.filter(stack__operation=operation).order_by("content")
    questions = MergeQuestion.objects.filter(first__operation=operation).order_by("first__identity", "second__identity")
    return (
        list(members.values_list("stack", "content", "distance", "by_answer")),
        list(Stack.objects.filter(operation=operation).order_by("pk").values_list("pk", "identity", "head")),
        list(questions.values_list("first", "second", "content").order_by("first", "second", "content")),
    )


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=stories())
def test_whatever_comes_and_is_decided_the_rules_hold_after_every_step(ana, story):
    Operation.objects.all().delete()
    operation = create_operation(name="Growing", by=ana)
    Exhibit.objects.create(operation=operation, number=1, path="/evidence", added_by="ana")
    number = 0
    for place, (pictures, acts) in enumerate(story):
        number = add(operation, number, place, pictures)
        before = {one.pk: (one.head_id, set(one.members.values_list("content", flat=True)))
                  for one in Stack.objects.filter(decisions__isnull=False).distinct()}  # fmt: skip
        stack_again(operation).write()
        for key, (head, members) in before.items():
            kept = Stack.objects.get(pk=key)
            assert kept.head_id == head
            assert members <= set(kept.members.values_list("content", flat=True))
        check_numbers(operation, ana)
        for one in acts:
            act(operation, ana, *one)
            check_stacks(operation)
            check_numbers(operation, ana)
        stack_again(operation).write()
        once = standing(operation)
        stack_again(operation).write()
        assert standing(operation) == once
        check_stacks(operation)


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=stories(), data=st.data())
def test_the_order_of_the_sources_does_not_matter_while_nothing_is_decided(ana, story, data):
    """Nor does the order of the rows, which is what several workers change."""
    pictures = [(number, *one) for number, one in enumerate(one for source, _ in story for one in source)]
    groups = []
    for shuffled in (pictures, data.draw(st.permutations(pictures))):
        Operation.objects.all().delete()
        operation = create_operation(name="Order", by=ana)
        for number, place, width in shuffled:
            content = Content.objects.create(
                operation=operation, sha256=f"{number:064x}", sha1="", md5="", size=1, kind="image/png"
            )
            Picture.objects.create(
                content=content, width=width, height=1, pdq=pdq(place).to_bytes(32, "big"), quality=80
            )
            if number % 5 == 4:
                stack_again(operation).write()
        stack_again(operation).write()
        rows = StackMember.objects.values_list("stack__head__sha256", "content__sha256", "distance")
        groups.append(set(rows))
    assert groups[0] == groups[1]
