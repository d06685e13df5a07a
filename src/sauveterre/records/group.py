"""A discussion group, the events in it, and who was in it with which role."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sauveterre.records.provenance import Provenance


class GroupKind(StrEnum):
    """What sort of conversation it is."""

    GROUP = "group"
    DIRECT = "direct"
    DISTRIBUTION_LIST = "distribution_list"
    CALL_LINK = "call_link"
    CHANNEL = "channel"
    """One in which only some may write."""
    COMMUNITY = "community"
    """A group of groups."""


class Role(StrEnum):
    """A role that a service's own data can state."""

    MEMBER = "member"
    MODERATOR = "moderator"
    ADMIN = "admin"
    OWNER = "owner"
    """Made the group, or stands above its administrators; one of them."""
    INVITED = "invited"
    REQUESTING = "requesting"
    BANNED = "banned"


class EventKind(StrEnum):
    """What happened in a group. Actor and target are separate fields of the event."""

    CREATED = "created"
    ADDED = "added"
    JOINED = "joined"
    JOINED_BY_LINK = "joined_by_link"
    INVITED = "invited"
    INVITE_ACCEPTED = "invite_accepted"
    INVITE_DECLINED = "invite_declined"
    INVITE_REVOKED = "invite_revoked"
    JOIN_REQUESTED = "join_requested"
    REQUEST_APPROVED = "request_approved"
    REQUEST_DENIED = "request_denied"
    REQUEST_CANCELLED = "request_cancelled"
    LEFT = "left"
    REMOVED = "removed"
    BANNED = "banned"
    UNBANNED = "unbanned"
    PROMOTED = "promoted"
    DEMOTED = "demoted"
    RENAMED = "renamed"
    AVATAR = "avatar"
    DESCRIPTION = "description"
    SETTINGS = "settings"
    LINK_ENABLED = "link_enabled"
    LINK_DISABLED = "link_disabled"
    LINK_RESET = "link_reset"
    TIMER = "timer"
    PINNED = "pinned"
    MIGRATED = "migrated"
    NUMBER_CHANGED = "number_changed"
    TERMINATED = "terminated"
    CALL = "call"
    UPDATED = "updated"
    """The service says that something changed, and not what."""


@dataclass(frozen=True, slots=True)
class Group:
    """A conversation as one store shows it. ``stable_id`` is equal on every device that saw it.

    Signal: SHA-256 of the master key for groups, so that the live credential itself goes nowhere; WhatsApp
    ``jid:…@g.us``; Telegram ``tg:ID``; Matrix ``mx:!room``; Discord ``discord:ID``. ``direct:A|B`` with both accounts'
    stable ids sorted for a conversation of two. ``source:DIGEST:…`` where the store states nothing that others share.
    """

    service: str
    stable_id: str
    title: str
    kind: GroupKind
    provenance: Provenance
    revision: int | None = None
    description: str = ""
    announcement_only: bool | None = None
    link_state: str = "unknown"
    """open, approval, off or unknown: whether one can join by a link."""
    terminated: bool | None = None


@dataclass(frozen=True, slots=True)
class MemberSnapshot:
    """At one moment, one store showed this account in this group with this role."""

    group: str
    account: str
    role: Role
    at: datetime
    provenance: Provenance
    joined_at_revision: int | None = None
    added_by: str | None = None
    """For invitations: who invited."""
    role_stated: bool = True
    """False where the store names who is in the group and is silent about roles: then ``role`` is member."""


@dataclass(frozen=True, slots=True)
class GroupEvent:
    """Something that a store states to have happened in a group."""

    group: str
    kind: EventKind
    actor: str | None
    """Who did it; None when the row does not say."""
    target: str | None
    """To whom; None when it concerns the group as a whole."""
    at: datetime | None
    at_raw: str
    """The stored time, as it stands."""
    provenance: Provenance
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Membership:
    """An account was in a group from ``start`` to ``end``.

    ``start_basis`` and ``end_basis`` say how each end is known: ``event`` (a row dates it), ``snapshot``
    (seen inside at that moment: in no later than ``start``, not gone before ``end``), ``unknown``.
    An ``end`` of None with basis ``snapshot`` means still in at the last snapshot.
    """

    group: str
    account: str
    start: datetime | None
    end: datetime | None
    start_basis: str
    end_basis: str
    added_by: str | None
    rows: tuple[Provenance, ...]
    last_seen: datetime | None = None
    """The last moment for which any row shows the account inside."""


@dataclass(frozen=True, slots=True)
class RoleInterval:
    """An account held a role in a group; ends and bases as in ``Membership``."""

    group: str
    account: str
    role: Role
    start: datetime | None
    end: datetime | None
    start_basis: str
    end_basis: str
    granted_by: str | None
    revoked_by: str | None
    rows: tuple[Provenance, ...]
    last_seen: datetime | None = None
