"""What the messages of a twin must become; written from the meaning of the format, apart from the reader."""

import re

from tests.messages.twin_tree import aci, at, iso

from sauveterre.records.message import Attachment, Delivery, Link, Message, Reaction

KINDS = {
    "standardMessage": "text", "contactMessage": "contact", "stickerMessage": "sticker",
    "remoteDeletedMessage": "deleted", "adminDeletedMessage": "deleted", "paymentNotification": "payment",
    "giftBadge": "gift_badge", "viewOnceMessage": "view_once", "directStoryReplyMessage": "story_reply",
    "poll": "poll",
}  # fmt: skip
DIRECTIONS = {"incoming": "in", "outgoing": "out", "directionless": "none"}
STATUSES = ("pending", "sent", "delivered", "read", "viewed", "skipped", "failed")
REASONS = {"NETWORK": "network", "IDENTITY_KEY_MISMATCH": "safety number changed"}
STYLES = {"BOLD": "bold", "ITALIC": "italic", "SPOILER": "hidden until touched", "STRIKETHROUGH": "struck through",
          "MONOSPACE": "monospaced"}  # fmt: skip
FLAGS = {"VOICE_MESSAGE": "voice message", "BORDERLESS": "borderless", "GIF": "moving picture"}
QUOTES = {"GIFT_BADGE": "quote_gift_badge", "VIEW_ONCE": "quote_view_once", "POLL": "quote_poll"}
GIFTS = {"OPENED": "opened", "REDEEMED": "redeemed", "FAILED": "failed"}
PAYMENTS = {"SUBMITTED": "submitted", "SUCCESSFUL": "successful"}
LOST = {"NETWORK": "failed: network", "INSUFFICIENT_FUNDS": "failed: insufficient funds"}
LABELS = {"HOME": "home", "MOBILE": "mobile", "WORK": "work"}
PLACES = ("street", "pobox", "neighborhood", "city", "region", "postcode", "country")
URL = re.compile(r"https?://[^\s<>]+[^\s<>.,;:!?)]")


def lines(*parts):
    return "\n".join(filter(None, parts))


def labelled(value, row):
    labels = ", ".join(filter(None, (LABELS.get(row.get("type"), ""), row.text("label"))))
    return f"{value} ({labels})" if value and labels else value


def contact(node):
    card = node.node("contact")
    name = card.node("name")
    parts = [name.text(part) for part in ("prefix", "givenName", "middleName", "familyName", "suffix")]
    ways = [labelled(row.text("value"), row) for row in (*card.many("number"), *card.many("email"))]
    homes = [labelled(", ".join(filter(None, map(row.text, PLACES))), row) for row in card.many("address")]
    return lines(" ".join(filter(None, parts)), name.text("nickname"), card.text("organization"), *ways, *homes)


def poll(node):
    options = [f"- {option.text('option')} ({len(option.many('votes'))})" for option in node.many("options")]
    several, ended = "(several answers allowed)", "(ended)"
    flags = [words for field, words in (("allowMultiple", several), ("hasEnded", ended)) if node.get(field)]
    return "\n".join([node.text("question"), *options, *flags])


def payment(node):
    deal, details = [], node.node("transactionDetails")
    if details.has("failedTransaction"):
        deal = [LOST.get(details.node("failedTransaction").get("reason"), "failed")]
    if details.has("transaction"):
        made = details.node("transaction")
        stamp, index, block = map(made.number, ("timestamp", "blockIndex", "blockTimestamp"))
        deal = [PAYMENTS.get(made.get("status"), "begun"), stamp and f"made {iso(stamp)}"]
        deal += [index and f"block {index}", block and f"block of {iso(block)}"]
    amount, fee = node.text("amountMob"), node.text("feeMob")
    return lines(amount and f"{amount} MOB", fee and f"fee {fee} MOB", node.text("note"), *deal)


def story(node):
    return node.node("textReply").node("text").text("body") or node.text("emoji")


BODIES = {
    "standardMessage": lambda node: node.node("text").text("body"),
    "contactMessage": contact,
    "stickerMessage": lambda node: node.node("sticker").text("emoji"),
    "directStoryReplyMessage": story,
    "poll": poll,
    "paymentNotification": payment,
    "giftBadge": lambda node: f"badge {GIFTS.get(node.get('state'), 'unopened')}",
}


def files(content):
    """(role, pointer, the attachment around it) of everything that a message carries."""
    bare = content.node("nothing")
    around = [("attachment", one) for one in (*content.many("attachments"), *filter(None, [content.get("attachment")]))]
    pointers = [(role, one.get("pointer"), one) for role, one in around]
    pointers += [("attachment", content.node("contact").get("avatar"), bare)]
    pointers += [("sticker", content.node("sticker").get("data"), bare)]
    pointers += [("longtext", place.get("longText"), bare) for place in (content, content.node("textReply"))]
    pointers += [("preview", one.get("image"), bare) for one in content.many("linkPreview")]
    thumbnails = [one.node("thumbnail") for one in content.node("quote").many("attachments")]
    pointers += [("quote", one.get("pointer"), one) for one in thumbnails]
    return [(role, pointer, one) for role, pointer, one in pointers if pointer is not None]


def styled(name, text):
    for row in text.many("bodyRanges"):
        place, who = f"{name} from {row.number('start')}, {row.number('length')} long", aci(row.get("mentionAci"))
        if row.get("style", "NONE") != "NONE":
            yield f"{place}: {STYLES[row.get('style')]}"
        if who:
            yield f"{place}: stands for {who}"


def details(item, content):
    if begun := item.number("expireStartDate"):
        yield f"timer started: {iso(begun)}"
    for count, (_, pointer, around) in enumerate(files(content)):
        wide, high = pointer.number("width"), pointer.number("height")
        facts = [FLAGS.get(around.get("flag"), ""), "downloaded" if around.get("wasDownloaded") else ""]
        facts.append(f"{wide} × {high} pixels" if wide or high else "")
        if any(facts):
            yield f"attachment {count}: {', '.join(filter(None, facts))}"
        if caption := pointer.text("caption"):
            yield f"attachment {count} caption: " + caption.replace("\n", "\n  ")
    for count, preview in enumerate(content.many("linkPreview")):
        if said := lines(preview.text("title"), preview.text("description")):
            yield f"preview {count}: " + said.replace("\n", "\n  ")
        if preview.number("date"):
            yield f"preview {count} dated: {iso(preview.number('date'))}"
    yield from styled("text", content.node("text"))
    yield from styled("text", content.node("textReply").node("text"))
    quote = content.node("quote")
    for count, file in enumerate(quote.many("attachments")):
        if said := lines(file.text("fileName"), file.text("contentType")):
            yield f"quoted file {count}: " + said.replace("\n", "\n  ")
    yield from styled("quoted text", quote.node("text"))


def tell(people, node):
    """Tell one chat item that is no update: the message, its earlier versions, and all that hangs on them."""
    group, _ = people.chats[node.number("chatId")]
    versions = [*node.many("revisions"), node]
    key = f"{group}|{people.who(node.number('authorId'))}|{versions[0].number('dateSent')}"
    for count, version in enumerate(versions):
        is_last = version is node
        place = "" if is_last else f"revision {count} "
        _version(people, version, (group, key if is_last else f"{key}|r{count}", count), place)


def _version(people, item, ids, place):
    group, key, revision = ids
    kind, way = item.either(KINDS), item.node(item.either(DIRECTIONS))
    content, author, sent = item.node(kind), people.who(item.number("authorId")), item.number("dateSent")
    assert people.chats[item.number("chatId")][0] == group
    quote, deleted = content.node("quote"), {"remoteDeletedMessage": "by_author", "adminDeletedMessage": "by_admin"}
    target, gone = quote.number("targetSentTimestamp"), deleted.get(kind, "no")
    by = {"no": None, "by_author": author}.get(gone) if gone != "by_admin" else people.who(content.number("adminId"))
    said = BODIES[kind](content) if kind in BODIES else ""
    quoted = people.who(quote.number("authorId")) if target else None
    shared = {
        "key": key, "group": group, "sender": author, "direction": DIRECTIONS[item.either(DIRECTIONS)],
        "sent_at": at(sent), "sent_raw": str(sent), "received_at": at(way.number("dateReceived")),
        "deleted": gone, "deleted_by": by, "reply_to": f"{group}|{quoted}|{target}" if quoted else None,
        "expires_in_ms": item.number("expiresInMs") or None, "revision": revision,
        "server_at": at(way.number("dateServerSent")),
    }  # fmt: skip
    named = "sms" if item.get("sms") and kind == "standardMessage" else KINDS[kind]
    people.add(Message, place.strip(), body=said, kind=named, **shared)
    if extra := [*details(item, content), *_quote(people, content, place, shared), *_receipts(people, way, key, place)]:
        people.add(Message, f"{place}details", body="\n".join(extra), kind="details", **shared)
    _hanging(people, content, key, place, said)
    if item.has("pinDetails"):
        pin = item.node("pinDetails")
        until = f", until {iso(pin.number('pinExpiresAtTimestamp'))}" if pin.get("pinExpiresAtTimestamp") else ""
        until = ", for good" if pin.get("pinNeverExpires") else until
        when = pin.number("pinnedAtTimestamp")
        people.event(f"{place}pin", group, "pinned", None, None, when, f"{key}{until}")


def _quote(people, content, place, shared):
    quote = content.node("quote")
    text, said, sent = quote.node("text"), quote.node("text").text("body"), quote.number("targetSentTimestamp")
    if content.has("quote") and not sent:
        yield f"quoted author: {people.who(quote.number('authorId'))}"
        if said:
            yield "quoted text: " + said.replace("\n", "\n  ")
    elif sent:
        fields = {"group": shared["group"], "sender": people.who(quote.number("authorId")), "sent_at": at(sent)}
        fields |= {"key": shared["reply_to"], "direction": "none", "sent_raw": str(sent), "received_at": None}
        kind = QUOTES.get(quote.get("type"), "quote")
        people.add(Message, f"{place}quote", body=said, kind=kind, **fields)
        _mentions(people, shared["reply_to"], text, f"{place}quote mention")


def _receipts(people, way, key, place):
    for count, status in enumerate(way.many("sendStatus")):
        who, state = people.who(status.number("recipientId")), status.either(STATUSES)
        when = at(status.number("timestamp"))
        people.add(Delivery, f"{place}status {count}", message=key, account=who, status=state, at=when)
        if state == "failed":
            yield f"not sent to {who}: {REASONS.get(status.node(state).get('reason'), 'unknown reason')}"
    if way.get("read"):
        people.add(Delivery, f"{place}read", message=key, account=people.owner, status="read", at=None)


def _mentions(people, key, text, place):
    for count, row in enumerate(text.many("bodyRanges")):
        if who := aci(row.get("mentionAci")):
            link = {"message": key, "url": people.account(who), "kind": "mention"}
            people.add(Link, f"{place} {count}", **link, group=None, credential=None)


def _hanging(people, content, key, place, said):
    for count, (role, pointer, _) in enumerate(files(content)):
        file = pointer.node("locatorInfo")
        digest = file.get("plaintextHash")
        people.add(
            Attachment, f"{place}attachment {count}", message=key, ordinal=count, role=role, path=None,
            file_name=pointer.text("fileName"), media_type=pointer.text("contentType"),
            size=file.get("size"), sha256=digest.hex() if digest else None,
        )  # fmt: skip
    for count, row in enumerate(content.many("reactions")):
        who, when = people.who(row.number("authorId")), at(row.number("sentTimestamp"))
        people.add(Reaction, f"{place}reaction {count}", message=key, account=who, emoji=row.text("emoji"), at=when)
    for count, option in enumerate(content.many("options")):
        for number, vote in enumerate(option.many("votes")):
            row = {"message": key, "account": people.who(vote.number("voterId")), "at": None}
            people.add(Reaction, f"{place}option {count} vote {number}", emoji=f"vote: {option.text('option')}", **row)
    found = [("text", url) for url in URL.findall(said)]
    found += [("preview", row.text("url")) for row in content.many("linkPreview") if row.text("url")]
    for count, (kind, url) in enumerate(found):
        people.add(Link, f"{place}link {count}", message=key, url=url, kind=kind, group=None, credential=None)
    for text in (content.node("text"), content.node("textReply").node("text")):
        _mentions(people, key, text, f"{place}mention")
    if sticker := content.get("sticker"):
        url = f"signal:stickers/{sticker.get('packId').hex()}/{sticker.number('stickerId')}"
        people.add(Link, f"{place}sticker", message=key, url=url, kind="sticker_pack", group=None, credential=None)
