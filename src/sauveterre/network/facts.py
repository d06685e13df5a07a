"""Events and member lists, from any number of devices, taken apart into facts about one account and one role.

The meaning of each event follows the group model of Signal: the creator of a group is its first
administrator, leaving ends every role, entering ends an invitation, a request and a ban.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sauveterre.records.account import Account
from sauveterre.records.group import EventKind, GroupEvent, MemberSnapshot, Role
from sauveterre.records.provenance import Provenance

MISSING = "missing from a list of members"
"""What a list says of a name that is not on it: the weakest of all statements."""


class Step(StrEnum):
    """What a fact says of one role of one account."""

    BEGIN = "begin"
    END = "end"
    """It ended, so it was held until then."""
    CEASE = "cease"
    """It ended if it was held: leaving the group, for an administrator's role."""
    SEEN = "seen"
    ABSENT = "absent"


class Track(NamedTuple):
    """One role of one account in one group."""

    group: str
    account: str
    role: Role


@dataclass(frozen=True, slots=True)
class Fact:
    """One statement about a track, by every row that makes it."""

    at: datetime | None
    step: Step
    what: str
    """In words: ``promoted``, ``shown as admin``."""
    by: str | None
    """Who did it, where the rows say so and it was another account."""
    listed: bool
    """Whether it comes from a list of members, not from an event."""
    rows: tuple[Provenance, ...]

    def __str__(self) -> str:
        by = f" by {self.by}" if self.by is not None else ""
        at = f" at {self.at.isoformat(sep=' ')}" if self.at is not None else " at an unknown time"
        return f"{self.what}{by}{at}"


_Effects = tuple[tuple[Role, Step], ...]

_ENTRY: _Effects = (
    (Role.MEMBER, Step.BEGIN),
    (Role.INVITED, Step.CEASE),
    (Role.REQUESTING, Step.CEASE),
    (Role.BANNED, Step.CEASE),
)
_EXIT: _Effects = (
    (Role.MEMBER, Step.END),
    (Role.MODERATOR, Step.CEASE),
    (Role.ADMIN, Step.CEASE),
    (Role.OWNER, Step.CEASE),
    (Role.INVITED, Step.CEASE),
    (Role.REQUESTING, Step.CEASE),
)
_EFFECTS: dict[EventKind, _Effects] = {
    EventKind.CREATED: ((Role.MEMBER, Step.BEGIN), (Role.ADMIN, Step.BEGIN)),
    EventKind.ADDED: _ENTRY,
    EventKind.JOINED: _ENTRY,
    EventKind.JOINED_BY_LINK: _ENTRY,
    EventKind.INVITED: ((Role.INVITED, Step.BEGIN),),
    EventKind.INVITE_ACCEPTED: (*_ENTRY, (Role.INVITED, Step.END)),
    EventKind.INVITE_DECLINED: ((Role.INVITED, Step.END),),
    EventKind.INVITE_REVOKED: ((Role.INVITED, Step.END),),
    EventKind.JOIN_REQUESTED: ((Role.REQUESTING, Step.BEGIN),),
    EventKind.REQUEST_APPROVED: (*_ENTRY, (Role.REQUESTING, Step.END)),
    EventKind.REQUEST_DENIED: ((Role.REQUESTING, Step.END),),
    EventKind.REQUEST_CANCELLED: ((Role.REQUESTING, Step.END),),
    EventKind.LEFT: _EXIT,
    EventKind.REMOVED: _EXIT,
    EventKind.BANNED: (
        (Role.BANNED, Step.BEGIN),
        (Role.MEMBER, Step.CEASE),
        (Role.MODERATOR, Step.CEASE),
        (Role.ADMIN, Step.CEASE),
        (Role.OWNER, Step.CEASE),
        (Role.INVITED, Step.CEASE),
        (Role.REQUESTING, Step.CEASE),
    ),
    EventKind.UNBANNED: ((Role.BANNED, Step.END),),
    EventKind.PROMOTED: ((Role.ADMIN, Step.BEGIN), (Role.MEMBER, Step.SEEN)),
    EventKind.DEMOTED: ((Role.ADMIN, Step.END), (Role.MEMBER, Step.SEEN)),
}

_DONE_BY_ONESELF = frozenset(
    {
        EventKind.JOINED,
        EventKind.JOINED_BY_LINK,
        EventKind.INVITE_ACCEPTED,
        EventKind.INVITE_DECLINED,
        EventKind.JOIN_REQUESTED,
        EventKind.REQUEST_CANCELLED,
        EventKind.LEFT,
    }
)
"""The actor is meant where no target is stated."""

_DONE_FROM_INSIDE = frozenset(
    {
        EventKind.ADDED,
        EventKind.INVITED,
        EventKind.INVITE_REVOKED,
        EventKind.REQUEST_APPROVED,
        EventKind.REQUEST_DENIED,
        EventKind.REMOVED,
        EventKind.BANNED,
        EventKind.UNBANNED,
        EventKind.PROMOTED,
        EventKind.DEMOTED,
        EventKind.RENAMED,
        EventKind.AVATAR,
        EventKind.DESCRIPTION,
        EventKind.SETTINGS,
        EventKind.LINK_ENABLED,
        EventKind.LINK_DISABLED,
        EventKind.LINK_RESET,
        EventKind.TIMER,
        EventKind.PINNED,
        EventKind.TERMINATED,
        EventKind.CALL,
    }
)
"""Only a member can do these: the actor is seen inside."""

_HELD_WITH = {
    Role.MODERATOR: (Role.MEMBER,),
    Role.ADMIN: (Role.MEMBER,),
    Role.OWNER: (Role.ADMIN, Role.MEMBER),
}
_ABOVE_MEMBERS = frozenset(_HELD_WITH)

_Draft = tuple[Track, datetime | None, Step, str, str | None, bool]


def facts_of(
    events: Iterable[GroupEvent], snapshots: Iterable[MemberSnapshot], accounts: Iterable[Account] = ()
) -> dict[Track, list[Fact]]:
    """Return the facts of every track. What several rows say alike is one fact with all their rows.

    ``accounts`` tell whose device each source is; without them no absence from a list is read as leaving.
    """
    snapshots = list(snapshots)
    drafts: defaultdict[_Draft, set[Provenance]] = defaultdict(set)
    for event in events:
        for draft in _of_event(event):
            drafts[draft].add(event.provenance)
    for snapshot in snapshots:
        for draft in _of_snapshot(snapshot):
            drafts[draft].add(snapshot.provenance)
    for draft, rows in list(_omissions(drafts, snapshots, accounts)):
        drafts[draft] |= rows
    tracks: defaultdict[Track, list[Fact]] = defaultdict(list)
    for (track, at, step, what, by, listed), found in drafts.items():
        tracks[track].append(Fact(at, step, what, by, listed, tuple(sorted(found))))
    return dict(tracks)


def _of_event(event: GroupEvent) -> Iterator[_Draft]:
    subject = _subject(event)
    words = event.kind.value.replace("_", " ")
    if subject is not None:
        by = event.actor if event.actor != subject else None
        ended = {role for role, step in _EFFECTS.get(event.kind, ()) if step is Step.END}
        for role, step in _EFFECTS.get(event.kind, ()):
            if step is Step.CEASE and role in ended:
                continue
            yield Track(event.group, subject, role), event.at, step, words, by, False
    if event.actor is not None and event.actor != event.target and event.kind in _DONE_FROM_INSIDE:
        acted = f"acted in the group ({words})"
        yield Track(event.group, event.actor, Role.MEMBER), event.at, Step.SEEN, acted, None, False


def _subject(event: GroupEvent) -> str | None:
    """Return whom the event is about, or None where its row does not say."""
    if event.kind is EventKind.CREATED:
        return event.actor
    if event.kind in _DONE_BY_ONESELF and event.target is None:
        return event.actor
    return event.target


def _of_snapshot(snapshot: MemberSnapshot) -> Iterator[_Draft]:
    words = f"shown as {snapshot.role.value}"
    held = {snapshot.role, *_HELD_WITH.get(snapshot.role, ())}
    for role in Role if snapshot.role_stated else (snapshot.role,):
        step = Step.SEEN if role in held else Step.ABSENT
        brought = role in held and role not in _ABOVE_MEMBERS and snapshot.added_by != snapshot.account
        by = snapshot.added_by if brought else None
        yield Track(snapshot.group, snapshot.account, role), snapshot.at, step, words, by, True


@dataclass(frozen=True, slots=True)
class _MemberList:
    """A list of members by a device whose owner is on it, so that a name missing from it says something.

    A list that is silent about roles comes from a store that may not keep all members: it is none of these.
    """

    at: datetime
    names: frozenset[str]
    rows: frozenset[Provenance]
    """The rows of the owner's own entry."""


def _omissions(
    drafts: Mapping[_Draft, set[Provenance]],
    snapshots: Iterable[MemberSnapshot],
    accounts: Iterable[Account],
) -> Iterator[tuple[_Draft, frozenset[Provenance]]]:
    """Yield, for each time that somebody is seen inside, the next lists that leave them out.

    Later lists add nothing: either the name is on them, which is a sighting of its own, or they repeat.
    """
    lists = _lists_by_insiders(snapshots, accounts)
    times = {group: [one.at for one in found] for group, found in lists.items()}
    inside = {
        (track, at)
        for track, at, step, *_ in drafts
        if track.role is Role.MEMBER and step in {Step.BEGIN, Step.SEEN} and at is not None
    }
    for track, at in inside:
        found = lists.get(track.group, [])
        after = bisect_right(times.get(track.group, []), at)
        until = bisect_right(times[track.group], found[after].at) if after < len(found) else after
        for one in found[bisect_left(times.get(track.group, []), at) : until]:
            if track.account in one.names:
                continue
            for role in (Role.MEMBER, *_HELD_WITH):
                yield (track._replace(role=role), one.at, Step.ABSENT, MISSING, None, True), one.rows


def _lists_by_insiders(
    snapshots: Iterable[MemberSnapshot], accounts: Iterable[Account]
) -> dict[str, list[_MemberList]]:
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for account in accounts:
        if account.is_owner:
            owners[account.provenance.source].add(account.stable_id)
    together: defaultdict[tuple[str, datetime, str], list[MemberSnapshot]] = defaultdict(list)
    for snapshot in snapshots:
        together[snapshot.group, snapshot.at, snapshot.provenance.source].append(snapshot)
    lists: defaultdict[str, list[_MemberList]] = defaultdict(list)
    for (group, at, source), shown in together.items():
        own = frozenset(
            one.provenance
            for one in shown
            if one.account in owners.get(source, ()) and (one.role is Role.MEMBER or one.role in _ABOVE_MEMBERS)
        )
        if own and all(one.role_stated for one in shown):
            lists[group].append(_MemberList(at, frozenset(one.account for one in shown), own))
    return {group: sorted(found, key=lambda one: one.at) for group, found in lists.items()}
