"""Stacks in the database: which stand, how they stand with what came in, and writing that without losing a decision."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from sauveterre.casework.models import (
    Content,
    MergeAnswer,
    MergeQuestion,
    Operation,
    Picture,
    Stack,
    StackDecision,
    StackMember,
)
from sauveterre.casework.rows import copy_rows
from sauveterre.matching import answers as core
from sauveterre.matching.stacks import Candidate
from sauveterre.matching.standing import Standing, StandingStack, restack

IS_DECIDED = Exists(StackDecision.objects.filter(stack=OuterRef("pk")))


@dataclass(frozen=True, slots=True)
class Judged:
    """What officers decided: the stacks that stand whatever comes in, and what was answered about them."""

    stacks: tuple[StandingStack, ...]
    answers: tuple[core.MergeAnswer, ...]


@dataclass(frozen=True, slots=True)
class Stacked:
    """Stacks, worked out and not yet written."""

    heads: dict[str, str]
    """SHA-256 of each stacked content to that of its stack's head."""
    write: Callable[[], None]


def stack_again(operation: Operation, pictures: Sequence[Candidate] | None = None) -> Stacked:
    """Work out how an operation's stacks stand with its pictures; by default those of the database.

    What officers decided meanwhile counts: where that is not what was worked with, ``write`` works it out once more.
    It has to run in a transaction that holds the operation's row.
    """
    known = list(candidates(operation)) if pictures is None else pictures
    judged = judged_of(operation)
    standing = _standing(operation, judged, known)

    def write() -> None:
        now = judged_of(operation)
        write_standing(operation, standing if now == judged else _standing(operation, now, known))

    return Stacked({member: one.head for one in standing.stacks for member, _ in one.members}, write)


def candidates(operation: Operation) -> Iterator[Candidate]:
    """Read the operation's pictures."""
    rows = Picture.objects.filter(content__operation=operation)
    names = ("content__sha256", "pdq", "quality", "width", "height", "content__size")
    for sha256, pdq, quality, width, height, size in rows.values_list(*names).iterator(chunk_size=10_000):
        yield Candidate(sha256, bytes(pdq), quality, width * height, size)


def judged_of(operation: Operation) -> Judged:
    """Read the decided stacks, and the answers that bind."""
    return Judged(tuple(_stacks_of(operation, decided=True)), tuple(binding_answers(operation)))


def binding_answers(operation: Operation) -> list[core.MergeAnswer]:
    """Read the answers that bind: same and different."""
    given = MergeAnswer.objects.filter(first__operation=operation).exclude(answer=MergeAnswer.Answer.LATER)
    names = given.order_by("pk").values_list("first__identity", "second__identity", "answer")
    return [core.MergeAnswer((first, second), answer == "same") for first, second, answer in names]


def _stacks_of(operation: Operation, *, decided: bool) -> list[StandingStack]:
    own = Stack.objects.filter(Q(IS_DECIDED) if decided else ~Q(IS_DECIDED), operation=operation)
    rows = StackMember.objects.filter(stack__in=own).order_by("stack__identity", "distance", "content__sha256")
    members: dict[str, list[tuple[str, int]]] = {}
    for identity, sha256, distance in rows.values_list("stack__identity", "content__sha256", "distance"):
        members.setdefault(identity, []).append((sha256, distance))
    heads = own.order_by("identity").values_list("identity", "head__sha256")
    return [StandingStack(identity, head, tuple(members.get(identity, ())), decided) for identity, head in heads]


def _standing(operation: Operation, judged: Judged, pictures: Iterable[Candidate]) -> Standing:
    undecided = _stacks_of(operation, decided=False)
    return restack([*judged.stacks, *undecided], pictures, answers=judged.answers)


def write_standing(operation: Operation, standing: Standing) -> None:
    """Write how the stacks stand: stacks keep their rows, and only members that changed are touched."""
    numbers = dict(Content.objects.filter(operation=operation).values_list("sha256", "pk"))
    by_answer = {numbers[sha256] for sha256 in standing.by_answer}
    members = StackMember.objects.filter(stack__operation=operation)
    rows = members.values_list("content_id", "stack_id", "distance", "by_answer")
    there = {content: (stack, distance, came) for content, stack, distance, came in rows.iterator(chunk_size=10_000)}
    by_answer |= {content for content, (_, _, came) in there.items() if came}
    MergeQuestion.objects.filter(first__operation=operation).delete()
    keys = _write_stacks(operation, standing, numbers)
    wanted = {
        numbers[sha256]: (keys[one.identity], distance, numbers[sha256] in by_answer)
        for one in standing.stacks
        for sha256, distance in one.members
    }
    members.filter(content__in=[content for content, row in there.items() if wanted.get(content) != row]).delete()
    fresh = ([content, *row] for content, row in wanted.items() if there.get(content) != row)
    copy_rows(StackMember, ["content_id", "stack_id", "distance", "by_answer"], fresh)
    MergeQuestion.objects.bulk_create(
        MergeQuestion(first_id=keys[question.stacks[0]], second_id=keys[question.stacks[1]], content_id=numbers[sha256])
        for question in standing.questions
        for sha256 in question.contents
    )


def _write_stacks(operation: Operation, standing: Standing, numbers: dict[str, int]) -> dict[str, int]:
    """Write the stacks that are new or have another head, remove those that are no more, and return all by identity."""
    rows = Stack.objects.filter(operation=operation).values_list("identity", "pk", "head_id")
    there = {identity: (key, head) for identity, key, head in rows}
    wanted = {one.identity: numbers[one.head] for one in standing.stacks}
    Stack.objects.filter(pk__in=[key for name, (key, _) in there.items() if name not in wanted]).delete()
    kept = {name: part for name, part in there.items() if name in wanted}
    moved = [Stack(pk=key, head_id=wanted[name]) for name, (key, head) in kept.items() if wanted[name] != head]
    Stack.objects.bulk_update(moved, ["head"], batch_size=1_000)
    fresh = [Stack(operation=operation, identity=name, head_id=wanted[name]) for name in wanted if name not in kept]
    made = Stack.objects.bulk_create(fresh, batch_size=5_000)
    return {**{name: key for name, (key, _) in kept.items()}, **{row.identity: row.pk for row in made}}
