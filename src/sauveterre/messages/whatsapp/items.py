"""Messages with all that hangs on them; system rows are handed to ``actions``.

A message's key is its conversation and the id that its sender gave it, which every device keeps. Where a message was
edited or deleted, its row has the id of the edit or deletion, and names the first one beside: that one is the key.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sauveterre.messages.database import Database, Row
from sauveterre.messages.whatsapp import tables
from sauveterre.messages.whatsapp.actions import SYSTEM, SystemRow, read_action
from sauveterre.messages.whatsapp.context import Chat, Context
from sauveterre.messages.whatsapp.jids import SERVICE, STATUS, people_in
from sauveterre.messages.whatsapp.links import code_digest, found_in, safe
from sauveterre.messages.whatsapp.media import digest, entry_path, path_in
from sauveterre.messages.whatsapp.values import moment, text, whole
from sauveterre.records.group import Group, GroupKind
from sauveterre.records.message import Attachment, Delivery, Link, Message, Reaction
from sauveterre.records.provenance import Provenance

OLD_SYSTEM = 6
"""``messages.status`` of a system row; its action stands where a file's size would."""
DELETED, DELETED_BY_ADMIN, TIMERS = 15, 64, (36, 56)
PLACEHOLDER = "-1"
KINDS: Mapping[int, str] = {
    0: "text", 1: "image", 2: "audio", 3: "video", 4: "contact", 5: "location", 8: "call", 9: "document",
    10: "missed_call", 11: "waiting", 13: "gif", 14: "contact", 15: "deleted", 16: "live_location", 20: "sticker",
    23: "product", 24: "group_invite", 25: "template", 26: "template", 27: "template", 28: "template", 32: "template",
    42: "view_once", 43: "view_once", 44: "order", 45: "buttons", 46: "buttons", 49: "buttons", 55: "buttons",
    57: "buttons", 64: "deleted", 66: "poll", 81: "video_note", 82: "view_once", 85: "buttons", 90: "call",
    99: "album", 103: "status_reply", 106: "poll",
}  # fmt: skip
"""By ``message_type``."""
FORWARDED = 1
"""In ``origination_flags``."""
STATED_TIMES = ("delivered", "read", "viewed")


@dataclass(frozen=True, slots=True)
class Item:
    """A message row with what hangs on it."""

    table: str
    row: Row
    beside: Mapping[str, Sequence[Row]]
    reactions: Sequence[Row]
    where: Provenance

    def first(self, table: str) -> Row:
        """Return the first row of a table that hangs on the message; empty where there is none."""
        return next(iter(self.beside[table]), {})


class Messages:
    """One pass over all messages. What hung on them and could not be read is told at the end."""

    def __init__(self, context: Context, database: Database) -> None:
        """Begin; nothing is read yet."""
        self._context = context
        self._database = database

    def read(self) -> Iterator[None]:
        """Tell every message into the context; yields after each row."""
        before = ""
        tables_beside: dict[str, tables.Beside] = {}
        reactions = _Reactions(self._database)
        for table, row in tables.messages(self._database):
            if table != before:  # the numbers begin again
                self._faults(tables_beside, reactions)
                tables_beside = {name: tables.Beside(self._database, name) for name in tables.BESIDE}
                reactions, before = _Reactions(self._database), table
            number = row["rowid"]
            beside = {name: one.take(number) for name, one in tables_beside.items()}
            item = Item(table, row, beside, reactions.take(number), self._context.store.provenance(table, number))
            if row["key"] != PLACEHOLDER and row["chat"] != PLACEHOLDER:
                _read_item(self._context, self._database, item)
            yield
        self._faults(tables_beside, reactions)

    def _faults(self, beside: Mapping[str, tables.Beside], reactions: "_Reactions") -> None:
        for fault in [*(one.fault for one in beside.values()), reactions.fault]:
            if fault:
                self._context.problem_once(self._context.store.whole(), fault)


class _Reactions(tables.Beside):
    """Reactions, handed out as the messages that they are to pass by."""

    def __init__(self, database: Database) -> None:
        self.table = "message_add_on_reaction"
        self.fault = ""
        self._rows = tables.reactions(database)
        self._next = self._step()


def _read_item(context: Context, database: Database, item: Item) -> None:
    row, where = item.row, item.where
    kind = whole(row["kind"] if not isinstance(row["kind"], str) else _digits(row["kind"]))
    is_old_system = item.table == "messages" and whole(row["status"]) == OLD_SYSTEM
    chat = context.chat(row["chat"], where)
    if chat.group == f"jid:{STATUS}":
        chat = _status_of(context, row, where)
    if kind == SYSTEM or is_old_system or kind in TIMERS:
        _read_system(context, chat, item, kind)
    else:
        _read_message(context, database, chat, item, kind)


def _digits(value: str) -> int:
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 9 else 0


def _status_of(context: Context, row: Row, where: Provenance) -> Chat:
    """Return the one list of status updates of whoever wrote this one: everyone has a list of their own."""
    author = context.owner if whole(row["from_me"]) else context.person(row["sender"], where)
    group = f"jid:{STATUS}|{author or ''}"
    if group not in context.known:
        context.known.add(group)
        context.add(Group(SERVICE, group, "Status updates", GroupKind.DISTRIBUTION_LIST, where))
    return Chat(group, GroupKind.DISTRIBUTION_LIST)


def _read_system(context: Context, chat: Chat, item: Item, kind: int) -> None:
    row = item.row
    action = whole(item.first("message_system").get("action"))
    if kind in TIMERS:
        action = TIMERS[1]
    elif not action and item.table == "messages":
        action = whole(row["size"])
    sender = row["sender"]
    if sender in (None, 0, "") and not whole(row["from_me"]) and chat.peer:
        sender = chat.peer.removeprefix("jid:")
    people = people_in(row["blob"]) if isinstance(row["blob"], bytes) else ()
    sent = whole(row["sent"])
    read_action(context, SystemRow(chat, sender, sent, text(row["text"]), action, item.where, item.beside, people))


def _sender(context: Context, chat: Chat, row: Row, where: Provenance) -> str | None:
    if whole(row["from_me"]):
        return context.account(context.owner, where)
    return chat.peer or context.person(row["sender"], where)


def _key_id(item: Item) -> str:
    for table in ("message_revoked", "message_edit_info"):
        if first := text(item.first(table).get("key")):
            return first
    return text(item.row["key"])


def _read_message(context: Context, database: Database, chat: Chat, item: Item, kind: int) -> None:
    row, where = item.row, item.where
    sender = _sender(context, chat, row, where)
    key, sent = message_key(chat.group, _key_id(item)), whole(row["sent"])
    _complain(context, item, kind)
    body = _body(item, kind)
    deleted, deleted_by = _deletion(context, item, kind, sender)
    context.add(
        Message(
            key=key,
            group=chat.group,
            sender=sender,
            direction="out" if whole(row["from_me"]) else "in",
            sent_at=moment(sent),
            sent_raw=str(row["sent"])[:40],
            received_at=moment(row["received"]),
            body=safe(body),
            kind=KINDS.get(kind, f"type_{kind}"),
            provenance=where,
            deleted=deleted,
            deleted_by=deleted_by,
            reply_to=_reply_to(context, database, item),
            expires_in_ms=whole(item.first("message_ephemeral").get("seconds")) * 1000 or None,
            revision=1 if item.beside["message_edit_info"] else 0,
            server_at=moment(row["server"]),
            forwarded_from="" if _is_forwarded(item) else None,
        )
    )
    _attachments(context, item, key)
    _reactions(context, item, chat, key)
    _deliveries(context, item, key)
    _links(context, item, key, body)


def _is_forwarded(item: Item) -> bool:
    flags, count = whole(item.row["flags"]), whole(item.row["forwarded"])
    return bool(item.beside["message_forwarded"]) or bool(flags & FORWARDED) or count > 0


def _complain(context: Context, item: Item, kind: int) -> None:
    """Say what of a message cannot be told."""
    if moment(item.row["sent"]) is None:
        context.problem_once(item.where, f"the message states no usable time ({item.row['sent']!r:.40})")
    if kind not in KINDS:
        context.problem_once(item.where, f"message type {kind} is not known; its text and files are told")


def message_key(group: str, key_id: str) -> str:
    """Return ``Message.key``: equal on every device that saw the message."""
    return f"{group}|{key_id}"


def _deletion(context: Context, item: Item, kind: int, sender: str | None) -> tuple[str, str | None]:
    if kind not in (DELETED, DELETED_BY_ADMIN):
        return "no", None
    admin = context.person(item.first("message_revoked").get("admin"), item.where)
    if kind == DELETED_BY_ADMIN or admin is not None:
        return "by_admin", admin
    return "by_author", sender


def _reply_to(context: Context, database: Database, item: Item) -> str | None:
    quoted = item.first("message_quoted")
    number = whole(item.row["quoted"])
    if not quoted and number > 0:
        needs = {"_id", "key_remote_jid", "key_id"}
        if needs <= set(database.tables.get("messages_quotes", ())):
            statement = "SELECT key_remote_jid, key_id FROM messages_quotes WHERE _id = ?"
            rows = database.query(statement, (number,))
            quoted = next(({"chat": chat, "key": key} for chat, key in rows), {})
    if not text(quoted.get("key")):
        return None
    chat = quoted.get("chat") or item.row["chat"]
    found = context.chats.get(chat if isinstance(chat, int) else context.address(chat))
    return message_key(found.group, text(quoted["key"])) if found else None


def _body(item: Item, kind: int) -> str:
    row, media = item.row, item.first("message_media")
    parts = [text(row["text"])] if item.table == "message" or kind in (0, 11) else []
    parts += [text(media.get("caption")), text(row["caption"])]
    words = _BODIES[kind](item) if kind in _BODIES else ""
    return "\n".join(dict.fromkeys(part for part in [*parts, words] if part))


def _location(item: Item) -> str:
    stated = item.first("message_location") or item.row
    latitude, longitude = stated.get("latitude"), stated.get("longitude")
    point = f"{latitude:g}, {longitude:g}" if isinstance(latitude, float) and isinstance(longitude, float) else ""
    return "\n".join(part for part in (point, text(stated.get("name")), text(stated.get("address"))) if part)


def _contact(item: Item) -> str:
    cards = [text(row["card"]) for row in item.beside["message_vcard"]]
    if item.table == "messages":
        cards = cards or [text(item.row["text"])]
    lines = [line.strip() for card in cards for line in card.splitlines()]
    found = []
    for line in lines:
        name, _, value = line.partition(":")
        if name.partition(";")[0].rpartition(".")[2].upper() in ("FN", "TEL", "EMAIL", "ORG") and value:
            found.append(value)
    return "\n".join(found)


def _poll(item: Item) -> str:
    options = item.beside["message_poll_option"]
    return "\n".join(f"- {text(row['name'])} ({whole(row['votes'])})" for row in options)


def _invitation(item: Item) -> str:
    return text(item.first("message_group_invite").get("name"))


_BODIES: dict[int, Callable[[Item], str]] = {
    4: _contact, 14: _contact, 5: _location, 16: _location, 24: _invitation, 66: _poll, 106: _poll,
}  # fmt: skip


def _attachments(context: Context, item: Item, key: str) -> None:
    row, media = item.row, item.first("message_media")
    blob = row["blob"] if isinstance(row["blob"], bytes) else b""
    stated = text(media.get("file_path")) or path_in(blob)
    hashed = text(media.get("hash")) or text(row["hash"])
    media_type = text(media.get("media_type")) or text(row["media_type"])
    name = text(media.get("file_name")) or text(row["file_name"]) or stated.rpartition("/")[2]
    if not (stated or hashed or media_type):
        return
    sha256 = digest(hashed)
    if hashed and sha256 is None:
        context.problem_once(item.where, "a file's digest is not base64 of 32 bytes")
    place = context.store.media.place(stated) if stated else None
    context.add(
        Attachment(
            message=key,
            ordinal=0,
            role="sticker" if KINDS.get(whole(row["kind"])) == "sticker" else "attachment",
            file_name=safe(name),
            media_type=safe(media_type),
            size=whole(media.get("size") or row["size"]) or None,
            sha256=sha256,
            path=entry_path(place) if place is not None else None,
            provenance=context.store.provenance(
                "message_media" if media else item.table, media.get("rowid", row["rowid"])
            ),
        )
    )


def _reactions(context: Context, item: Item, chat: Chat, key: str) -> None:
    for row in item.reactions:
        where = context.store.provenance("message_add_on", row["rowid"])
        if emoji := text(row["reaction"]):
            account = _sender(context, chat, row, where)
            if account is not None:
                context.add(Reaction(key, account, safe(emoji), moment(row["at"]), where))


def _deliveries(context: Context, item: Item, key: str) -> None:
    for row in item.beside["receipt_user"]:
        where = context.store.provenance("receipt_user", row["rowid"])
        account = context.person(row["user"], where)
        for status in STATED_TIMES:
            if account is not None and (at := moment(row[status])) is not None:
                context.add(Delivery(key, account, status, at, where))


def _links(context: Context, item: Item, key: str, body: str) -> None:
    found = [("text", link) for link in found_in(body, context.invitations)]
    for row in item.beside["message_text"]:
        found += [("preview", link) for link in found_in(text(row["url"]), context.invitations)]
    for count, (where, link) in enumerate(found):
        kind = "group_invite" if link.is_invitation else where
        place = context.store.provenance(item.table, item.row["rowid"], f"link {count}")
        context.add(Link(key, link.url, kind, place, link.group, link.credential))
    for row in item.beside["message_group_invite"]:
        place = context.store.provenance("message_group_invite", row["rowid"])
        address, code = context.address(row["group"]), text(row["code"])
        group = f"jid:{address}" if address else None
        secret = code_digest(code) if code else None
        context.add(Link(key, "https://chat.whatsapp.com/", "group_invite", place, group, secret))


def read_old_receipts(context: Context, database: Database) -> Iterator[None]:
    """Tell the receipts of the old schema, which name a message by its chat and id; yields after each row."""
    columns = {
        "chat": ("key_remote_jid",),
        "key": ("key_id",),
        "user": ("remote_resource",),
        "delivered": ("receipt_device_timestamp",),
        "read": ("read_device_timestamp",),
        "viewed": ("played_device_timestamp",),
    }
    for row in database.rows("receipts", columns):
        where = context.store.provenance("receipts", row["rowid"])
        chat = context.chats.get(context.address(row["chat"]))
        account = context.person(row["user"], where) if chat else None
        for status in STATED_TIMES:
            if chat and account is not None and (at := moment(row[status])) is not None:
                context.add(Delivery(message_key(chat.group, text(row["key"])), account, status, at, where))
        yield
