"""Group updates as Signal on iOS names them: one name says who (the owner, another, nobody known) did what to whom."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from sauveterre.messages.signal.ios.groups import LEVELS, Difference
from sauveterre.messages.signal.loose import Loose, number, service_text, text
from sauveterre.records.group import EventKind

_NAME = re.compile(
    r"(?P<subject>localUser|otherUsers?|unnamedUsers?|)(?P<verb>\w*?)"
    r"(?:From(?P<inviter>Inviter|LocalUser|UnknownUser))?(?:By(?P<actor>LocalUser|OtherUser|UnknownUser))?"
)
_ACTORS = ("updaterAci", "removerAci", "approverAci", "revokerAci")
_TARGETS = ("userAci", "requesterAci", "requester", "inviteeServiceId", "invitee", "newMember")


def _nothing(_: Loose) -> str:
    return ""


def _says(words: str) -> Callable[[Loose], str]:
    return lambda _: words


def _count(data: Loose) -> str:
    return f"{number(data, 'count')} people who are not named"


def _level(what: str) -> Callable[[Loose], str]:
    return lambda data: f"{what} {LEVELS.get(number(data, 'newAccess'), 'an unknown circle')}"


@dataclass(frozen=True, slots=True)
class Rule:
    """What one verb means."""

    kind: EventKind
    is_own: bool = False
    """Whether the one concerned did it."""
    detail: Callable[[Loose], str] = _nothing


RULES: dict[str, Rule] = {
    "genericUpdate": Rule(EventKind.UPDATED),
    "created": Rule(EventKind.CREATED),
    "nameChanged": Rule(EventKind.RENAMED, detail=lambda data: text(data, "newGroupName")),
    "nameRemoved": Rule(EventKind.RENAMED),
    "avatarChanged": Rule(EventKind.AVATAR, detail=_says("changed")),
    "avatarRemoved": Rule(EventKind.AVATAR, detail=_says("removed")),
    "descriptionChanged": Rule(EventKind.DESCRIPTION, detail=lambda data: text(data, "newDescription")),
    "descriptionRemoved": Rule(EventKind.DESCRIPTION, detail=_says("removed")),
    "membersAccessChanged": Rule(EventKind.SETTINGS, detail=_level("members may be added by")),
    "attributesAccessChanged": Rule(EventKind.SETTINGS, detail=_level("title, picture and timer may be changed by")),
    "announcementOnlyEnabled": Rule(EventKind.SETTINGS, detail=_says("messages may be sent by administrators")),
    "announcementOnlyDisabled": Rule(EventKind.SETTINGS, detail=_says("messages may be sent by all members")),
    "WasGrantedAdministrator": Rule(EventKind.PROMOTED),
    "WasRevokedAdministrator": Rule(EventKind.DEMOTED),
    "Left": Rule(EventKind.LEFT, is_own=True),
    "Removed": Rule(EventKind.REMOVED),
    "WasInvited": Rule(EventKind.INVITED),
    "WereInvited": Rule(EventKind.INVITED, detail=_count),
    "AcceptedInvite": Rule(EventKind.INVITE_ACCEPTED, is_own=True),
    "Joined": Rule(EventKind.JOINED, is_own=True),
    "JoinedViaInviteLink": Rule(EventKind.JOINED_BY_LINK, is_own=True),
    "Added": Rule(EventKind.ADDED),
    "DeclinedInvite": Rule(EventKind.INVITE_DECLINED, is_own=True),
    "InviteRevoked": Rule(EventKind.INVITE_REVOKED),
    "InvitesWereRevoked": Rule(EventKind.INVITE_REVOKED, detail=_count),
    "RequestedToJoin": Rule(EventKind.JOIN_REQUESTED, is_own=True),
    "RequestApproved": Rule(EventKind.REQUEST_APPROVED),
    "RequestCanceled": Rule(EventKind.REQUEST_CANCELLED, is_own=True),
    "RequestRejected": Rule(EventKind.REQUEST_DENIED),
    "disappearingMessagesEnabled": Rule(
        EventKind.TIMER, detail=lambda data: f"messages disappear after {number(data, 'durationMs') // 1000} s"
    ),
    "disappearingMessagesDisabled": Rule(EventKind.TIMER, detail=_says("messages no longer disappear")),
    "inviteLinkReset": Rule(EventKind.LINK_RESET),
    "inviteLinkEnabledWithoutApproval": Rule(EventKind.LINK_ENABLED, detail=_says("no approval needed")),
    "inviteLinkEnabledWithApproval": Rule(EventKind.LINK_ENABLED, detail=_says("an administrator approves")),
    "inviteLinkDisabled": Rule(EventKind.LINK_DISABLED),
    "inviteLinkApprovalEnabled": Rule(EventKind.SETTINGS, detail=_says("link: an administrator approves")),
    "inviteLinkApprovalDisabled": Rule(EventKind.SETTINGS, detail=_says("link: no approval needed")),
    "wasMigrated": Rule(EventKind.MIGRATED),
    "InvitedAfterMigration": Rule(EventKind.MIGRATED, detail=_says("invited again when the group changed its format")),
    "DroppedAfterMigration": Rule(EventKind.MIGRATED, detail=_says("dropped when the group changed its format")),
    "groupTerminated": Rule(EventKind.TERMINATED),
    "invitedPniPromotedToFullMemberAci": Rule(EventKind.INVITE_ACCEPTED, is_own=True),
    "sequenceOfInviteLinkRequestAndCancels": Rule(
        EventKind.REQUEST_CANCELLED,
        is_own=True,
        detail=lambda data: f"asked to join and withdrew {number(data, 'count')} times",
    ),
}
"""By what remains of a name without whom it is about and who did it."""
SILENT = frozenset({"inviteFriendsToNewlyCreatedGroup"})
"""Names that say nothing about what happened."""


def difference(name: str, data: Loose, owner: str) -> Difference | None:
    """Return what one update says; None for a name that is not known."""
    match = _NAME.fullmatch(name)
    rule = RULES.get(match["verb"]) if match else None
    if match is None or rule is None:
        return None
    target = owner if match["subject"] == "localUser" else _account(data, *_TARGETS)
    actor = owner if match["actor"] == "LocalUser" else _account(data, *_ACTORS)
    if rule.is_own:
        actor = target
    kind = EventKind.JOINED if rule.kind is EventKind.ADDED and actor and actor == target else rule.kind
    detail = rule.detail(data)
    inviter = owner if match["inviter"] == "LocalUser" else _account(data, "inviterAci", "inviter")
    if inviter:
        detail = f"{detail}; invited by {inviter}" if detail else f"invited by {inviter}"
    return Difference(kind, actor, target, detail)


def _account(data: Loose, *names: str) -> str | None:
    """Return the account of the first of these members that names one, as it is or in an object of its own."""
    for name in names:
        value = data.get(name)
        for one in value.values() if isinstance(value, dict) else (value,):
            if found := service_text(one):
                return found
    return None
