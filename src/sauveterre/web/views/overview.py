"""Where the operation stands: figures, what is running, what changed; search; the audit log; the rows behind all."""

import time

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode

from sauveterre.casework import audit as log
from sauveterre.casework.selectors import accounting, custody, figures, journal, people, rows
from sauveterre.casework.selectors import search as searching
from sauveterre.casework.selectors.access import Sight
from sauveterre.casework.selectors.paging import keyset
from sauveterre.casework.selectors.progress import Progress
from sauveterre.casework.selectors.progress import progress as progress_of
from sauveterre.casework.selectors.tallies import tally_of
from sauveterre.web.labels import word
from sauveterre.web.pace import pace
from sauveterre.web.steps import steps
from sauveterre.web.views.frame import number, operation_page, show, text

STATES = ("processed", "partial", "failed", "skipped", "pending")


@operation_page("operation")
def operation(request: HttpRequest, sight: Sight) -> HttpResponse:
    """Show the overview."""
    counted = tally_of(sight.operation)
    how_far = progress_of(sight)
    return show(
        request,
        "overview",
        figures=figures.overview(sight, how_far.account, counted),
        **_how_far(request, sight, how_far),
        effect=counted.effect,
        steps=steps(counted.effect),
        states=[(state, word(state, "state")) for state in STATES],
        changes=journal.changes(sight),
        to_sign=custody.to_sign(sight),
        mismatched=[one for one in accounting.integrity(sight) if one.mismatches],
    )


@operation_page("operation")
def progress(request: HttpRequest, sight: Sight) -> HttpResponse:
    """Show how far reading is: the part of the overview that renews itself."""
    return show(request, "parts/progress", **_how_far(request, sight, progress_of(sight)))


def _how_far(request: HttpRequest, sight: Sight, how_far: Progress) -> dict[str, object]:
    return {
        "progress": how_far,
        "pace": pace(how_far, seen=text(request, "seen", longest=600), now=time.time()),
        "again": reverse("progress", args=[sight.operation.pk]),
    }


@operation_page("audit")
def audit(request: HttpRequest, sight: Sight) -> HttpResponse:
    """List who did what, the newest first."""
    page = keyset(journal.events(sight), after=number(request, "after"), field="-sequence")
    return show(request, "audit", page=page)


@operation_page("search", methods=("GET", "HEAD"))
def search(request: HttpRequest, sight: Sight) -> HttpResponse:
    """Look for a text everywhere; what was looked for goes into the log."""
    words = text(request, "q", longest=200).strip()
    results = searching.search(sight, words)
    if len(words) >= searching.SHORTEST:
        log.record(actor=sight.viewer.username, action="searched", subject=words, operation=sight.operation)
    accounts = {row.account for row in results.identifiers} | {row.sender for row in results.messages}
    return show(
        request, "search", words=words, results=results, names=people.names(sight, accounts),
        limit=searching.LIMIT,
    )  # fmt: skip


@operation_page("", consulted=True)
def row(request: HttpRequest, sight: Sight) -> HttpResponse:
    """Show the rows that stand at one place of one source."""
    place = {name: text(request, name, longest=9_000) for name in ("source", "path", "locator")}
    return show(request, "row", place=place, rows=rows.rows_at(sight, **place), query=urlencode(place))
