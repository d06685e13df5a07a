"""The custody log of an exhibit, and the photographs of it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from sauveterre.casework.selectors import custody as selectors
from sauveterre.casework.selectors import exhibits
from sauveterre.casework.selectors.access import Sight
from sauveterre.casework.services.custody import enter_line, sign_line
from sauveterre.casework.services.photos import add_photo
from sauveterre.errors import SauveterreError
from sauveterre.web.forms.exhibit import CustodyForm, PhotoForm
from sauveterre.web.forms.moment import remember_zone
from sauveterre.web.sentences import said
from sauveterre.web.views.exhibits import exhibit_page
from sauveterre.web.views.frame import attempt, found, operation_page


@operation_page("exhibits", methods=("POST",))
def enter(request: HttpRequest, sight: Sight, key: int) -> HttpResponse:
    """Enter a line; another officer has to sign it."""
    one, form = found(exhibits.exhibit(sight, key)), CustodyForm(request.POST)
    if form.is_valid():
        given = {name: value for name, value in form.cleaned_data.items() if name != "zone"}
        remember_zone(request, form.cleaned_data["zone"])
        try:
            enter_line(exhibit=one, by=sight.viewer, **given)
        except SauveterreError as error:
            form.add_error(None, said(error))
        else:
            messages.success(request, _("The line was entered; it is valid once another officer has signed it."))
            return redirect("exhibit", sight.operation.pk, one.pk)
    return exhibit_page(request, sight, one, custody_form=form)


@operation_page("exhibits", methods=("POST",))
def sign(request: HttpRequest, sight: Sight, key: int, line: int) -> HttpResponse:
    """Sign a line that another officer entered."""
    one = found(exhibits.exhibit(sight, key))
    event = found(selectors.event(sight, one, line))
    return attempt(
        request,
        lambda: sign_line(event=event, by=sight.viewer),
        done=_("You signed the line."),
        to="exhibit",
        operation=sight.operation.pk,
        key=one.pk,
    )


@operation_page("exhibits", consulted=True)
def table(request: HttpRequest, sight: Sight, key: int) -> HttpResponse:  # noqa: ARG001 - a view's signature
    """Give the log as a CSV file."""
    one = found(exhibits.exhibit(sight, key))
    answer = HttpResponse(selectors.custody_table(sight, one), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="custody-{one.number:02d}.csv"'
    return answer


@operation_page("exhibits", methods=("POST",))
def photograph(request: HttpRequest, sight: Sight, key: int) -> HttpResponse:
    """Keep a photograph of the exhibit."""
    one, form = found(exhibits.exhibit(sight, key)), PhotoForm(request.POST, request.FILES)
    if form.is_valid():
        upload, caption = form.cleaned_data["file"], form.cleaned_data["caption"]
        try:
            add_photo(exhibit=one, name=upload.name, data=upload.read(), caption=caption, by=sight.viewer)
        except SauveterreError as error:
            form.add_error("file", said(error))
        else:
            messages.success(request, _("The photograph is kept, without its metadata."))
            return redirect("exhibit", sight.operation.pk, one.pk)
    return exhibit_page(request, sight, one, photo_form=form)


@operation_page("exhibits")
def photo(request: HttpRequest, sight: Sight, key: int, photo: int) -> HttpResponse:  # noqa: ARG001 - a view's signature
    """Give a photograph of an exhibit: of the medium and its label, never of what it holds."""
    kept = exhibits.photo_bytes(found(exhibits.photo(sight, key, photo)))
    return HttpResponse(found(kept), content_type="image/jpeg")
