"""Calls of Signal Desktop: its own table of them, call links, and older rows that carry a call's details themselves."""

import hashlib
from collections.abc import Iterator

from sauveterre.messages.database import Database, Row
from sauveterre.messages.signal.context import SERVICE, moment
from sauveterre.messages.signal.links import safe_text
from sauveterre.messages.signal.loose import Loose, bytes_of, is_uuid, number, number_of, record, text, text_of
from sauveterre.messages.signal.rows import RowLeaf
from sauveterre.messages.signal.talks import Moment, People, Talk, event
from sauveterre.records.group import EventKind, Group, GroupKind, MemberSnapshot, Role

CALLS, LINKS, LISTS = "callsHistory", "callLinks", "storyDistributions"
CALL_COLUMNS = {
    name: (name,)
    for name in ("callId", "peerId", "ringerId", "startedById", "mode", "type", "direction", "status", "timestamp",
                 "endedTimestamp")
}  # fmt: skip
LINK_COLUMNS = {name: (name,) for name in ("roomId", "rootKey", "adminKey", "name", "restrictions")}
_KINDS = {"Audio": "audio call", "Video": "video call", "Group": "group call", "Adhoc": "group call"}
_STATES = {
    "Accepted": "accepted", "Missed": "missed", "MissedNotificationProfile": "missed (notification profile)",
    "Declined": "declined", "Deleted": "deleted from the list of calls", "OutgoingRing": "ringing others",
    "Ringing": "ringing", "Joined": "joined", "JoinedAdhoc": "joined", "Pending": "no outcome yet",
    "GenericGroupCall": "", "GenericAdhocCall": "",
}  # fmt: skip
_LINK_STATES = {0: "open", 1: "approval"}


def read_links(database: Database, people: People) -> Iterator[RowLeaf]:
    """Tell the call links; the owner is administrator of those whose admin key is there."""
    for row in database.rows_around_damage(LINKS, LINK_COLUMNS):
        leaf = RowLeaf(people.memory, LINKS, row["rowid"])
        key, room = bytes_of(row["rootKey"]), text_of(row["roomId"])
        group = f"calllink:{hashlib.sha256(key).hexdigest()}" if key else people.memory.local_id("calllink", room)
        state = _LINK_STATES.get(number_of(row["restrictions"]), "unknown")
        title = safe_text(text_of(row["name"]))
        if group not in people.told:
            people.told.add(group)
            leaf.add(Group(SERVICE, group, title, GroupKind.CALL_LINK, leaf.provenance(), link_state=state))
        people.talks.setdefault(f"call link {room}", Talk(group, None))
        yield leaf


def read_link_administrators(database: Database, people: People) -> Iterator[RowLeaf]:
    """Tell of which call links the owner is administrator, once the time of the snapshot is known."""
    at = moment(people.memory.latest)
    for row in database.rows_around_damage(LINKS, LINK_COLUMNS):
        leaf = RowLeaf(people.memory, LINKS, row["rowid"])
        talk = people.talks.get(f"call link {text_of(row['roomId'])}")
        if row["adminKey"] and at is not None and talk is not None:
            owner = leaf.account(people.memory.owner)
            leaf.add(MemberSnapshot(talk.group, owner, Role.ADMIN, at, leaf.provenance("adminKey")))
        yield leaf


def read_lists(database: Database, people: People) -> Iterator[RowLeaf]:
    """Tell the owner's distribution lists of stories."""
    for row in database.rows_around_damage(
        LISTS, {"id": ("id",), "name": ("name",), "deleted": ("deletedAtTimestamp",)}
    ):
        leaf, stated = RowLeaf(people.memory, LISTS, row["rowid"]), text_of(row["id"]).lower()
        group = f"list:{stated}" if is_uuid(stated) else people.memory.local_id("list", stated)
        if group not in people.told and text_of(row["name"]):
            people.told.add(group)
            kind, ended = GroupKind.DISTRIBUTION_LIST, bool(number_of(row["deleted"]))
            title = safe_text(text_of(row["name"]))
            leaf.add(Group(SERVICE, group, title, kind, leaf.provenance(), terminated=ended))
        yield leaf


def read_calls(database: Database, people: People) -> Iterator[RowLeaf]:
    """Tell every call of the table, and note which: the rows of conversations that name them are not told again."""
    for row in database.rows_around_damage(CALLS, CALL_COLUMNS):
        leaf = RowLeaf(people.memory, CALLS, row["rowid"])
        people.calls.add(text_of(row["callId"]))
        _call(people, leaf, row)
        yield leaf


def _call(people: People, leaf: RowLeaf, row: Row) -> None:
    peer, mode = text_of(row["peerId"]), text_of(row["mode"])
    sent = number_of(row["timestamp"])
    if mode == "Adhoc":
        talk = people.talk(leaf, f"call link {peer}")
    elif mode == "Group":
        talk = people.talk(leaf, people.groups.get(peer, peer))
    else:
        account = people.account(leaf, peer, "the other one of a call")
        talk = people.direct(leaf, account) if account else people.talk(leaf, peer)
    details = [_KINDS.get(text_of(row["type"]), "call")]
    if talk.peer:
        details.append(text_of(row["direction"]).lower() or "direction unknown")
    details.append(_STATES.get(text_of(row["status"]), "outcome unknown"))
    if ringer := text_of(row["ringerId"]) if not talk.peer else "":
        details.append(f"rung by {people.account(leaf, ringer, 'the one who rang')}")
    if ended := moment(number_of(row["endedTimestamp"])):
        details.append(f"ended {ended.isoformat()}")
    starter = people.account(leaf, text_of(row["startedById"]), "the one who started a call")
    caller, called = _sides(people, leaf, talk, text_of(row["direction"]), starter)
    told = ", ".join(filter(None, details))
    event(leaf, Moment(talk.group, sent), EventKind.CALL, caller, called, told)


def _sides(
    people: People, leaf: RowLeaf, talk: Talk, direction: str, starter: str | None
) -> tuple[str | None, str | None]:
    if talk.peer is None:
        return starter, None
    owner = leaf.account(people.memory.owner)
    return {"Incoming": (talk.peer, owner), "Outgoing": (owner, talk.peer)}.get(direction, (None, None))


def read_call_row(people: People, leaf: RowLeaf, talk: Talk, at: Moment, data: Loose) -> None:
    """Tell a call from a conversation's row, unless the table of calls has it."""
    call, old = text(data, "callId"), record(data, "callHistoryDetails")
    if call in people.calls or text(old, "callId") in people.calls:
        return
    sent = number(old, "acceptedTime", "startedTime") or at.sent
    if talk.peer is None:
        starter = people.account(leaf, text(old, "creatorUuid", "creatorAci"), "the one who started a call")
        event(leaf, Moment(at.group, sent), EventKind.CALL, starter, None, "group call")
        return
    kind = "video call" if old.get("wasVideoCall") else "audio call"
    outcome = "declined" if old.get("wasDeclined") else "accepted" if number(old, "acceptedTime") else "not accepted"
    direction = "Incoming" if old.get("wasIncoming") else "Outgoing"
    if not old:
        kind, outcome, direction = "call", "outcome unknown", "direction unknown"
    caller, called = _sides(people, leaf, talk, direction, None)
    event(leaf, Moment(at.group, sent), EventKind.CALL, caller, called, f"{kind}, {direction.lower()}, {outcome}")
