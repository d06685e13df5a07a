"""Chat items: messages with all that hangs on them, and the updates that ``updates`` tells.

A message's key names its conversation, its author and the time of its *first* version, so that a device that
saw an edit and one that did not agree on it. Earlier versions carry the same key with ``|r0``, ``|r1``, …
behind it.
"""

from collections.abc import Callable, Iterator

from sauveterre.messages.protobuf import Fields
from sauveterre.messages.signal.context import Chat, Leaf, moment
from sauveterre.messages.signal.links import SafeLink, links_in, safe_link, safe_text
from sauveterre.messages.signal.media import held_at
from sauveterre.messages.signal.updates import Moment, message_key, read_update
from sauveterre.records.group import EventKind, GroupEvent
from sauveterre.records.message import Attachment, Delivery, Link, Message, Reaction

STATUSES = ("pending", "sent", "delivered", "read", "viewed", "skipped", "failed")


def read_item(leaf: Leaf, data: Fields) -> None:
    """Tell one chat item."""
    chat = leaf.chat(data.get("chatId", 0))
    revisions = data.get("revisions", [])
    if "updateMessage" in data:
        author = leaf.recipient(data.get("authorId", 0), "the author of an update")
        read_update(leaf, Moment(chat, author, data.get("dateSent", 0)), data["updateMessage"])
        return
    first = revisions[0].get("dateSent", 0) if revisions else data.get("dateSent", 0)
    sender = _sender(leaf, data)
    key = message_key(chat.group, sender, first)
    for count, revision in enumerate(revisions):
        inner = leaf.inner(f"revision {count}")
        if revision.get("revisions"):
            inner.problem("an earlier version that holds earlier versions itself: those are not read")
        read_version(inner, chat, revision, f"{key}|r{count}", count)
    read_version(leaf, chat, data, key, len(revisions))


def _sender(leaf: Leaf, data: Fields) -> str | None:
    if "outgoing" in data and not data.get("authorId"):
        return leaf.account(leaf.context.owner)
    return leaf.recipient(data.get("authorId", 0), "the author of a message")


def read_version(leaf: Leaf, chat: Chat, data: Fields, key: str, revision: int) -> None:
    """Tell one version of a message, and what hangs on it."""
    sender, sent = _sender(leaf, data), data.get("dateSent", 0)
    sent_at = moment(sent)
    direction = next((word for name, word in _DIRECTIONS.items() if name in data), "none")
    kind, content = next(((name, data[name]) for name in _KINDS if name in data), ("", Fields()))
    if not kind:
        leaf.problem("a message of a kind that is not known: only who sent it and when is told")
    if sent_at is None:
        leaf.problem(f"the message states no usable time ({sent})")
    body = _BODIES[kind](content) if kind in _BODIES else ""
    deleted, deleted_by = _deletion(leaf, kind, content, sender)
    leaf.add(
        Message(
            key=key,
            group=chat.group,
            sender=sender,
            direction=direction,
            sent_at=sent_at,
            sent_raw=str(sent),
            received_at=moment(
                data.get("incoming", {}).get("dateReceived") or data.get("outgoing", {}).get("dateReceived")
            ),
            body=safe_text(body),
            kind="sms" if data.get("sms") and kind == "standardMessage" else _KINDS.get(kind, "unknown"),
            provenance=leaf.provenance(),
            deleted=deleted,
            deleted_by=deleted_by,
            reply_to=_reply_to(leaf, chat, content.get("quote")),
            expires_in_ms=data.get("expiresInMs") or None,
            revision=revision,
            server_at=moment(data.get("incoming", {}).get("dateServerSent")),
        )
    )
    _deliveries(leaf, key, data.get("outgoing", {}).get("sendStatus", []))
    _attachments(leaf, key, kind, content)
    _reactions(leaf, key, content.get("reactions", []))
    _links(leaf, key, body, content.get("linkPreview", []))
    if "pinDetails" in data:
        pinned = data["pinDetails"].get("pinnedAtTimestamp", 0)
        at, where = moment(pinned), leaf.provenance("pin")
        leaf.add(GroupEvent(chat.group, EventKind.PINNED, None, None, at, str(pinned), where, key))


def _deletion(leaf: Leaf, kind: str, content: Fields, sender: str | None) -> tuple[str, str | None]:
    if kind == "remoteDeletedMessage":
        return "by_author", sender
    if kind == "adminDeletedMessage":
        return "by_admin", leaf.recipient(content.get("adminId", 0), "the administrator who deleted a message")
    return "no", None


def _reply_to(leaf: Leaf, chat: Chat, quote: Fields | None) -> str | None:
    if not quote or not quote.get("targetSentTimestamp"):
        return None
    author = leaf.recipient(quote.get("authorId", 0), "the author of a quoted message")
    return message_key(chat.group, author, quote["targetSentTimestamp"]) if author else None


def _deliveries(leaf: Leaf, key: str, statuses: list[Fields]) -> None:
    for count, status in enumerate(statuses):
        account = leaf.recipient(status.get("recipientId", 0), "a recipient of a message")
        word = next((name for name in STATUSES if name in status), None)
        if word is None:
            leaf.problem("a delivery status of a kind that is not known", f"status {count}")
        elif account is not None:
            at = moment(status.get("timestamp"))
            leaf.add(Delivery(key, account, word, at, leaf.at(status, f"status {count}")))


def _reactions(leaf: Leaf, key: str, reactions: list[Fields]) -> None:
    for count, data in enumerate(reactions):
        account = leaf.recipient(data.get("authorId", 0), "the author of a reaction")
        if account is not None:
            emoji, at = safe_text(data.get("emoji", "")), moment(data.get("sentTimestamp"))
            leaf.add(Reaction(key, account, emoji, at, leaf.at(data, f"reaction {count}")))


def _pointers(kind: str, content: Fields) -> Iterator[tuple[str, Fields]]:
    """Yield (role, file pointer) of everything that a message carries, in a fixed order."""
    for attachment in content.get("attachments", []):
        yield "attachment", attachment.get("pointer", {})
    if kind == "viewOnceMessage" and "attachment" in content:
        yield "attachment", content["attachment"].get("pointer", {})
    if avatar := content.get("contact", {}).get("avatar"):
        yield "attachment", avatar
    if sticker := content.get("sticker", {}).get("data"):
        yield "sticker", sticker
    for text in (content, content.get("textReply", {})):
        if "longText" in text:
            yield "longtext", text["longText"]
    for preview in content.get("linkPreview", []):
        if "image" in preview:
            yield "preview", preview["image"]
    for quoted in content.get("quote", {}).get("attachments", []):
        if thumbnail := quoted.get("thumbnail", {}).get("pointer"):
            yield "quote", thumbnail


def _attachments(leaf: Leaf, key: str, kind: str, content: Fields) -> None:
    for count, (role, pointer) in enumerate(_pointers(kind, content)):
        locator = pointer.get("locatorInfo", {})
        digest = locator.get("plaintextHash", b"")
        if digest and len(digest) != 32:
            leaf.problem(f"an attachment states a digest of {len(digest)} bytes, not 32", f"attachment {count}")
        leaf.add(
            Attachment(
                message=key,
                ordinal=count,
                role=role,
                file_name=safe_text(pointer.get("fileName", "")),
                media_type=safe_text(pointer.get("contentType", "")),
                size=locator.get("size"),
                sha256=digest.hex() if len(digest) == 32 else None,
                path=held_at(leaf.context.store.media, pointer),
                provenance=leaf.at(pointer, f"attachment {count}"),
            )
        )


def _links(leaf: Leaf, key: str, body: str, previews: list[Fields]) -> None:
    found: list[tuple[str, SafeLink]] = [("text", link) for link in links_in(body)]
    found += [("preview", safe_link(preview["url"])) for preview in previews if preview.get("url")]
    for count, (where, link) in enumerate(found):
        kind = "group_invite" if link.is_invitation else where
        place = leaf.provenance(f"link {count}")
        leaf.add(Link(key, link.url, kind, place, link.group, link.credential))


def _text(content: Fields) -> str:
    body: str = content.get("text", {}).get("body", "")
    return body


def _story_reply(content: Fields) -> str:
    return _text(content.get("textReply", {})) or content.get("emoji", "")


def _poll(content: Fields) -> str:
    lines = [content.get("question", "")]
    for option in content.get("options", []):
        lines.append(f"- {option.get('option', '')} ({len(option.get('votes', []))})")
    return "\n".join(lines)


def _shared_contact(content: Fields) -> str:
    contact = content.get("contact", {})
    name = contact.get("name", {})
    parts = ("prefix", "givenName", "middleName", "familyName", "suffix")
    lines = [" ".join(filter(None, (name.get(part, "") for part in parts))), name.get("nickname", "")]
    lines.append(contact.get("organization", ""))
    lines += [row.get("value", "") for row in (*contact.get("number", []), *contact.get("email", []))]
    places = ("street", "pobox", "neighborhood", "city", "region", "postcode", "country")
    for address in contact.get("address", []):
        lines.append(", ".join(filter(None, (address.get(part, "") for part in places))))
    return "\n".join(filter(None, lines))


def _payment(content: Fields) -> str:
    amount = content.get("amountMob", "")
    return "\n".join(filter(None, [f"{amount} MOB" if amount else "", content.get("note", "")]))


_DIRECTIONS = {"incoming": "in", "outgoing": "out", "directionless": "none"}
_KINDS = {
    "standardMessage": "text",
    "contactMessage": "contact",
    "stickerMessage": "sticker",
    "remoteDeletedMessage": "deleted",
    "adminDeletedMessage": "deleted",
    "paymentNotification": "payment",
    "giftBadge": "gift_badge",
    "viewOnceMessage": "view_once",
    "directStoryReplyMessage": "story_reply",
    "poll": "poll",
}
_BODIES: dict[str, Callable[[Fields], str]] = {
    "standardMessage": _text,
    "contactMessage": _shared_contact,
    "stickerMessage": lambda content: content.get("sticker", {}).get("emoji", ""),
    "directStoryReplyMessage": _story_reply,
    "poll": _poll,
    "paymentNotification": _payment,
}
