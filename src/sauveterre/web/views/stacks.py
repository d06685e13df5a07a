"""Stacks: what is in one, deciding it at once, and the questions whether two decided ones show the same."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from sauveterre.casework.models import Content, MergeAnswer
from sauveterre.casework.selectors import contents, stacks
from sauveterre.casework.selectors.access import Sight
from sauveterre.casework.services.stacks import (
    answer_question,
    decide,
    decide_alone,
    take_back_answer,
    take_back_decision,
)
from sauveterre.errors import SauveterreError
from sauveterre.records.category import Category
from sauveterre.web.forms.stack import CategoryForm
from sauveterre.web.sentences import said
from sauveterre.web.views.frame import attempt, found, number, operation_page, show


@operation_page("gallery", consulted=True)
def stack(request: HttpRequest, sight: Sight, key: int) -> HttpResponse:
    """Show one stack, grey and blurred, with its decision and the questions about it."""
    one = found(stacks.stack_view(sight, key))
    page = contents.gallery(sight, show="all", after=number(request, "after"), stack=key)
    return show(request, "stack", one=one, page=page, head=one.stack.head, choices=stacks.categories(sight))


@operation_page("gallery", methods=("POST",))
def decide_content(request: HttpRequest, sight: Sight, sha256: str) -> HttpResponse:
    """Give a content's stack a category, or the content alone, and go on to the next that is left to look at."""
    content = found(Content.objects.filter(operation=sight.operation, sha256=sha256).first())
    form = CategoryForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Nothing was decided: write a category as scheme:code."))
        return redirect("content", sight.operation.pk, sha256)
    category: Category = form.cleaned_data["category"]
    act = decide_alone if form.cleaned_data["alone"] else decide
    try:
        stack = act(content=content, category=category, by=sight.viewer)
    except SauveterreError as error:
        messages.error(request, said(error))
        return redirect("content", sight.operation.pk, sha256)
    size = stack.members.count()
    done = _("Decided as %(category)s: %(size)d contents.") if size > 1 else _("Decided as %(category)s.")
    messages.success(request, done % {"category": category, "size": size})
    left = contents.next_left(sight, after=content.pk)
    return redirect("content", sight.operation.pk, left) if left else redirect("gallery", sight.operation.pk)


@operation_page("gallery", methods=("POST",))
def take_back(request: HttpRequest, sight: Sight, key: int) -> HttpResponse:
    """Make a stack undecided again."""
    one = found(stacks.stack_view(sight, key))
    head = one.stack.head.sha256
    return attempt(
        request,
        lambda: take_back_decision(stack=one.stack, by=sight.viewer),
        done=_("The decision is taken back."),
        to="content",
        operation=sight.operation.pk,
        sha256=head,
    )


@operation_page("gallery", consulted=True)
def questions(request: HttpRequest, sight: Sight) -> HttpResponse:
    """List the questions whether two decided stacks show the same, those that wait first."""
    return show(request, "questions", questions=stacks.questions(sight))


@operation_page("gallery", methods=("POST",))
def answer(request: HttpRequest, sight: Sight, first: int, second: int) -> HttpResponse:
    """Answer a question, put it off, or take the answer back."""
    one, other = (found(sight.operation.stacks.filter(pk=key).first()) for key in (first, second))
    given = request.POST.get("answer", "")
    lead = {str(row.pk): row for row in (one, other)}.get(request.GET.get("lead", ""))
    if given in MergeAnswer.Answer.values:
        return attempt(
            request,
            lambda: answer_question(first=one, second=other, answer=given, lead=lead, by=sight.viewer),
            done=_("The answer holds from now on, for what comes in later too."),
            to="questions",
            operation=sight.operation.pk,
        )
    return attempt(
        request,
        lambda: take_back_answer(first=one, second=other, by=sight.viewer),
        done=_("The answer is taken back; what joined by it waits again."),
        to="questions",
        operation=sight.operation.pk,
    )
