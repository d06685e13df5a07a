"""Stacks, what was decided of each, and the questions whether two of them are one."""

from dataclasses import dataclass

from django.db.models import Count

from sauveterre.casework.models import (
    Content,
    Hit,
    MergeAnswer,
    MergeQuestion,
    Operation,
    Stack,
    StackDecision,
    StackMember,
)
from sauveterre.casework.rulings import category_of
from sauveterre.casework.selectors.access import Sight
from sauveterre.casework.stacking import binding_answers
from sauveterre.matching.answers import Answers
from sauveterre.records.category import Category

OFFERED = 30
"""Categories that are offered to choose from."""


class Links:
    """Which stacks show the same, by what officers answered."""

    def __init__(self, operation: Operation) -> None:
        given = binding_answers(operation)
        self.answers = Answers(given)
        self._linked = {identity for one in given if one.same for identity in one.stacks}
        self._operation = operation

    def same_as(self, stack: Stack) -> list[Stack]:
        """Return the stacks that show the same as one, itself among them, by identity."""
        names = {name for name in self._linked if self.answers.are_same(name, stack.identity)} | {stack.identity}
        return list(self._operation.stacks.filter(identity__in=names).order_by("identity"))


def decision_of(stack: Stack) -> StackDecision | None:
    """Return the decision that holds for a stack: the last one; None where there is none."""
    return stack.decisions.select_related("officer").last()


def category_of_stack(stack: Stack) -> Category | None:
    """Return the category that an officer gave a stack."""
    decision = decision_of(stack)
    return category_of(decision.category_scheme, decision.category_code) if decision else None


def categories_of(stacks: set[int]) -> dict[int, Category]:
    """Return the category of each stack that an officer decided."""
    rows = StackDecision.objects.filter(stack__in=stacks).order_by("pk")
    names = ("stack", "category_scheme", "category_code")
    return {stack: Category(scheme, code) for stack, scheme, code in rows.values_list(*names)}


@dataclass(frozen=True, slots=True)
class Decided:
    """A stack and its category."""

    stack: Stack
    category: Category | None


@dataclass(frozen=True, slots=True)
class Question:
    """Two decided stacks, the contents that lie near the heads of both, and what was answered."""

    first: Stack
    second: Stack
    categories: tuple[Category | None, Category | None]
    contents: tuple[str, ...]
    """SHA-256 of those that wait for the answer."""
    answer: MergeAnswer | None

    @property
    def stacks(self) -> list[Decided]:
        """Both, with their categories."""
        return [Decided(self.first, self.categories[0]), Decided(self.second, self.categories[1])]

    @property
    def is_open(self) -> bool:
        """Whether an answer is missing, or was put off."""
        return self.answer is None or self.answer.answer == MergeAnswer.Answer.LATER

    @property
    def is_put_off(self) -> bool:
        """Whether an officer said *later*."""
        return self.answer is not None and self.is_open

    @property
    def categories_differ(self) -> bool:
        """Whether an officer has to choose the category of both."""
        return self.categories[0] != self.categories[1]


def questions(sight: Sight, *, about: Stack | None = None) -> list[Question]:
    """Return all questions, of an operation or about one stack: open ones first, then those put off, then answered."""
    answers = {
        (one.first_id, one.second_id): one
        for one in MergeAnswer.objects.filter(first__operation=sight.operation).select_related("officer")
    }
    waiting: dict[tuple[int, int], list[str]] = {pair: [] for pair in answers}
    asked = MergeQuestion.objects.filter(first__operation=sight.operation).order_by("content__sha256")
    for first, second, sha256 in asked.values_list("first_id", "second_id", "content__sha256"):
        waiting.setdefault((first, second), []).append(sha256)
    pairs = [pair for pair in waiting if about is None or about.pk in pair]
    keys = {key for pair in pairs for key in pair}
    named, given = Stack.objects.select_related("head").in_bulk(keys), categories_of(keys)
    found = [
        Question(
            named[first],
            named[second],
            (given.get(first), given.get(second)),
            tuple(waiting[first, second]),
            answers.get((first, second)),
        )
        for first, second in pairs
    ]
    return sorted(found, key=lambda one: (not one.is_open, one.is_put_off, one.first.identity, one.second.identity))


def open_questions(sight: Sight) -> int:
    """Count the questions that nobody answered or put off."""
    rows = MergeQuestion.objects.filter(first__operation=sight.operation)
    asked = set(rows.values_list("first_id", "second_id").distinct())
    put_off = MergeAnswer.objects.filter(first__operation=sight.operation)
    return len(asked - set(put_off.values_list("first_id", "second_id")))


@dataclass(frozen=True, slots=True)
class StackView:
    """A stack, and everything that was decided of it; without one, what a page says of a content in none."""

    stack: Stack | None
    size: int
    decision: StackDecision | None
    same: list[Stack]
    """Other stacks that officers said to show the same."""
    questions: list[Question]

    def may_leave(self, content: Content) -> bool:
        """Say whether a content may be decided otherwise than the stack: in a decided one, all but the head."""
        return self.stack is not None and self.decision is not None and self.size > 1 and self.stack.head != content


NO_STACK = StackView(None, 1, None, [], [])


def stack_view(sight: Sight, key: int) -> StackView | None:
    """Return one stack of the operation, or None."""
    stack = sight.operation.stacks.select_related("head").filter(pk=key).first()
    if stack is None:
        return None
    same = [one for one in Links(sight.operation).same_as(stack) if one != stack]
    size = StackMember.objects.filter(stack=stack).count()
    return StackView(stack, size, decision_of(stack), same, questions(sight, about=stack))


def categories(sight: Sight) -> list[Category]:
    """Return the categories to choose from: those that officers gave, the most used first, then those of the lists."""
    names = ("category_scheme", "category_code")
    given = StackDecision.objects.filter(stack__operation=sight.operation).order_by().values_list(*names)
    counted = given.annotate(n=Count("pk")).order_by("-n", *names)
    listed = Hit.objects.filter(hash_list__operation=sight.operation).exclude(category_code="").order_by(*names)
    rows = [(scheme, code) for scheme, code, _ in counted] + list(listed.values_list(*names).distinct()[:OFFERED])
    return [Category(scheme, code) for scheme, code in dict.fromkeys(rows)][:OFFERED]
