"""Messages of Signal Desktop with all that hangs on them, from columns and json of one row.

A message's key names the time of its *first* version. Earlier versions carry the same key with ``|r0``, ``|r1``, …, as
in a backup; the list of versions in a row begins with the present one.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sauveterre.messages.database import Row
from sauveterre.messages.signal.context import moment
from sauveterre.messages.signal.desktop.media import carried, entry_path, from_table
from sauveterre.messages.signal.desktop.notices import Notice, is_message, read_notice
from sauveterre.messages.signal.desktop.people import merged
from sauveterre.messages.signal.desktop.profile import Profile
from sauveterre.messages.signal.links import safe_text
from sauveterre.messages.signal.loose import Loose, members, number, objects, record, sha256_of, text, text_of
from sauveterre.messages.signal.rows import PLAUSIBLE_MS, RowLeaf
from sauveterre.messages.signal.talks import Moment, People, Talk
from sauveterre.messages.signal.updates import message_key
from sauveterre.records.message import Attachment, Delivery, Link, Message, Reaction

TABLE = "messages"
COLUMNS = {
    name: (name,)
    for name in ("id", "json", "conversationId", "type", "body", "sent_at", "received_at", "received_at_ms",
                 "timestamp", "serverTimestamp", "source", "expireTimer", "isErased", "isViewOnce", "storyId")
} | {"sourceServiceId": ("sourceServiceId", "sourceUuid")}  # fmt: skip
_QUOTES = {"isGiftBadge": "quote_gift_badge", "isViewOnce": "quote_view_once", "isPoll": "quote_poll"}
STATUSES = frozenset({"pending", "sent", "delivered", "read", "viewed", "skipped", "failed"})
CURRENT = -1
"""The edit of the present version, in the table of attachments."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a message."""

    key: str
    sender: str | None
    sent: int
    revision: int
    edit: int
    """Which of the row's edits it is; ``CURRENT`` for the row itself."""


def read_row(profile: Profile, people: People, row: Row, files: Sequence[Row]) -> RowLeaf:
    """Tell one row of the table of messages; ``files`` are its rows in the table of attachments."""
    leaf, data = RowLeaf(people.memory, TABLE, row["rowid"]), merged(row)
    if "#" in data:
        leaf.problem(f"the json of a message cannot be read: {data['#']}; only its columns are told")
    talk = people.talk(leaf, text(data, "conversationId"))
    received = _received(data)
    people.memory.seen_at(received)
    talk.latest = max(talk.latest, received)
    sent = number(data, "sent_at", "timestamp")
    if is_message(data):
        _versions(_Reading(profile, people, talk, tuple(files)), leaf, data, sent)
    else:
        read_notice(Notice(people, leaf, talk, Moment(talk.group, sent), data))
    return leaf


def _received(data: Loose) -> int:
    """Return when this device got a row; the plain column is a counter in newer versions, and a time in old ones."""
    for name in ("received_at_ms", "received_at"):
        if number(data, name) in PLAUSIBLE_MS:
            return number(data, name)
    is_own = text(data, "type") == "outgoing"
    return number(data, "sent_at") if is_own and number(data, "sent_at") in PLAUSIBLE_MS else 0


@dataclass(frozen=True, slots=True)
class _Reading:
    """What all versions of one message share."""

    profile: Profile
    people: People
    talk: Talk
    files: tuple[Row, ...]


def _versions(reading: _Reading, leaf: RowLeaf, data: Loose, sent: int) -> None:
    edits = objects(data, "editHistory")
    sender = _sender(reading, leaf, data)
    first = number(edits[-1], "timestamp") if edits else 0
    key = message_key(reading.talk.group, sender, first or sent)
    for count, edit in enumerate(reversed(edits[1:])):
        place = len(edits) - 1 - count
        inner = leaf.inner(f"$.editHistory[{place}]")
        whole = {name: data.get(name) for name in ("type", "expireTimer", "isViewOnce")} | edit
        version = Version(f"{key}|r{count}", sender, number(edit, "timestamp"), count, place)
        _message(reading, inner, whole, version)
    last = number(edits[0], "timestamp") if edits else 0
    _message(reading, leaf, data, Version(key, sender, last or sent, max(0, len(edits) - 1), CURRENT))


def _sender(reading: _Reading, leaf: RowLeaf, data: Loose) -> str | None:
    named = text(data, "sourceServiceId", "sourceUuid", "source")
    if text(data, "type") == "outgoing":
        return leaf.account(reading.people.memory.owner)
    found = reading.people.account(leaf, named, "the author of a message")
    return found or (leaf.account(reading.talk.peer) if reading.talk.peer else None)


def _message(reading: _Reading, leaf: RowLeaf, data: Loose, version: Version) -> None:
    kind = next((name for name, is_so in _KINDS.items() if is_so(data)), "text")
    body = _BODIES[kind](data) if kind in _BODIES else text(data, "body")
    if moment(version.sent) is None:
        leaf.problem(f"the message states no usable time ({version.sent})")
    deleted, deleted_by = _deletion(reading, leaf, data, version.sender)
    timer = number(data, "expireTimer")
    is_own = text(data, "type") == "outgoing" or version.sender == reading.people.memory.owner
    leaf.add(
        Message(
            key=version.key,
            group=reading.talk.group,
            sender=version.sender,
            direction="out" if is_own else "in",
            sent_at=moment(version.sent),
            sent_raw=str(version.sent),
            received_at=moment(_received(data)),
            body=safe_text(body),
            kind=kind,
            provenance=leaf.provenance(),
            deleted=deleted,
            deleted_by=deleted_by,
            reply_to=_quoted(reading, leaf, record(data, "quote")),
            expires_in_ms=timer * 1000 if timer > 0 else None,
            revision=version.revision,
            server_at=moment(number(data, "serverTimestamp")),
        )
    )
    if is_own:
        _deliveries(reading, leaf, version.key, record(data, "sendStateByConversationId"))
    _attachments(reading, leaf, version, data)
    _reactions(reading, leaf, version.key, data)
    _votes(reading, leaf, version.key, record(data, "poll"))
    leaf.links(version.key, body, [text(preview, "url") for preview in objects(data, "preview")])
    _names(reading, leaf, version.key, data)


def _deletion(reading: _Reading, leaf: RowLeaf, data: Loose, sender: str | None) -> tuple[str, str | None]:
    named = text(data, "deletedForEveryoneByAdminAci")
    if named:
        administrator = reading.people.account(leaf, named, "the administrator who deleted a message")
        return "by_admin", administrator
    return ("by_author", sender) if data.get("deletedForEveryone") else ("no", None)


def _quoted(reading: _Reading, leaf: RowLeaf, quote: Loose) -> str | None:
    """Tell the quoted message as the quote shows it, which may be all that is left of it, and return its key."""
    named = text(quote, "authorAci", "authorServiceId", "authorUuid", "author")
    author, sent = reading.people.account(leaf, named, "the author of a quoted message"), number(quote, "id")
    if author is None or not sent:
        return None
    kind = next((kind for name, kind in _QUOTES.items() if quote.get(name)), "quote")
    return leaf.quoted(reading.talk.group, author, sent, text(quote, "text"), kind, "$.quote")


def _votes(reading: _Reading, leaf: RowLeaf, key: str, poll: Loose) -> None:
    """Tell who voted for what in a poll."""
    options = members(poll, "options")
    for count, vote in enumerate(objects(poll, "votes")):
        place = f"$.poll.votes[{count}]"
        voter = reading.people.account(leaf, text(vote, "fromConversationId"), "a voter")
        for index in members(vote, "optionIndexes") if voter else ():
            if isinstance(index, int) and 0 <= index < len(options):
                said, at = safe_text(f"vote: {text_of(options[index])}"), moment(number(vote, "timestamp"))
                leaf.add(Reaction(key, voter or "", said, at, leaf.provenance(place)))


def _names(reading: _Reading, leaf: RowLeaf, key: str, data: Loose) -> None:
    """Tell who is mentioned in a text, and from which pack a sticker is."""
    for count, one in enumerate(objects(data, "bodyRanges")):
        if account := reading.people.account(leaf, text(one, "mentionAci", "mentionUuid"), "one who is mentioned"):
            leaf.add(Link(key, account, "mention", leaf.provenance(f"$.bodyRanges[{count}]")))
    sticker = record(data, "sticker")
    if re.fullmatch(r"[0-9a-fA-F]{32}", text(sticker, "packId")):
        url = f"signal:stickers/{text(sticker, 'packId').lower()}/{number(sticker, 'stickerId')}"
        leaf.add(Link(key, url, "sticker_pack", leaf.provenance("$.sticker")))


def _deliveries(reading: _Reading, leaf: RowLeaf, key: str, states: Loose) -> None:
    for name, state in states.items():
        place = f"$.sendStateByConversationId[{name!r}]"
        word = text(state, "status").lower() if isinstance(state, dict) else ""
        account = reading.people.account(leaf, name, "a recipient of a message")
        if word not in STATUSES:
            leaf.problem("a delivery status of a kind that is not known", place)
        elif account is not None and account != reading.people.memory.owner:
            at = moment(number(state, "updatedAt"))
            leaf.add(Delivery(key, account, word, at, leaf.provenance(place)))


def _reactions(reading: _Reading, leaf: RowLeaf, key: str, data: Loose) -> None:
    for count, one in enumerate(objects(data, "reactions")):
        place = f"$.reactions[{count}]"
        account = reading.people.account(leaf, text(one, "fromId"), "the author of a reaction")
        if account is None:
            leaf.problem("a reaction that names nobody", place)
        elif text(one, "emoji"):
            at = moment(number(one, "timestamp"))
            leaf.add(Reaction(key, account, safe_text(text(one, "emoji")), at, leaf.provenance(place)))


def _attachments(reading: _Reading, leaf: RowLeaf, version: Version, data: Loose) -> None:
    rows = [from_table(row) for row in reading.files]
    found = [one for one in rows if one.edit == version.edit] if rows else list(carried(data))
    for count, one in enumerate(found):
        where = RowLeaf(leaf.memory, one.table, one.rowid).provenance() if one.table else leaf.provenance(one.place)
        path = reading.profile.files_path(one.data)
        size = number(one.data, "size")
        leaf.add(
            Attachment(
                message=version.key,
                ordinal=count,
                role=one.role,
                file_name=safe_text(text(one.data, "fileName")),
                media_type=safe_text(text(one.data, "contentType")),
                size=size if size > 0 else None,
                sha256=sha256_of(one.data.get("plaintextHash")),
                path=entry_path(reading.profile, path) if path else None,
                provenance=where,
            )
        )


def _poll(data: Loose) -> str:
    poll = record(data, "poll")
    chosen = [index for vote in objects(poll, "votes") for index in members(vote, "optionIndexes")]
    lines = [text(poll, "question")]
    for count, option in enumerate(members(poll, "options")):
        lines.append(f"- {text_of(option)} ({chosen.count(count)})")
    return "\n".join(lines)


def _shared_contact(data: Loose) -> str:
    lines: list[str] = []
    for contact in objects(data, "contact"):
        name = record(contact, "name")
        parts = ("prefix", "givenName", "middleName", "familyName", "suffix")
        lines += [" ".join(filter(None, (text(name, part) for part in parts))), text(name, "nickname")]
        lines.append(text(contact, "organization"))
        lines += [text(row, "value") for row in (*objects(contact, "number"), *objects(contact, "email"))]
        places = ("street", "pobox", "neighborhood", "city", "region", "postcode", "country")
        for address in objects(contact, "address"):
            lines.append(", ".join(filter(None, (text(address, part) for part in places))))
    return "\n".join(filter(None, lines))


def _story_reply(data: Loose) -> str:
    return text(data, "body") or text(record(data, "storyReaction"), "emoji") or text(data, "storyReactionEmoji")


_KINDS: dict[str, Callable[[Loose], object]] = {
    "deleted": lambda data: data.get("deletedForEveryone") or data.get("deletedForEveryoneByAdminAci"),
    "view_once": lambda data: data.get("isViewOnce"),
    "story": lambda data: data.get("type") == "story",
    "sticker": lambda data: record(data, "sticker"),
    "contact": lambda data: objects(data, "contact"),
    "poll": lambda data: record(data, "poll"),
    "gift_badge": lambda data: record(data, "giftBadge"),
    "payment": lambda data: record(data, "payment"),
    "story_reply": lambda data: text(data, "storyId") or record(data, "storyReplyContext"),
}
"""In order: the first that is so."""
_BODIES: dict[str, Callable[[Loose], str]] = {
    "sticker": lambda data: text(record(data, "sticker"), "emoji"),
    "contact": _shared_contact,
    "poll": _poll,
    "payment": lambda data: text(record(data, "payment"), "note"),
    "story_reply": _story_reply,
}
