"""Groups as Signal on iOS writes them: their state after each change, and the name that it gives to a change."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sauveterre.scenarios.cast import Room
from sauveterre.scenarios.timeline import Change

FULL, INVITED, REQUESTING = range(3)


@dataclass(frozen=True, slots=True)
class GroupState:
    """A group after some of its changes."""

    revision: int
    members: dict[int, dict[str, Any]]
    """By account: how the state of a member is written."""
    linked: bool = False

    @property
    def administrators(self) -> set[int]:
        """Who is an administrator."""
        return {index for index, state in self.members.items() if state.get("role") == 1}


def state_after(before: GroupState | None, change: Change, room: Room) -> tuple[GroupState | None, GroupState]:
    """Return the state before a change, in which one who was invited or asked is listed, and the one after it."""
    if before is None or change.kind == "created":
        members = {index: _full(role=int(index == change.actor)) for index in room.initial}
        return None, GroupState(change.revision, members)
    members, target = dict(before.members), change.target
    after = replace(before, revision=change.revision)
    if change.kind == "link_enabled":
        return before, replace(after, linked=True)
    if target is None:
        return before, after
    if change.kind == "invite_accepted":
        before = replace(before, members={**members, target: {"typeKey": INVITED, "role": 0, "by": change.actor}})
    elif change.kind == "request_approved":
        before = replace(before, members={**members, target: {"typeKey": REQUESTING}})
    if change.kind in ("left", "removed"):
        members.pop(target, None)
    elif change.kind in ("promoted", "demoted"):
        members[target] = {**members[target], "role": int(change.kind == "promoted")}
    else:
        members[target] = _full(by_link=change.kind == "joined_by_link", by_request=change.kind == "request_approved")
    return before, replace(after, members=members)


def _full(*, role: int = 0, by_link: bool = False, by_request: bool = False) -> dict[str, Any]:
    flags = {"didJoinFromInviteLink": by_link, "didJoinFromAcceptedJoinRequest": by_request}
    return {"typeKey": FULL, "role": role, **flags}


def keyed_states(state: GroupState, acis: Sequence[UUID]) -> bytes:
    """Return the members as Swift writes a dictionary with such keys: key and value in turn."""
    flat: list[Any] = []
    for index, member in state.members.items():
        plain = {name: value for name, value in member.items() if name != "by"}
        if member["typeKey"] == INVITED:
            plain["addedByUuid"] = str(acis[member["by"]]).upper()
        flat += [{"backingUuid": str(acis[index]).upper(), "backingPhoneNumber": None}, plain]
    return json.dumps(flat).encode()


_VERBS = {
    "added": "Added", "removed": "Removed", "promoted": "WasGrantedAdministrator", "demoted": "WasRevokedAdministrator",
    "request_approved": "RequestApproved",
}  # fmt: skip
_ACTOR_NAMES = {"removed": "removerAci", "request_approved": "approverAci"}


def item_of(change: Change, owner: int, acis: Sequence[str]) -> dict[str, Any]:
    """Return one update under the name that Signal on iOS gives it, with what it says besides."""
    by = "ByUnknownUser" if change.actor is None else "ByLocalUser" if change.actor == owner else "ByOtherUser"
    other = {"updaterAci": acis[change.actor]} if by == "ByOtherUser" and change.actor is not None else {}
    if change.target is None:
        stem = {"created": "created", "link_enabled": "inviteLinkEnabledWithoutApproval"}[change.kind]
        return {stem + by: other}
    subject = "localUser" if change.target == owner else "otherUser"
    who = {} if change.target == owner else {"userAci": acis[change.target]}
    if change.kind in ("left", "joined_by_link"):
        return {subject + {"left": "Left", "joined_by_link": "JoinedViaInviteLink"}[change.kind]: who}
    if change.kind == "invite_accepted" and change.actor is not None:
        if change.actor == owner:
            return {f"{subject}AcceptedInviteFromLocalUser": who}
        return {f"{subject}AcceptedInviteFromInviter": {**who, "inviterAci": acis[change.actor]}}
    name = subject + _VERBS[change.kind]
    if by == "ByOtherUser" and change.kind in _ACTOR_NAMES and change.actor is not None:
        return {name: {**who, _ACTOR_NAMES[change.kind]: acis[change.actor]}}
    return {name + by: {**who, **other}}
