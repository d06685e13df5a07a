"""What officers decide about stacks: a category for a whole stack at once, and whether two decided stacks are one.

A content in no stack is decided as a stack of its own, which later takes in what lies near it.
"""

from django.db import transaction

from sauveterre.casework import audit
from sauveterre.casework.models import (
    Content,
    MergeAnswer,
    MergeQuestion,
    Officer,
    Operation,
    Stack,
    StackDecision,
    StackMember,
)
from sauveterre.casework.selectors.stacks import Links, category_of_stack
from sauveterre.casework.services.operations import require_member
from sauveterre.casework.stacking import stack_again
from sauveterre.errors import InvalidInput
from sauveterre.matching.standing import fresh
from sauveterre.records.category import Category

LONGEST = 200
"""Characters of a scheme, and of a code."""


@transaction.atomic
def decide(*, content: Content, category: Category, by: Officer) -> Stack:
    """Give a content's whole stack a category, and every stack that shows the same; where it has it, nothing changes.

    Raises ``InvalidInput`` for a category without scheme or code.
    """
    operation = _open(content.operation, by)
    _check(category)
    member = StackMember.objects.filter(content=content).select_related("stack").first()
    stack = member.stack if member else _alone(operation, content)
    same = [one for one in Links(operation).same_as(stack) if category_of_stack(one) != category]
    for one in same:
        _give(one, category, by)
    if same:
        _log("stack-decided", stack, by, category=str(category), stacks=len(same), contents=_contents_of(same))
    return stack


@transaction.atomic
def decide_alone(*, content: Content, category: Category, by: Officer) -> Stack:
    """Take a content out of its decided stack and decide it for itself.

    Raises ``InvalidInput`` where the stack is not decided, for the others would follow the content out of it, and for
    its head, which the others are measured from.
    """
    _open(content.operation, by)
    _check(category)
    member = StackMember.objects.filter(content=content).select_related("stack").first()
    if member is not None and member.stack.members.count() > 1:
        if category_of_stack(member.stack) is None:
            raise InvalidInput("the stack is not decided yet; decide it first, then what differs from it")
        if member.stack.head_id == content.pk:
            raise InvalidInput("this is the head, which the stack is measured from; take back the decision first")
        _log("stack-left", member.stack, by, content=content.sha256)
        member.delete()
    return decide(content=content, category=category, by=by)


@transaction.atomic
def take_back_decision(*, stack: Stack, by: Officer) -> None:
    """Make a stack undecided again; answers about it go too. Where nothing was decided, nothing changes."""
    operation = _open(stack.operation, by)
    category = category_of_stack(stack)
    if category is None:
        return
    _log("stack-decision-taken-back", stack, by, category=str(category))
    for answer in _answers_about(stack):
        _drop(operation, answer)
    stack.decisions.all().delete()
    stack_again(operation).write()


@transaction.atomic
def answer_question(*, first: Stack, second: Stack, answer: str, by: Officer, lead: Stack | None = None) -> MergeAnswer:
    """Say whether two decided stacks show the same; it binds every later assessment. Twice is once.

    Stacks that show the same have one category: that of ``lead``, which has to be one of the two where they differ.
    Raises ``InvalidInput`` where nobody asks, where the answer goes against another, and where no category was chosen.
    """
    operation = _open(first.operation, by)
    first, second = sorted((first, second), key=lambda one: one.identity)
    earlier = MergeAnswer.objects.filter(first=first, second=second).first()
    if earlier is not None and earlier.answer == answer:
        return earlier
    if earlier is None and not MergeQuestion.objects.filter(first=first, second=second).exists():
        raise InvalidInput("nobody asks about these two stacks any more; look at the list of questions")
    if earlier is not None:
        _drop(operation, earlier)
    lead, other = _leading(operation, first, second, answer, lead)
    row = MergeAnswer.objects.create(first=first, second=second, answer=answer, officer=by)
    if answer == MergeAnswer.Answer.SAME:
        category = category_of_stack(lead)
        for one in other:
            if category is not None and category_of_stack(one) != category:
                _give(one, category, by, through=row)
    _log("stacks-answered", first, by, second=second.identity, answer=answer, category=str(category_of_stack(first)))
    stack_again(operation).write()
    return row


@transaction.atomic
def take_back_answer(*, first: Stack, second: Stack, by: Officer) -> None:
    """Take an answer back: categories are as before it, what joined by it is asked about again."""
    operation = _open(first.operation, by)
    first, second = sorted((first, second), key=lambda one: one.identity)
    earlier = MergeAnswer.objects.filter(first=first, second=second).first()
    if earlier is None:
        return
    _log("stacks-answer-taken-back", first, by, second=second.identity, answer=earlier.answer)
    _drop(operation, earlier)
    stack_again(operation).write()


def _open(operation: Operation, by: Officer) -> Operation:
    """Return the operation for a member, held so that no assessment writes stacks meanwhile."""
    require_member(operation=operation, officer=by)
    return Operation.objects.select_for_update(no_key=True).get(pk=operation.pk)


def _check(category: Category) -> None:
    for part in (category.scheme, category.code):
        if not part.strip() or len(part) > LONGEST or not part.isprintable():
            raise InvalidInput("a category is a scheme and a code such as scheme:2; give both")


def _alone(operation: Operation, content: Content) -> Stack:
    used = set(operation.stacks.filter(identity__startswith=content.sha256).values_list("identity", flat=True))
    stack = Stack.objects.create(operation=operation, identity=fresh(content.sha256, used), head=content)
    StackMember.objects.create(stack=stack, content=content, distance=0)
    return stack


def _give(stack: Stack, category: Category, by: Officer, through: MergeAnswer | None = None) -> None:
    StackDecision.objects.create(
        stack=stack, category_scheme=category.scheme, category_code=category.code, officer=by, through=through
    )


def _leading(
    operation: Operation, first: Stack, second: Stack, answer: str, lead: Stack | None
) -> tuple[Stack, list[Stack]]:
    """Return whose category holds for both stacks, and all stacks that take it over."""
    links = Links(operation)
    categories = category_of_stack(first), category_of_stack(second)
    if None in categories:
        raise InvalidInput("one of these stacks is not decided any more; nothing is to be answered")
    if answer != MergeAnswer.Answer.LATER and not links.answers.is_open(first.identity, second.identity):
        raise InvalidInput("this goes against what was answered about other stacks; take one of those answers back")
    if answer == MergeAnswer.Answer.SAME and categories[0] != categories[1] and lead not in (first, second):
        raise InvalidInput(f"the stacks were decided as {categories[0]} and {categories[1]}; say which holds for both")
    lead = second if lead == second else first
    return lead, links.same_as(first if lead == second else second)


def _drop(operation: Operation, answer: MergeAnswer) -> None:
    """Remove an answer with the categories it gave, and let what joined by answers about its stacks wait again."""
    links = Links(operation)
    touched = [*links.same_as(answer.first), *links.same_as(answer.second)]
    StackMember.objects.filter(stack__in=touched, by_answer=True).delete()
    answer.delete()


def _answers_about(stack: Stack) -> list[MergeAnswer]:
    return [*MergeAnswer.objects.filter(first=stack), *MergeAnswer.objects.filter(second=stack)]


def _contents_of(stacks: list[Stack]) -> int:
    return StackMember.objects.filter(stack__in=stacks).count()


def _log(action: str, stack: Stack, by: Officer, **details: object) -> None:
    audit.record(actor=by.username, action=action, subject=stack.identity, operation=stack.operation, **details)
