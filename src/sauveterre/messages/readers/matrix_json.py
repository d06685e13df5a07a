"""A Matrix room as Element exports it (JSON): the events of one room, with the files beside them.

What is read, what is not, and what such an export leaves out stands in ``docs/formats.md``. Format facts: Matrix's
published specification, and public descriptions of the export.
"""

import re
from collections.abc import Iterator
from posixpath import basename, dirname
from typing import Any, BinaryIO

from sauveterre.errors import UnreadableSource
from sauveterre.messages.exports.json_items import Fault, items
from sauveterre.messages.exports.media import entries_of, files_beside, open_file
from sauveterre.messages.exports.rows import Export, Row, digest_of, text_of
from sauveterre.messages.heads import head_of
from sauveterre.messages.matrix.files import candidates
from sauveterre.messages.matrix.members import STATE
from sauveterre.messages.matrix.messages import MESSAGES, tell_message, tell_reaction
from sauveterre.messages.matrix.room import MOST, Happening, Room, Survey, account_of, effective, group_of, is_user
from sauveterre.messages.signal.links import safe_text
from sauveterre.records.entry import Entry
from sauveterre.records.group import EventKind, Group, GroupKind
from sauveterre.records.message_reader import MessageRecord
from sauveterre.records.problem import Problem
from sauveterre.records.store import StoreInfo, StoreLocation
from sauveterre.records.tree import Tree

NAME = "matrix_json"
VERSION = 1
_LIKELY = re.compile(r"[^/]*(?:export|matrix|element)[^/]*\.json", re.IGNORECASE)
_HEAD = re.compile(
    rb'\A(?:\xef\xbb\xbf)?\s*\{\s*"room_name"\s*:.*"(?:room_creator|topic|export_date|exported_by)"', re.DOTALL
)
_HEADER = ("room_name", "topic", "exported_by", "export_date")
_LINK_STATES = {"public": "open", "knock": "approval", "knock_restricted": "approval", "invite": "off"}
_PASSED_OVER = frozenset({"m.room.redaction", "m.room.related_groups", "m.space.child", "m.space.parent"})
_NOTES = (
    "An export holds the events that the exporter's program could show and that were asked for (all, or the last "
    "ones): what came before its first event is not in it.",
    "Levels of 100 and more are told as administrator, 50 and more (or what the room itself asks to remove, ban or "
    "delete, where that is less) as moderator. A level stated for somebody says nothing about being in the room.",
    "Times are those of the sender's server.",
    "The text of a deleted message is gone; who deleted it is told where an event says so.",
    "Which file beside the export belongs to which message is not stated: it is told where name, day, minute and "
    "second fit one file and one message only.",
)


def find(tree: Tree) -> Iterator[StoreLocation]:
    """Find exports among files that are called like one, by their first bytes."""
    for path in tree.paths():
        if _LIKELY.fullmatch(basename(path)) and _HEAD.search(head_of(tree, path)):
            yield StoreLocation(NAME, path, needs_key=False)


def read(
    tree: Tree,
    location: StoreLocation,
    key: str | None,  # noqa: ARG001 - none is needed
) -> Iterator[MessageRecord]:
    """Yield the records of an export in the order of its events, after a ``StoreInfo``. No key is needed.

    Raises ``UnreadableSource`` when the file cannot be opened or is no export; damage inside becomes ``Problem``
    records.
    """
    export = Export("matrix", NAME, location.root, digest_of(tree, location.root))
    export.files = files_beside(tree, location.root)
    survey = _survey(tree, export)
    export.owner = account_of(survey.exported_by) if is_user(survey.exported_by) else None
    top = export.row(())
    _begin(top, survey)
    yield from top.records
    yield from _events(tree, export, Room(survey, group_of(survey, export.digest)))


def _survey(tree: Tree, export: Export) -> Survey:
    """Read the export once, for what has to be known before its first message is told."""
    survey, folder = Survey(), dirname(export.path)
    is_export = False
    with tree.open(export.path) as stream:
        for found in items(stream, *_HEADER, "messages/*"):
            if isinstance(found, Fault):
                continue
            is_export = True
            if found.pattern == "messages/*":
                event = effective(found.value) if isinstance(found.value, dict) else {}
                survey.take(event)
                if len(survey.media) < MOST:
                    survey.media.update(candidates(event, export.files, folder))
            else:
                _head(survey, found.pattern, text_of({"": found.value}, ""))
    if not is_export:
        raise UnreadableSource(f"{export.path} is no room export of Element: neither a header nor an event is in it")
    return survey


def _head(survey: Survey, member: str, value: str) -> None:
    names = {"room_name": "name", "topic": "topic", "exported_by": "exported_by", "export_date": "date"}
    setattr(survey, names[member], value)


def _begin(row: Row, survey: Survey) -> None:
    """Tell the store, the room and the exporter."""
    notes = list(_NOTES)
    if survey.encrypted:
        notes.append(f"{survey.encrypted} events are encrypted and could not be read by the one who made the export.")
    if survey.date:
        notes.append(f"The export states the day on which it was made as {survey.date[:40]!r}, in its maker's own way.")
    owner = row.export.owner or f"self:sha256:{row.export.digest}"
    if row.export.owner is None:
        notes.append("Who made the export is stated by display name only: messages have no direction.")
    row.add(StoreInfo(NAME, "", None, "", tuple(notes), row.provenance()))
    account = row.account(owner)
    row.identifier(account, "display_name", "" if row.export.owner else survey.exported_by)
    state = _LINK_STATES.get(survey.rule, "unknown")
    group, title, topic = group_of(survey, row.export.digest), safe_text(survey.name), safe_text(survey.topic)
    kind = GroupKind.GROUP
    row.add(Group("matrix", group, title, kind, row.provenance(), description=topic, link_state=state))


def _events(tree: Tree, export: Export, room: Room) -> Iterator[MessageRecord]:
    seen = 0
    with tree.open(export.path) as stream:
        for found in items(stream, "messages/*"):
            row = export.row(found.path)
            if isinstance(found, Fault):
                yield Problem(row.provenance(), found.what)
                continue
            seen += 1
            if isinstance(found.value, dict):
                _event(row, room, effective(found.value))
            else:
                row.problem("an event is expected here")
            yield from row.records
    if not seen:
        yield Problem(export.row(()).provenance(), "the export holds no event")


def _event(row: Row, room: Room, event: dict[str, Any]) -> None:
    elsewhere = text_of(event, "room_id")
    if elsewhere and elsewhere != room.survey.room:
        row.problem(f"the event belongs to another room ({elsewhere[:100]}); not read")
        return
    one = Happening(row, room, event)
    if room.is_repeated(one):
        row.problem("an event with this id came before; not read again")
    elif one.kind in MESSAGES:
        tell_message(one)
    elif one.kind == "m.reaction":
        tell_reaction(one)
    elif one.kind in STATE:
        STATE[one.kind](one)
    elif one.kind not in _PASSED_OVER:
        one.happened(EventKind.UPDATED, detail=f"event {one.kind[:100]}")


def attachments(tree: Tree, location: StoreLocation, key: str | None) -> Iterator[Entry]:
    """List every file beside the export that a message is known to mean; raises as ``read`` does."""
    yield from entries_of(read(tree, location, key))


def open_attachment(
    tree: Tree,
    location: StoreLocation,
    key: str | None,  # noqa: ARG001 - none is needed
    entry: Entry,
) -> BinaryIO:
    """Open one file; the export states no digest that it could be checked against."""
    return open_file(tree, location, entry)
