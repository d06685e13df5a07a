"""The register of exhibits: the list, one exhibit, entering and changing it, and how far it is."""

import time
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from sauveterre.casework.models import Exhibit
from sauveterre.casework.selectors import accounting, custody, duplicates, exhibits
from sauveterre.casework.selectors.access import Sight
from sauveterre.casework.selectors.progress import progress
from sauveterre.casework.services import exhibits as services
from sauveterre.errors import SauveterreError
from sauveterre.web.forms.exhibit import (
    AttachForm,
    CustodyForm,
    DigestsForm,
    KeyForm,
    NewExhibitForm,
    PhotoForm,
    RegisterForm,
)
from sauveterre.web.forms.moment import by_clock, remember_zone, usual_zone
from sauveterre.web.pace import pace
from sauveterre.web.sentences import said
from sauveterre.web.views.frame import attempt, found, operation_page, show, text


@operation_page("exhibits")
def exhibit_list(request: HttpRequest, sight: Sight) -> HttpResponse:
    """List the exhibits, each with its account."""
    return show(request, "exhibits", **_listed(request, sight))


@operation_page("exhibits")
def list_progress(request: HttpRequest, sight: Sight) -> HttpResponse:
    """Show the table of exhibits: the part of their list that renews itself."""
    return show(request, "parts/exhibits", **_listed(request, sight))


def _listed(request: HttpRequest, sight: Sight) -> dict[str, object]:
    rows = exhibits.exhibit_rows(sight)
    running = any(row.stage in {exhibits.Stage.LISTING, exhibits.Stage.PROCESSING} for row in rows)
    how_far = progress(sight) if running else None
    return {
        "rows": rows,
        "account": exhibits.together(row.account for row in rows),
        "progress": how_far,
        "pace": how_far and pace(how_far, seen=text(request, "seen", longest=600), now=time.time()),
    }


@operation_page("exhibits")
def exhibit(request: HttpRequest, sight: Sight, key: int) -> HttpResponse:
    """Show one exhibit: register, custody, photographs, integrity, accounting and sources."""
    return exhibit_page(request, sight, found(exhibits.exhibit(sight, key)))


def exhibit_page(request: HttpRequest, sight: Sight, one: Exhibit, **forms: object) -> HttpResponse:
    """Show one exhibit; ``forms`` stand for those that were filled in and could not be taken."""
    log = custody.custody(sight, one)
    how_far = _how_far(request, sight, one)
    return show(
        request,
        "exhibit",
        row=exhibits.exhibit_rows(sight, only=one)[0],
        exhibit=one,
        digests=one.given_digests.all(),
        keys=one.keys.count(),
        photos=one.photos.all(),
        custody=log,
        holder=custody.holder(log),
        seal=custody.current_seal(one, log),
        integrity=next(iter(accounting.integrity(sight, exhibit=one)), None),
        disagreeing=accounting.disagreeing(how_far["ledger"].sources),
        sources=exhibits.source_rows(sight, of=one),
        **how_far,
        **{
            "attach_form": AttachForm(),
            "key_form": KeyForm(),
            "digests_form": DigestsForm(),
            "custody_form": CustodyForm(initial={"zone": usual_zone(request)}),
            "photo_form": PhotoForm(),
            **forms,
        },
    )


def _how_far(request: HttpRequest, sight: Sight, one: Exhibit) -> dict[str, Any]:
    how_far = progress(sight, exhibit=one)
    return {
        "progress": how_far,
        "pace": pace(how_far, seen=text(request, "seen", longest=600), now=time.time()),
        "ledger": accounting.ledger(sight, exhibit=one),
        "again": reverse("exhibit-progress", args=[sight.operation.pk, one.pk]),
    }


@operation_page("exhibits")
def exhibit_progress(request: HttpRequest, sight: Sight, key: int) -> HttpResponse:
    """Show how far one exhibit is: the part of its page that renews itself."""
    one = found(exhibits.exhibit(sight, key))
    return show(request, "parts/progress", exhibit=one, **_how_far(request, sight, one))


@operation_page("exhibits")
def elsewhere(request: HttpRequest, sight: Sight, key: int) -> HttpResponse:
    """Show how many contents of an exhibit lie in others too: counted after the page is there."""
    one = found(exhibits.exhibit(sight, key))
    return show(request, "parts/elsewhere", exhibit=one, shared=duplicates.elsewhere(one))


@operation_page("exhibits", methods=("GET", "HEAD", "POST"))
def new(request: HttpRequest, sight: Sight) -> HttpResponse:
    """Enter an exhibit in the register, with its medium or without."""
    form = NewExhibitForm(request.POST or None, initial={"zone": usual_zone(request)})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        remember_zone(request, given["zone"])
        try:
            added = services.add_exhibit(
                operation=sight.operation,
                by=sight.viewer,
                path=given["path"],
                keys=(given["key"],) if given["key"] else (),
                digests=given["digests"],
                digest_origin=given["digest_origin"],
                **form.register,
            )
        except SauveterreError as error:
            form.add_error(None, said(error))
        else:
            messages.success(request, _("The exhibit was entered."))
            return redirect("exhibit", sight.operation.pk, added.pk)
    return show(request, "exhibit_form", form=form, exhibit=None)


@operation_page("exhibits", methods=("GET", "HEAD", "POST"))
def edit(request: HttpRequest, sight: Sight, key: int) -> HttpResponse:
    """Change what the register says; the log keeps what stood before."""
    one = found(exhibits.exhibit(sight, key))
    zone = usual_zone(request)
    stands = {name: getattr(one, name) for name in RegisterForm.base_fields if hasattr(one, name)}
    initial = {**stands, "zone": zone, "seized_at": by_clock(one.seized_at, zone)}
    form = RegisterForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        remember_zone(request, form.cleaned_data["zone"])
        try:
            services.edit_exhibit(exhibit=one, by=sight.viewer, **form.register)
        except SauveterreError as error:
            form.add_error(None, said(error))
        else:
            messages.success(request, _("The register was changed; the audit log keeps what stood before."))
            return redirect("exhibit", sight.operation.pk, one.pk)
    return show(request, "exhibit_form", form=form, exhibit=one)


@operation_page("exhibits", methods=("POST",))
def attach(request: HttpRequest, sight: Sight, key: int) -> HttpResponse:
    """Say where the medium of a registered exhibit lies."""
    one, form = found(exhibits.exhibit(sight, key)), AttachForm(request.POST)
    if not form.is_valid():
        return exhibit_page(request, sight, one, attach_form=form)
    given = form.cleaned_data
    keys = (given["key"],) if given["key"] else ()
    return attempt(
        request,
        lambda: services.attach_medium(exhibit=one, path=given["path"], keys=keys, by=sight.viewer),
        done=_("The medium was taken in; its files are listed with the next `sauveterre process`."),
        to="exhibit",
        operation=sight.operation.pk,
        key=one.pk,
    )


@operation_page("exhibits", methods=("POST",))
def add_key(request: HttpRequest, sight: Sight, key: int) -> HttpResponse:
    """Give an exhibit a recovery key."""
    one, form = found(exhibits.exhibit(sight, key)), KeyForm(request.POST)
    if not form.is_valid():
        return exhibit_page(request, sight, one, key_form=form)
    return attempt(
        request,
        lambda: services.add_key(exhibit=one, key=form.cleaned_data["key"], by=sight.viewer),
        done=_("The key is kept; what is locked is tried again with the next `sauveterre process`."),
        to="exhibit",
        operation=sight.operation.pk,
        key=one.pk,
    )


@operation_page("exhibits", methods=("POST",))
def add_digests(request: HttpRequest, sight: Sight, key: int) -> HttpResponse:
    """Write down what a medium's acquisition was said to give."""
    one, form = found(exhibits.exhibit(sight, key)), DigestsForm(request.POST)
    if not form.is_valid():
        return exhibit_page(request, sight, one, digests_form=form)
    given = form.cleaned_data
    return attempt(
        request,
        lambda: services.give_digests(
            exhibit=one, digests=given["digests"], origin=given["digest_origin"], by=sight.viewer
        ),
        done=_("The digests are written down; each reading of the medium is compared with them."),
        to="exhibit",
        operation=sight.operation.pk,
        key=one.pk,
    )
