"""Rows of Signal Desktop that are no messages: timers, names and numbers that changed, calls, requests, migrations."""

from collections.abc import Callable
from dataclasses import dataclass

from sauveterre.messages.signal.context import moment
from sauveterre.messages.signal.desktop.calls import read_call_row
from sauveterre.messages.signal.desktop.changes import read_change
from sauveterre.messages.signal.loose import Loose, members, number, objects, record, text, text_of
from sauveterre.messages.signal.rows import RowLeaf
from sauveterre.messages.signal.talks import Moment, People, Talk, event
from sauveterre.messages.signal.updates import message_key
from sauveterre.records.group import EventKind

TIMER_FLAG = 2


@dataclass(frozen=True, slots=True)
class Notice:
    """A row that is no message, and what it refers to."""

    people: People
    leaf: RowLeaf
    talk: Talk
    at: Moment
    data: Loose

    def person(self, *names: str) -> str | None:
        """Return the account that the first filled of these names, else the other one of a conversation of two."""
        named = self.people.account(self.leaf, text(self.data, *names), "the one whom a notice concerns")
        return named or self.talk.peer

    def tell(self, kind: EventKind, actor: str | None, target: str | None, detail: str = "") -> None:
        """Tell it as an event."""
        event(self.leaf, self.at, kind, actor, target, detail)


def is_message(data: Loose) -> bool:
    """Say whether a row is a message; an old timer or group update looks like one."""
    if text(data, "type") not in ("incoming", "outgoing", "story"):
        return False
    is_timer = number(data, "flags") & TIMER_FLAG or record(data, "expirationTimerUpdate")
    return not is_timer and not (record(data, "group_update") and not text(data, "body"))


def read_notice(notice: Notice) -> None:
    """Tell a row that is no message."""
    kind = text(notice.data, "type")
    if kind in ("incoming", "outgoing"):
        kind = "group" if record(notice.data, "group_update") else "timer-notification"
    tell = _NOTICES.get(kind)
    if tell is None:
        notice.leaf.problem_once(f"notice {kind}", f"rows of the kind {kind!r} are not known: only their time is told")
        notice.tell(EventKind.UPDATED, None, None)
    else:
        tell(notice)


def _change(notice: Notice) -> None:
    read_change(notice.people, notice.leaf, notice.at, notice.data)


def timer(seconds: int) -> str:
    """Say what a timer of so many seconds does."""
    return f"messages disappear after {seconds} s" if seconds else "messages no longer disappear"


def _timer(notice: Notice) -> None:
    update = record(notice.data, "expirationTimerUpdate")
    named = text(update, "sourceServiceId", "sourceUuid", "source") or text(notice.data, "sourceServiceId", "source")
    actor = notice.people.account(notice.leaf, named, "the one who set a timer")
    notice.tell(EventKind.TIMER, actor, None, timer(number(update, "expireTimer")))


def _profile(notice: Notice) -> None:
    change, person = record(notice.data, "profileChange"), notice.person("changedId")
    before, after = text(change, "oldName"), text(change, "newName")
    notice.tell(EventKind.UPDATED, person, person, f"profile name: {before} → {after}")
    if person:
        notice.leaf.identifier(person, "profile_name", before, until=moment(notice.at.sent))
        notice.leaf.identifier(person, "profile_name", after, since=moment(notice.at.sent))


def _number(notice: Notice) -> None:
    person = notice.person("sourceServiceId", "sourceUuid", "changedId")
    notice.tell(EventKind.NUMBER_CHANGED, person, person)


def _about(detail: str, *names: str) -> Callable[[Notice], None]:
    """Return how to tell that something came to pass with a person."""
    return lambda notice: notice.tell(EventKind.UPDATED, None, notice.person(*names), detail)


def _verified(notice: Notice) -> None:
    word = "verified" if notice.data.get("verified") else "not verified"
    _about(f"safety number marked as {word}", "verifiedChanged")(notice)


def _migration(notice: Notice) -> None:
    data = record(notice.data, "groupMigration")
    notice.tell(EventKind.MIGRATED, None, None)
    if data.get("areWeInvited"):
        owner = notice.leaf.account(notice.people.memory.owner)
        notice.tell(EventKind.INVITED, None, owner, "when the group changed to the new format")
    for one in objects(data, "invitedMembers"):
        name = text(one, "serviceId", "uuid")
        target = notice.people.account(notice.leaf, name, "one who was invited again")
        notice.tell(EventKind.INVITED, None, target, "when the group changed to the new format")
    for one in members(data, "droppedMemberIds"):
        target = notice.people.account(notice.leaf, text_of(one), "one who was dropped")
        notice.tell(EventKind.MIGRATED, None, target, "dropped when the group changed to the new format")


_ANSWERS = {
    "ACCEPT": "message request accepted",
    "BLOCK": "blocked",
    "UNBLOCK": "unblocked",
    "SPAM": "reported as spam",
}


def _answer(notice: Notice) -> None:
    answer = text(notice.data, "messageRequestResponseEvent")
    owner = notice.leaf.account(notice.people.memory.owner)
    notice.tell(EventKind.UPDATED, owner, notice.talk.peer, _ANSWERS.get(answer, "a message request was answered"))


def _learned(what: str, name: str) -> Callable[[Notice], None]:
    """Return how to tell a notice that states a number or username of the other person."""

    def tell(notice: Notice) -> None:
        data = record(notice.data, name)
        data = record(data, "renderInfo") or data
        phone, username = text(data, "e164"), text(data, "username")
        notice.tell(EventKind.UPDATED, None, notice.talk.peer, f"{what} {phone or username}".strip())
        if notice.talk.peer:
            notice.leaf.identifier(notice.talk.peer, "e164", phone)
            notice.leaf.identifier(notice.talk.peer, "username", username)

    return tell


def _pinned(notice: Notice) -> None:
    pin = record(notice.data, "pinMessage")
    named = text(pin, "targetAuthorAci", "targetAuthorServiceId")
    author = notice.people.account(notice.leaf, named, "the author of a pinned message")
    key = message_key(notice.at.group, author, number(pin, "targetSentTimestamp"))
    notice.tell(EventKind.PINNED, notice.person("sourceServiceId", "source"), None, key)


def _poll_ended(notice: Notice) -> None:
    question = text(record(notice.data, "pollTerminateNotification"), "question")
    notice.tell(EventKind.UPDATED, notice.person("sourceServiceId", "source"), None, f"ended a poll: {question}")


def _old_group(notice: Notice) -> None:
    update = record(notice.data, "group_update")
    actor = notice.person("sourceServiceId", "sourceUuid", "source")
    if text(update, "name"):
        notice.tell(EventKind.RENAMED, actor, None, text(update, "name"))
    for one in members(update, "joined"):
        target = notice.people.account(notice.leaf, text_of(one), "one who came in")
        notice.tell(EventKind.ADDED, actor, target)
    if text(update, "left"):
        is_owner = text(update, "left") == "You"
        left = notice.people.account(notice.leaf, "" if is_owner else text(update, "left"), "one who left")
        gone = notice.leaf.account(notice.people.memory.owner) if is_owner else left
        notice.tell(EventKind.LEFT, gone, gone)


def _call(notice: Notice) -> None:
    read_call_row(notice.people, notice.leaf, notice.talk, notice.at, notice.data)


_NOTICES: dict[str, Callable[[Notice], None]] = {
    "call-history": _call,
    "change-number-notification": _number,
    "chat-session-refreshed": _about("the session was refreshed"),
    "contact-removed-notification": _about("removed from the contacts"),
    "conversation-merge": _learned("conversation merged with that of", "conversationMerge"),
    "delivery-issue": _about("a message could not be decrypted", "sourceServiceId"),
    "group": _old_group,
    "group-v1-migration": _migration,
    "group-v2-change": _change,
    "joined-signal-notification": _about("joined Signal"),
    "keychange": _about("safety number changed", "key_changed"),
    "message-request-response-event": _answer,
    "phone-number-discovery": _learned("session moved from", "phoneNumberDiscovery"),
    "pinned-message-notification": _pinned,
    "poll-terminate": _poll_ended,
    "profile-change": _profile,
    "timer-notification": _timer,
    "title-transition-notification": _learned("known before as", "titleTransition"),
    "universal-timer-notification": _about("the timer for all new conversations applies"),
    "verified-change": _verified,
}
