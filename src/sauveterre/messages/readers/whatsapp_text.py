"""WhatsApp's text export (``_chat.txt``, ``WhatsApp Chat with NAME.txt``), as witnesses hand it over, and files beside.

It names people as the exporting telephone does, states no zone, no ids, no roles and no members. What is read, what is
not, and what it leaves out stands in ``docs/formats.md``. Format facts: exports themselves, and public descriptions.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from posixpath import dirname, join
from typing import BinaryIO

from sauveterre.errors import UnreadableSource
from sauveterre.messages.heads import head_of
from sauveterre.messages.whatsapp.jids import SERVICE
from sauveterre.messages.whatsapp.links import found_in, safe
from sauveterre.messages.whatsapp.media import FOLDER, entry_path, open_checked
from sauveterre.messages.whatsapp.store import digest_of
from sauveterre.messages.whatsapp.text_lines import Said, Written, lines_of, said, written
from sauveterre.messages.whatsapp.text_marks import Words, words_of
from sauveterre.messages.whatsapp.text_stamps import Dialect, stamped, visible
from sauveterre.messages.whatsapp.text_wording import me_or_name
from sauveterre.records.account import Account, AccountIdentifier
from sauveterre.records.entry import Entry, EntryKind
from sauveterre.records.group import EventKind, Group, GroupEvent, GroupKind
from sauveterre.records.message import Attachment, Link, Message
from sauveterre.records.message_reader import MessageRecord
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance
from sauveterre.records.store import StoreInfo, StoreLocation
from sauveterre.records.tree import Tree

NAME = "whatsapp_text"
VERSION = 1
HEAD = 8192
MOST_NAMES = 10_000
_FILE = re.compile(r"_chat\.txt|.*whats\s?app.*\.txt", re.IGNORECASE)
_TITLE = re.compile(
    r".*whats\s?app.*?(?:chat|discussion|conversa|csevegés|beszélgetés|чат)?\s(?:with|avec|con|mit|com|met|с|със|-|–)\s(?P<title>.+)"
    r"\.txt",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\+[0-9][0-9 ().\-]{6,25}")
_SEVERAL = re.compile(r",\s+|\s(?:and|et|y|und|en|és|и)\s")
_OF_GROUPS = frozenset(EventKind) - {EventKind.TIMER, EventKind.NUMBER_CHANGED, EventKind.PINNED, EventKind.CALL}
_NOTES = (
    "A text export states no ids: people are called as the exporting telephone calls them, and two people of one name, "
    "or one person of two, cannot be told apart.",
    "It states no zone: times are kept as they are written, and no moment is told from them.",
    "It states neither the members of the group nor their roles; who is named in a line was there, no more.",
    "It is plain text that anyone can change, and a message may hold lines that look like lines of the export.",
    "That a message is missing does not mean that it was deleted: WhatsApp limits how many it exports, and leaves out "
    "those that disappeared.",
)
_OWNER = {
    True: "Who made the export is inferred: the file is named after one of the two who write, so it was the other.",
    False: "Who made the export is not stated; they may appear under a name like everyone else.",
}


def find(tree: Tree) -> Iterator[StoreLocation]:
    """Find exports by file name and first line."""
    for path in tree.paths():
        if _FILE.fullmatch(path.rpartition("/")[2]) and _begins_as_export(tree, path):
            yield StoreLocation(NAME, path, needs_key=False)


def _begins_as_export(tree: Tree, path: str) -> bool:
    head = head_of(tree, path, HEAD)
    text = head.decode("utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "replace")
    return any(stamped(line.rstrip("\r")) for line in text.split("\n")[:5])


@dataclass(slots=True)
class _Survey:
    """What the first pass over a file tells."""

    dialect: Dialect = field(default_factory=Dialect)
    senders: dict[str, int] = field(default_factory=dict)
    """Who writes, and the line where first."""
    is_group: bool = False
    subject: str = ""
    first: Written | None = None

    def add(self, entry: Written) -> None:
        if not self.dialect.add(entry.stamp):
            return
        self.first = self.first or entry
        one = said(entry)
        if one.sender and len(self.senders) < MOST_NAMES:
            self.senders.setdefault(one.sender, entry.line)
        if one.happened is not None:
            self.is_group = self.is_group or one.happened.kind in _OF_GROUPS
            if one.happened.kind in (EventKind.CREATED, EventKind.RENAMED) and one.happened.new:
                self.subject = one.happened.new


@dataclass(slots=True)
class _Export:
    """One export while it is read."""

    tree: Tree
    path: str
    digest: str
    survey: _Survey
    files: frozenset[str]
    group: str = ""
    owner: str = ""
    known: set[str] = field(default_factory=set)
    records: list[MessageRecord] = field(default_factory=list)

    def where(self, line: int, place: str = "") -> Provenance:
        return Provenance(f"sha256:{self.digest}", self.path, f"line {line} {place}".rstrip(), NAME)

    def account(self, name: str, where: Provenance) -> str:
        """Return the account of a name, told if it is new."""
        stable_id, kind, value = (self.owner, "", "") if name == "me" else _identity(self.digest, name)
        if stable_id not in self.known:
            self.known.add(stable_id)
            self.records.append(Account(SERVICE, stable_id, stable_id == self.owner, where))
            if value:
                self.records.append(AccountIdentifier(stable_id, kind, safe(value), where))
        return stable_id

    def people(self, names: str, where: Provenance) -> list[str]:
        """Return the accounts of one name or several."""
        parts = [names] if names in self.survey.senders or names == "me" else _SEVERAL.split(names)
        return [self.account(me_or_name(part), where) for part in parts if part.strip()]


def _identity(digest: str, name: str) -> tuple[str, str, str]:
    """Return stable id, kind of identifier and value of a name; one behind ``~`` is what that person goes by."""
    called = visible(name).strip()
    kind = "profile_name" if called.startswith("~") else "contact_name"
    called = called.lstrip("~").strip()
    if _NUMBER.fullmatch(called):
        number = "+" + "".join(character for character in called if character.isdecimal())
        return f"e164:{number}", "e164", number
    return f"name:{digest}:{called}", kind, called


def read(tree: Tree, location: StoreLocation, key: str | None) -> Iterator[MessageRecord]:  # noqa: ARG001  (no key)
    """Yield the records of one export in the order of its lines, after a ``StoreInfo``.

    Raises ``UnreadableSource`` when it cannot be read or holds no line that begins with date and time.
    """
    export, others = _opened(tree, location.root)
    dialect, first = export.survey.dialect, export.survey.first
    if first is None:
        raise UnreadableSource(f"{location.root} holds no line that begins with date and time: it is no text export")
    where = export.where(first.line)
    has_brackets = _has_brackets(tree, location.root, first.line)
    is_inferred = _whose(export, where)
    notes = (*_NOTES, dialect.note, _OWNER[is_inferred])
    yield StoreInfo(f"{NAME}.{'brackets' if has_brackets else 'dashes'}", "", None, "", notes, where)
    if others:
        what = f"{len(others)} lines before the first dated one are not read: the beginning of the export is missing"
        yield Problem(export.where(others[0]), what)
    if not dialect.order:
        yield Problem(where, dialect.note)
    yield from _told(export)
    with tree.open(location.root) as stream:
        for entry in written(lines_of(stream), dialect.order):
            _read_entry(export, entry)
            yield from _told(export)


def _told(export: _Export) -> Iterator[MessageRecord]:
    records, export.records = export.records, []
    yield from records


def _opened(tree: Tree, path: str) -> tuple[_Export, list[int]]:
    survey, others = _Survey(), list[int]()
    digest = digest_of(tree, path)
    with tree.open(path) as stream:
        for entry in written(lines_of(stream), others=others):
            survey.add(entry)
    folder = dirname(path)
    files = frozenset(other for other in tree.paths() if dirname(other) == folder and other != path)
    return _Export(tree, path, digest, survey, files), others


def _has_brackets(tree: Tree, path: str, line: int) -> bool:
    with tree.open(path) as stream:
        found = next((text for number, text in enumerate(lines_of(stream), start=1) if number == line), "")
    return visible(found).startswith("[")


def _whose(export: _Export, where: Provenance) -> bool:
    """Settle which conversation it is and who made the export; return whether that is inferred."""
    survey = export.survey
    match = _TITLE.fullmatch(export.path.rpartition("/")[2])
    title = visible(match["title"]).strip() if match else ""
    others = [name for name in survey.senders if name != title]
    export.owner = f"self:sha256:{export.digest}"
    is_pair = not survey.is_group and len(survey.senders) <= 2 and (not title or title in survey.senders)
    if not is_pair or len(survey.senders) < 2:
        kind, title = (GroupKind.DIRECT if is_pair else GroupKind.GROUP), title or survey.subject
        export.group = f"source:{export.digest}:chat"
        export.records.append(Group(SERVICE, export.group, safe(title), kind, where))
        return False
    if title:
        export.owner = _identity(export.digest, others[0])[0]
    pair = sorted(export.account(name, export.where(line)) for name, line in survey.senders.items())
    export.group = f"direct:{pair[0]}|{pair[1]}"
    export.records.append(Group(SERVICE, export.group, "", GroupKind.DIRECT, where))
    return bool(title)


def _read_entry(export: _Export, entry: Written) -> None:
    where, one = export.where(entry.line), said(entry)
    if entry.is_cut:
        export.records.append(Problem(where, "the message is longer than a message can be; its end is left out"))
    if "\ufffd" in entry.text and "\ufffd" not in export.known:
        export.known.add("\ufffd")
        export.records.append(Problem(where, "bytes that are no text, here and maybe below: they are shown as \ufffd"))
    if one.sender:
        _read_message(export, entry, one, where)
    else:
        _read_happening(export, entry, one, where)


def _read_happening(export: _Export, entry: Written, one: Said, where: Provenance) -> None:
    at, raw = entry.stamp.at(export.survey.dialect.order), entry.stamp.raw
    if one.happened is None:
        detail = safe(visible(one.text).strip())
        export.records.append(GroupEvent(export.group, EventKind.UPDATED, None, None, at, raw, where, detail))
        return
    kind, new = one.happened.kind, safe(one.happened.new)
    targets: list[str | None] = [*export.people(one.happened.target, where)] or [None]
    actor = export.account(one.happened.actor, where) if one.happened.actor else None
    for target in targets:
        by_itself = kind in (EventKind.LEFT, EventKind.JOINED, EventKind.JOINED_BY_LINK, EventKind.JOIN_REQUESTED)
        who = target if by_itself else actor
        export.records.append(GroupEvent(export.group, kind, who, target, at, raw, where, new))


def _read_message(export: _Export, entry: Written, one: Said, where: Provenance) -> None:
    sender, words = export.account(one.sender, where), words_of(one.text)
    key = f"line:{export.digest}:{entry.line}"
    admin = export.account(words.admin, where) if words.admin else None
    direction = "none" if export.owner.startswith("self:") else "out" if sender == export.owner else "in"
    export.records.append(
        Message(
            key=key,
            group=export.group,
            sender=sender,
            direction=direction,
            sent_at=entry.stamp.at(export.survey.dialect.order),
            sent_raw=entry.stamp.raw,
            received_at=None,
            body=safe(words.body),
            kind="deleted" if words.deleted != "no" else "media" if words.file_name is not None else "text",
            provenance=where,
            deleted=words.deleted,
            deleted_by=sender if words.deleted == "by_author" else admin,
            revision=int(words.is_edited),
        )
    )
    _carried(export, entry, key, words)


def _carried(export: _Export, entry: Written, key: str, words: Words) -> None:
    """Tell the file and the links of a message."""
    if words.file_name is not None:
        path = join(dirname(export.path), words.file_name)
        place = entry_path(path) if words.file_name and path in export.files else None
        export.records.append(
            Attachment(
                key, 0, "attachment", safe(words.file_name), "", None, None, place, export.where(entry.line, "file")
            )
        )
    for count, link in enumerate(found_in(words.body, {})):
        kind = "group_invite" if link.is_invitation else "text"
        place_of = export.where(entry.line, f"link {count}")
        export.records.append(Link(key, link.url, kind, place_of, link.group, link.credential))


def attachments(tree: Tree, location: StoreLocation, key: str | None) -> Iterator[Entry]:  # noqa: ARG001  (no key)
    """List the files that messages name and that lie beside the export, each once."""
    export, _ = _opened(tree, location.root)
    seen: set[str] = set()
    with tree.open(location.root) as stream:
        for entry in written(lines_of(stream), export.survey.dialect.order):
            one = said(entry)
            name = words_of(one.text).file_name if one.sender else None
            path = join(dirname(location.root), name or "")
            if name and path in export.files and path not in seen:
                seen.add(path)
                yield Entry(
                    path=entry_path(path).encode("utf-8", "surrogateescape"),
                    size=None,
                    locator=f"line {entry.line} file",
                    kind=EntryKind.FILE,
                    allocated=True,
                    modified=None,
                    provenance=export.where(entry.line, "file"),
                )


def open_attachment(
    tree: Tree,
    location: StoreLocation,  # noqa: ARG001  (the entry says it)
    key: str | None,  # noqa: ARG001  (no key)
    entry: Entry,
) -> BinaryIO:
    """Open one file; an export states no digest that it could be checked by."""
    return open_checked(tree, entry.path.decode("utf-8", "surrogateescape").removeprefix(f"{FOLDER}/"), "")
