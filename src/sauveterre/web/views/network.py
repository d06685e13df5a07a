"""Groups, people and storage spaces."""

from django.http import HttpRequest, HttpResponse

from sauveterre.casework.selectors import claims
from sauveterre.casework.selectors import clocks as times
from sauveterre.casework.selectors import groups as selectors
from sauveterre.casework.selectors import people as persons
from sauveterre.casework.selectors import spaces as places
from sauveterre.casework.selectors.access import Sight
from sauveterre.casework.selectors.paging import keyset, portion
from sauveterre.web.timeline import draw
from sauveterre.web.views.frame import found, number, operation_page, show, text

SHARES = 50
INTERVALS = 150


@operation_page("groups")
def groups(request: HttpRequest, sight: Sight) -> HttpResponse:
    """List the groups."""
    kind = text(request, "kind") or "group"
    rows = selectors.group_rows(sight, kind="" if kind == "all" else kind)
    return show(request, "groups", page=portion(rows, after=number(request, "after")), kind=kind)


@operation_page("groups", consulted=True)
def group(request: HttpRequest, sight: Sight, key: str) -> HttpResponse:
    """Show one group: who was in it, with which role and when; what happened and what was shared."""
    view = found(selectors.group(sight, key, events=number(request, "events") or selectors.EVENTS))
    intervals = [*(role for role in view.roles if role.role != "member"), *view.memberships]
    shares = keyset(selectors.shares(sight, group=key), after=number(request, "after"), size=SHARES)
    accounts = {row.account for row in (*view.memberships, *view.roles, *view.parts, *view.contradictions)}
    accounts |= {row.added_by for row in view.memberships} | {share.account for share in shares.rows}
    for role in view.roles:
        accounts |= {role.granted_by, role.revoked_by}
    for event in view.events:
        accounts |= {event.first.actor, event.first.target}
    names = persons.names(sight, accounts)
    return show(
        request,
        "group",
        view=view,
        names=names,
        shares=shares,
        claimed=claims.claimed_files(sight, group=key),
        claimed_lists=claims.lists_of_group(sight, key),
        timeline=draw(view.memberships, view.roles, names),
        intervals=portion(intervals, after=number(request, "members_after"), size=INTERVALS),
        members=len({row.account for row in view.memberships}),
        more_events=10 * selectors.EVENTS,
    )


@operation_page("groups")
def clocks(request: HttpRequest, sight: Sight) -> HttpResponse:
    """Show how far the clocks of devices were apart."""
    rows = times.skews(sight)
    accounts = {clock.account for row in rows for clock in (row.device, row.other)}
    page = portion(rows, after=number(request, "after"))
    return show(request, "clocks", page=page, names=persons.names(sight, accounts))


@operation_page("people", consulted=True)
def people(request: HttpRequest, sight: Sight) -> HttpResponse:
    """List persons: all, or those with a role, of a country, of a group."""
    given = {name: text(request, name) for name in ("role", "country", "group")}
    rows = persons.person_rows(sight, **given)
    return show(
        request, "people", page=portion(rows, after=number(request, "after")), roles=persons.ROLES,
        titles=selectors.titles(sight, {given["group"]}), **given,
    )  # fmt: skip


@operation_page("people", consulted=True)
def person(request: HttpRequest, sight: Sight, key: str) -> HttpResponse:
    """Show one person: accounts, identifiers, groups, roles, shares, and what suggests a country."""
    dossier = found(persons.dossier(sight, key))
    keys = {row.group for row in (*dossier.memberships, *dossier.roles, *dossier.parts, *dossier.shares)}
    others = {row.added_by for row in dossier.memberships} | {row.granted_by for row in dossier.roles}
    return show(
        request,
        "person",
        dossier=dossier,
        person=dossier.person,
        names=persons.names(sight, others | set(dossier.accounts)),
        titles=selectors.titles(sight, keys),
    )


@operation_page("spaces")
def spaces(request: HttpRequest, sight: Sight) -> HttpResponse:
    """List the storage spaces."""
    return show(request, "spaces", rows=places.space_rows(sight))


@operation_page("spaces", consulted=True)
def space(request: HttpRequest, sight: Sight, key: str) -> HttpResponse:
    """Show one storage space: its links, who put them where and when."""
    one, links = found(places.space(sight, key))
    page = keyset(links, after=number(request, "after"))
    return show(
        request,
        "space",
        space=one,
        page=page,
        names=persons.names(sight, {share.account for share in page.rows}),
        titles=selectors.titles(sight, {share.group for share in page.rows}),
    )
