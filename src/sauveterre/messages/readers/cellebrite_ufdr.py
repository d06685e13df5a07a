"""Reports of Cellebrite's programs: ``report.xml`` of a UFDR package or of a report folder, for every app in it.

What is read, what is not, and what a report leaves out stands in ``docs/formats.md``. The report is read twice, as a
stream: once for what has to be known of the whole, once for the records. No schema is public: format facts from
published parsers and excerpts.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import BinaryIO

from sauveterre.errors import UnreadableSource
from sauveterre.messages.heads import head_of
from sauveterre.messages.protobuf import clean_text
from sauveterre.messages.ufdr.activities import read_activities
from sauveterre.messages.ufdr.attachments import entry_of, open_checked
from sauveterre.messages.ufdr.chats import begin_chat, chat_of, with_ends
from sauveterre.messages.ufdr.context import MOST_PROBLEMS, Conversation, Source, Telling
from sauveterre.messages.ufdr.index import Index
from sauveterre.messages.ufdr.items import read_message
from sauveterre.messages.ufdr.models import Model, header_moment
from sauveterre.messages.ufdr.people import read_call, read_contact, read_user_account
from sauveterre.messages.ufdr.report import BadReport, Begin, Fact, Piece, read_report
from sauveterre.records.entry import Entry
from sauveterre.records.message_reader import MessageRecord
from sauveterre.records.problem import Problem
from sauveterre.records.pulse import pulse
from sauveterre.records.store import StoreInfo, StoreLocation
from sauveterre.records.tree import Tree

NAME = "cellebrite_ufdr"
VERSION = 1

REPORT = "report.xml"
BLOCK = 1 << 20
PROTECTED_MAGIC = b"\x2d\x06\x52\x6d"
"""How a report begins that only the vendor's own programs open."""
_MARKS = (b"pa.cellebrite.com", b"extractiontype", b"sourceextractions", b"project id")
MOST_FACTS = 1_000
"""Most facts of the report's head that are kept, and most characters of one."""
_ALONE: dict[str, Callable[[Telling, Model], None]] = {
    "UserAccount": read_user_account,
    "Contact": read_contact,
    "Call": read_call,
}
_SHORT = ("SMS", "MMS")
_NOTES = (
    "A report holds what the examiner chose to export, of what the extraction program could decode: that a message, a "
    "chat or a person is missing means nothing.",
    "Administrators are told as the report marks participants (IsGroupAdmin); where the mark is empty, the role is not "
    "known.",
    "The log of a chat names whom an activity concerns, and not who did it: who added, removed or promoted somebody "
    "is in the sentence of the app, if anywhere.",
    "A message marked as deleted was recovered by the extraction program from what the device had deleted; by whom and "
    "when it was deleted is not known.",
)


def find(tree: Tree) -> Iterator[StoreLocation]:
    """Find reports by name and first bytes."""
    for path in tree.paths():
        if path.rpartition("/")[2].casefold() == REPORT and _is_report(head_of(tree, path)):
            yield StoreLocation(NAME, path, needs_key=False)


def _is_report(head: bytes) -> bool:
    letters = head.replace(b"\x00", b"").lower()
    return head.startswith(PROTECTED_MAGIC) or (b"<" in head and any(mark in letters for mark in _MARKS))


def read(tree: Tree, location: StoreLocation, key: str | None) -> Iterator[MessageRecord]:  # noqa: ARG001 - a reader's signature
    """Yield the records of one report in its order, after a ``StoreInfo``; no key is needed.

    Raises ``UnreadableSource`` for a protected report and for what is no report; damage becomes ``Problem`` records.
    """
    source = _source(tree, location)
    facts = _facts(tree, location)
    yield _info(source, facts)
    with Index(tree, location.root) as index:
        if not index.is_report:
            what = index.fault or "it holds neither a project nor a model"
            raise UnreadableSource(f"{location.root} is no report that can be read: {what}; export the report again")
        telling = Telling(source, index, _taken_at(facts) or index.latest)
        yield from _pieces(tree, location, telling)
        if index.fault:
            yield Problem(source.at("project"), f"the report cannot be followed to its end: {index.fault}")
        yield from _last_words(telling)


def _source(tree: Tree, location: StoreLocation) -> Source:
    """Digest the report; refuse a protected one."""
    digest = hashlib.sha256()
    with tree.open(location.root) as stream:
        block = stream.read(BLOCK)
        if block.startswith(PROTECTED_MAGIC):
            raise UnreadableSource(
                f"{location.root} is protected by the program that made it, and only that program opens it: "
                "export the report again without protection"
            )
        while block:
            pulse()
            digest.update(block)
            block = _next_block(stream)
    return Source(digest.hexdigest(), location.root, NAME)


def _next_block(stream: BinaryIO) -> bytes:
    """Return the next block; a report that ends in damage is read, and digested, as far as it goes."""
    try:
        return stream.read(BLOCK)
    except UnreadableSource:
        return b""


def _facts(tree: Tree, location: StoreLocation) -> dict[str, str]:
    """Return what the report's head says, the first of each name."""
    facts: dict[str, str] = {}
    with tree.open(location.root) as stream:
        try:
            for found in read_report(stream):
                if isinstance(found, Begin | Piece) or len(facts) >= MOST_FACTS:
                    break
                if isinstance(found, Fact) and found.value:
                    facts.setdefault(found.name, clean_text(found.value[:MOST_FACTS]))
        except BadReport:
            return facts
    return facts


def _taken_at(facts: dict[str, str]) -> datetime | None:
    names = ("DeviceInfoExtractionEndDateTime", "DeviceInfoExtractionStartDateTime")
    return next(filter(None, (header_moment(facts.get(name, "")) for name in names)), None)


def _info(source: Source, facts: dict[str, str]) -> StoreInfo:
    return StoreInfo(
        kind=NAME,
        version=facts.get("@reportVersion", ""),
        exported_at=header_moment(facts.get("DeviceInfoCreationTime", "")),
        app_version=facts.get("UFED_PA_Version", ""),
        notes=_NOTES,
        provenance=source.at("project"),
    )


def _pieces(tree: Tree, location: StoreLocation, telling: Telling) -> Iterator[MessageRecord]:
    """Tell the models of the report one by one; where it breaks off is told from its index."""
    chat: Conversation | None = None
    with tree.open(location.root) as stream:
        try:
            for found in read_report(stream):
                if isinstance(found, Piece):
                    chat = _piece(telling, found, chat)
                    yield from telling.drained()
        except BadReport:
            yield from telling.drained()


def _piece(telling: Telling, piece: Piece, chat: Conversation | None) -> Conversation | None:
    """Tell one model; return the chat that is at hand after it."""
    model = piece.model
    if piece.cut:
        telling.problem(telling.where(model), f"not kept: {piece.cut}")
    if piece.chat and (chat is None or chat.number != piece.chat):
        chat = begin_chat(telling, piece.chat, model)
    if model.type == "InstantMessage":
        _message(telling, piece, chat if piece.chat else None)
    elif model.type in _SHORT:
        _message(telling, replace(piece, model=with_ends(model)), None)
    elif model.type == "ChatActivity" and piece.field == "ActivityLog" and chat is not None:
        read_activities(telling, chat, [model])
    elif model.type in _ALONE:
        _ALONE[model.type](telling, model)
    return chat


def _message(telling: Telling, piece: Piece, chat: Conversation | None) -> None:
    """Tell a message once: reports list those of chats a second time for themselves."""
    if telling.index.is_first(piece):
        read_message(telling, chat or chat_of(telling, piece.model), piece.model, piece.number)
    elif chat is not None:
        telling.problem(telling.where(piece.model), "a message with this identifier came before: it is not told again")


def _last_words(telling: Telling) -> Iterator[Problem]:
    """Count the problems that were not told one by one, and name the sorts of models that are not read."""
    more = telling.problems - MOST_PROBLEMS
    if more > 0:
        yield Problem(
            telling.source.at("decodedData"), f"{more:,} more problems of this report are not told one by one"
        )
    if telling.index.unread:
        what = "; ".join(f"{sort} {count:,}" for sort, count in sorted(telling.index.unread.items()))
        yield Problem(
            telling.source.at("decodedData"), clean_text(f"models of these types are not read: {what[:2000]}")
        )


def attachments(tree: Tree, location: StoreLocation, key: str | None) -> Iterator[Entry]:  # noqa: ARG001 - a reader's signature
    """List every file that a message carries and the tree holds, each once; raises as ``read`` does."""
    source = _source(tree, location)
    with Index(tree, location.root) as index:
        for file, model in index.wanted():
            if file.place is not None and index.is_new("entry", file.place):
                yield entry_of(source, file, file.place, model)


def open_attachment(tree: Tree, location: StoreLocation, key: str | None, entry: Entry) -> BinaryIO:  # noqa: ARG001
    """Open a file's bytes; raise ``UnreadableSource`` when they are not those whose digest the report claims."""
    return open_checked(tree, entry)
