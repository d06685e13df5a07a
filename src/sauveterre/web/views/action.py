"""Countries and what their partners get; targets, measures, and what followed."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from sauveterre.casework.selectors import action as selectors
from sauveterre.casework.selectors import countries as partners
from sauveterre.casework.selectors.access import Sight
from sauveterre.casework.services import action as services
from sauveterre.casework.services.packages import make_package
from sauveterre.web.forms.action import ActionDayForm, MeasureForm, MeasuresForm, PackageForm, TargetForm
from sauveterre.web.labels import choices
from sauveterre.web.views.frame import attempt, found, operation_page, show, text


@operation_page("countries")
def countries(request: HttpRequest, sight: Sight) -> HttpResponse:
    """List the countries, with the persons of each and the packages made for it."""
    rows = partners.country_rows(sight)
    named = sum(1 for row in rows if row.code and row.persons)
    return show(request, "countries", rows=rows, named=named)


@operation_page("countries", methods=("POST",))
def make(request: HttpRequest, sight: Sight) -> HttpResponse:
    """Make a country's package."""
    form = PackageForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a country by its code of two letters; no package was made."))
        return redirect("countries", sight.operation.pk)
    country = form.cleaned_data["country"]
    return attempt(
        request,
        lambda: make_package(operation=sight.operation, country=country, by=sight.viewer),
        done=_("The package was made."),
        to="countries",
        operation=sight.operation.pk,
    )


@operation_page("countries")
def package(request: HttpRequest, sight: Sight, key: int) -> HttpResponse:
    """Show what a package holds."""
    one = found(partners.package(sight, key))
    return show(request, "package", package=one, files=partners.package_files(one))


@operation_page("action")
def action(request: HttpRequest, sight: Sight) -> HttpResponse:
    """Show the figures, the board of measures and targets, and the forms that fill it."""
    return _board(request, sight)


def _board(request: HttpRequest, sight: Sight, **forms: object) -> HttpResponse:
    board = selectors.board(sight)
    kind, counted = text(request, "kind"), text(request, "counted") == "1"
    country = text(request, "country", longest=2)
    rows = board.arrests if counted else [row for row in board.measures if kind in {"", row.kind}]
    rows = [row for row in rows if country in {"", row.target.country}]
    given = {
        "measure_form": MeasureForm(),
        "measures_form": MeasuresForm(),
        "target_form": TargetForm(),
        "day_form": ActionDayForm(),
        **forms,
    }
    return show(
        request,
        "action",
        board=board,
        rows=rows,
        kind=kind,
        counted=counted,
        country=country,
        kinds=choices("measure"),
        **given,
    )


@operation_page("action", methods=("POST",))
def add_measure(request: HttpRequest, sight: Sight) -> HttpResponse:
    """Enter a measure or what followed it."""
    form = MeasureForm(request.POST)
    if not form.is_valid():
        return _board(request, sight, measure_form=form)
    given = form.cleaned_data
    return attempt(
        request,
        lambda: services.record_measure(operation=sight.operation, by=sight.viewer, **given),
        done=_("The measure was entered."),
        to="action",
        operation=sight.operation.pk,
    )


@operation_page("action", methods=("POST",))
def import_measures(request: HttpRequest, sight: Sight) -> HttpResponse:
    """Enter a file of measures, all of them or none."""
    form = MeasuresForm(request.POST, request.FILES)
    if not form.is_valid():
        return _board(request, sight, measures_form=form)
    return attempt(
        request,
        lambda: services.import_measures(operation=sight.operation, text=form.cleaned_data["file"], by=sight.viewer),
        done=_("The measures were entered."),
        to="action",
        operation=sight.operation.pk,
    )


@operation_page("action", methods=("POST",))
def add_target(request: HttpRequest, sight: Sight) -> HttpResponse:
    """Decide to act on somebody."""
    form = TargetForm(request.POST)
    if not form.is_valid():
        return _board(request, sight, target_form=form)
    return attempt(
        request,
        lambda: services.add_target(operation=sight.operation, by=sight.viewer, **form.cleaned_data),
        done=_("The target was entered, as your decision."),
        to="action",
        operation=sight.operation.pk,
    )


@operation_page("action", methods=("POST",))
def add_day(request: HttpRequest, sight: Sight) -> HttpResponse:
    """Name an action day."""
    form = ActionDayForm(request.POST)
    if not form.is_valid():
        return _board(request, sight, day_form=form)
    return attempt(
        request,
        lambda: services.add_action_day(operation=sight.operation, day=form.cleaned_data["day"], by=sight.viewer),
        done=_("The action day was named."),
        to="action",
        operation=sight.operation.pk,
    )
