"""Group models of Signal on iOS: who is in a group with which role, and what differs between two states of it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sauveterre.messages.signal.ios.archive import Archived, Pairs
from sauveterre.messages.signal.loose import NotJson, bytes_of, number_of, parsed_any, service_text, text_of
from sauveterre.records.group import EventKind, Role

FULL, INVITED, REQUESTING = range(3)
ADMINISTRATOR = 1
LEVELS = {1: "anyone", 2: "all members", 3: "administrators", 4: "no one"}
LINK_STATES = {1: "open", 3: "approval"}
ROLES = {INVITED: Role.INVITED, REQUESTING: Role.REQUESTING}
_PARAMETERS = 289
"""Bytes of the parameters of a group: a byte, the master key (32), the group's id (32), and keys derived of both."""


@dataclass(frozen=True, slots=True)
class Member:
    """How one account stands in a group."""

    kind: int = FULL
    is_administrator: bool = False
    by_link: bool = False
    by_request: bool = False
    inviter: str | None = None

    @property
    def role(self) -> Role:
        """As records write it."""
        return ROLES.get(self.kind, Role.ADMIN if self.is_administrator else Role.MEMBER)


@dataclass(slots=True)
class Model:
    """One state of a group."""

    group: str | None
    """``Group.stable_id``; None where no master key is stated."""
    title: str
    is_new: bool
    """Whether it is of the kind that knows roles."""
    revision: int | None = None
    description: str = ""
    announcement_only: bool = False
    link_level: int = 0
    has_password: bool = False
    password: str = ""
    """SHA-256 of the link's password, to see that it changed."""
    access: tuple[int, int] = (0, 0)
    avatar: str = ""
    added_by: str | None = None
    terminated: bool = False
    members: dict[str, Member] = field(default_factory=dict)
    banned: dict[str, int] = field(default_factory=dict)
    """Milliseconds at which an account was banned."""
    faults: list[str] = field(default_factory=list)

    @property
    def link_state(self) -> str:
        """open, approval or off."""
        return LINK_STATES.get(self.link_level, "off") if self.has_password else "off"


def address(value: object) -> str | None:
    """Return the stable id of an archived or decoded address: a service id, else a number."""
    if isinstance(value, str):
        return service_text(value) or (f"e164:{value}" if value.startswith("+") else None)
    member = value.get if isinstance(value, Archived | dict) else None
    if member is None:
        return None
    raw = member("backingUuid")
    found = service_text(raw) if isinstance(raw, str) else None
    if found is None:
        packed = bytes_of(raw)
        if len(packed) == 17 and packed[0] in (0, 1):
            kind, text = ("pni" if packed[0] else "aci"), packed[1:].hex()
        else:
            kind, text = "aci", packed.hex() if len(packed) == 16 else ""
        parts = (text[:8], text[8:12], text[12:16], text[16:20], text[20:])
        found = service_text(f"{'pni:' if kind == 'pni' else ''}{'-'.join(parts)}")
    phone = text_of(member("backingPhoneNumber"))
    return found or (f"e164:{phone}" if phone.startswith("+") else None)


def model_of(value: object) -> Model | None:
    """Return the group model that an archive holds; None when it holds none."""
    if not isinstance(value, Archived) or "groupId" not in value.members:
        return None
    parameters = bytes_of(value.get("secretParamsData"))
    model = Model(None, text_of(value.get("groupName")), is_new=bool(parameters))
    if parameters:
        _read_state(model, value, parameters)
    else:
        for one in value.get("groupMembers") if isinstance(value.get("groupMembers"), list) else ():
            _note(model, address(one), Member())
    model.added_by = address(value.get("addedByAddress") or value.get("addedBy"))
    model.avatar = text_of(value.get("avatarHash"))
    return model


def _read_state(model: Model, value: Archived, parameters: bytes) -> None:
    identifier = bytes_of(value.get("groupId"))
    if len(parameters) == _PARAMETERS and parameters[33:65] == identifier:
        model.group = hashlib.sha256(parameters[1:33]).hexdigest()
    else:
        model.faults.append("the group's parameters do not belong to its id: no master key can be told from them")
    access = value.get("access") or value.get("groupAccess")
    level = access.get if isinstance(access, Archived) else lambda _: None
    model.access = (number_of(level("attributes")), number_of(level("members")))
    model.link_level = number_of(level("addFromInviteLink"))
    password = bytes_of(value.get("inviteLinkPassword"))
    model.has_password, model.password = bool(password), hashlib.sha256(password).hexdigest() if password else ""
    model.revision = number_of(value.get("revision"))
    model.description = text_of(value.get("descriptionText"))
    model.announcement_only = bool(number_of(value.get("isAnnouncementsOnly")))
    model.terminated = bool(number_of(value.get("isTerminated")))
    membership = value.get("membership") or value.get("groupMembership")
    if isinstance(membership, Archived):
        _read_membership(model, membership)
    else:
        model.faults.append("the group states no membership")


def _read_membership(model: Model, membership: Archived) -> None:
    states = bytes_of(membership.get("memberStates"))
    if states:
        for key, state in _json_pairs(model, states):
            _note(model, address(key), _member(state))
    for key, state in _pairs(membership.get("memberStateMap")):
        if isinstance(state, Archived):
            kind = INVITED if number_of(state.get("isPending")) else FULL
            administrator = number_of(state.get("role")) == ADMINISTRATOR
            _note(model, address(key), Member(kind, administrator, inviter=address(state.get("addedByUuid"))))
    for key, at in _pairs(membership.get("bannedMembers")):
        account = address(key)
        if account is None:
            model.faults.append("a banned person is listed without an identifier that can be used")
        else:
            model.banned[account] = number_of(at)


def _pairs(value: object) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, Pairs):
        yield from value.items


def _json_pairs(model: Model, states: bytes) -> Iterator[tuple[Any, Any]]:
    """Yield key and state of each member: Swift writes a dictionary with such keys as a list of both in turn."""
    try:
        flat = parsed_any(states)
    except NotJson:
        flat = None
    if not isinstance(flat, list) or len(flat) % 2:
        model.faults.append("the list of a group's members cannot be read")
        return
    yield from zip(flat[0::2], flat[1::2], strict=True)


def _member(state: object) -> Member | None:
    if not isinstance(state, dict) or number_of(state.get("typeKey")) not in (FULL, INVITED, REQUESTING):
        return None
    return Member(
        number_of(state.get("typeKey")),
        number_of(state.get("role")) == ADMINISTRATOR,
        bool(number_of(state.get("didJoinFromInviteLink"))),
        bool(number_of(state.get("didJoinFromAcceptedJoinRequest"))),
        address(state.get("addedByUuid")),
    )


def _note(model: Model, account: str | None, member: Member | None) -> None:
    if account is None or member is None:
        model.faults.append("a member is listed without an identifier or state that can be used")
    elif account not in model.members:
        model.members[account] = member


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs between two states of a group."""

    kind: EventKind
    actor: str | None
    target: str | None = None
    detail: str = ""


def differences(old: Model | None, new: Model, actor: str | None, owner: str) -> Iterator[Difference]:
    """Yield what changed from one state to the next, done by ``actor`` (None: the row does not say).

    Without a state before, the group was created or the device's owner came into it; who else was in it is told by the
    state alone.
    """
    if old is None:
        yield from _first(new, actor, owner)
        return
    yield from _settings(old, new, actor)
    for account in sorted(old.members.keys() | new.members.keys()):
        yield from _membership(account, (old.members.get(account), new.members.get(account)), actor)
    for account in sorted(new.banned.keys() - old.banned.keys()):
        yield Difference(EventKind.BANNED, actor, account)
    for account in sorted(old.banned.keys() - new.banned.keys()):
        yield Difference(EventKind.UNBANNED, actor, account)


def _first(new: Model, actor: str | None, owner: str) -> Iterator[Difference]:
    if new.revision == 0 or not new.is_new:
        yield Difference(EventKind.CREATED, actor)
        return
    mine = new.members.get(owner)
    if mine is not None:
        yield from _membership(owner, (None, mine), actor or new.added_by)
    else:
        yield Difference(EventKind.UPDATED, actor, None, "the first state of the group on this device")


def _settings(old: Model, new: Model, actor: str | None) -> Iterator[Difference]:
    if old.title != new.title:
        yield Difference(EventKind.RENAMED, actor, None, new.title)
    if old.description != new.description:
        yield Difference(EventKind.DESCRIPTION, actor, None, new.description or "removed")
    if old.avatar != new.avatar:
        yield Difference(EventKind.AVATAR, actor, None, "changed" if new.avatar else "removed")
    names = ("title, picture and timer may be changed by", "members may be added by")
    for what, before, after in zip(names, old.access, new.access, strict=True):
        if before != after:
            yield Difference(EventKind.SETTINGS, actor, None, f"{what} {LEVELS.get(after, 'an unknown circle')}")
    if old.announcement_only != new.announcement_only:
        circle = "administrators" if new.announcement_only else "all members"
        yield Difference(EventKind.SETTINGS, actor, None, f"messages may be sent by {circle}")
    if new.terminated and not old.terminated:
        yield Difference(EventKind.TERMINATED, actor)
    yield from _link(old, new, actor)


APPROVAL = {"open": "no approval needed", "approval": "an administrator approves"}


def _link(old: Model, new: Model, actor: str | None) -> Iterator[Difference]:
    if old.link_state == new.link_state:
        if new.link_state != "off" and old.password != new.password:
            yield Difference(EventKind.LINK_RESET, actor)
    elif new.link_state == "off":
        yield Difference(EventKind.LINK_DISABLED, actor)
    elif old.link_state == "off":
        yield Difference(EventKind.LINK_ENABLED, actor, None, APPROVAL[new.link_state])
    else:
        yield Difference(EventKind.SETTINGS, actor, None, f"link: {APPROVAL[new.link_state]}")


_ENDS = {FULL: EventKind.REMOVED, INVITED: EventKind.INVITE_REVOKED, REQUESTING: EventKind.REQUEST_DENIED}
_OWN_ENDS = {FULL: EventKind.LEFT, INVITED: EventKind.INVITE_DECLINED, REQUESTING: EventKind.REQUEST_CANCELLED}


def _membership(account: str, states: tuple[Member | None, Member | None], actor: str | None) -> Iterator[Difference]:
    before, after = states
    if after is None and before is not None:
        yield _gone(account, before, actor)
    elif after is not None and (before is None or before.kind != after.kind):
        yield _came(account, before, after, actor)
    elif before is not None and after is not None and _changed_role(before, after):
        yield Difference(EventKind.PROMOTED if after.is_administrator else EventKind.DEMOTED, actor, account)


def _changed_role(before: Member, after: Member) -> bool:
    return after.kind == FULL and before.is_administrator != after.is_administrator


def _gone(account: str, before: Member, actor: str | None) -> Difference:
    if actor == account:
        return Difference(_OWN_ENDS[before.kind], account, account)
    if actor is None and before.kind == REQUESTING:
        return Difference(EventKind.UPDATED, None, account, "a request to join ended")
    return Difference(_ENDS[before.kind], actor, account)


def _came(account: str, before: Member | None, after: Member, actor: str | None) -> Difference:
    if after.kind == REQUESTING:
        return Difference(EventKind.JOIN_REQUESTED, account, account)
    if after.kind == INVITED:
        return Difference(EventKind.INVITED, actor or after.inviter, account)
    invited = f"invited by {before.inviter}" if before is not None and before.inviter else ""
    if after.by_link:
        return Difference(EventKind.JOINED_BY_LINK, account, account)
    if before is not None and before.kind == INVITED and actor in (None, account):
        return Difference(EventKind.INVITE_ACCEPTED, actor, account, invited)
    if after.by_request or (before is not None and before.kind == REQUESTING):
        return Difference(EventKind.REQUEST_APPROVED, actor, account)
    kind = EventKind.JOINED if actor == account else EventKind.ADDED
    return Difference(kind, actor, account, invited)
