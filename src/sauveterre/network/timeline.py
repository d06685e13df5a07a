"""Who was in a group and with which role, from when to when, worked out of every device that saw it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sauveterre.network.contradiction import Contradiction
from sauveterre.network.facts import Track, facts_of
from sauveterre.network.spans import Clash, Span, spans_of
from sauveterre.records.account import Account
from sauveterre.records.group import GroupEvent, Membership, MemberSnapshot, Role, RoleInterval

_CONTESTED = frozenset({Role.MEMBER, Role.ADMIN})
"""One can be invited twice, ask twice, be banned twice; nobody enters twice without leaving."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """What the rows of all devices come to. Sorted; no two intervals of one account and role overlap."""

    memberships: tuple[Membership, ...]
    roles: tuple[RoleInterval, ...]
    contradictions: tuple[Contradiction, ...]


def timeline(
    events: Iterable[GroupEvent], snapshots: Iterable[MemberSnapshot], accounts: Iterable[Account] = ()
) -> Timeline:
    """Work out memberships, roles and contradictions, in one pass over the rows of any number of devices.

    ``accounts`` (with ``is_owner``) tell whose device each source is. A name missing from the list of a
    device whose owner is on that list has left; without ``accounts`` absence says nothing. The order of the
    rows, and rows given twice, change nothing.
    """
    snapshots = list(snapshots)
    last: dict[str, datetime] = {}
    for snapshot in snapshots:
        last[snapshot.group] = max(snapshot.at, last.get(snapshot.group, snapshot.at))
    memberships: list[Membership] = []
    roles: list[RoleInterval] = []
    contradictions: set[Contradiction] = set()
    for track, facts in sorted(facts_of(events, snapshots, accounts).items()):
        spans, clashes = spans_of(facts)
        for span in spans:
            if span.open and span.last_listed is not None and span.last_listed == last.get(track.group):
                span.end_basis = "snapshot"
            roles.append(_role(track, span))
            if track.role is Role.MEMBER:
                memberships.append(_membership(track, span))
        if track.role in _CONTESTED:
            contradictions.update(_contradiction(track, clash) for clash in clashes)
    ordered = sorted(contradictions, key=lambda one: (one.group, one.account, one.what, one.rows))
    return Timeline(tuple(memberships), tuple(roles), tuple(ordered))


def memberships(
    events: Iterable[GroupEvent], snapshots: Iterable[MemberSnapshot], accounts: Iterable[Account] = ()
) -> list[Membership]:
    """Return who was in which group from when to when: see ``timeline``."""
    return list(timeline(events, snapshots, accounts).memberships)


def roles(
    events: Iterable[GroupEvent], snapshots: Iterable[MemberSnapshot], accounts: Iterable[Account] = ()
) -> list[RoleInterval]:
    """Return who held which role from when to when: see ``timeline``. Administrators are members too."""
    return list(timeline(events, snapshots, accounts).roles)


def contradictions(
    events: Iterable[GroupEvent], snapshots: Iterable[MemberSnapshot], accounts: Iterable[Account] = ()
) -> list[Contradiction]:
    """Return what cannot all be right in the rows: see ``timeline``."""
    return list(timeline(events, snapshots, accounts).contradictions)


def administrators(intervals: Iterable[RoleInterval]) -> dict[str, tuple[str, ...]]:
    """Return, for each group, the accounts that the data states as its administrators at any time, sorted."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for interval in intervals:
        if interval.role is Role.ADMIN:
            found[interval.group].add(interval.account)
    return {group: tuple(sorted(accounts)) for group, accounts in sorted(found.items())}


def _membership(track: Track, span: Span) -> Membership:
    return Membership(
        group=track.group,
        account=track.account,
        start=span.start,
        end=span.end,
        start_basis=span.start_basis,
        end_basis=span.end_basis,
        added_by=span.begun_by,
        rows=span.rows,
        last_seen=span.last_seen,
    )


def _role(track: Track, span: Span) -> RoleInterval:
    return RoleInterval(
        group=track.group,
        account=track.account,
        role=track.role,
        start=span.start,
        end=span.end,
        start_basis=span.start_basis,
        end_basis=span.end_basis,
        granted_by=span.begun_by,
        revoked_by=span.ended_by,
        rows=span.rows,
        last_seen=span.last_seen,
    )


def _contradiction(track: Track, clash: Clash) -> Contradiction:
    return Contradiction(
        group=track.group,
        account=track.account,
        what=f"{track.role.value}: {clash.first}, yet {clash.second}; no row explains how both can be",
        rows=tuple(sorted({*clash.first.rows, *clash.second.rows})),
    )
