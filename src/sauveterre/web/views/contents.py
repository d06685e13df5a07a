"""Contents and the gallery."""

from django.http import HttpRequest, HttpResponse

from sauveterre.casework.selectors import contents, groups, people, stacks, standing
from sauveterre.casework.selectors.access import Sight
from sauveterre.casework.selectors.paging import keyset
from sauveterre.casework.selectors.tallies import tally_of
from sauveterre.web.views.frame import found, number, operation_page, show, text


@operation_page("gallery")
def content_list(request: HttpRequest, sight: Sight) -> HttpResponse:
    """List contents, by what their hits say."""
    hit = text(request, "hit") or "all"
    on = number(request, "list")
    total = None if on else tally_of(sight.operation).hits.get(hit)
    page = keyset(contents.content_rows(sight, hit=hit, on=on), after=number(request, "after"), total=total)
    return show(request, "contents", page=page, hit=hit)


@operation_page("gallery")
def content(request: HttpRequest, sight: Sight, sha256: str) -> HttpResponse:
    """Show one content: what it is, where it lay, on which lists it was found, where it was shared."""
    held = found(contents.held(sight, sha256))
    one = (held.stack and stacks.stack_view(sight, held.stack)) or stacks.NO_STACK
    return show(
        request,
        "content",
        held=held,
        turn=contents.turn(sight, held) if hasattr(held.content, "picture") else None,
        names=people.names(sight, {share.account for share in held.shares}),
        titles=groups.titles(sight, {share.group for share in held.shares}),
        decide=one,
        may_leave=one.may_leave(held.content),
        choices=stacks.categories(sight),
    )


@operation_page("gallery", consulted=True)
def gallery(request: HttpRequest, sight: Sight) -> HttpResponse:
    """Show pictures, grey and blurred: what is left to look at first, each stack once."""
    show_what = text(request, "show") or "unsettled"
    if show_what not in {*standing.HIT_FILTERS, "stacks"}:
        show_what = "unsettled"
    page = contents.gallery(sight, show=show_what, after=number(request, "after"))
    pictures = contents.pictures(sight, show="all").exists
    return show(request, "gallery", page=page, shown=show_what, pictures=pictures)


@operation_page("gallery")
def sheet(request: HttpRequest, sight: Sight, sha256: str) -> HttpResponse:  # noqa: ARG001 - a view's signature
    """Give the contact sheet of a film, grey and blurred. No address gives it otherwise."""
    return HttpResponse(found(contents.blurred_sheet(sight, sha256)), content_type="image/jpeg")


@operation_page("gallery")
def blurred(request: HttpRequest, sight: Sight, sha256: str) -> HttpResponse:  # noqa: ARG001 - a view's signature
    """Give a picture grey and blurred. No address gives it otherwise."""
    return HttpResponse(found(contents.blurred(sight, sha256)), content_type="image/jpeg")
