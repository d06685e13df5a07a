"""Messages: who wrote what to whom, what they carry, what they answer, what became of them."""

from dataclasses import dataclass, replace
from datetime import datetime

from sauveterre.messages.signal.links import links_in
from sauveterre.messages.ufdr.activities import read_activities, read_system_message
from sauveterre.messages.ufdr.context import Conversation, Telling
from sauveterre.messages.ufdr.index import KnownMessage, extracted_path
from sauveterre.messages.ufdr.models import Model, moment
from sauveterre.messages.ufdr.names import SYSTEM, account_of, is_by_second, key_of, short
from sauveterre.records.message import Attachment, Delivery, Link, Message

LONGEST_KIND = 40
_STAMPS = (("DateDelivered", "delivered"), ("DateRead", "read"), ("DatePlayed", "viewed"))
_STATUSES = {"unsent": "pending", "sent": "sent", "delivered": "delivered", "read": "read"}
_TYPES = {"": "text", "appmessage": "text", "default": "text", "unknown": "text"}
_TOLD_LABELS = frozenset({"default", "forwarded", "reply", "system", "unknown"})
"""Labels that say what other fields of a message tell."""


@dataclass(frozen=True, slots=True)
class _Extra:
    """What a message says of itself beside its content."""

    labels: tuple[str, ...]
    is_forwarded: bool
    is_reply: bool
    original: str
    """The app's identifier of the message that it answers or forwards."""
    references: tuple[str, ...]
    """The report's identifiers of that message."""
    embedded: Model | None
    """That message as it is shown inside this one."""
    sender: Model | None
    """Who is named as the first author of a forwarded message."""


def _extra(model: Model) -> _Extra:
    data = model.all("MessageExtraData")
    kinds = {one.type: one for one in reversed(data)}
    reply, forwarded, quoted = (kinds.get(f"{word}MessageData") for word in ("Reply", "Forwarded", "Quoted"))
    sources = [one for one in (reply, quoted, forwarded) if one is not None]
    stated = [*model.fields.get("Label", ()), *model.fields.get("Labels", ())]
    stated += [label for one in data for label in one.fields.get("Label", ())]
    labels = tuple(dict.fromkeys(stated))
    words = {label.lower() for label in labels}
    is_forwarded = forwarded is not None or "forwarded" in words
    references = tuple(filter(None, (one.text("ReferenceId") for one in sources)))
    embedded = reply.one("InstantMessage") if reply is not None else None
    shown = model.all("EmbeddedInstantMessage")
    embedded = embedded or next((one for one in shown if set(one.ids) & set(references)), None)
    if embedded is None and len(shown) == 1 and not references:
        embedded = shown[0]
    return _Extra(
        labels=labels,
        is_forwarded=is_forwarded,
        is_reply=reply is not None or "reply" in words or (quoted is not None and not is_forwarded),
        original=next(filter(None, (one.text("OriginalMessageID") for one in sources)), ""),
        references=(*references, *(embedded.ids if embedded else ())),
        embedded=embedded,
        sender=(forwarded.one("OriginalSender") if forwarded else None) or (embedded.one("From") if embedded else None),
    )


def read_message(telling: Telling, chat: Conversation, model: Model, number: int) -> None:
    """Tell one message; ``number`` tells it apart where the report does not."""
    extra, activities, author = _extra(model), model.all("ActivityLog"), model.one("From")
    identifier = author.text("Identifier").lower() if author is not None else ""
    is_system = identifier == SYSTEM or "system" in {label.lower() for label in extra.labels}
    if activities:
        read_activities(telling, chat, activities, author=model)
    elif is_system:
        read_system_message(telling, chat, model)
    if is_system or (activities and not model.text("Body")):
        return
    sender = telling.person(chat.service, author, telling.where(model), chat.owner)
    known = KnownMessage(author.text("Identifier") if author else "", model.text("TimeStamp"), model.text("Identifier"))
    key = _key(telling, chat, sender, known) or telling.local("message", model.id or str(number))
    direction = "none" if sender is None else "out" if _is_own(chat, author, sender) else "in"
    body = _body(model, extra)
    received = _received(chat, model) if direction == "in" else None
    told = _message(telling, chat, model, extra)
    told = replace(told, key=key, sender=sender, direction=direction, received_at=received, body=telling.text(body))
    telling.records.append(told)
    if direction == "out":
        _deliveries(telling, chat, key, model)
    _attachments(telling, key, model, extra)
    _links(telling, key, body, model)


def _message(telling: Telling, chat: Conversation, model: Model, extra: _Extra) -> Message:
    """Return what a message states of itself; who, when received and what it says is still to come."""
    where, at, raw = telling.where(model), model.moment("TimeStamp"), model.text("TimeStamp")[:40]
    if at is None:
        telling.problem(where, f"the message states no usable time ({raw or 'none'})")
    return Message(
        key="",
        group=chat.group,
        sender=None,
        direction="none",
        sent_at=at,
        sent_raw=raw,
        received_at=None,
        body="",
        kind=_kind(model, extra),
        provenance=where,
        deleted="on_device" if model.is_deleted else "no",
        reply_to=_reply_to(telling, chat, extra) if extra.is_reply else None,
        forwarded_from=_first_author(telling, chat, extra, model) if extra.is_forwarded else None,
    )


def _key(telling: Telling, chat: Conversation, sender: str | None, message: KnownMessage) -> str:
    """Return a message's key; of several in one second that only their second tells apart, the later ones' own."""
    key = key_of(chat.service, chat.group, sender, moment(message.at), message.identifier)
    if key and is_by_second(chat.service, chat.group):
        first = telling.index.first_at(chat.number, message)
        return key if first == message.identifier else f"{key}|{short(message.identifier)}"
    return key


def _is_own(chat: Conversation, author: Model | None, sender: str) -> bool:
    return sender == chat.owner or (author is not None and author.truth("IsPhoneOwner") is True)


def _kind(model: Model, extra: _Extra) -> str:
    word = model.text("Type").lower()
    kind = "contact" if model.models.get("SharedContacts") else "location" if model.one("Position") else ""
    more = [label.lower() for label in extra.labels if label.lower() not in _TOLD_LABELS]
    return ", ".join([kind or _TYPES.get(word, word), *more])[:LONGEST_KIND]


def _body(model: Model, extra: _Extra) -> str:
    """Return what a message says: its text, with shared contacts and places written out."""
    lines = [model.text("Subject"), model.text("Body")]
    if not any(lines) and extra.is_forwarded and extra.embedded is not None:
        lines.append(extra.embedded.text("Body"))
    for contact in model.all("SharedContacts"):
        lines += [contact.text("Name"), *(entry.text("Value") for entry in contact.all("Entries"))]
    position = model.one("Position")
    if position is not None:
        lines += [", ".join(filter(None, (position.text("Latitude"), position.text("Longitude"))))]
        lines += [model.text("PositionAddress")]
    return "\n".join(filter(None, lines))


def _received(chat: Conversation, model: Model) -> datetime | None:
    for party in model.all("To"):
        named = account_of(chat.service, party.text("Identifier"))
        if party.truth("IsPhoneOwner") or (named is not None and named.id == chat.owner):
            return party.moment("DateDelivered") or model.moment("DateDelivered")
    return model.moment("DateDelivered")


def _reply_to(telling: Telling, chat: Conversation, extra: _Extra) -> str | None:
    """Return the key of the message that is answered, None where too little is stated for it."""
    shown = extra.embedded
    identifiers = (extra.original, shown.text("Identifier") if shown is not None else "")
    known = telling.index.message(chat.number, identifiers, extra.references)
    if known is not None:
        named = account_of(chat.service, known.sender)
        return _key(telling, chat, named.id if named is not None else None, known) or None
    author = shown.one("From") if shown is not None else None
    named = account_of(chat.service, author.text("Identifier")) if author is not None else None
    at = shown.moment("TimeStamp") if shown is not None and named is not None else None
    stated = next(filter(None, identifiers), "")
    return key_of(chat.service, chat.group, named.id if named else None, at, stated) or None


def _first_author(telling: Telling, chat: Conversation, extra: _Extra, model: Model) -> str:
    if extra.sender is None:
        return ""
    return telling.person(chat.service, extra.sender, telling.where(model, "forwarded"), chat.owner) or ""


def _deliveries(telling: Telling, chat: Conversation, key: str, model: Model) -> None:
    """Tell what the sender's device knows: every date that a recipient states, else the status of a single one."""
    parties = model.all("To")
    for count, party in enumerate(parties):
        where = telling.where(model, f"to {count}")
        account = telling.person(chat.service, party, where, chat.owner)
        if account is None or account == chat.owner:
            continue
        stamps = [(status, party.moment(name)) for name, status in _STAMPS if party.moment(name)]
        if not stamps and len(parties) == 1:
            stamps = [(status, model.moment(name)) for name, status in _STAMPS if model.moment(name)]
            status = _STATUSES.get(model.text("Status").lower())
            stamps = stamps or ([(status, None)] if status else [])
        for status, at in stamps:
            telling.records.append(Delivery(key, account, status, at, where))


def _carried(model: Model, extra: _Extra) -> list[tuple[str, Model]]:
    """Return (role, attachment) of what a message carries itself, then of what it shows of another."""
    own = [("attachment", one) for one in model.all("Attachments", "Attachment")]
    if extra.embedded is None:
        return own
    shown = extra.embedded.all("Attachments", "Attachment")
    if extra.is_reply:
        return own + [("quote", one) for one in shown]
    return own or [("attachment", one) for one in shown]


def _attachments(telling: Telling, key: str, model: Model, extra: _Extra) -> None:
    for count, (role, attachment) in enumerate(_carried(model, extra)):
        file_id = attachment.attributes.get("file_id", "")
        known = telling.index.file(file_id, extracted_path(attachment))
        place = f"attachment {count}" + (f" file {file_id}" if file_id else "")
        telling.records.append(
            Attachment(
                message=key,
                ordinal=count,
                role=role,
                file_name=telling.text(attachment.text("Filename", "Title")),
                media_type=telling.text(attachment.text("ContentType")),
                size=known.size if known.size is not None else next(iter(attachment.lengths), None),
                sha256=known.digests.get("SHA256"),
                path=known.place,
                provenance=telling.where(model, place),
            )
        )


def _links(telling: Telling, key: str, body: str, model: Model) -> None:
    for count, link in enumerate(links_in(body)):
        kind = "group_invite" if link.is_invitation else "text"
        where = telling.where(model, f"link {count}")
        telling.records.append(Link(key, link.url, kind, where, link.group, link.credential))
