"""Rows that are no messages: changes of groups, calls, timers, names, numbers, pins."""

from collections.abc import Callable
from uuid import UUID

from sauveterre.messages.database import Row
from sauveterre.messages.protobuf import Fields, Malformed
from sauveterre.messages.signal.android import types
from sauveterre.messages.signal.android.changes import read_change
from sauveterre.messages.signal.android.reading import Reading
from sauveterre.messages.signal.android.state import decoded, from_base64
from sauveterre.messages.signal.android.tables import blob, number, text
from sauveterre.messages.signal.android.types import Type
from sauveterre.messages.signal.context import Leaf, moment, service_id
from sauveterre.messages.signal.updates import Moment, read_update
from sauveterre.records.group import EventKind, GroupEvent

CALL_STATES = {0: 2, 1: 1, 2: 2, 3: 3, 8: 2, 10: 4}
"""By event of a call between two: its state in format 2."""
GROUP_CALL_STATES = {5: 1, 6: 4, 7: 3, 8: 8, 9: 2, 1: 5, 3: 6, 10: 7}
VIDEO, GROUP_CALL, AD_HOC = 1, 3, 4


def is_update(kind: Type) -> bool:
    """Say whether a row of this type is an update and no message."""
    return (
        kind.is_group_change
        or kind.is_old_group_change
        or kind.is_timer
        or kind.special in (types.POLL_END, types.PIN)
        or kind.base in _BY_BASE
        or kind.base in types.CALLS
        or kind.simple is not None
    )


def read_row(reading: Reading, leaf: Leaf, at: Moment, row: Row, call: Row | None) -> None:
    """Tell one update. ``call`` is the row of the table of calls that goes with it."""
    kind = Type(number(row["type"]))
    try:
        extras = decoded(blob(row["extras"]), "MessageExtras") if row["extras"] else {}
        if kind.is_group_change:
            _group_change(leaf, at, row, extras)
        elif kind.is_old_group_change:
            what = EventKind.LEFT if kind.is_quit else EventKind.UPDATED
            who = at.author if kind.is_quit else None
            raw, where = str(at.sent), leaf.provenance()
            leaf.add(GroupEvent(at.chat.group, what, at.author, who, moment(at.sent), raw, where, "old kind of group"))
        else:
            read_update(leaf, at, _update(reading, kind, row, extras, call))
    except Malformed as error:
        leaf.problem(f"what an update is about cannot be read: {error}")
        read_update(leaf, at, {"groupChange": {"updates": [{"genericGroupUpdate": {}}]}})


def _group_change(leaf: Leaf, at: Moment, row: Row, extras: Fields) -> None:
    described = extras.get("group", {})
    context = described.get("context")
    if context is None and not described and row["body"]:
        context = decoded(from_base64(row["body"]), "Context")
    if context and ({"change", "state"} & context.keys()):
        read_change(leaf, at, context)
    else:
        read_update(leaf, at, {"groupChange": described.get("change", {})})


def _update(reading: Reading, kind: Type, row: Row, extras: Fields, call: Row | None) -> Fields:
    """Return the update of format 2 that says the same as a row."""
    if kind.is_timer:
        return {"expirationTimerChange": {"expiresInMs": max(0, number(row["expires"]))}}
    if kind.special == types.POLL_END and "poll" in extras:
        ended = extras["poll"]
        return {"pollTerminate": {"question": ended.get("question", ""), "targetSentTimestamp": ended.get("sent", 0)}}
    if kind.special == types.PIN and "pin" in extras:
        author = reading.numbers.get(service_id(extras["pin"].get("author", b"")) or "", 0)
        return {"pinMessage": {"targetSentTimestamp": extras["pin"].get("sent", 0), "authorId": author}}
    if kind.simple is not None:
        return kind.simple
    if kind.base in types.CALLS:
        return _call(types.CALLS[kind.base], row, call)
    if kind.base in _BY_BASE:
        return _BY_BASE[kind.base](reading, row, extras, call)
    return {}


def _call(told: tuple[int, int, int], row: Row, call: Row | None) -> Fields:
    kind, direction, state = told
    started = number(row["sent"])
    if call is not None:
        kind = 2 if number(call["type"]) == VIDEO else 1
        direction = 2 if number(call["direction"]) else 1
        state, started = CALL_STATES.get(number(call["event"]), 0), number(call["at"]) or started
    return {"individualCall": {"type": kind, "direction": direction, "state": state, "startedCallTimestamp": started}}


def _group_call(reading: Reading, row: Row, _extras: Fields, call: Row | None) -> Fields:
    details = decoded(from_base64(row["body"]), "CallDetails") if row["body"] else {}
    told: Fields = {"state": 1, "startedCallTimestamp": max(0, details.get("started", 0))}
    told["endedCallTimestamp"] = max(0, details.get("ended", 0))
    try:
        starter = reading.numbers.get(f"aci:{UUID(details.get('starter', ''))}", 0)
    except ValueError:
        starter = 0
    told["startedCallRecipientId"] = starter
    if call is not None:
        told["state"] = GROUP_CALL_STATES.get(number(call["event"]), 0)
        told["ringerRecipientId"] = max(0, number(call["ringer"]))
    return {"groupCall": told}


def _profile(_reading: Reading, row: Row, extras: Fields, _call: Row | None) -> Fields:
    details = extras.get("profile") or (decoded(from_base64(row["body"]), "ProfileDetails") if row["body"] else {})
    if "learnedName" in details or "learned" in details:
        learned = details.get("learnedName", {})
        return {"learnedProfileChange": {"e164": _digits(learned.get("e164")), "username": learned.get("username", "")}}
    name = details.get("name", {})
    return {"profileChange": {"previousName": name.get("previous", ""), "newName": name.get("new", "")}}


def _number(update: str, field: str) -> Callable[[Reading, Row, Fields, Row | None], Fields]:
    def tell(_reading: Reading, row: Row, _extras: Fields, _call: Row | None) -> Fields:
        stated = decoded(from_base64(row["body"]), "Number") if row["body"] else {}
        return {update: {field: _digits(stated.get("e164"))}}

    return tell


def _digits(phone: object) -> int:
    plain = text(phone).removeprefix("+")
    return int(plain) if plain.isdecimal() and len(plain) < 19 else 0


_BY_BASE: dict[int, Callable[[Reading, Row, Fields, Row | None], Fields]] = {
    types.GROUP_CALL: _group_call,
    types.PROFILE: _profile,
    types.THREAD_MERGE: _number("threadMerge", "previousE164"),
    types.SWITCHOVER: _number("sessionSwitchover", "e164"),
    types.MIGRATION: lambda *_: {"groupChange": {"updates": [{"groupV2MigrationUpdate": {}}]}},
}
