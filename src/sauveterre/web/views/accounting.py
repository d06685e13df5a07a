"""Is everything accounted for, is each medium still what was acquired, and what lies in several exhibits."""

from django.http import HttpRequest, HttpResponse

from sauveterre.casework.selectors import accounting as selectors
from sauveterre.casework.selectors import duplicates as shared
from sauveterre.casework.selectors import exhibits
from sauveterre.casework.selectors.access import Sight
from sauveterre.casework.selectors.paging import portion
from sauveterre.web.views.frame import found, number, operation_page, show, text

SOURCES = 100


@operation_page("exhibits")
def accounting(request: HttpRequest, sight: Sight) -> HttpResponse:
    """Show the accounting of every source, with its causes, extractors and the integrity of each medium."""
    key = number(request, "exhibit")
    one = found(exhibits.exhibit(sight, key)) if key else None
    ledger = selectors.ledger(sight, exhibit=one)
    return show(
        request,
        "accounting",
        exhibit=one,
        ledger=ledger,
        page=portion(ledger.sources, after=number(request, "after"), size=SOURCES),
        integrity=selectors.integrity(sight, exhibit=one),
        disagreeing=selectors.disagreeing(ledger.sources),
    )


@operation_page("exhibits")
def duplicates(request: HttpRequest, sight: Sight) -> HttpResponse:
    """List the contents that lie in more than one exhibit, and how many each two exhibits share."""
    one, other = number(request, "exhibit"), number(request, "with")
    unlisted = text(request, "unlisted") == "1"
    after = number(request, "after")
    chosen = [found(exhibits.exhibit(sight, key)) for key in (one, other) if key]
    return show(
        request,
        "duplicates",
        page=shared.shared_contents(sight, one=one, other=other, unlisted=unlisted, after=after),
        chosen=chosen,
        unlisted=unlisted,
        matrix=shared.matrix(sight) if text(request, "matrix") == "1" else None,
        exhibits=sight.operation.exhibits.all(),
        one=one,
        other=other,
    )


@operation_page("exhibits")
def matrix(request: HttpRequest, sight: Sight) -> HttpResponse:
    """Show how many contents each two exhibits share: counted after the page is there."""
    return show(request, "parts/matrix", matrix=shared.matrix(sight))
