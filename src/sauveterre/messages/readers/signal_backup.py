"""Signal backup format 2, in its three containers: encrypted folder, bare frames, plaintext export.

What is read, what is not, and what each container leaves out stands in ``docs/formats.md``. The
recovery key opens the folder; nothing is guessed. Format facts: Signal's own backup format, read from public
descriptions.
"""

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import BinaryIO
from uuid import UUID

from sauveterre.errors import UnreadableSource
from sauveterre.messages.last_opened import LastOpened
from sauveterre.messages.protobuf import Decoder, Fields, Malformed
from sauveterre.messages.signal import media, store
from sauveterre.messages.signal.context import Context, Leaf, moment
from sauveterre.messages.signal.frames import Part
from sauveterre.messages.signal.items import read_item
from sauveterre.messages.signal.people import read_account, read_ad_hoc_call, read_chat, read_recipient
from sauveterre.messages.signal.schema import SCHEMA
from sauveterre.records.entry import Entry
from sauveterre.records.message_reader import MessageRecord
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance
from sauveterre.records.store import StoreInfo, StoreLocation
from sauveterre.records.tree import Tree

NAME = "signal_backup_v2"
VERSION = 2
FORMAT = 1
"""The version of the format that is read."""
MAX_PROBLEMS = 10_000
"""After so many damaged frames the rest is not read: it is no longer a backup."""
UNREAD = ("stickerPack", "notificationProfile", "chatFolder")
"""Frames that tell nothing about people or messages; they are known and passed over."""
_HANDLERS = {
    "account": read_account,
    "recipient": read_recipient,
    "chat": read_chat,
    "chatItem": read_item,
    "adHocCall": read_ad_hoc_call,
}
_NOTES = {
    "folder": ("A file that is missing in the folder 'files' was never downloaded or is lost; its digest is kept.",),
    "frames": ("Bare frames carry no media; the digests of attachments are kept where they are stated.",),
    "export": (
        "A plaintext export is sanitised by Signal: messages that were to disappear and the files of "
        "view-once messages are left out.",
    ),
}
_NOTES_ALL = (
    "Messages that had disappeared before are not in a backup: that one is missing does not mean that it was deleted.",
    "What happened in a group is told only from the time at which the owner joined it.",
)
_OWNER_NOTES = {
    "proved": "The owner's ACI is proved: the identifier of this backup is derived from it.",
    "inferred": "The owner's ACI is inferred by elimination: of all who are in or act in a group, only this "
    "member is no contact. The backup does not state it.",
    "": "The backup does not state the owner's ACI, and it could not be told; the owner may also appear as "
    "another account among a group's members.",
}


def find(tree: Tree) -> Iterator[StoreLocation]:
    """Find backups by names and first bytes; see ``store.find``."""
    yield from store.find(tree, NAME)


def read(tree: Tree, location: StoreLocation, key: str | None) -> Iterator[MessageRecord]:
    """Yield the records of one backup, in the order of its frames, after a ``StoreInfo``.

    ``key`` is the recovery key of an encrypted folder. Raises ``Locked`` when it is missing, malformed or
    wrong and ``UnreadableSource`` when the main file cannot be opened; damage inside becomes ``Problem``
    records.
    """
    last = _opened(tree, location, key)
    opened, survey = last.store, last.survey
    owner_aci = str(UUID(bytes=survey.owner)) if survey.owner else ""
    owner = f"aci:{owner_aci}" if owner_aci else f"self:sha256:{opened.digest}"
    context = Context(opened, owner, owner_aci, moment(survey.info.get("backupTimeMs")))
    yield _info(opened, survey)
    if survey.info_fault:
        yield Problem(_first(opened), f"the header of the backup cannot be read: {survey.info_fault}")
    elif survey.info.get("version", 0) != FORMAT:
        what = f"the backup states version {survey.info.get('version', 0)}; it is read as version {FORMAT}"
        yield Problem(_first(opened), what)
    yield from _frames(opened, context)


def _first(opened: store.Store) -> Provenance:
    return opened.provenance(1 if opened.kind == "export" else 0)


def _info(opened: store.Store, survey: store.Survey) -> StoreInfo:
    return StoreInfo(
        kind=f"{NAME}.{opened.kind}",
        version=str(survey.info.get("version", 0)),
        exported_at=moment(survey.info.get("backupTimeMs")),
        app_version=survey.info.get("currentAppVersion", ""),
        notes=(*_NOTES[opened.kind], *_NOTES_ALL, _OWNER_NOTES[survey.owner_basis]),
        provenance=_first(opened),
    )


def _frames(opened: store.Store, context: Context) -> Iterator[MessageRecord]:
    decoder, first_seen, damaged, last = Decoder(SCHEMA), dict[str, int](), 0, 0
    for count, part in enumerate(opened.parts()):
        last = part.ordinal
        if count == 0 and not part.is_last:
            continue
        records, is_damaged = _frame(opened, context, decoder, part)
        if count == 1 and not context.has_account:
            yield Problem(
                opened.provenance(part.ordinal),
                "the first frame is no account frame: the backup is not whole",
            )
        yield from records
        for name in decoder.unknown.keys() - first_seen.keys():
            first_seen[name] = part.ordinal
        damaged += is_damaged
        if damaged >= MAX_PROBLEMS:
            what = f"{damaged} frames are damaged: from byte {part.offset} on nothing is read"
            yield Problem(opened.provenance(part.ordinal), what)
            break
    if not context.has_account:
        yield Problem(opened.provenance(last), "the backup holds no account frame: it is not whole")
    yield from _unknown(opened, decoder.unknown, first_seen)


def _frame(opened: store.Store, context: Context, decoder: Decoder, part: Part) -> tuple[list[MessageRecord], bool]:
    """Return the records of one frame, and whether it is damaged."""
    leaf = Leaf(context, part.ordinal)
    if part.fault:
        leaf.problem(f"{part.fault} (byte {part.offset})")
        return leaf.records, True
    try:
        fields = opened.decode(decoder, part.data, "Frame")
    except Malformed as error:
        unit = "line" if opened.kind == "export" else "frame"
        leaf.problem(f"{unit} {part.ordinal} at byte {part.offset} cannot be read: {error}")
        return leaf.records, True
    if not fields:
        leaf.problem(f"the frame at byte {part.offset} is empty")
        return leaf.records, True
    _handle(leaf, fields)
    return leaf.records, False


def _handle(leaf: Leaf, fields: Fields) -> None:
    for name, handler in _HANDLERS.items():
        if name in fields:
            handler(leaf, fields[name])


def _unknown(opened: store.Store, unknown: Counter[str], first_seen: dict[str, int]) -> Iterator[Problem]:
    """Tell what a newer version of Signal may have added, once for each field."""
    for name, count in sorted(unknown.items())[:MAX_PROBLEMS]:
        what = f"the field {name} is not known and was not read ({count} times): a newer version may have it"
        yield Problem(opened.provenance(first_seen.get(name, 0)), what)


def attachments(tree: Tree, location: StoreLocation, key: str | None) -> Iterator[Entry]:
    """List every distinct medium that a message names and whose file is there; raises as ``read`` does."""
    last = _opened(tree, location, key)
    for medium in media.referenced(last.store):
        yield media.entry(last.store, medium)


def open_attachment(tree: Tree, location: StoreLocation, key: str | None, entry: Entry) -> BinaryIO:
    """Open one medium's plain bytes; raise ``UnreadableSource`` when it fails its checks or is not there."""
    last = _opened(tree, location, key)
    medium = last.media.get(entry.locator.removeprefix("media "))
    if medium is None:
        raise UnreadableSource(f"no message in {last.store.main} names {entry.locator}: list the attachments again")
    return media.open_medium(last.store, medium)


class _Opened:
    """An opened store, and what one pass over its frames each tells of it."""

    def __init__(self, opened: store.Store) -> None:
        self.store = opened

    @cached_property
    def survey(self) -> store.Survey:
        return store.survey(self.store)

    @cached_property
    def media(self) -> dict[str, media.Medium]:
        return {medium.name: medium for medium in media.referenced(self.store)}


_opened = LastOpened(lambda tree, location, key: _Opened(store.open_store(tree, location, key)))
