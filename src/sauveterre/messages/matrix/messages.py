"""Messages of a room: texts, files, changes, deletions, reactions."""

import html
import re
from dataclasses import replace
from posixpath import dirname
from typing import Any

from sauveterre.messages.exports.rows import bounded, map_of, number_of, text_of
from sauveterre.messages.matrix.files import candidates
from sauveterre.messages.matrix.room import Happening, account_of, is_user, relation
from sauveterre.messages.signal.links import safe_text
from sauveterre.records.message import Attachment, Message, Reaction

KINDS = {
    "m.text": "text", "m.emote": "emote", "m.notice": "notice", "m.image": "photo", "m.video": "video",
    "m.audio": "audio", "m.file": "file", "m.location": "location", "m.key.verification.request": "verification",
}  # fmt: skip
POLLS = ("m.poll.start", "org.matrix.msc3381.poll.start")
MESSAGES = frozenset({"m.room.message", "m.sticker", "m.room.encrypted", *POLLS})
_HREF = re.compile(r"""<a\s[^>]*?href=["']([^"'<>]{1,4000})["']""", re.IGNORECASE)
_MENTION = re.compile(r"https://matrix\.to/#/@")
_VOICE = ("org.matrix.msc3245.voice", "org.matrix.msc2516.voice", "m.voice")


def tell_message(one: Happening) -> None:
    """Write one message, or one change of a message, and what hangs on it."""
    how, target = relation(one.event)
    if how == "m.replace" and one.kind == "m.room.message":
        _change(one, target)
        return
    count = _changes(one)
    if count:
        one.room.authors[one.id] = one.sender
    key = one.room.key(one.id) + ("|r0" if count else "")
    replaced = map_of(map_of(map_of(one.event, "unsigned"), "m.relations"), "m.replace")
    _write(one, key, one.content, revision=1 if replaced and not count else 0)


def _changes(one: Happening) -> int:
    """Return how often the author changed this message later in the store."""
    counted = one.room.survey.edits.get(one.id)
    return counted[bounded(one.sender)] if counted else 0


def _change(one: Happening, target: str) -> None:
    """Write a new text of a message: the last under its key, earlier ones with ``|r1`` and so on behind it."""
    if one.room.authors.get(target, one.sender) != one.sender:
        one.row.problem("the change of a message by another than its author is not valid; not applied")
        return
    one.room.changed[target] += 1
    revision = one.room.changed[target]
    counted = one.room.survey.edits.get(target)
    total = counted[bounded(one.sender)] if counted else revision
    key = one.room.key(target) + (f"|r{revision}" if revision < total else "")
    _write(one, key, map_of(one.content, "m.new_content"), revision, of=target)


def _write(one: Happening, key: str, content: dict[str, Any], revision: int, of: str = "") -> None:
    kind, body = _kind(one, content), _body(one, content)
    message = Message(
        key=key,
        group=one.room.group,
        sender=one.actor,
        direction=_direction(one),
        sent_at=one.at,
        sent_raw=one.at_raw,
        received_at=None,
        body=safe_text(body),
        kind=kind,
        provenance=one.row.provenance(),
        reply_to=_answered(one),
        revision=revision,
        server_at=one.at,
    )
    one.row.add(_deleted(one, message, of))
    _file(one, key, content)
    addresses = [html.unescape(address) for address in _HREF.findall(text_of(content, "formatted_body"))]
    one.row.links(key, body, [address for address in addresses if not _MENTION.match(address)])


def _direction(one: Happening) -> str:
    if one.row.export.owner is None or one.actor is None:
        return "none"
    return "out" if one.actor == one.row.export.owner else "in"


def _deleted(one: Happening, message: Message, of: str) -> Message:
    """Return the message with who deleted it, where an event says so."""
    because = map_of(map_of(one.event, "unsigned"), "redacted_because")
    by = text_of(because, "sender") or one.room.survey.deleted.get(of or one.id, "")
    if not by:
        if because:
            one.row.problem("the message was deleted, and the row does not say by whom")
        return message
    who = "by_author" if by == one.sender else "by_admin"
    account = one.row.account(account_of(by)) if is_user(by) else None
    kind = message.kind if message.body else "deleted"
    return replace(message, deleted=who, deleted_by=account, kind=kind)


def _kind(one: Happening, content: dict[str, Any]) -> str:
    if one.kind == "m.room.encrypted":
        return "encrypted"
    if one.kind in POLLS:
        return "poll"
    if one.kind == "m.sticker":
        return "sticker"
    if any(name in content for name in _VOICE):
        return "voice_message"
    stated = text_of(content, "msgtype")
    return KINDS.get(stated, stated[:40]) or "empty"


def _body(one: Happening, content: dict[str, Any]) -> str:
    if one.kind in POLLS:
        return _poll(content)
    body = text_of(content, "body")
    if map_of(map_of(one.content, "m.relates_to"), "m.in_reply_to") and body.startswith("> "):
        lines = body.split("\n")
        first = next((number for number, line in enumerate(lines) if not line.startswith(">")), len(lines))
        body = "\n".join(lines[first:]).removeprefix("\n")
    place = text_of(content, "geo_uri")
    return "\n".join(part for part in (body, place) if part)


def _poll(content: dict[str, Any]) -> str:
    poll = next((map_of(content, name) for name in ("m.poll", *POLLS) if name in content), {})
    answers = poll.get("answers")
    lines = [_words(poll.get("question"))]
    lines += [f"- {_words(answer)}" for answer in (answers if isinstance(answers, list) else [])]
    return "\n".join(line for line in lines if line)


def _words(value: object) -> str:
    if isinstance(value, dict):
        return text_of(value, "body") or text_of(value, "org.matrix.msc1767.text") or _words(value.get("m.text"))
    return _words(value[0]) if isinstance(value, list) and value and isinstance(value[0], dict) else ""


def _answered(one: Happening) -> str | None:
    related = map_of(one.content, "m.relates_to")
    answered = text_of(map_of(related, "m.in_reply_to"), "event_id")
    if related.get("is_falling_back") is True and relation(one.event)[0] == "m.thread":
        answered = relation(one.event)[1]
    return one.room.key(answered) if answered else None


def _file(one: Happening, key: str, content: dict[str, Any]) -> None:
    if "url" not in content and "file" not in content:
        return
    info = map_of(content, "info")
    found = candidates(one.event, one.row.export.files, dirname(one.row.export.path))
    path = found[0] if len(found) == 1 and one.room.survey.media[found[0]] == 1 else None
    role = "sticker" if one.kind == "m.sticker" else "attachment"
    one.row.add(
        Attachment(
            message=key,
            ordinal=0,
            role=role,
            file_name=text_of(content, "filename") or text_of(content, "body"),
            media_type=text_of(info, "mimetype"),
            size=number_of(info, "size"),
            sha256=None,
            path=path and one.row.export.file(path),
            provenance=one.row.provenance("/content"),
        )
    )


def tell_reaction(one: Happening) -> None:
    """Write one reaction; one that was taken back is not told."""
    how, target = relation(one.event)
    because = map_of(map_of(one.event, "unsigned"), "redacted_because")
    if because or one.id in one.room.survey.deleted or one.actor is None:
        return
    if how != "m.annotation" or not target:
        one.row.problem("a reaction names no message")
        return
    emoji = text_of(map_of(one.content, "m.relates_to"), "key")
    one.row.add(Reaction(one.room.key(target), one.actor, bounded(emoji), one.at, one.row.provenance()))
