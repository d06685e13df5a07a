"""Interactions on an iPhone that are no messages: group updates, timers, names, numbers, requests and calls."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sauveterre.messages.database import Row
from sauveterre.messages.signal.context import moment
from sauveterre.messages.signal.ios.archive import Archived, NotArchive, Pairs, unarchived
from sauveterre.messages.signal.ios.groups import Difference, Model, address, differences, model_of
from sauveterre.messages.signal.ios.people import snapshot
from sauveterre.messages.signal.ios.updates import SILENT, difference
from sauveterre.messages.signal.loose import NotJson, bytes_of, number_of, parsed_any, text_of
from sauveterre.messages.signal.rows import RowLeaf
from sauveterre.messages.signal.talks import Moment, People, Talk, event
from sauveterre.records.group import EventKind

INFO, ERROR, CALL, GROUP_CALL, TIMER = 10, 9, 20, 65, 28
_PREFIX = "InfoMessageUserInfoKey"
ITEMS, OLD_MODEL, NEW_MODEL, SOURCE, WAS_OWNER = (
    f"{_PREFIX}UpdateMessagesV2", f"{_PREFIX}OldGroupModel", f"{_PREFIX}NewGroupModel",
    f"{_PREFIX}GroupUpdateSourceAddress", f"{_PREFIX}UpdaterWasLocalUser",
)  # fmt: skip
GROUP_UPDATE = 3


@dataclass(frozen=True, slots=True)
class Notice:
    """A row that is no message, and what it refers to."""

    people: People
    leaf: RowLeaf
    talk: Talk
    at: Moment
    row: Row
    info: Pairs
    """What the row's archive of further values holds."""

    @property
    def owner(self) -> str:
        """The device's own account."""
        return self.people.memory.owner

    def person(self, value: object) -> str | None:
        """Return the account that a value names, told; None where it names none."""
        found = address(value)
        return self.leaf.account(self.people.accounts.get(found, found)) if found else None

    def tell(self, kind: EventKind, actor: str | None, target: str | None, detail: str = "") -> None:
        """Tell it as an event."""
        event(self.leaf, self.at, kind, actor, target, detail)


def read_notice(people: People, leaf: RowLeaf, talk: Talk, at: Moment, row: Row) -> None:
    """Tell a row that is no message."""
    info = Pairs(())
    if row["infoMessageUserInfo"] is not None:
        try:
            found = unarchived(row["infoMessageUserInfo"])
            info = found if isinstance(found, Pairs) else info
        except NotArchive as error:
            leaf.problem(f"what a notice says cannot be read: {error}", "infoMessageUserInfo")
    notice = Notice(people, leaf, talk, at, row, info)
    kind = number_of(row["recordType"])
    if kind == INFO:
        _info(notice)
    elif kind in _RECORDS:
        _RECORDS[kind](notice)
    else:
        leaf.problem_once(f"record {kind}", f"interactions of the kind {kind} are not known: only their time is told")
        notice.tell(EventKind.UPDATED, None, None)


def _info(notice: Notice) -> None:
    kind = number_of(notice.row["messageType"])
    tell = _INFO.get(kind)
    if tell is None:
        notice.leaf.problem_once(f"info {kind}", f"notices of the kind {kind} are not known: only their time is told")
        notice.tell(EventKind.UPDATED, None, notice.talk.peer)
    else:
        tell(notice)


def _group_update(notice: Notice) -> None:
    items = notice.info.get(ITEMS)
    old, new = model_of(notice.info.get(OLD_MODEL)), model_of(notice.info.get(NEW_MODEL))
    for model in (old, new):
        for fault in model.faults if model is not None else ():
            notice.leaf.problem(fault, "infoMessageUserInfo")
    found = list(_items(notice, items)) if items is not None else []
    if not found and new is not None:
        found = list(_by_models(notice, old, new))
    if not found:
        notice.leaf.problem("a group update that does not say what changed: only its time is told")
        found = [(Difference(EventKind.UPDATED, notice.person(notice.info.get(SOURCE))), "")]
    for one, place in found:
        event(notice.leaf.inner(place), notice.at, one.kind, one.actor, one.target, one.detail)
    if old is None and new is not None:
        snapshot(notice.people, notice.leaf.inner(NEW_MODEL), notice.talk.group, new, notice.at.sent)


def _by_models(notice: Notice, old: Model | None, new: Model) -> Iterator[tuple[Difference, str]]:
    was_owner = bool(number_of(notice.info.get(WAS_OWNER)))
    actor = notice.owner if was_owner else address(notice.info.get(SOURCE))
    for one in differences(old, new, actor, notice.owner):
        yield _known(notice, one), "difference of the group models"


def _known(notice: Notice, one: Difference) -> Difference:
    """Return a difference with its accounts told, under the ids by which other rows know them."""
    return replace(one, actor=_told(notice, one.actor), target=_told(notice, one.target))


def _told(notice: Notice, account: str | None) -> str | None:
    return notice.leaf.account(notice.people.accounts.get(account, account)) if account else None


def _items(notice: Notice, items: object) -> Iterator[tuple[Difference, str]]:
    """Yield what the names of a group update say."""
    for count, one in enumerate(_item_list(notice, items)):
        place = f"{ITEMS} $[{count}]"
        for name, data in one.items() if isinstance(one, dict) else ():
            if name in SILENT:
                continue
            found = difference(name, data if isinstance(data, dict) else {}, notice.owner)
            if found is None:
                notice.leaf.problem(
                    f"a group update of a kind that is not known ({name[:64]!r}): its time is told", place
                )
                found = Difference(EventKind.UPDATED, None)
            yield _known(notice, found), place


def _item_list(notice: Notice, items: object) -> list[Any]:
    """Return the list of updates that is archived as JSON, by whatever name its wrapper gives it."""
    members = items.members.values() if isinstance(items, Archived) else ()
    for packed in (bytes_of(one) for one in members):
        try:
            found = parsed_any(packed) if packed.startswith(b"[") else None
        except NotJson:
            continue
        if isinstance(found, list):
            return found
    notice.leaf.problem("the updates of a group cannot be read: what the group's states tell is told", ITEMS)
    return []


def _about(detail: str, *, by_owner: bool = False) -> Callable[[Notice], None]:
    """Return how to tell that something came to pass with the other one of a conversation."""
    return lambda notice: notice.tell(EventKind.UPDATED, notice.owner if by_owner else None, notice.talk.peer, detail)


def _timer(notice: Notice) -> None:
    seconds = number_of(notice.row["configurationDurationSeconds"])
    is_on = bool(number_of(notice.row["configurationIsEnabled"])) and seconds > 0
    told = f"messages disappear after {seconds} s" if is_on else "messages no longer disappear"
    is_named = bool(text_of(notice.row["createdByRemoteName"]))
    notice.tell(EventKind.TIMER, notice.talk.peer if is_named else None, None, told)


def _profile(notice: Notice) -> None:
    changes = notice.info.get(f"{_PREFIX}ProfileChanges")
    person = notice.talk.peer
    before = after = ""
    if isinstance(changes, Archived):
        person = notice.person(changes.get("address")) or person
        before, after = _name(changes, "old"), _name(changes, "new")
    notice.tell(EventKind.UPDATED, person, person, f"profile name: {before} → {after}")
    if person:
        notice.leaf.identifier(person, "profile_name", before, until=moment(notice.at.sent))
        notice.leaf.identifier(person, "profile_name", after, since=moment(notice.at.sent))


def _name(changes: Archived, which: str) -> str:
    whole = text_of(changes.get(f"{which}NameLiteral"))
    parts = changes.get(f"{which}NameComponents")
    if whole or not isinstance(parts, Archived):
        return whole
    names = (text_of(parts.get(name)) for name in ("NS.givenName", "NS.familyName"))
    return " ".join(filter(None, names))


def _number(notice: Notice) -> None:
    person = notice.person(notice.info.get(f"{_PREFIX}ChangePhoneNumberUuid")) or notice.talk.peer
    before, after = (text_of(notice.info.get(f"{_PREFIX}ChangePhoneNumber{which}")) for which in ("Old", "New"))
    notice.tell(EventKind.NUMBER_CHANGED, person, person, f"{before} → {after}" if before or after else "")
    if person:
        notice.leaf.identifier(person, "e164", before, until=moment(notice.at.sent))
        notice.leaf.identifier(person, "e164", after, since=moment(notice.at.sent))


def _learned(what: str, name: str) -> Callable[[Notice], None]:
    """Return how to tell a notice that states a number of the other person."""

    def tell(notice: Notice) -> None:
        phone = text_of(notice.info.get(f"{_PREFIX}{name}"))
        notice.tell(EventKind.UPDATED, None, notice.talk.peer, f"{what} {phone}".strip())
        if notice.talk.peer:
            notice.leaf.identifier(notice.talk.peer, "e164", phone)

    return tell


_CALLS = {
    1: ("incoming", "accepted"), 2: ("outgoing", "accepted"), 3: ("incoming", "missed"),
    4: ("outgoing", "not accepted"), 5: ("incoming", "not accepted"), 6: ("incoming", "missed"),
    7: ("incoming", "declined"), 8: ("outgoing", "missed"), 9: ("incoming", "accepted on another device"),
    10: ("incoming", "declined on another device"), 11: ("incoming", "busy on another device"),
    12: ("incoming", "missed (notification profile)"),
}  # fmt: skip


def _call(notice: Notice) -> None:
    unknown = ("direction unknown", "outcome unknown")
    direction, outcome = _CALLS.get(number_of(notice.row["callType"]), unknown)
    sides = {"incoming": (notice.talk.peer, notice.owner), "outgoing": (notice.owner, notice.talk.peer)}
    caller, called = sides.get(direction, (None, None))
    offer = {0: "audio call", 1: "video call"}.get(notice.row["offerType"], "call")
    notice.tell(EventKind.CALL, caller, called, f"{offer}, {direction}, {outcome}")


def _group_call(notice: Notice) -> None:
    notice.tell(EventKind.CALL, notice.person(notice.row["creatorUuid"]), None, "group call")


_INFO: dict[int, Callable[[Notice], None]] = {
    0: _about("ended the session", by_owner=True),
    2: _about("sent a message that this version does not support"),
    GROUP_UPDATE: _group_update,
    4: lambda notice: notice.tell(EventKind.LEFT, notice.owner, notice.owner),
    5: _timer,
    7: _about("safety number marked as verified or not verified"),
    10: _about("sent a message that this version does not support"),
    11: _about("joined Signal"),
    12: _about("the conversation was taken over from another device"),
    13: _profile,
    14: _number,
    15: _about("hidden from the contacts", by_owner=True),
    16: _about("asked to activate payments"),
    17: _about("payments were activated"),
    18: _learned("conversation merged with that of", "ThreadMergePhoneNumber"),
    19: _learned("session moved from", "SessionSwitchoverPhoneNumber"),
    20: _about("reported as spam", by_owner=True),
    21: _learned("known before as", "PhoneNumberDisplayNameBeforeLearningProfileName"),
    22: _about("blocked", by_owner=True),
    23: _about("blocked", by_owner=True),
    24: _about("unblocked", by_owner=True),
    25: _about("unblocked", by_owner=True),
    26: _about("message request accepted", by_owner=True),
    27: _about("ended the session"),
}
"""By type of an info message."""
_RECORDS: dict[int, Callable[[Notice], None]] = {
    TIMER: _timer,
    CALL: _call,
    GROUP_CALL: _group_call,
    ERROR: _about("a message could not be decrypted"),
    1: _about("safety number changed"),
    17: _about("safety number changed"),
    23: _about("safety number changed"),
    13: _about("safety number marked as verified or not verified"),
    54: _about("sent a message that this version does not support"),
    70: _about("a message could not be decrypted"),
}
"""By record type of an interaction that is no message."""
