"""Conversations of Signal Desktop: who is who, which group is which, and who is in it with which role."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from sauveterre.messages.database import Database, Row
from sauveterre.messages.signal.context import SERVICE, moment
from sauveterre.messages.signal.links import safe_text
from sauveterre.messages.signal.loose import (
    Loose,
    NotJson,
    bytes_of,
    members,
    number,
    objects,
    parsed,
    record,
    service_text,
    text,
    text_of,
)
from sauveterre.messages.signal.people import ADMINISTRATOR, LINK_STATES
from sauveterre.messages.signal.rows import Memory, RowLeaf
from sauveterre.messages.signal.talks import People, Talk
from sauveterre.records.group import EventKind, Group, GroupEvent, GroupKind, MemberSnapshot, Role

TABLE = "conversations"
COLUMNS = {name: (name,) for name in ("id", "json", "type", "name", "e164", "groupId", "active_at")} | {
    "profileName": ("profileName",),
    "profileFamilyName": ("profileFamilyName",),
    "serviceId": ("serviceId", "uuid"),
}
DATED = "dated by the group's state in this profile"


def read_owner(database: Database, memory: Memory) -> tuple[RowLeaf, bool]:
    """Tell whose profile it is, from the rows that Signal keeps of its own account; say whether they do."""
    leaf = RowLeaf(memory, "items", 0)
    stated: list[tuple[RowLeaf, str, str]] = []
    names = {"uuid_id": "aci", "number_id": "e164", "pni": "pni"}
    for row in database.rows("items", {"id": ("id",), "json": ("json",)}, where="id IN ('uuid_id','number_id','pni')"):
        kind = names.get(text_of(row["id"]), "")
        value = _item(row["json"]).partition(".")[0]
        stable_id = f"e164:{value}" if kind == "e164" and value.startswith("+") else service_text(value)
        if kind and stable_id:
            stated.append((RowLeaf(memory, "items", row["rowid"]), kind, stable_id.partition(":")[2]))
    stated.sort(key=lambda one: ("aci", "pni", "e164").index(one[1]))
    if not stated:
        stated = list(_of_sessions(database, memory))
    memory.owner = f"{stated[0][1]}:{stated[0][2]}" if stated else f"self:sha256:{memory.digest}"
    for inner, kind, value in stated:
        inner.records = leaf.records
        inner.identifier(inner.account(memory.owner), kind, value)
    leaf.account(memory.owner)
    return leaf, bool(stated)


def _item(value: object) -> str:
    try:
        return text(parsed(value), "value")
    except NotJson:
        return ""


def _of_sessions(database: Database, memory: Memory) -> Iterator[tuple[RowLeaf, str, str]]:
    columns = {"ours": ("ourServiceId", "ourUuid")}
    for row in database.rows("sessions", columns):
        found = service_text(row["ours"])
        if found and found.startswith("aci:"):
            yield RowLeaf(memory, "sessions", row["rowid"]), "aci", found[4:]
            return


def read_conversation(people: People, row: Row) -> RowLeaf:
    """Tell one conversation: a person with all that names them, or a group."""
    leaf, data = RowLeaf(people.memory, TABLE, row["rowid"]), merged(row)
    if "#" in data:
        leaf.problem(f"the json of a conversation cannot be read: {data['#']}")
    identifier = text(data, "id")
    if identifier in people.talks:
        leaf.problem("a conversation with an id that another has; the first is used")
        return leaf
    is_group = text(data, "type") == "group"
    people.talks[identifier] = _group(people, leaf, data) if is_group else _person(people, leaf, data)
    if number(data, "active_at"):
        people.talk(leaf, identifier)
    return leaf


def merged(row: Row) -> Loose:
    """Return what a row's json and its columns say; a column that is filled counts. ``#`` says why json is missing."""
    try:
        data = parsed(row["json"])
    except NotJson as error:
        data = {"#": str(error)}
    data.update((name, value) for name, value in row.items() if name not in ("json", "rowid") and value is not None)
    return data


def _person(people: People, leaf: RowLeaf, data: Loose) -> Talk:
    stated: list[tuple[str, str]] = []
    for value in (text(data, "serviceId", "uuid"), text(data, "pni")):
        stable_id = service_text(value)
        if value and stable_id is None:
            leaf.problem("the service identifier of a conversation is malformed")
        elif stable_id is not None:
            stated.append((stable_id.partition(":")[0], stable_id.partition(":")[2]))
    if text(data, "e164"):
        stated.append(("e164", text(data, "e164")))
    stated = sorted(dict.fromkeys(stated), key=lambda one: ("aci", "pni", "e164").index(one[0]))
    account = ":".join(stated[0]) if stated else people.memory.local_id("conversation", text(data, "id"))
    mine = people.memory.owner
    if any(f"{kind}:{value}" == mine for kind, value in stated):
        account = mine
    leaf.account(account)
    for kind, value in stated:
        people.accounts.setdefault(f"{kind}:{value}", account)
        leaf.identifier(account, kind, value)
    for kind, value in _names(data):
        leaf.identifier(account, kind, value)
    first, second = sorted([mine, account])
    return Talk(f"direct:{first}|{second}", account)


def _names(data: Loose) -> Iterator[tuple[str, str]]:
    yield "username", text(data, "username")
    yield "profile_name", f"{text(data, 'profileName')} {text(data, 'profileFamilyName')}"
    system = f"{text(data, 'systemGivenName')} {text(data, 'systemFamilyName')}".strip()
    yield "contact_name", system or text(data, "name")
    yield "nickname", text(data, "systemNickname")
    yield "nickname", f"{text(data, 'nicknameGivenName')} {text(data, 'nicknameFamilyName')}"


def group_id(people: People, data: Loose) -> str:
    """Return ``Group.stable_id``: SHA-256 of the master key, or an id of this store's own where there is none."""
    key = bytes_of(data.get("masterKey"))
    if len(key) == 32:
        return hashlib.sha256(key).hexdigest()
    return people.memory.local_id("group", text(data, "id"))


def _group(people: People, leaf: RowLeaf, data: Loose) -> Talk:
    group, is_new = group_id(people, data), number(data, "groupVersion") == 2
    if is_new and group.startswith("local:"):
        leaf.problem("a group states no master key of 32 bytes: it cannot be told as the same group elsewhere")
    people.groups.setdefault(text(data, "groupId"), text(data, "id"))
    if group in people.told:
        leaf.problem("a group that another conversation is, too; what the first says of it is used")
        return Talk(group, None)
    people.told.add(group)
    state = record(data, "accessControl")
    leaf.add(
        Group(
            service=SERVICE,
            stable_id=group,
            title=safe_text(text(data, "name")),
            kind=GroupKind.GROUP,
            provenance=leaf.provenance(),
            revision=number(data, "revision") if "revision" in data else None,
            description=safe_text(text(data, "description")),
            announcement_only=bool(data.get("announcementsOnly")) if is_new else None,
            link_state=LINK_STATES.get(number(state, "addFromInviteLink"), "unknown"),
            terminated=bool(data.get("terminated")) if is_new else None,
        )
    )
    return Talk(group, None)


def read_members(people: People, row: Row) -> RowLeaf:
    """Tell who is in a group, once all messages were read: the newest time among them is the snapshot's.

    A group that the owner has left is no longer kept up: then the newest row of the group itself dates its state.
    """
    leaf, data = RowLeaf(people.memory, TABLE, row["rowid"]), merged(row)
    talk = people.talks.get(text(data, "id"))
    if talk is None or text(data, "type") != "group":
        return leaf
    told = _Members(leaf, talk.group, talk.latest if data.get("left") else people.memory.latest)
    for place, one in _listed(data, "membersV2"):
        role = number(one, "role")
        if role not in (0, 1, ADMINISTRATOR):
            leaf.problem(f"role {role} is not known; the member is told as an ordinary one", place)
        joined = number(one, "joinedAtVersion") if "joinedAtVersion" in one else None
        told.snapshot(place, one, Role.ADMIN if role == ADMINISTRATOR else Role.MEMBER, joined=joined)
    for place, one in _listed(data, "pendingMembersV2"):
        inviter = leaf.service(one.get("addedByUserId"), "an inviter", place)
        told.snapshot(place, one, Role.INVITED, EventKind.INVITED, inviter)
    for place, one in _listed(data, "pendingAdminApprovalV2"):
        told.snapshot(place, one, Role.REQUESTING, EventKind.JOIN_REQUESTED)
    for place, one in _listed(data, "bannedMembersV2"):
        told.snapshot(place, one, Role.BANNED, EventKind.BANNED)
    return leaf


def _listed(data: Loose, name: str) -> Iterator[tuple[str, Loose]]:
    bare = members(data, name)
    for count, one in enumerate(objects(data, name)):
        yield f"$.{name}[{count}]", one or {"serviceId": bare[count]}


@dataclass(frozen=True, slots=True)
class _Members:
    leaf: RowLeaf
    group: str
    latest: int

    def snapshot(
        self,
        place: str,
        one: Loose,
        role: Role,
        event: EventKind | None = None,
        inviter: str | None = None,
        joined: int | None = None,
    ) -> None:
        """Tell one person of a group's state, and the event that the state dates."""
        leaf, at = self.leaf, moment(self.latest)
        account = leaf.service(text(one, "aci", "serviceId", "uuid"), "a person in a group", place)
        if account is None:
            leaf.problem(f"a person with the role {role} is listed without an identifier that can be used", place)
        elif at is None:
            what = "no message states a usable time: who is in this group is not told, as it cannot be dated"
            leaf.problem_once(f"snapshot time {self.group}", what)
        else:
            leaf.add(MemberSnapshot(self.group, account, role, at, leaf.provenance(place), joined, inviter))
        raw = number(one, "timestamp")
        if event is not None and account is not None and raw:
            actor = account if event is EventKind.JOIN_REQUESTED else inviter
            where = leaf.provenance(place)
            leaf.add(GroupEvent(self.group, event, actor, account, moment(raw), str(raw), where, DATED))
