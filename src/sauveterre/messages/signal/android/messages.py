"""Rows of messages, each told as the chat item of format 2 that says the same, with what hangs on it elsewhere."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sauveterre.errors import UnreadableSource
from sauveterre.messages.database import Row
from sauveterre.messages.protobuf import Fields, Malformed
from sauveterre.messages.signal.android import types
from sauveterre.messages.signal.android.attachments import by_role
from sauveterre.messages.signal.android.people import uuid_bytes
from sauveterre.messages.signal.android.polls import Polls
from sauveterre.messages.signal.android.reading import Reading, row_name
from sauveterre.messages.signal.android.state import decoded
from sauveterre.messages.signal.android.tables import (
    ATTACHMENT_TABLES,
    MESSAGE_TABLES,
    Beside,
    Gap,
    blob,
    is_number,
    number,
    text,
)
from sauveterre.messages.signal.android.types import Type
from sauveterre.messages.signal.android.updates import is_update, read_row
from sauveterre.messages.signal.context import ROW, Leaf
from sauveterre.messages.signal.items import read_version
from sauveterre.messages.signal.updates import Moment, message_key
from sauveterre.records.message_reader import MessageRecord
from sauveterre.records.problem import Problem

MOST_JSON = 1 << 20
"""Most characters of JSON in a column; a preview has hundreds."""
EDIT = ("id", "sent", "latest")
MOST_EDITS = 200_000
"""Most earlier versions that are put in order; beyond, each is told as a message of its own."""
RECEIPTS = {0: "sent", 1: "delivered", 2: "read", 3: "viewed", 4: "skipped"}


@dataclass(slots=True)
class _Hung:
    """What hangs on the messages of one table, each met in step with them."""

    attachments: Beside
    attachment_table: str
    reactions: Beside
    receipts: Beside
    mentions: Beside
    calls: Beside
    polls: Polls


def read_messages(reading: Reading) -> Iterator[MessageRecord]:
    """Tell every message and update, table by table, in the order of the rows' numbers."""
    for table in MESSAGE_TABLES:
        if not reading.tables.has(table):
            continue
        edits = _edits(reading, table)
        hung = _hung(reading, table)
        for row in reading.tables.rows_past_damage(table):
            if isinstance(row, Gap):
                yield _lost(reading, table, row)
                continue
            leaf = reading.leaf(table, row)
            if is_number(row["id"]):
                _row(reading, leaf, row, hung, edits)
            else:
                leaf.problem("a message without a number: what hangs on it cannot be told, it is not read")
            yield from leaf.records
        yield from _unread(reading, hung)


def _unread(reading: Reading, hung: _Hung) -> Iterator[MessageRecord]:
    """Tell what hangs on messages and could not be read to its end."""
    parts = {
        hung.attachment_table: hung.attachments,
        "reaction": hung.reactions,
        "group_receipts": hung.receipts,
        "mention": hung.mentions,
        "call": hung.calls,
        "poll": hung.polls.polls,
    }
    for name, beside in parts.items():
        if beside.fault:
            what = f"the rows of {name} that hang on messages are not read to their end: {beside.fault}"
            yield Problem(reading.context.store.provenance(0, name), what)


def _lost(reading: Reading, table: str, gap: Gap) -> Problem:
    upto = "the end" if gap.before is None else f"row {gap.before}"
    what = f"rows of {table} between row {gap.after} and {upto} cannot be read, if there are any: {gap.why}"
    return Problem(reading.context.store.provenance(0, f"{table} {gap.after + 1}"), what)


def _hung(reading: Reading, table: str) -> _Hung:
    tables = reading.tables
    attachments = "" if table == "sms" else tables.first_there(ATTACHMENT_TABLES)
    of_mms = f"is_mms = {int(table == 'mms')}" if tables.has("reaction", "of_mms") and table != "message" else ""
    by_message, nothing = ("message", "id"), Beside(iter(()))
    only_mms = table != "sms"
    return _Hung(
        attachments=Beside(tables.rows(attachments, ("message", "order", "id"))) if attachments else nothing,
        attachment_table=attachments,
        reactions=Beside(tables.rows("reaction", by_message, of_mms)),
        receipts=Beside(tables.rows("group_receipts", by_message)) if only_mms else nothing,
        mentions=Beside(tables.rows("mention", by_message)) if only_mms else nothing,
        calls=Beside(tables.rows("call", by_message)),
        polls=Polls(tables),
    )


@dataclass(frozen=True, slots=True)
class _Version:
    """Where a row stands among the versions of one message."""

    first_sent: int
    count: int
    is_last: bool


def _edits(reading: Reading, table: str) -> dict[int, _Version]:
    """Return the place of each row that is a version of an edited message."""
    if not reading.tables.has(table, "latest"):
        return {}
    chains: dict[int, list[tuple[int, int]]] = {}
    earlier = reading.tables.rows(table, ("id",), "latest_revision_id IS NOT NULL", EDIT)
    try:
        for _, row in zip(range(MOST_EDITS), earlier, strict=False):
            chains.setdefault(number(row["latest"]), []).append((number(row["id"]), number(row["sent"])))
    except UnreadableSource:  # told when the same rows are read as messages
        earlier = iter(())
    found: dict[int, _Version] = {}
    for latest, versions in chains.items():
        first = versions[0][1]
        found |= {one: _Version(first, count, is_last=False) for count, (one, _) in enumerate(versions)}
        found[latest] = _Version(first, len(versions), is_last=True)
    return found


def _row(reading: Reading, leaf: Leaf, row: Row, hung: _Hung, edits: dict[int, _Version]) -> None:
    one, kind = number(row["id"]), Type(number(row["type"]))
    chat, sender = leaf.chat(number(row["thread"])), _sender(reading, kind, row)
    if is_update(kind):
        author = leaf.recipient(sender, "the author of an update") if sender else leaf.account(leaf.context.owner)
        calls = hung.calls.of(one)
        read_row(reading, leaf, Moment(chat, author, number(row["sent"])), row, calls[0] if calls else None)
        return
    item = _item(reading, leaf, row, kind, sender, hung)
    version = edits.get(one)
    who = leaf.recipient(sender, "the author of a message") if sender else leaf.account(leaf.context.owner)
    key = message_key(chat.group, who, version.first_sent if version else number(row["sent"]))
    if version and not version.is_last:
        key = f"{key}|r{version.count}"
    read_version(leaf, chat, item, key, version.count if version else 0)


def _sender(reading: Reading, kind: Type, row: Row) -> int:
    """Return the recipient who sent a row; 0 for the owner. Before version 185 a row names only the other side."""
    if kind.direction == "outgoing" and (row["from"] is None or not is_update(kind)):
        return 0
    sender = number(row["peer"] if row["from"] is None else row["from"])
    return 0 if sender == reading.owner_number else sender


def _item(reading: Reading, leaf: Leaf, row: Row, kind: Type, sender: int, hung: _Hung) -> Fields:
    """Return a row as a chat item."""
    author = sender or (0 if kind.direction == "outgoing" else reading.owner_number)
    item: Fields = {"authorId": author, "dateSent": number(row["sent"]), "sms": kind.is_sms}
    if number(row["expires"]) > 0:
        item["expiresInMs"] = number(row["expires"])
    received = max(0, number(row["received"]))
    item[kind.direction] = {"dateReceived": received}
    if kind.direction == "incoming":
        item["incoming"]["dateServerSent"] = max(0, number(row["server"]))
    elif kind.direction == "outgoing":
        item["outgoing"]["sendStatus"] = _receipts(leaf, row, kind, hung)
    if number(row["pinned_at"]) > 0:
        item["pinDetails"] = {"pinnedAtTimestamp": number(row["pinned_at"])}
    name, content = _content(reading, leaf, row, kind, hung)
    content["reactions"] = _reactions(leaf, row, hung)
    item[name] = content
    return item


def _content(reading: Reading, leaf: Leaf, row: Row, kind: Type, hung: _Hung) -> tuple[str, Fields]:
    """Return the kind of a message and what is in it; a file that has no place of its own in that kind is attached."""
    previews = _json(leaf, row, "previews")
    rows = hung.attachments.of(number(row["id"]))
    files = by_role(rows, hung.attachment_table, reading.held, previews)
    text_of: Fields = {"text": {"body": text(row["body"]), "bodyRanges": _ranges(leaf, row, hung)}}
    if files.longtext is not None:
        text_of["longText"] = files.longtext
    name, content = _deletion(leaf, row) or _special(leaf, row, kind, hung, text_of) or ("", {})
    if not name and files.sticker is not None:
        name, content = "stickerMessage", {"sticker": {"emoji": files.sticker_emoji, "data": files.sticker}}
    elif not name:
        name, content = "standardMessage", {**text_of, "linkPreview": files.previews}
        if number(row["quote_id"]) > 0 and number(row["quote_author"]) > 0:
            content["quote"] = _quote(row, files.quoted)
    elif files.sticker is not None:
        files.attachments.append(files.sticker)
    content["attachments"] = [{"pointer": pointer} for pointer in files.attachments]
    return name, content


def _quote(row: Row, quoted: list[Fields]) -> Fields:
    return {
        "targetSentTimestamp": number(row["quote_id"]),
        "authorId": number(row["quote_author"]),
        "text": {"body": text(row["quote_body"])},
        "attachments": [{"thumbnail": {"pointer": pointer}} for pointer in quoted],
    }


def _special(leaf: Leaf, row: Row, kind: Type, hung: _Hung, text_of: Fields) -> tuple[str, Fields] | None:
    """Return what a message is that is more than text; None for a plain one."""
    if poll := hung.polls.of(number(row["id"])):
        return "poll", poll
    if kind.special == types.GIFT_BADGE:
        return "giftBadge", {}
    if kind.special in (types.PAYMENT, types.TOMBSTONE):
        return "paymentNotification", {"note": text(row["body"])}
    if number(row["view_once"]) > 0:
        return "viewOnceMessage", {}
    if contacts := _json(leaf, row, "contacts"):
        return "contactMessage", {"contact": _contact(contacts[0])}
    if number(row["story_parent"]) > 0:
        if kind.special == types.STORY_REACTION:
            return "directStoryReplyMessage", {"emoji": text(row["body"])}
        return "directStoryReplyMessage", {"textReply": text_of}
    return None


def _deletion(leaf: Leaf, row: Row) -> tuple[str, Fields] | None:
    """Return what a deleted message has become; None for one that is not deleted."""
    by = number(row["deleted_by"])
    if by > 0:
        peers = leaf.context.peers
        sender = number(row["from"])
        if by == sender or (by in peers and sender in peers and peers[by] == peers[sender]):
            return "remoteDeletedMessage", {}
        return "adminDeletedMessage", {"adminId": by}
    return ("remoteDeletedMessage", {}) if number(row["deleted"]) > 0 else None


def _receipts(leaf: Leaf, row: Row, kind: Type, hung: _Hung) -> list[Fields]:
    plain = {types.SENT: "sent", types.FAILED: "failed"}.get(kind.base, "pending")
    found = []
    for receipt in hung.receipts.of(number(row["id"])):
        word = RECEIPTS.get(number(receipt["status"]), "") if receipt["status"] is not None else ""
        status = {ROW: row_name("group_receipts", receipt), "recipientId": number(receipt["recipient"])}
        status["timestamp"] = max(0, number(receipt["at"]))
        status[plain if word == "sent" else word or "unknown"] = {}
        found.append(status)
    peer = number(row["to"]) or number(row["peer"])
    known = leaf.context.peers.get(peer)
    if not found and known is not None and known.is_account:
        words = (("was_viewed", "viewed"), ("was_read", "read"), ("was_delivered", "delivered"))
        word = next((word for column, word in words if number(row[column]) > 0), plain)
        found.append({"recipientId": peer, "timestamp": max(0, number(row["receipt_at"])), word: {}})
    return found


def _reactions(leaf: Leaf, row: Row, hung: _Hung) -> list[Fields]:
    found: list[Fields] = [
        {
            ROW: row_name("reaction", one),
            "emoji": text(one["emoji"]),
            "authorId": number(one["author"]),
            "sentTimestamp": max(0, number(one["sent"])),
        }
        for one in hung.reactions.of(number(row["id"]))
    ]
    try:
        old = decoded(blob(row["reactions"]), "ReactionList").get("reactions", [])
    except Malformed as error:
        leaf.problem(f"the reactions to a message cannot be read: {error}")
        old = []
    found += [
        {"emoji": one.get("emoji", ""), "authorId": one.get("author", 0), "sentTimestamp": one.get("sent", 0)}
        for one in old
    ]
    return found


def _ranges(leaf: Leaf, row: Row, hung: _Hung) -> list[Fields]:
    """Return who is mentioned where in the text."""
    found: list[Fields] = []
    for one in hung.mentions.of(number(row["id"])):
        peer = leaf.context.peers.get(number(one["recipient"]))
        raw = uuid_bytes(peer.id.removeprefix("aci:")) if peer is not None else b""
        found.append({"start": number(one["start"]), "length": number(one["length"]), "mentionAci": raw})
    try:
        ranges = decoded(blob(row["ranges"]), "BodyRanges").get("ranges", [])
    except Malformed as error:
        leaf.problem(f"the ranges of a text cannot be read: {error}")
        ranges = []
    for one in ranges:
        if raw := uuid_bytes(one.get("mention", "")):
            found.append({"start": one.get("start", 0), "length": one.get("length", 0), "mentionAci": raw})
    return found


def _json(leaf: Leaf, row: Row, column: str) -> list[dict[str, Any]]:
    """Return the objects of a column that holds a list in JSON."""
    stated = row[column]
    if not isinstance(stated, str) or not stated:
        return []
    try:
        value = json.loads(stated) if len(stated) <= MOST_JSON else None
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, list):
        leaf.problem(f"the {column} of a message are no JSON that can be read")
    return _objects(value)


def _contact(stated: dict[str, Any]) -> Fields:
    """Return a shared contact as format 2 writes it; what is not as expected in it is left out."""
    name = stated.get("name")
    names = name if isinstance(name, dict) else {}
    parts = ("givenName", "familyName", "prefix", "suffix", "middleName", "nickname")
    return {
        "name": {part: text(names.get(part)) for part in parts},
        "number": [{"value": text(one.get("number"))} for one in _objects(stated.get("phoneNumbers"))],
        "email": [{"value": text(one.get("email"))} for one in _objects(stated.get("emails"))],
        "organization": text(stated.get("organization")),
    }


def _objects(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
