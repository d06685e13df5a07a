"""Groups: who was in, with which role, when; who added whom; what was shared."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from sauveterre.casework.models import (
    Contradiction,
    EventFact,
    GroupFact,
    Membership,
    MessageFact,
    ParticipantRole,
    RoleInterval,
    Share,
)
from sauveterre.casework.selectors.access import Sight

EVENTS = 400


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group with what is counted on it."""

    key: str
    title: str
    titles: tuple[str, ...]
    """Every title that a store gives it."""
    kind: str
    stores: int
    members: int
    administrators: int
    suppliers: int
    users: int
    shares: int
    contradictions: int


@dataclass(frozen=True, slots=True)
class Happening:
    """One event, with every row that states it: one event seen on five devices has five."""

    first: EventFact
    rows: list[EventFact]


@dataclass(frozen=True, slots=True)
class GroupView:
    """One group, whole."""

    key: str
    title: str
    stated: list[GroupFact]
    memberships: list[Membership]
    roles: list[RoleInterval]
    events: list[Happening]
    events_cut: bool
    parts: list[ParticipantRole]
    contradictions: list[Contradiction]
    messages: int


def group_rows(sight: Sight, *, kind: str = "group") -> list[GroupRow]:
    """Return the groups of one kind (empty: of all kinds), the largest first."""
    stated: dict[str, list[tuple[str, str]]] = defaultdict(list)
    facts = GroupFact.objects.filter(source__exhibit__operation=sight.operation)
    for key, title, found, _ in facts.values_list("stable_id", "title", "kind", "pk").order_by("pk"):
        stated[key].append((title, found))
    members = _count(sight, Membership.objects.all(), distinct="account")
    admins = _count(sight, RoleInterval.objects.filter(role="admin"), distinct="account")
    suppliers = _count(sight, ParticipantRole.objects.filter(role="supplier"), distinct="account")
    users = _count(sight, ParticipantRole.objects.filter(role="user"), distinct="account")
    shares = _count(sight, Share.objects.all(), distinct="pk")
    odd = _count(sight, Contradiction.objects.all(), distinct="pk")
    rows = [
        GroupRow(
            key, _title(titles), tuple(sorted({title for title, _ in titles if title})), titles[-1][1], len(titles),
            members.get(key, 0), admins.get(key, 0), suppliers.get(key, 0), users.get(key, 0), shares.get(key, 0),
            odd.get(key, 0),
        )
        for key, titles in stated.items()
        if not kind or any(found == kind for _, found in titles)
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (-row.members, row.title, row.key))


def group_count(sight: Sight, *, kind: str = "group") -> int:
    """Count the groups of one kind."""
    facts = GroupFact.objects.filter(source__exhibit__operation=sight.operation, kind=kind)
    return facts.values("stable_id").distinct().count()


def _title(stated: list[tuple[str, str]]) -> str:
    return next((title for title, _ in reversed(stated) if title), "")


def _count(sight: Sight, rows: QuerySet[Any], *, distinct: str) -> dict[str, int]:
    mine = rows.filter(operation=sight.operation)
    return dict(mine.values_list("group").annotate(n=Count(distinct, distinct=distinct != "pk")).order_by())


def titles(sight: Sight, keys: set[str]) -> dict[str, str]:
    """Return a title for each group that any store gives one."""
    facts = GroupFact.objects.filter(source__exhibit__operation=sight.operation, stable_id__in=keys)
    return {key: title for key, title in facts.order_by("pk").values_list("stable_id", "title") if title}


def group(sight: Sight, key: str, *, events: int = EVENTS) -> GroupView | None:
    """Return one group with at most that many event rows, or None where no row speaks of it."""
    fact = {"source__exhibit__operation": sight.operation}
    mine = {"operation": sight.operation, "group": key}
    stated = list(GroupFact.objects.filter(**fact, stable_id=key).select_related("source__exhibit").order_by("pk"))
    memberships = list(Membership.objects.filter(**mine).order_by("start", "account", "pk"))
    if not stated and not memberships:
        return None
    rows = list(EventFact.objects.filter(**fact, group=key).select_related("source").order_by("at", "pk")[: events + 1])
    return GroupView(
        key=key,
        title=_title([(row.title, row.kind) for row in stated]),
        stated=stated,
        memberships=memberships,
        roles=list(RoleInterval.objects.filter(**mine).order_by("start", "account", "pk")),
        events=_happenings(rows[:events]),
        events_cut=len(rows) > events,
        parts=list(ParticipantRole.objects.filter(**mine).order_by("role", "-first_shares", "account")),
        contradictions=list(Contradiction.objects.filter(**mine).order_by("pk")[:200]),
        messages=MessageFact.objects.filter(**fact, group=key).values("key").distinct().count(),
    )


def _happenings(rows: list[EventFact]) -> list[Happening]:
    grouped: dict[tuple[object, ...], list[EventFact]] = defaultdict(list)
    for row in rows:
        grouped[(row.kind, row.actor, row.target, row.at_raw, row.detail)].append(row)
    return [Happening(found[0], found) for found in grouped.values()]


def shares(sight: Sight, *, group: str = "", subject: str = "", account: str = "") -> QuerySet[Share]:
    """Return shares, narrowed by what is given."""
    given = {"group": group, "subject": subject, "account": account}
    rows = Share.objects.filter(operation=sight.operation, **{name: value for name, value in given.items() if value})
    return rows.order_by("pk")
