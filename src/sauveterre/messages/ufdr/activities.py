"""What happened in a chat: its log of activities, and messages of the app itself.

An activity names its action, one participant, and the app's own sentence. It has no field for who acted on somebody
else: that is unknown here, and the sentence stands in the event's detail. Only ``ParticipantJoined`` has been seen in a
published report; the other words of ``ACTIONS`` are read as what they say, and every other word is kept as it is.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sauveterre.messages.ufdr.context import Conversation, Telling
from sauveterre.messages.ufdr.models import Model, moment
from sauveterre.messages.ufdr.names import account_of
from sauveterre.records.group import EventKind, GroupEvent
from sauveterre.records.provenance import Provenance


@dataclass(frozen=True, slots=True)
class Rule:
    """What an action means: its kind, and whether the participant it names acted, was acted on, or both."""

    kind: EventKind
    acts: bool
    suffers: bool


def _by_self(kind: EventKind) -> Rule:
    return Rule(kind, acts=True, suffers=True)


def _to(kind: EventKind) -> Rule:
    return Rule(kind, acts=False, suffers=True)


def _of_group(kind: EventKind) -> Rule:
    return Rule(kind, acts=False, suffers=False)


ACTIONS: dict[str, Rule] = {
    "participantjoined": _by_self(EventKind.JOINED),
    "participantleft": _by_self(EventKind.LEFT),
    "participantadded": _to(EventKind.ADDED),
    "participantinvited": _to(EventKind.INVITED),
    "participantremoved": _to(EventKind.REMOVED),
    "participantkicked": _to(EventKind.REMOVED),
    "participantbanned": _to(EventKind.BANNED),
    "participantunbanned": _to(EventKind.UNBANNED),
    "participantpromoted": _to(EventKind.PROMOTED),
    "participantdemoted": _to(EventKind.DEMOTED),
    "adminadded": _to(EventKind.PROMOTED),
    "adminremoved": _to(EventKind.DEMOTED),
    "groupadminadded": _to(EventKind.PROMOTED),
    "groupadminremoved": _to(EventKind.DEMOTED),
    "chatcreated": _of_group(EventKind.CREATED),
    "groupcreated": _of_group(EventKind.CREATED),
    "chatnamechanged": _of_group(EventKind.RENAMED),
    "groupnamechanged": _of_group(EventKind.RENAMED),
    "chatphotochanged": _of_group(EventKind.AVATAR),
    "groupphotochanged": _of_group(EventKind.AVATAR),
    "groupiconchanged": _of_group(EventKind.AVATAR),
    "chatdescriptionchanged": _of_group(EventKind.DESCRIPTION),
    "groupdescriptionchanged": _of_group(EventKind.DESCRIPTION),
    "chatdeleted": _of_group(EventKind.TERMINATED),
    "groupdeleted": _of_group(EventKind.TERMINATED),
    "messagepinned": _of_group(EventKind.PINNED),
    "phonenumberchanged": _by_self(EventKind.NUMBER_CHANGED),
}
"""By the action's word in small letters, without blanks."""


def read_activities(
    telling: Telling, chat: Conversation, activities: Iterable[Model], author: Model | None = None
) -> None:
    """Tell activities of a chat's own log, or those that stand with a system message (``author``).

    The log and the message may both hold one: then the message tells it.
    """
    for activity in activities:
        message = activity.text("SystemMessageId")
        if author is None and telling.index.is_told_elsewhere(message, by_chat=False):
            continue
        _tell(telling, chat, activity, author)


def _tell(telling: Telling, chat: Conversation, activity: Model, author: Model | None) -> None:
    where, word = telling.where(activity), activity.text("Action")
    rule = ACTIONS.get(re.sub(r"[\W_]+", "", word.lower()))
    participant = telling.person(chat.service, activity.one("Participant"), where, chat.owner)
    raw = activity.text("SystemMessageTimeStamp")
    if not raw and author is not None:
        raw = author.text("TimeStamp")
    if rule is None:
        telling.problem_once(where, f"the activity {word[:60] or '(none)'} is not known: it is told by its word")
    body = activity.text("SystemMessageBody") or (author.text("Body") if author is not None else "")
    details = ["" if rule else word, body, _named(rule, participant), _writer(chat, author)]
    details.append(_recovered(activity if author is None else author))
    actor = participant if rule and rule.acts else None
    target = participant if rule is None or rule.suffers else None
    kind = rule.kind if rule else EventKind.UPDATED
    _event(telling, chat, kind, (actor, target), raw, where, details)


def _named(rule: Rule | None, participant: str | None) -> str:
    """Say whom the activity of a whole group names: whether they did it is not stated."""
    return f"names {participant}" if rule and not rule.acts and not rule.suffers and participant else ""


def _writer(chat: Conversation, author: Model | None) -> str:
    """Say under whose name the message stands that carries an activity: that is not said to be who did it."""
    party = author.one("From") if author is not None else None
    named = account_of(chat.service, party.text("Identifier")) if party is not None else None
    return f"in a message under the name of {named.id}" if named is not None else ""


def _recovered(model: Model) -> str:
    """Say that a model was recovered from what the device had deleted."""
    if not model.is_deleted:
        return ""
    confidence = model.attributes.get("decoding_confidence", "").lower()
    return f"recovered from what the device had deleted, confidence {confidence or 'not stated'}"


def read_system_message(telling: Telling, chat: Conversation, model: Model) -> None:
    """Tell a message of the app that comes with no activity; what it says is in the detail."""
    if telling.index.is_told_elsewhere(model.id, by_chat=True):
        return
    details = [model.text("Body"), _recovered(model)]
    _event(telling, chat, EventKind.UPDATED, (None, None), model.text("TimeStamp"), telling.where(model), details)


def _event(
    telling: Telling,
    chat: Conversation,
    kind: EventKind,
    who: tuple[str | None, str | None],
    raw: str,
    where: Provenance,
    details: Iterable[str],
) -> None:
    detail = telling.text("; ".join(filter(None, details)))
    telling.records.append(GroupEvent(chat.group, kind, *who, moment(raw), raw[:40], where, detail))
