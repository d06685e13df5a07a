"""Group changes as Signal Desktop keeps them: one row with who acted, and a list of what changed.

The row names the one who acted (``from``), or nobody: then the actor is unknown, except where the change is one that
people make of themselves (joins by a link, asks).
"""

from collections.abc import Callable
from dataclasses import dataclass

from sauveterre.messages.signal.loose import Loose, number, objects, record, text
from sauveterre.messages.signal.rows import RowLeaf
from sauveterre.messages.signal.talks import Moment, People, event
from sauveterre.records.group import EventKind

LEVELS = {1: "anyone", 2: "all members", 3: "administrators", 4: "no one"}
ADMINISTRATOR, ORDINARY = 2, 1


def _nothing(_: Loose) -> str:
    return ""


def _level(what: str) -> Callable[[Loose], str]:
    return lambda detail: f"{what} {LEVELS.get(number(detail, 'newPrivilege'), 'an unknown circle')}"


def _approval(detail: Loose) -> str:
    level = number(detail, "newPrivilege", "privilege")
    return {1: "no approval needed", 3: "an administrator approves"}.get(level, "approval unknown")


def _unnamed(detail: Loose) -> str:
    return f"{number(detail, 'count')} people who are not named"


def _announcements(detail: Loose) -> str:
    return f"messages may be sent by {'administrators' if detail.get('announcementsOnly') else 'all members'}"


def _changed(detail: Loose) -> str:
    return "removed" if detail.get("removed") else "changed"


@dataclass(frozen=True, slots=True)
class Rule:
    """What one kind of change means."""

    kind: EventKind
    has_target: bool = False
    """Whether it names a person whom it concerns."""
    alone: EventKind | None = None
    """The kind where that person is the one who acted."""
    unknown: EventKind | None = None
    """The kind where the row does not say who acted."""
    by_target: bool = False
    """Whether nobody but that person can have done it."""
    detail: Callable[[Loose], str] = _nothing


RULES: dict[str, Rule] = {
    "create": Rule(EventKind.CREATED),
    "title": Rule(EventKind.RENAMED, detail=lambda detail: text(detail, "newTitle")),
    "avatar": Rule(EventKind.AVATAR, detail=_changed),
    "description": Rule(EventKind.DESCRIPTION, detail=lambda detail: text(detail, "description") or _changed(detail)),
    "access-attributes": Rule(EventKind.SETTINGS, detail=_level("title, picture and timer may be changed by")),
    "access-members": Rule(EventKind.SETTINGS, detail=_level("members may be added by")),
    "access-invite-link": Rule(EventKind.SETTINGS, detail=lambda detail: f"link: {_approval(detail)}"),
    "access-member-label": Rule(EventKind.SETTINGS, detail=_level("member labels may be set by")),
    "announcements-only": Rule(EventKind.SETTINGS, detail=_announcements),
    "group-link-add": Rule(EventKind.LINK_ENABLED, detail=_approval),
    "group-link-reset": Rule(EventKind.LINK_RESET),
    "group-link-remove": Rule(EventKind.LINK_DISABLED),
    "member-add": Rule(EventKind.ADDED, has_target=True, alone=EventKind.JOINED),
    "member-add-from-invite": Rule(
        EventKind.ADDED, has_target=True, alone=EventKind.INVITE_ACCEPTED, unknown=EventKind.INVITE_ACCEPTED
    ),
    "member-add-from-link": Rule(EventKind.JOINED_BY_LINK, has_target=True, by_target=True),
    "member-add-from-admin-approval": Rule(EventKind.REQUEST_APPROVED, has_target=True),
    "member-privilege": Rule(EventKind.UPDATED, has_target=True),
    "member-remove": Rule(EventKind.REMOVED, has_target=True, alone=EventKind.LEFT),
    "pending-add-one": Rule(EventKind.INVITED, has_target=True),
    "pending-add-many": Rule(EventKind.INVITED, detail=_unnamed),
    "pending-remove-one": Rule(EventKind.INVITE_REVOKED, has_target=True, alone=EventKind.INVITE_DECLINED),
    "pending-remove-many": Rule(EventKind.INVITE_REVOKED, detail=_unnamed),
    "admin-approval-add-one": Rule(EventKind.JOIN_REQUESTED, has_target=True, by_target=True),
    "admin-approval-remove-one": Rule(
        EventKind.REQUEST_DENIED,
        has_target=True,
        alone=EventKind.REQUEST_CANCELLED,
        unknown=EventKind.UPDATED,
        detail=lambda _: "a request to join ended",
    ),
    "admin-approval-bounce": Rule(
        EventKind.REQUEST_CANCELLED,
        has_target=True,
        by_target=True,
        detail=lambda detail: f"asked to join and withdrew {number(detail, 'times')} times",
    ),
    "summary": Rule(EventKind.UPDATED, detail=lambda _: "several changes, none of them told"),
    "terminated": Rule(EventKind.TERMINATED),
}
"""By the ``type`` of a detail."""
PRIVILEGES = {ADMINISTRATOR: EventKind.PROMOTED, ORDINARY: EventKind.DEMOTED}


def read_change(people: People, leaf: RowLeaf, at: Moment, data: Loose) -> None:
    """Tell the changes of one row, each as an event."""
    change = record(data, "groupV2Change")
    details = objects(change, "details")
    actor = people.account(leaf, text(change, "from", "sourceUuid"), "the one who changed a group")
    if not details:
        leaf.problem("a group change that holds no details: only its time is told")
        event(leaf, at, EventKind.UPDATED, actor)
    for count, detail in enumerate(details):
        inner = leaf.inner(f"$.groupV2Change.details[{count}]")
        rule = RULES.get(text(detail, "type"))
        if rule is None:
            inner.problem(f"a group change of a kind that is not known ({text(detail, 'type')!r}): its time is told")
            event(inner, at, EventKind.UPDATED, actor)
        else:
            _by_rule(people, inner, at, rule, actor, detail)


def _by_rule(people: People, leaf: RowLeaf, at: Moment, rule: Rule, actor: str | None, detail: Loose) -> None:
    kind, told, target = rule.kind, rule.detail(detail), None
    if rule.has_target:
        target = people.account(leaf, text(detail, "aci", "serviceId", "uuid"), "the one whom a group change concerns")
        if target is None:
            leaf.problem("a group change that should name a person names none")
    if text(detail, "type") == "member-privilege":
        kind = PRIVILEGES.get(number(detail, "newPrivilege"), kind)
        if kind is EventKind.UPDATED:
            leaf.problem(f"privilege {number(detail, 'newPrivilege')} is not known: only the change is told")
    elif rule.has_target and target is not None:
        kind, actor = _by_whom(people, leaf, rule, (actor, target), detail)
    if inviter := people.account(leaf, text(detail, "inviter"), "the one who invited"):
        told = f"{told}; invited by {inviter}" if told else f"invited by {inviter}"
    event(leaf, at, kind, actor, target, told)
    if text(detail, "type") == "admin-approval-bounce" and detail.get("isApprovalPending"):
        event(leaf, at, EventKind.JOIN_REQUESTED, target, target, "asked again")


def _by_whom(
    people: People, leaf: RowLeaf, rule: Rule, who: tuple[str | None, str], detail: Loose
) -> tuple[EventKind, str | None]:
    """Return the kind and the actor, as whoever acted is the one concerned, somebody else, or unknown."""
    actor, target = who
    own = {target, people.account(leaf, text(detail, "pni"), "the one whom a group change concerns")}
    if rule.by_target:
        return rule.kind, target
    if actor is None:
        return rule.unknown or rule.kind, None
    if rule.alone is not None and actor in own:
        return rule.alone, target
    return rule.kind, actor
