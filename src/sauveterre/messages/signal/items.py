"""Chat items: messages with all that hangs on them, and the updates that ``updates`` tells.

A message's key names its conversation, its author and the time of its *first* version, so that a device that
saw an edit and one that did not agree on it. Earlier versions carry the same key with ``|r0``, ``|r1``, …
behind it. What a message quotes is a row of the quoted message's own key, of kind ``quote``: it may be all that is
left of it. What has no field is a row of the message's own key, of kind ``details``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sauveterre.messages.protobuf import Fields
from sauveterre.messages.signal.bodies import FAILURES, body, files, particulars, text_of, when, word
from sauveterre.messages.signal.context import Chat, Leaf, moment
from sauveterre.messages.signal.links import SafeLink, links_in, safe_link, safe_text
from sauveterre.messages.signal.media import held_at
from sauveterre.messages.signal.updates import Moment, message_key, read_update
from sauveterre.records.group import EventKind, GroupEvent
from sauveterre.records.message import Attachment, Delivery, Link, Message, Reaction

PACK_ID = 16
"""Bytes that name a sticker pack; the key that opens it is another."""
STATUSES = ("pending", "sent", "delivered", "read", "viewed", "skipped", "failed")
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
_QUOTES = {2: "quote_gift_badge", 3: "quote_view_once", 4: "quote_poll"}


@dataclass(frozen=True, slots=True)
class _Item:
    """One version of one message, with what all its rows share."""

    leaf: Leaf
    chat: Chat
    data: Fields
    key: str
    revision: int
    sender: str | None
    kind: str
    """The field that holds its content; empty when none is known."""

    @property
    def content(self) -> Fields:
        """What it holds."""
        found: Fields = self.data.get(self.kind, {})
        return found

    @property
    def direction(self) -> str:
        """in, out or none."""
        return next((told for name, told in _DIRECTIONS.items() if name in self.data), "none")


def read_item(leaf: Leaf, data: Fields) -> None:
    """Tell one chat item."""
    chat = leaf.chat(data.get("chatId", 0))
    revisions = data.get("revisions", [])
    if "updateMessage" in data:
        author = leaf.recipient(data.get("authorId", 0), "the author of an update")
        read_update(leaf, Moment(chat, author, data.get("dateSent", 0)), data["updateMessage"])
        return
    first = revisions[0].get("dateSent", 0) if revisions else data.get("dateSent", 0)
    key = message_key(chat.group, _sender(leaf, data), first)
    for count, revision in enumerate(revisions):
        inner = leaf.inner(f"revision {count}")
        if revision.get("revisions"):
            inner.problem("an earlier version that holds earlier versions itself: those are not read")
        if revision.get("chatId", 0) != data.get("chatId", 0):
            inner.problem(
                f"an earlier version names chat {revision.get('chatId', 0)}; it is told where the message lies"
            )
        read_version(inner, chat, revision, f"{key}|r{count}", count)
    read_version(leaf, chat, data, key, len(revisions))


def _sender(leaf: Leaf, data: Fields) -> str | None:
    if "outgoing" in data and not data.get("authorId"):
        return leaf.account(leaf.context.owner)
    return leaf.recipient(data.get("authorId", 0), "the author of a message")


def read_version(leaf: Leaf, chat: Chat, data: Fields, key: str, revision: int) -> None:
    """Tell one version of a message, and what hangs on it."""
    kind = next((name for name in _KINDS if name in data), "")
    item, sent = _Item(leaf, chat, data, key, revision, _sender(leaf, data), kind), data.get("dateSent", 0)
    if not item.kind:
        leaf.problem("a message of a kind that is not known: only who sent it and when is told")
    if moment(sent) is None:
        leaf.problem(f"the message states no usable time ({sent})")
    said, (author, quoted) = body(item.kind, item.content), _quoted(item)
    told = _record(item, said, quoted)
    leaf.add(told)
    lines = [*particulars(item.kind, data, item.content), *_quote(item, author, quoted), *_deliveries(item)]
    if lines:
        extra = safe_text("\n".join(lines))
        leaf.add(replace(told, body=extra, kind="details", provenance=leaf.provenance("details")))
    _attachments(item)
    _reactions(item)
    _links(item, said)
    _pin(item)


def _record(item: _Item, said: str, quoted: str | None) -> Message:
    data, sent = item.data, item.data.get("dateSent", 0)
    incoming, outgoing = data.get("incoming", {}), data.get("outgoing", {})
    deleted, deleted_by = _deletion(item)
    return Message(
        key=item.key,
        group=item.chat.group,
        sender=item.sender,
        direction=item.direction,
        sent_at=moment(sent),
        sent_raw=str(sent),
        received_at=moment(incoming.get("dateReceived") or outgoing.get("dateReceived")),
        body=safe_text(said),
        kind="sms" if data.get("sms") and item.kind == "standardMessage" else _KINDS.get(item.kind, "unknown"),
        provenance=item.leaf.provenance(),
        deleted=deleted,
        deleted_by=deleted_by,
        reply_to=quoted,
        expires_in_ms=data.get("expiresInMs") or None,
        revision=item.revision,
        server_at=moment(incoming.get("dateServerSent")),
    )


def _deletion(item: _Item) -> tuple[str, str | None]:
    if item.kind == "remoteDeletedMessage":
        return "by_author", item.sender
    if item.kind == "adminDeletedMessage":
        who = "the administrator who deleted a message"
        return "by_admin", item.leaf.recipient(item.content.get("adminId", 0), who)
    return "no", None


def _quoted(item: _Item) -> tuple[str | None, str | None]:
    """Return who wrote the quoted message, and its key where the quote says of when it is."""
    quote = item.content.get("quote")
    if quote is None:
        return None, None
    author, sent = quote.get("authorId", 0), quote.get("targetSentTimestamp")
    account = item.leaf.recipient(author, "the author of a quoted message")
    return account, message_key(item.chat.group, account, sent) if account and sent else None


def _quote(item: _Item, author: str | None, key: str | None) -> Iterator[str]:
    """Tell the quoted message as the quote shows it; yield what it says when it cannot be told which one it is."""
    quote = item.content.get("quote", {})
    sent, said = quote.get("targetSentTimestamp", 0), safe_text(quote.get("text", {}).get("body", ""))
    if key is not None:
        kind, place = _QUOTES.get(quote.get("type", 0), "quote"), item.leaf.provenance("quote")
        item.leaf.add(Message(key, item.chat.group, author, "none", moment(sent), str(sent), None, said, kind, place))
        _mentions(item.leaf, key, quote.get("text", {}), "quote mention")
        return
    if author:
        yield f"quoted author: {author}"
    if said:
        yield "quoted text: " + said.replace("\n", "\n  ")


def _deliveries(item: _Item) -> Iterator[str]:
    """Tell who received, read or viewed the owner's message, and that the owner read one; yield why one failed."""
    leaf = item.leaf
    for count, status in enumerate(item.data.get("outgoing", {}).get("sendStatus", [])):
        account = leaf.recipient(status.get("recipientId", 0), "a recipient of a message")
        told = next((name for name in STATUSES if name in status), None)
        if told is None:
            leaf.problem("a delivery status of a kind that is not known", f"status {count}")
        elif account is not None:
            at = moment(status.get("timestamp"))
            leaf.add(Delivery(item.key, account, told, at, leaf.at(status, f"status {count}")))
            if told == "failed":
                yield f"not sent to {account}: {word(FAILURES, status['failed'].get('reason', 0))}"
    if item.data.get("incoming", {}).get("read"):
        owner = leaf.account(leaf.context.owner)
        leaf.add(Delivery(item.key, owner, "read", None, leaf.provenance("read")))


def _reactions(item: _Item) -> None:
    """Tell reactions, and the votes of a poll, each as ``vote: OPTION``."""
    leaf = item.leaf
    for count, data in enumerate(item.content.get("reactions", [])):
        account = leaf.recipient(data.get("authorId", 0), "the author of a reaction")
        if account is not None:
            emoji, at = safe_text(data.get("emoji", "")), moment(data.get("sentTimestamp"))
            leaf.add(Reaction(item.key, account, emoji, at, leaf.at(data, f"reaction {count}")))
    for count, option in enumerate(item.content.get("options", [])):
        for number, vote in enumerate(option.get("votes", [])):
            voter = leaf.recipient(vote.get("voterId", 0), "a voter")
            if voter is not None:
                said, place = safe_text(f"vote: {option.get('option', '')}"), f"option {count} vote {number}"
                leaf.add(Reaction(item.key, voter, said, None, leaf.provenance(place)))


def _attachments(item: _Item) -> None:
    leaf = item.leaf
    for count, (role, attachment) in enumerate(files(item.kind, item.content)):
        pointer = attachment.get("pointer", {})
        locator = pointer.get("locatorInfo", {})
        digest = locator.get("plaintextHash", b"")
        if digest and len(digest) != 32:
            leaf.problem(f"an attachment states a digest of {len(digest)} bytes, not 32", f"attachment {count}")
        leaf.add(
            Attachment(
                message=item.key,
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


def _links(item: _Item, said: str) -> None:
    """Tell the links of text and previews, who is mentioned, and from which pack a sticker is."""
    leaf, previews = item.leaf, item.content.get("linkPreview", [])
    found: list[tuple[str, SafeLink]] = [("text", link) for link in links_in(said)]
    found += [("preview", safe_link(preview["url"])) for preview in previews if preview.get("url")]
    for count, (where, link) in enumerate(found):
        kind = "group_invite" if link.is_invitation else where
        place = leaf.provenance(f"link {count}")
        leaf.add(Link(item.key, link.url, kind, place, link.group, link.credential))
    _mentions(leaf, item.key, text_of(item.content), "mention")
    if pack := item.content.get("sticker", {}).get("packId"):
        if len(pack) != PACK_ID:
            leaf.problem(f"a sticker names a pack by {len(pack)} bytes, not {PACK_ID}", "sticker")
            return
        url = f"signal:stickers/{pack.hex()}/{item.content['sticker'].get('stickerId', 0)}"
        leaf.add(Link(item.key, url, "sticker_pack", leaf.provenance("sticker")))


def _mentions(leaf: Leaf, key: str, text: Fields, place: str) -> None:
    for count, row in enumerate(text.get("bodyRanges", [])):
        if account := leaf.service(row.get("mentionAci"), "a mention", f"{place} {count}"):
            leaf.add(Link(key, account, "mention", leaf.provenance(f"{place} {count}")))


def _pin(item: _Item) -> None:
    pin = item.data.get("pinDetails")
    if pin is None:
        return
    at = pin.get("pinnedAtTimestamp", 0)
    until = ", for good" if pin.get("pinNeverExpires") else ""
    if pin.get("pinExpiresAtTimestamp"):
        until = f", until {when(pin['pinExpiresAtTimestamp'])}"
    place, detail = item.leaf.provenance("pin"), f"{item.key}{until}"
    item.leaf.add(GroupEvent(item.chat.group, EventKind.PINNED, None, None, moment(at), str(at), place, detail))
