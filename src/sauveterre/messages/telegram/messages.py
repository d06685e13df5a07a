"""Messages of an export: text, files, reactions, links."""

from posixpath import basename
from typing import Any

from sauveterre.messages.exports.rows import Row, list_of, number_of, raw, text_of
from sauveterre.messages.signal.links import safe_text
from sauveterre.messages.telegram.chats import Chat, peer, unix
from sauveterre.messages.telegram.texts import addresses_in, body_of, kind_of
from sauveterre.records.message import Attachment, Message, Reaction

_FILES = (
    ("photo", "attachment", "photo_file_size", "image/jpeg"),
    ("file", "attachment", "file_size", ""),
    ("thumbnail", "preview", "thumbnail_file_size", "image/jpeg"),
    ("contact_vcard", "attachment", "contact_vcard_file_size", "text/vcard"),
)
"""By member that names a file: its role, the member with its size, its media type where no other is stated."""
_LONGEST_TTL = 10 * 366 * 86_400


def tell_message(row: Row, chat: Chat, message: dict[str, Any]) -> None:
    """Write one message and what hangs on it."""
    sender = _sender(row, chat, message)
    at = unix(message.get("date_unixtime"))
    key = chat.key(row, message, sender, at)
    body = body_of(message)
    ttl = number_of(message, "self_destruct_period_seconds") or 0
    row.add(
        Message(
            key=key,
            group=chat.group,
            sender=sender,
            direction=_direction(row, sender),
            sent_at=at,
            sent_raw=raw(message.get("date_unixtime") or message.get("date")),
            received_at=None,
            body=safe_text(body),
            kind=kind_of(message),
            provenance=row.provenance(),
            reply_to=chat.reply(message),
            expires_in_ms=ttl * 1_000 if 0 < ttl < _LONGEST_TTL else None,
            revision=1 if "edited" in message else 0,
            server_at=at,
            forwarded_from=_forwarded(message),
        )
    )
    _files(row, message, key)
    _reactions(row, message, key)
    row.links(key, body, addresses_in(message))


def _sender(row: Row, chat: Chat, message: dict[str, Any]) -> str | None:
    sender, name = peer(message.get("from_id")), text_of(message, "from")
    if sender is None:
        if message.get("from_id") is not None:
            row.problem(f"the sender's id is of no form that is known: {raw(message['from_id'])}")
        return row.named(name) if name else None
    row.account(sender)
    row.identifier(sender, "display_name", name)
    row.identifier(sender, "signature", text_of(message, "author"))
    chat.meet(name, sender)
    return sender


def _direction(row: Row, sender: str | None) -> str:
    if row.export.owner is None or sender is None:
        return "none"
    return "out" if sender == row.export.owner else "in"


def _forwarded(message: dict[str, Any]) -> str | None:
    """Return who is named as the first author; empty where that is a deleted account, None where nothing is said."""
    if "forwarded_from" in message or "forwarded_from_id" in message:
        return safe_text(text_of(message, "forwarded_from")) or text_of(message, "forwarded_from_id")
    return None


def _files(row: Row, message: dict[str, Any], key: str) -> None:
    for ordinal, (member, role, size, media_type) in enumerate(one for one in _FILES if one[0] in message):
        named = text_of(message, member)
        is_told_missing = named.startswith("(") and named.endswith(")")
        path = None if is_told_missing or not named else row.export.file(named)
        if not named or (path is None and not is_told_missing):
            row.problem(f"the file {named[:200]!r} that the message names does not lie beside the export")
        is_main = member == "file"
        stated = text_of(message, "mime_type") if is_main else ""
        role = "sticker" if is_main and text_of(message, "media_type") == "sticker" else role
        name = text_of(message, "file_name") if is_main else ""
        name = name or ("" if is_told_missing else basename(named))
        row.add(
            Attachment(
                key, ordinal, role, name, stated or media_type, number_of(message, size), None, path,
                row.provenance(f"/{member}"),
            )
        )  # fmt: skip


def _reactions(row: Row, message: dict[str, Any], key: str) -> None:
    for count, reaction in enumerate(list_of(message, "reactions")):
        emoji = text_of(reaction, "emoji") or text_of(reaction, "type").replace("_", " ")
        for number, recent in enumerate(list_of(reaction, "recent")):
            account = peer(recent.get("from_id")) if isinstance(recent, dict) else None
            if account is None:
                continue
            row.account(account)
            row.identifier(account, "display_name", text_of(recent, "from"))
            at = unix(recent.get("date_unixtime"))
            row.add(Reaction(key, account, emoji, at, row.provenance(f"/reactions/{count}/recent/{number}")))
