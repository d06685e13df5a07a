"""Messages on an iPhone with all that hangs on them.

An edited message is the row of its present version; earlier ones are rows of their own, tied to it by
``EditRecord``. The key names the time of the first, earlier versions carry the same key with ``|r0``, ``|r1``, … as in
a backup.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from sauveterre.messages.database import Row
from sauveterre.messages.signal.context import moment
from sauveterre.messages.signal.ios.archive import Archived, NotArchive, Pairs, unarchived
from sauveterre.messages.signal.ios.groups import address
from sauveterre.messages.signal.ios.media import Carried, entry_path, stored
from sauveterre.messages.signal.ios.notices import read_notice
from sauveterre.messages.signal.ios.store import Phone
from sauveterre.messages.signal.links import safe_text
from sauveterre.messages.signal.loose import number_of, sha256_of, text_of
from sauveterre.messages.signal.rows import RowLeaf
from sauveterre.messages.signal.talks import Moment, People, Talk
from sauveterre.messages.signal.updates import message_key
from sauveterre.records.message import Attachment, Delivery, Message, Reaction

TABLE = "model_TSInteraction"
COLUMNS = {
    name: (name,)
    for name in ("recordType", "uniqueId", "timestamp", "receivedAtTimestamp", "serverTimestamp", "uniqueThreadId",
                 "authorUUID", "authorPhoneNumber", "body", "quotedMessage", "linkPreview", "messageSticker",
                 "contactShare", "isViewOnceMessage", "wasRemotelyDeleted", "expiresInSeconds",
                 "recipientAddressStates", "storyTimestamp", "storyReactionEmoji", "giftBadge",
                 "callType", "offerType",
                 "creatorUuid", "messageType", "infoMessageUserInfo", "configurationDurationSeconds",
                 "configurationIsEnabled", "createdByRemoteName")
}  # fmt: skip
INCOMING, OUTGOING = frozenset({19, 75, 78}), frozenset({21, 68, 79})
"""Record types of messages; those behind the first are payments."""
STATUSES = {0: "failed", 1: "pending", 2: "skipped", 3: "sent", 4: "pending", 5: "delivered", 6: "read", 7: "viewed"}
_LEGACY = (("viewedTimestamp", "viewed"), ("readTimestamp", "read"), ("deliveryTimestamp", "delivered"))


@dataclass(slots=True)
class Beside:
    """What other tables say of one interaction."""

    files: list[Carried] = field(default_factory=list)
    reactions: list[Row] = field(default_factory=list)
    first: int = 0
    """Milliseconds of the first version; 0 where there is only one."""
    revision: int = 0
    is_past: bool = False
    deleted_by: str | None = None
    """The administrator who deleted it."""


def read_row(phone: Phone, people: People, row: Row, beside: Beside) -> RowLeaf:
    """Tell one interaction."""
    leaf = RowLeaf(people.memory, TABLE, row["rowid"])
    talk = people.talk(leaf, text_of(row["uniqueThreadId"]))
    received = number_of(row["receivedAtTimestamp"])
    people.memory.seen_at(received)
    talk.latest = max(talk.latest, received)
    kind = number_of(row["recordType"])
    if kind in INCOMING | OUTGOING:
        _message(_Reading(phone, people, leaf, talk, row, beside), is_own=kind in OUTGOING)
    else:
        read_notice(people, leaf, talk, Moment(talk.group, number_of(row["timestamp"])), row)
    return leaf


@dataclass(frozen=True, slots=True)
class _Reading:
    phone: Phone
    people: People
    leaf: RowLeaf
    talk: Talk
    row: Row
    beside: Beside

    def archive(self, column: str) -> Archived | Pairs | None:
        """Return what an archive in a column holds; a problem where it cannot be read."""
        if self.row[column] is None:
            return None
        try:
            found = unarchived(self.row[column])
        except NotArchive as error:
            self.leaf.problem(f"it cannot be read: {error}", column)
            return None
        return found if isinstance(found, Archived | Pairs) else None

    def person(self, value: object) -> str | None:
        """Return the account that a value names, told."""
        found = address(value)
        return self.leaf.account(self.people.accounts.get(found, found)) if found else None


def _message(reading: _Reading, *, is_own: bool) -> None:
    row, leaf, beside = reading.row, reading.leaf, reading.beside
    sender = leaf.account(reading.people.memory.owner) if is_own else _sender(reading)
    sent = number_of(row["timestamp"])
    key = message_key(reading.talk.group, sender, beside.first or sent)
    if beside.is_past:
        key = f"{key}|r{beside.revision}"
    kind = next((name for name, is_so in _KINDS.items() if is_so(row)), "text")
    body = _BODIES[kind](reading) if kind in _BODIES else text_of(row["body"])
    if moment(sent) is None:
        leaf.problem(f"the message states no usable time ({sent})")
    timer = number_of(row["expiresInSeconds"])
    leaf.add(
        Message(
            key=key,
            group=reading.talk.group,
            sender=sender,
            direction="out" if is_own else "in",
            sent_at=moment(sent),
            sent_raw=str(sent),
            received_at=moment(number_of(row["receivedAtTimestamp"])),
            body=safe_text(body),
            kind=kind,
            provenance=leaf.provenance(),
            deleted=_deleted(reading),
            deleted_by=beside.deleted_by or (sender if number_of(row["wasRemotelyDeleted"]) else None),
            reply_to=_quoted(reading),
            expires_in_ms=timer * 1000 if timer > 0 else None,
            revision=beside.revision,
            server_at=moment(number_of(row["serverTimestamp"])),
        )
    )
    if is_own:
        _deliveries(reading, key)
    _attachments(reading, key)
    _reactions(reading, key)
    preview = reading.archive("linkPreview")
    leaf.links(key, body, [text_of(preview.get("urlString"))] if preview is not None else [])


def _sender(reading: _Reading) -> str | None:
    for column in ("authorUUID", "authorPhoneNumber"):
        if found := reading.person(reading.row[column]):
            return found
    return reading.leaf.account(reading.talk.peer) if reading.talk.peer else None


def _deleted(reading: _Reading) -> str:
    if reading.beside.deleted_by is not None:
        return "by_admin"
    return "by_author" if number_of(reading.row["wasRemotelyDeleted"]) else "no"


def _quoted(reading: _Reading) -> str | None:
    """Tell the quoted message as the quote shows it, which may be all that is left of it, and return its key."""
    quote = reading.archive("quotedMessage")
    if quote is None:
        return None
    author, sent = reading.person(quote.get("authorAddress")), number_of(quote.get("timestamp"))
    if author is None or not sent:
        return None
    flags = {"isGiftBadge": "quote_gift_badge", "isTargetMessageViewOnce": "quote_view_once", "isPoll": "quote_poll"}
    kind = next((kind for name, kind in flags.items() if quote.get(name)), "quote")
    return reading.leaf.quoted(reading.talk.group, author, sent, text_of(quote.get("body")), kind, "quotedMessage")


def _deliveries(reading: _Reading, key: str) -> None:
    states = reading.archive("recipientAddressStates")
    for count, (who, state) in enumerate(states.items if isinstance(states, Pairs) else ()):
        place = f"recipientAddressStates {count}"
        account = reading.person(who)
        if account is None or not isinstance(state, Archived):
            reading.leaf.problem("a delivery that does not say to whom", place)
            continue
        word, at = STATUSES.get(number_of(state.get("state")), ""), number_of(state.get("statusTimestamp"))
        for name, status in _LEGACY if not at else ():
            if number_of(state.get(name)):
                word, at = status, number_of(state.get(name))
                break
        if not word:
            reading.leaf.problem("a delivery status of a kind that is not known", place)
        elif account != reading.people.memory.owner:
            reading.leaf.add(Delivery(key, account, word, moment(at), reading.leaf.provenance(place)))


def _attachments(reading: _Reading, key: str) -> None:
    for count, one in enumerate(reading.beside.files):
        file, size = stored(reading.phone, one.table, one.row), number_of(one.row["size"])
        reading.leaf.add(
            Attachment(
                message=key,
                ordinal=count,
                role=one.role,
                file_name=safe_text(one.file_name),
                media_type=safe_text(text_of(one.row["type"])),
                size=size if size > 0 else None,
                sha256=sha256_of(one.row.get("sha256")),
                path=entry_path(file.path) if file else None,
                provenance=RowLeaf(reading.leaf.memory, *one.tie).provenance(),
            )
        )


def _reactions(reading: _Reading, key: str) -> None:
    for row in reading.beside.reactions:
        inner = RowLeaf(reading.leaf.memory, "model_OWSReaction", row["rowid"])
        account = reading.person(row["aci"]) or reading.person(row["phone"])
        if account is None:
            inner.problem("a reaction that names nobody")
        else:
            at = moment(number_of(row["sent"]))
            inner.add(Reaction(key, account, safe_text(text_of(row["emoji"])), at, inner.provenance()))
        reading.leaf.records += inner.records


def _sticker(reading: _Reading) -> str:
    sticker = reading.archive("messageSticker")
    return text_of(sticker.get("emoji")) if sticker is not None else ""


def _shared_contact(reading: _Reading) -> str:
    contact = reading.archive("contactShare")
    if contact is None:
        return ""
    name = contact.get("name")
    parts = ("namePrefix", "givenName", "middleName", "familyName", "nameSuffix")
    lines = [" ".join(filter(None, (text_of(name.get(part)) for part in parts))) if isinstance(name, Archived) else ""]
    lines.append(text_of(name.get("organizationName")) if isinstance(name, Archived) else "")
    for which, member in (("phoneNumbers", "phoneNumber"), ("emails", "email")):
        rows = contact.get(which)
        lines += [text_of(one.get(member)) for one in rows or () if isinstance(one, Archived)]
    return "\n".join(filter(None, lines))


_KINDS: dict[str, Callable[[Row], object]] = {
    "deleted": lambda row: number_of(row["wasRemotelyDeleted"]),
    "view_once": lambda row: number_of(row["isViewOnceMessage"]),
    "payment": lambda row: number_of(row["recordType"]) not in (19, 21),
    "sticker": lambda row: row["messageSticker"],
    "contact": lambda row: row["contactShare"],
    "gift_badge": lambda row: row["giftBadge"],
    "story_reply": lambda row: number_of(row["storyTimestamp"]),
}
"""In order: the first that is so."""
_BODIES: dict[str, Callable[[_Reading], str]] = {
    "sticker": _sticker,
    "contact": _shared_contact,
    "story_reply": lambda reading: text_of(reading.row["body"]) or text_of(reading.row["storyReactionEmoji"]),
}
