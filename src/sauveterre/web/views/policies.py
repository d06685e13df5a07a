"""The hash lists that contents are compared with, what a hit settles, and who confirmed one."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from sauveterre.casework.models import Content
from sauveterre.casework.rulings import category_of
from sauveterre.casework.selectors import claims, contents, policies
from sauveterre.casework.selectors.access import Sight
from sauveterre.casework.services.policies import confirm, set_policy, withdraw
from sauveterre.records.ruling import Rule
from sauveterre.web.forms.policy import RuleForm
from sauveterre.web.views.frame import attempt, found, number, operation_page, show


@operation_page("gallery")
def hash_lists(request: HttpRequest, sight: Sight) -> HttpResponse:
    """List the hash lists, and what each of their categories settles."""
    rows = [(row, _form_of(row)) for row in policies.rule_rows(sight.operation)]
    versions = contents.hash_lists(sight, in_force=False)
    claimed = claims.claimed_files(sight, after=number(request, "after"))
    return show(request, "hash_lists", lists=contents.hash_lists(sight), versions=versions, rules=rows, claimed=claimed)


def _form_of(row: policies.RuleRow) -> RuleForm:
    category = row.category
    return RuleForm(
        auto_id=False,
        initial={
            "list_name": row.list_name,
            "scheme": category.scheme if category else "",
            "code": category.code if category else "",
            "rule": row.rule.value,
            "people": row.people or "",
        },
    )


@operation_page("gallery", methods=("POST",))
def rule(request: HttpRequest, sight: Sight) -> HttpResponse:
    """Give a list, or one of its categories, a rule."""
    form = RuleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("The rule was not changed: choose one of the three, and 1 to 9 officers."))
        return redirect("hash-lists", sight.operation.pk)
    given = form.cleaned_data
    chosen = Rule(given["rule"])
    return attempt(
        request,
        lambda: set_policy(
            operation=sight.operation,
            list_name=given["list_name"],
            category=category_of(given["scheme"], given["code"]),
            rule=chosen,
            people=(given["people"] or 1) if chosen is Rule.CONFIRM else 0,
            by=sight.viewer,
        ),
        done=_("The rule holds from now on, for every hit that is there already too."),
        to="hash-lists",
        operation=sight.operation.pk,
    )


@operation_page("gallery", methods=("POST",))
def confirm_content(request: HttpRequest, sight: Sight, sha256: str) -> HttpResponse:
    """Confirm that a content is what a list says it is."""
    return _on_content(request, sight, sha256, confirm, _("You confirmed the hit."))


@operation_page("gallery", methods=("POST",))
def withdraw_confirmation(request: HttpRequest, sight: Sight, sha256: str) -> HttpResponse:
    """Take one's confirmation back."""
    return _on_content(request, sight, sha256, withdraw, _("You withdrew your confirmation."))


def _on_content(request: HttpRequest, sight: Sight, sha256: str, act: Callable[..., object], done: str) -> HttpResponse:
    content = found(Content.objects.filter(operation=sight.operation, sha256=sha256).first())
    return attempt(
        request,
        lambda: act(content=content, by=sight.viewer),
        done=done,
        to="content",
        operation=sight.operation.pk,
        sha256=sha256,
    )
