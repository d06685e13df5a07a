"""Sources, entries, and the damage that was found in them."""

from django.http import HttpRequest, HttpResponse

from sauveterre.casework.models import EntryState
from sauveterre.casework.selectors import contents, exhibits, groups, people
from sauveterre.casework.selectors.access import Sight
from sauveterre.casework.selectors.accounting import CAUSES
from sauveterre.casework.selectors.paging import keyset, portion
from sauveterre.casework.selectors.standing import Part
from sauveterre.web.views.frame import found, number, operation_page, show, text

SOURCES = 100


def wanted_by(request: HttpRequest) -> exhibits.Wanted:
    """Return which entries the address asks for."""
    return exhibits.Wanted(
        state=text(request, "state"),
        path=text(request, "path"),
        cause=text(request, "cause", longest=20),
        lying=text(request, "lying", longest=20),
        again=text(request, "again") == "1",
        extractor=text(request, "extractor", longest=60),
        part=text(request, "part", longest=20),
    )


def choices_of(wanted: exhibits.Wanted) -> dict[str, object]:
    """Return what the filter of a list of entries offers, and what is chosen."""
    return {
        "wanted": wanted,
        "states": EntryState.values,
        "causes": [*CAUSES, exhibits.UNSTATED],
        "lyings": list(exhibits.LYING),
        "parts": [part.value for part in Part],
    }


@operation_page("exhibits")
def sources(request: HttpRequest, sight: Sight) -> HttpResponse:
    """List every source of every exhibit."""
    page = portion(exhibits.source_rows(sight), after=number(request, "after"), size=SOURCES)
    return show(request, "sources", page=page, total=exhibits.source_count(sight))


@operation_page("exhibits")
def source(request: HttpRequest, sight: Sight, key: int) -> HttpResponse:
    """Show one source and its entries."""
    one = found(exhibits.source(sight, key))
    wanted = wanted_by(request)
    account = exhibits.accounts(sight, exhibit=one.exhibit_id).get(one.pk, exhibits.Account())
    return show(
        request,
        "source",
        source=one,
        way=exhibits.way_down(one),
        account=account,
        page=keyset(exhibits.entry_rows(sight, wanted, of=one), after=number(request, "after"), field="ordinal"),
        problems=exhibits.problem_rows(sight).filter(source=one)[:20],
        **choices_of(wanted),
    )


@operation_page("exhibits")
def entries(request: HttpRequest, sight: Sight) -> HttpResponse:
    """List the entries of all exhibits, or of one, by how they ended and where they lie."""
    wanted, one = wanted_by(request), number(request, "exhibit")
    page = exhibits.entry_page(sight, wanted, exhibit=one, after=number(request, "after"))
    exhibit = exhibits.exhibit(sight, one) if one else None
    return show(request, "entries", page=page, exhibit=exhibit, **choices_of(wanted))


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
        way=exhibits.way_down(found(exhibits.source(sight, one.source_id))),
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
