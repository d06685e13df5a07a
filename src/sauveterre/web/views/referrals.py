"""Referrals: what came in, and taking in more."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from sauveterre.casework.selectors import referrals as selectors
from sauveterre.casework.selectors.access import Sight
from sauveterre.casework.selectors.paging import keyset
from sauveterre.casework.services.referrals import add_referral
from sauveterre.errors import SauveterreError
from sauveterre.web.forms.referral import ReferralForm
from sauveterre.web.sentences import said
from sauveterre.web.views.frame import found, number, operation_page, show

ELEMENTS = 300


@operation_page("referrals", methods=("GET", "HEAD", "POST"))
def referrals(request: HttpRequest, sight: Sight) -> HttpResponse:
    """List what came in, and take in more."""
    form = ReferralForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            added = add_referral(operation=sight.operation, name=upload.name, data=upload.read(), by=sight.viewer)
        except SauveterreError as error:
            form.add_error("file", said(error))
        else:
            messages.success(request, _("The referral was added, byte for byte."))
            return redirect("referral", sight.operation.pk, added.pk)
    return show(request, "referrals", page=keyset(selectors.referral_rows(sight), after=0, field="-pk"), form=form)


@operation_page("referrals", consulted=True)
def referral(request: HttpRequest, sight: Sight, key: int) -> HttpResponse:
    """Show one referral: what its original states, and every element of it."""
    view = found(selectors.referral(sight, key))
    elements = keyset(view.row.elements.all(), after=number(request, "after"), field="ordinal", size=ELEMENTS)
    return show(request, "referral", view=view, referral=view.row, record=view.record, elements=elements)
