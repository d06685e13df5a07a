"""Telegram Desktop's export as JSON (``result.json``): of the whole account, or of one chat.

What is read, what is not, and what such an export leaves out stands in ``docs/formats.md``: above all who is in a
group and who administers it. Format facts: read from public descriptions and from the program's own output.
"""

import re
from collections.abc import Callable, Iterator
from posixpath import basename
from typing import Any, BinaryIO

from sauveterre.errors import UnreadableSource
from sauveterre.messages.exports.json_items import Fault, Item, Path, items
from sauveterre.messages.exports.media import entries_of, files_beside, open_file
from sauveterre.messages.exports.rows import Export, Row, digest_of, number_of, text_of
from sauveterre.messages.heads import HEAD, head_of
from sauveterre.messages.signal.links import safe_text
from sauveterre.messages.telegram.chats import Chat, peer
from sauveterre.messages.telegram.messages import tell_message
from sauveterre.messages.telegram.people import owner_of, tell_contact, tell_frequent, tell_owner
from sauveterre.messages.telegram.services import tell_service
from sauveterre.records.entry import Entry
from sauveterre.records.message_reader import MessageRecord
from sauveterre.records.problem import Problem
from sauveterre.records.store import StoreInfo, StoreLocation
from sauveterre.records.tree import Tree

NAME = "telegram_json"
VERSION = 1
_LIKELY = re.compile(
    r"(?:result[^/]*|[^/]*telegram[^/]*)\.json|(?:.*/)?(?:ChatExport|DataExport)_[^/]*/[^/]*\.json", re.I
)
_TYPES = "personal_chat|bot_chat|saved_messages|replies|(?:private|public)_(?:group|supergroup|channel)"
_SINGLE = re.compile(rb'"type"\s*:\s*"(?:' + _TYPES.encode() + rb')"\s*,\s*"id"\s*:')
_FULL = re.compile(rb'\A\s*\{\s*"about"\s*:.*(?:"personal_information"|"chats"|"contacts"|telegram)', re.DOTALL | re.I)
_LISTS = ("chats", "left_chats")
_PATTERNS = (
    "personal_information", "contacts/list/*", "frequent_contacts/list/*", "name", "type", "id", "messages/*",
    *(f"{name}/list/*/{part}" for name in _LISTS for part in ("name", "type", "id", "messages/*")),
)  # fmt: skip
_NOTES = (
    "An export from Telegram Desktop lists no members and states no administrators: who made a group is told, and who "
    "acted in it; that somebody is not called an administrator says nothing.",
    "Whoever was added or removed is named by display name only, without an id.",
    "Deleted messages are not in an export and leave no mark; neither are secret chats. That a message is missing does "
    "not mean that it was deleted.",
    "Times are those of the service. Where an older export states local time without zone only, the time is kept as "
    "written and not placed.",
    "How often a message was edited is not stated: revision 1 means at least once.",
    "Which chats, which dates and which files are in an export is chosen by the one who makes it.",
)
_NO_OWNER = "The export of one chat does not state whose it is, unless it is a chat of two in which the owner wrote."
_LEFT = "Of channels and supergroups that the owner has left, an export holds the owner's own messages only."


def find(tree: Tree) -> Iterator[StoreLocation]:
    """Find exports among files that are called like one, by their first bytes."""
    for path in tree.paths():
        if _LIKELY.fullmatch(basename(path)) or _LIKELY.fullmatch(path):
            head = head_of(tree, path).removeprefix(b"\xef\xbb\xbf")
            if head.lstrip().startswith(b"{") and (_SINGLE.search(head) or _FULL.search(head)):
                yield StoreLocation(NAME, path, needs_key=False)


def read(
    tree: Tree,
    location: StoreLocation,
    key: str | None,  # noqa: ARG001 - none is needed
) -> Iterator[MessageRecord]:
    """Yield the records of an export in the order of the file, after a ``StoreInfo``. No key is needed.

    Raises ``UnreadableSource`` when the file cannot be opened or is no export; damage inside becomes ``Problem``
    records.
    """
    export = Export("telegram", NAME, location.root, digest_of(tree, location.root))
    export.files = files_beside(tree, location.root)
    is_full, export.owner = _survey(tree, location.root)
    notes = (*_NOTES, _LEFT) if is_full else (*_NOTES, _NO_OWNER)
    kind = f"{NAME}.{'full' if is_full else 'chat'}"
    yield StoreInfo(kind, "", None, "", notes, export.row(()).provenance())
    yield from _items(tree, export)


def _survey(tree: Tree, path: str) -> tuple[bool, str | None]:
    """Say whether this is the export of an account, and whose; reads no further than it must."""
    kind, other = "", None
    with tree.open(path) as stream:
        for found in items(stream, "personal_information", "chats/list/*/type", "type", "id", "messages/*"):
            if isinstance(found, Fault):
                continue
            if found.pattern in ("personal_information", "chats/list/*/type"):
                return True, owner_of(found.value)
            kind = text_of({"type": found.value}, "type") if found.pattern == "type" else kind
            other = number_of({"id": found.value}, "id") if found.pattern == "id" else other
            if kind == "saved_messages" and other:
                return False, f"tg:user{other}"
            sender = peer(found.value.get("from_id")) if isinstance(found.value, dict) else None
            if kind not in ("", "personal_chat", "bot_chat"):
                return False, None
            if sender is not None and other and sender != f"tg:user{other}":
                return False, sender
    if not kind and other is None and not _is_full(tree, path):
        raise UnreadableSource(f"{path} is no export of Telegram Desktop: neither an account nor a chat is in it")
    return not kind and other is None, None


def _is_full(tree: Tree, path: str) -> bool:
    with tree.open(path) as stream:
        return bool(_FULL.search(stream.read(HEAD).removeprefix(b"\xef\xbb\xbf")))


_PEOPLE = {
    "personal_information": tell_owner, "contacts/list/*": tell_contact, "frequent_contacts/list/*": tell_frequent,
}  # fmt: skip


def _items(tree: Tree, export: Export) -> Iterator[MessageRecord]:
    chat = Chat(("",))
    with tree.open(export.path) as stream:
        for found in items(stream, *_PATTERNS):
            if isinstance(found, Fault):
                yield Problem(export.row(found.path).provenance(), found.what)
                continue
            if (tell := _PEOPLE.get(found.pattern)) is not None:
                yield from _told(export, found, tell)
                continue
            part = found.pattern.removesuffix("/*").rpartition("/")[2]
            place = _place(found, part) if "list" in found.pattern else ()
            if place != chat.place:
                yield from _untold(export, chat)
                chat = Chat(place)
            yield from _of_chat(export, chat, part, found)
    yield from _untold(export, chat)


def _place(found: Item, part: str) -> Path:
    """Return where a chat of several lies; behind a break nothing tells that it is the same chat still."""
    at = len(found.path) - 1 - found.path[::-1].index(part)
    return found.path[:at] + tuple(one for one in found.path[at + 1 : at + 2] if isinstance(one, str))


def _told(export: Export, found: Item, tell: Callable[[Row, dict[str, Any]], None]) -> Iterator[MessageRecord]:
    row = export.row(found.path)
    if isinstance(found.value, dict):
        tell(row, found.value)
    else:
        row.problem("an object is expected here")
    yield from row.records


def _of_chat(export: Export, chat: Chat, part: str, found: Item) -> Iterator[MessageRecord]:
    if part != "messages":
        _state(chat, part, found.value)
        return
    row = export.row(found.path)
    message = found.value if isinstance(found.value, dict) else {}
    if not chat.group:
        chat.tell(row, message)
    if not message:
        row.problem("a message is expected here")
    elif text_of(message, "type") == "service":
        tell_service(row, chat, message)
    else:
        tell_message(row, chat, message)
    yield from row.records


def _state(chat: Chat, part: str, value: object) -> None:
    """Take the name, type or id of a chat; what was stated first counts."""
    if part == "id":
        chat.number = chat.number if chat.number is not None else number_of({"id": value}, "id")
    elif part == "type":
        chat.type = chat.type or text_of({"type": value}, "type")
    else:
        chat.name = chat.name or safe_text(text_of({"name": value}, "name"))


def _untold(export: Export, chat: Chat) -> Iterator[MessageRecord]:
    """Tell a chat that holds no message."""
    if not chat.group and (chat.type or chat.number is not None):
        row = export.row(chat.place)
        chat.tell(row, {})
        yield from row.records


def attachments(tree: Tree, location: StoreLocation, key: str | None) -> Iterator[Entry]:
    """List every file beside the export that a message names; raises as ``read`` does."""
    yield from entries_of(read(tree, location, key))


def open_attachment(
    tree: Tree,
    location: StoreLocation,
    key: str | None,  # noqa: ARG001 - none is needed
    entry: Entry,
) -> BinaryIO:
    """Open one file; the export states no digest that it could be checked against."""
    return open_file(tree, location, entry)
