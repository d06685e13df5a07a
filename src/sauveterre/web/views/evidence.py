"""Referrals; exhibits, their sources and entries; contents and the gallery."""

from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from sauveterre.casework.models import EntryState
from sauveterre.casework.selectors import contents, exhibits, groups, people
from sauveterre.casework.selectors import referrals as selectors
from sauveterre.casework.selectors.access import Sight
from sauveterre.casework.selectors.paging import keyset
from sauveterre.casework.services.referrals import add_referral
from sauveterre.errors import SauveterreError
from sauveterre.web.forms.referral import ReferralForm
from sauveterre.web.views.frame import found, number, operation_page, show, text

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
            form.add_error("file", str(error))
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


@operation_page("exhibits")
def exhibit_list(request: HttpRequest, sight: Sight) -> HttpResponse:
    """List the exhibits, each with its account."""
    rows = exhibits.exhibit_rows(sight)
    return show(request, "exhibits", rows=rows, account=exhibits.together(row.account for row in rows))


@operation_page("exhibits")
def exhibit(request: HttpRequest, sight: Sight, key: int) -> HttpResponse:
    """Show one exhibit with the tree of its sources."""
    one = found(exhibits.exhibit(sight, key))
    row = next(row for row in exhibits.exhibit_rows(sight) if row.exhibit == one)
    return show(request, "exhibit", row=row, exhibit=one, sources=exhibits.source_rows(sight, of=one))


@operation_page("exhibits")
def sources(request: HttpRequest, sight: Sight) -> HttpResponse:
    """List every source of every exhibit."""
    return show(request, "sources", sources=exhibits.source_rows(sight), total=exhibits.source_count(sight))


@operation_page("exhibits")
def source(request: HttpRequest, sight: Sight, key: int) -> HttpResponse:
    """Show one source and its entries."""
    one = found(exhibits.source(sight, key))
    state, path = text(request, "state"), text(request, "path")
    rows = exhibits.entry_rows(sight, state=state, path=path, of=one)
    account = exhibits.accounts(sight, exhibit=one.exhibit_id)
    return show(
        request,
        "source",
        source=one,
        account=account.get(one.pk, exhibits.Account()),
        page=keyset(rows, after=number(request, "after"), field="ordinal"),
        state=state,
        path=path,
        states=EntryState.values,
        problems=exhibits.problem_rows(sight).filter(source=one)[:20],
    )


@operation_page("exhibits")
def entries(request: HttpRequest, sight: Sight) -> HttpResponse:
    """List the entries of all exhibits, by state and path."""
    state, path = text(request, "state"), text(request, "path")
    one = number(request, "exhibit")
    rows = exhibits.entry_rows(sight, state=state, path=path, exhibit=one)
    page = keyset(rows, after=number(request, "after"))
    return show(
        request, "entries", page=page, state=state, path=path, states=EntryState.values,
        exhibit=exhibits.exhibit(sight, one) if one else None,
    )  # fmt: skip


@operation_page("exhibits")
def entry(request: HttpRequest, sight: Sight, key: int) -> HttpResponse:
    """Show one entry with all that is known of it."""
    one = found(contents.entry(sight, key))
    held = contents.held(sight, one.content.sha256) if one.content else None
    shares = held.shares if held else []
    return show(
        request,
        "entry",
        entry=one,
        held=held,
        children=contents.child_sources(sight, one),
        names=people.names(sight, {share.account for share in shares}),
        titles=groups.titles(sight, {share.group for share in shares}),
    )


@operation_page("exhibits")
def problems(request: HttpRequest, sight: Sight) -> HttpResponse:
    """List the damage that was found while reading."""
    rows = exhibits.problem_rows(sight, exhibit=number(request, "exhibit"))
    return show(request, "problems", page=keyset(rows, after=number(request, "after")))


@operation_page("gallery")
def content_list(request: HttpRequest, sight: Sight) -> HttpResponse:
    """List contents, by what their hits say."""
    hit = text(request, "hit") or "all"
    on = number(request, "list")
    total = None if on else contents.hit_counts(sight).get(hit)
    page = keyset(contents.content_rows(sight, hit=hit, on=on), after=number(request, "after"), total=total)
    return show(request, "contents", page=page, hit=hit)


@operation_page("gallery")
def content(request: HttpRequest, sight: Sight, sha256: str) -> HttpResponse:
    """Show one content: what it is, where it lay, on which lists it was found, where it was shared."""
    held = found(contents.held(sight, sha256))
    return show(
        request,
        "content",
        held=held,
        names=people.names(sight, {share.account for share in held.shares}),
        titles=groups.titles(sight, {share.group for share in held.shares}),
    )


@operation_page("gallery", consulted=True)
def gallery(request: HttpRequest, sight: Sight) -> HttpResponse:
    """Show pictures, grey and blurred: what is left to look at first, each stack once."""
    show_what = text(request, "show") or "unsettled"
    if show_what not in {*contents.HIT_FILTERS, "stacks"}:
        show_what = "unsettled"
    stack = number(request, "stack") or None
    page = contents.gallery(sight, show=show_what, after=number(request, "after"), stack=stack)
    return show(
        request, "gallery", page=page, shown=show_what, stack=stack, spared=partial(contents.spared, sight),
    )  # fmt: skip


@operation_page("gallery")
def blurred(request: HttpRequest, sight: Sight, sha256: str) -> HttpResponse:  # noqa: ARG001 - a view's signature
    """Give a picture grey and blurred. No address gives it otherwise."""
    return HttpResponse(found(contents.blurred(sight, sha256)), content_type="image/jpeg")


@operation_page("gallery")
def hash_lists(request: HttpRequest, sight: Sight) -> HttpResponse:
    """List the hash lists that contents are compared with."""
    return show(request, "hash_lists", lists=contents.hash_lists(sight))
