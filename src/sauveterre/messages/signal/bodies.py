"""What each kind of message says, written out: contacts, polls, payments, badges, and what hangs on a text.

All are pure: fields in, text out. ``body`` is what was written; ``particulars`` are the facts for which a message
has no field of its own, one to a line, ``name: value``; where a value has several lines, the others are indented.
"""

from collections.abc import Callable, Iterator

from sauveterre.messages.protobuf import Fields
from sauveterre.messages.signal.context import moment, service_id

_PHONE_TYPES = {1: "home", 2: "mobile", 3: "work"}
_ADDRESS_TYPES = {1: "home", 2: "work"}
_GIFT_STATES = ("unopened", "opened", "redeemed", "failed")
_PAYMENT_STATES = ("begun", "submitted", "successful")
_PAYMENT_FAILURES = ("failed", "failed: network", "failed: insufficient funds")
_FLAGS = {1: "voice message", 2: "borderless", 3: "moving picture"}
STYLES = {1: "bold", 2: "italic", 3: "hidden until touched", 4: "struck through", 5: "monospaced"}
FAILURES = ("unknown reason", "network", "safety number changed")


def when(milliseconds: int | None) -> str:
    """Return a time in ISO 8601, or the bare number where it is none that can be told; empty for none."""
    at = moment(milliseconds)
    return at.isoformat() if at else str(milliseconds or "")


def word(words: tuple[str, ...], number: int) -> str:
    """Return the word for a number, or the number where a newer version may have given it one."""
    return words[number] if 0 <= number < len(words) else f"state {number}"


def body(kind: str, content: Fields) -> str:
    """Return what a message of that kind says; empty where it says nothing."""
    return _BODIES[kind](content) if kind in _BODIES else ""


def text_of(content: Fields) -> Fields:
    """Return the text of a message with its ranges; a story reply holds it one step deeper."""
    text: Fields = content.get("text") or content.get("textReply", {}).get("text", {})
    return text


def _text(content: Fields) -> str:
    said: str = text_of(content).get("body", "")
    return said


def _poll(content: Fields) -> str:
    lines = [content.get("question", "")]
    for option in content.get("options", []):
        lines.append(f"- {option.get('option', '')} ({len(option.get('votes', []))})")
    lines += ["(several answers allowed)"] * bool(content.get("allowMultiple"))
    lines += ["(ended)"] * bool(content.get("hasEnded"))
    return "\n".join(lines)


def _shared_contact(content: Fields) -> str:
    contact = content.get("contact", {})
    name = contact.get("name", {})
    parts = ("prefix", "givenName", "middleName", "familyName", "suffix")
    lines = [" ".join(filter(None, (name.get(part, "") for part in parts))), name.get("nickname", "")]
    lines.append(contact.get("organization", ""))
    for row in (*contact.get("number", []), *contact.get("email", [])):
        lines.append(_labelled(row.get("value", ""), row, _PHONE_TYPES))
    places = ("street", "pobox", "neighborhood", "city", "region", "postcode", "country")
    for address in contact.get("address", []):
        place = ", ".join(filter(None, (address.get(part, "") for part in places)))
        lines.append(_labelled(place, address, _ADDRESS_TYPES))
    return "\n".join(filter(None, lines))


def _labelled(value: str, row: Fields, types: dict[int, str]) -> str:
    labels = ", ".join(filter(None, (types.get(row.get("type", 0), ""), row.get("label", ""))))
    return f"{value} ({labels})" if value and labels else value


def _payment(content: Fields) -> str:
    details = content.get("transactionDetails", {})
    amount, fee = content.get("amountMob", ""), content.get("feeMob", "")
    lines = [f"{amount} MOB" if amount else "", f"fee {fee} MOB" if fee else "", content.get("note", "")]
    if "failedTransaction" in details:
        lines.append(word(_PAYMENT_FAILURES, details["failedTransaction"].get("reason", 0)))
    if "transaction" in details:
        lines += _transaction(details["transaction"])
    return "\n".join(filter(None, lines))


def _transaction(data: Fields) -> Iterator[str]:
    yield word(_PAYMENT_STATES, data.get("status", 0))
    if data.get("timestamp"):
        yield f"made {when(data['timestamp'])}"
    if data.get("blockIndex"):
        yield f"block {data['blockIndex']}"
    if data.get("blockTimestamp"):
        yield f"block of {when(data['blockTimestamp'])}"


_BODIES: dict[str, Callable[[Fields], str]] = {
    "standardMessage": _text,
    "contactMessage": _shared_contact,
    "stickerMessage": lambda content: content.get("sticker", {}).get("emoji", ""),
    "directStoryReplyMessage": lambda content: _text(content) or content.get("emoji", ""),
    "poll": _poll,
    "paymentNotification": _payment,
    "giftBadge": lambda content: f"badge {word(_GIFT_STATES, content.get('state', 0))}",
}


def files(kind: str, content: Fields) -> Iterator[tuple[str, Fields]]:
    """Yield (role, attachment) of everything that a message carries, in a fixed order.

    A bare file pointer is given as an attachment that says nothing else.
    """
    for attachment in content.get("attachments", []):
        yield "attachment", attachment
    if kind == "viewOnceMessage" and "attachment" in content:
        yield "attachment", content["attachment"]
    if avatar := content.get("contact", {}).get("avatar"):
        yield "attachment", {"pointer": avatar}
    if sticker := content.get("sticker", {}).get("data"):
        yield "sticker", {"pointer": sticker}
    for text in (content, content.get("textReply", {})):
        if "longText" in text:
            yield "longtext", {"pointer": text["longText"]}
    for preview in content.get("linkPreview", []):
        if "image" in preview:
            yield "preview", {"pointer": preview["image"]}
    for quoted in content.get("quote", {}).get("attachments", []):
        if quoted.get("thumbnail", {}).get("pointer"):
            yield "quote", quoted["thumbnail"]


def particulars(kind: str, data: Fields, content: Fields) -> Iterator[str]:
    """Yield what a message has no field for: the timer's start, files, previews, styles, quoted files."""
    if data.get("expireStartDate"):
        yield f"timer started: {when(data['expireStartDate'])}"
    for count, (_, attachment) in enumerate(files(kind, content)):
        yield from _file(f"attachment {count}", attachment)
    for count, preview in enumerate(content.get("linkPreview", [])):
        yield from _lines(f"preview {count}", (preview.get("title", ""), preview.get("description", "")))
        yield from _lines(f"preview {count} dated", (when(preview.get("date")),))
    yield from ranges("text", text_of(content))
    quote = content.get("quote", {})
    for count, quoted in enumerate(quote.get("attachments", [])):
        yield from _lines(f"quoted file {count}", (quoted.get("fileName", ""), quoted.get("contentType", "")))
    yield from ranges("quoted text", quote.get("text", {}))


def _file(place: str, attachment: Fields) -> Iterator[str]:
    pointer = attachment.get("pointer", {})
    facts = [_FLAGS.get(attachment.get("flag", 0), "")]
    facts.append("downloaded" if attachment.get("wasDownloaded") else "")
    width, height = pointer.get("width", 0), pointer.get("height", 0)
    facts.append(f"{width} × {height} pixels" if width or height else "")
    if stated := ", ".join(filter(None, facts)):
        yield f"{place}: {stated}"
    yield from _lines(f"{place} caption", (pointer.get("caption", ""),))


def _lines(name: str, values: tuple[str, ...]) -> Iterator[str]:
    if text := "\n".join(filter(None, values)):
        yield f"{name}: " + text.replace("\n", "\n  ")


def ranges(name: str, text: Fields) -> Iterator[str]:
    """Yield where a text is bold, hidden, or stands for a person; places are counted in UTF-16 units, as stored."""
    for row in text.get("bodyRanges", []):
        place = f"{name} from {row.get('start', 0)}, {row.get('length', 0)} long"
        if row.get("style"):
            yield f"{place}: {STYLES.get(row['style'], row['style'])}"
        if person := service_id(row.get("mentionAci", b"")):
            yield f"{place}: stands for {person}"
