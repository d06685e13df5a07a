"""Many exhibits at once: what would come of a table or folder is looked at first, then entered."""

import base64
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sauveterre.casework.selectors.access import Sight
from sauveterre.casework.services.exhibits_import import Plan, import_exhibits, plan_folder, plan_table
from sauveterre.errors import SauveterreError
from sauveterre.web.forms.exhibit import FolderForm, TableForm
from sauveterre.web.forms.moment import remember_zone, usual_zone
from sauveterre.web.sentences import said
from sauveterre.web.views.frame import operation_page, show


@operation_page("exhibits", methods=("GET", "HEAD", "POST"))
def import_(request: HttpRequest, sight: Sight) -> HttpResponse:
    """Show both ways in and what would be entered; enter it when it was shown before."""
    if request.method != "POST":
        return _page(request)
    return _from_folder(request, sight) if request.POST.get("way") == "folder" else _from_table(request, sight)


def _page(request: HttpRequest, **given: Any) -> HttpResponse:
    ways = {
        "table_form": TableForm(initial={"zone": usual_zone(request)}, prefix="t"),
        "folder_form": FolderForm(prefix="f"),
    }
    return show(request, "exhibit_import", **{"plan": None, **ways, **given})


def _from_folder(request: HttpRequest, sight: Sight) -> HttpResponse:
    form = FolderForm(request.POST, prefix="f")
    plan = None
    if form.is_valid():
        folder = form.cleaned_data["folder"]
        plan = _look(form, lambda: plan_folder(operation=sight.operation, folder=folder, by=sight.viewer))
    if plan is None:
        return _page(request, folder_form=form)
    if _entered(request, sight, plan, form):
        return redirect("exhibits", sight.operation.pk)
    return _page(request, plan=plan, way="folder", kept={"f-folder": str(folder)}, folder_form=form)


def _from_table(request: HttpRequest, sight: Sight) -> HttpResponse:
    form = TableForm(request.POST, request.FILES, prefix="t")
    plan = None
    if form.is_valid():
        table, zone = form.cleaned_data["data"], form.cleaned_data["zone"]
        remember_zone(request, zone)
        plan = _look(
            form,
            lambda: plan_table(operation=sight.operation, table=table, zone=ZoneInfo(zone), by=sight.viewer),
        )
    if plan is None:
        return _page(request, table_form=form)
    if _entered(request, sight, plan, form):
        return redirect("exhibits", sight.operation.pk)
    kept = {
        "t-table": base64.b64encode(table).decode(),
        "t-zone": zone,
        "t-digest_origin": form.cleaned_data["digest_origin"],
    }
    return _page(request, plan=plan, way="table", kept=kept, table_form=form)


def _look(form: forms.Form, plan: Callable[[], Plan]) -> Plan | None:
    try:
        return plan()
    except SauveterreError as error:
        form.add_error(None, said(error))
        return None


def _entered(request: HttpRequest, sight: Sight, plan: Plan, form: forms.Form) -> bool:
    """Enter a plan that was shown before; say so when it is not the same any more."""
    mark = form.cleaned_data["mark"]
    if mark and mark != plan.mark:
        messages.error(request, _("What would be entered has changed since you looked at it; look again."))
    if mark != plan.mark:
        return False
    origin = form.cleaned_data.get("digest_origin", "")
    try:
        numbers = import_exhibits(operation=sight.operation, plan=plan, by=sight.viewer, digest_origin=origin)
    except SauveterreError as error:
        messages.error(request, said(error))
        return False
    done = ngettext("%(n)d exhibit was entered.", "%(n)d exhibits were entered.", len(numbers)) % {"n": len(numbers)}
    messages.success(request, done)
    return True
