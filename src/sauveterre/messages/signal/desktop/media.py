"""Files of Signal Desktop: how messages name them, in a table of their own or in their json, and which are there."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from posixpath import join

from sauveterre.errors import UnreadableSource
from sauveterre.messages.database import Row
from sauveterre.messages.signal.desktop.profile import Profile
from sauveterre.messages.signal.loose import Loose, NotJson, bytes_of, number, objects, parsed, record, sha256_of, text
from sauveterre.messages.signal.rows import Memory, RowLeaf
from sauveterre.messages.signal.stored_files import StoredFile
from sauveterre.records.entry import Entry, EntryKind

TABLE, MESSAGES = "message_attachments", "messages"
FOLDER = "attachments"
"""The folder that files seem to lie in, as a source of their own."""
ENCRYPTED = 2
"""The version of a file that is encrypted on disk."""
COLUMNS = {
    name: (name,)
    for name in ("messageId", "editHistoryIndex", "attachmentType", "orderInMessage", "size", "contentType", "path",
                 "plaintextHash", "localKey", "fileName", "version")
}  # fmt: skip
ROLES = {
    "attachment": "attachment",
    "contact": "attachment",
    "sticker": "sticker",
    "long-message": "longtext",
    "preview": "preview",
    "quote": "quote",
}
"""Role by the table's own word, in the order in which a message's files are counted."""
_ORDER = list(ROLES)


@dataclass(frozen=True, slots=True)
class Carried:
    """A file that a message names."""

    role: str
    data: Loose
    place: str = ""
    """In the message's json; empty for a row of the table."""
    table: str = ""
    rowid: int = 0
    edit: int = 0


def from_table(row: Row) -> Carried:
    """Return what a row of the table of attachments names."""
    role = ROLES.get(text(row, "attachmentType"), "attachment")
    return Carried(role, row, "", TABLE, row["rowid"], number(row, "editHistoryIndex"))


def in_order(row: Row) -> tuple[int, int, int]:
    """Return how a message's rows in the table of attachments are sorted."""
    kind = text(row, "attachmentType")
    return (_ORDER.index(kind) if kind in _ORDER else len(_ORDER), number(row, "orderInMessage"), row["rowid"])


def carried(data: Loose) -> Iterator[Carried]:
    """Yield the files that a message's json (or one version in it) names."""
    for count, one in enumerate(objects(data, "attachments")):
        yield Carried("attachment", one, f"$.attachments[{count}]")
    for count, contact in enumerate(objects(data, "contact")):
        if found := record(record(contact, "avatar"), "avatar"):
            yield Carried("attachment", found, f"$.contact[{count}].avatar.avatar")
    if found := record(record(data, "sticker"), "data"):
        yield Carried("sticker", found, "$.sticker.data")
    if found := record(data, "bodyAttachment"):
        yield Carried("longtext", found, "$.bodyAttachment")
    for count, preview in enumerate(objects(data, "preview")):
        if found := record(preview, "image"):
            yield Carried("preview", found, f"$.preview[{count}].image")
    for count, quoted in enumerate(objects(record(data, "quote"), "attachments")):
        if found := record(quoted, "thumbnail"):
            yield Carried("quote", found, f"$.quote.attachments[{count}].thumbnail")


def entry_path(profile: Profile, path: str) -> str:
    """Return the path under which ``attachments`` lists a file of the tree."""
    return f"{FOLDER}/{path.removeprefix(profile.files_root)}"


def stored(profile: Profile, data: Loose) -> StoredFile | None:
    """Return the file that a row names, where it is there."""
    path = profile.files_path(data)
    if path is None:
        return None
    size, key = number(data, "size"), bytes_of(data.get("localKey"))
    is_encrypted = bool(data.get("localKey")) or number(data, "version") >= ENCRYPTED
    if is_encrypted and len(key) != 64:
        key = key or b"?"
    return StoredFile(
        path, key if is_encrypted else b"", size if size > 0 else None, sha256_of(data.get("plaintextHash"))
    )


def listed(profile: Profile, memory: Memory) -> Iterator[Entry]:
    """Yield an entry for every distinct file that a row names and that is there.

    What stands behind damage in a table is passed over: reading the profile reports it.
    """
    seen: set[str] = set()
    database = profile.database
    with suppress(UnreadableSource):
        for row in database.rows(TABLE, COLUMNS):
            yield from _entry(profile, RowLeaf(memory, TABLE, row["rowid"]), row, seen)
    if "json" not in database.tables.get(MESSAGES, ()):
        return
    with suppress(UnreadableSource):
        for row in database.rows(MESSAGES, {"json": ("json",)}, where="""instr(json, '"path"') > 0"""):
            for place, data in _named(row):
                yield from _entry(profile, RowLeaf(memory, MESSAGES, row["rowid"], place), data, seen)


def _named(row: Row) -> Iterator[tuple[str, Loose]]:
    """Yield place and data of every file that a message's json names, in its present and earlier versions."""
    try:
        data = parsed(row["json"])
    except NotJson:
        return
    for one in carried(data):
        yield one.place, one.data
    for count, edit in enumerate(objects(data, "editHistory")):
        for one in carried(edit):
            yield f"$.editHistory[{count}] {one.place}", one.data


def _entry(profile: Profile, leaf: RowLeaf, data: Loose, seen: set[str]) -> Iterator[Entry]:
    file = stored(profile, data)
    if file is None or file.path in seen:
        return
    seen.add(file.path)
    where = leaf.provenance()
    yield Entry(
        path=entry_path(profile, file.path).encode("utf-8", "surrogateescape"),
        size=file.size,
        locator=where.locator,
        kind=EntryKind.FILE,
        allocated=True,
        modified=None,
        provenance=where,
    )


def file_at(profile: Profile, locator: str) -> StoredFile:
    """Return the file that an entry's locator leads to; raise ``UnreadableSource`` when no row names it any more."""
    table, _, rest = locator.partition(" ")
    number_text, _, place = rest.partition(" ")
    if table in (TABLE, MESSAGES) and number_text.isdecimal() and len(number_text) < 19:
        columns = COLUMNS if table == TABLE else {"json": ("json",)}
        for row in profile.database.rows(table, columns, where=f"rowid = {int(number_text)}"):
            found = [row] if table == TABLE else [data for at, data in _named(row) if at == place]
            for data in found:
                if file := stored(profile, data):
                    return file
    raise UnreadableSource(f"no row of {join(profile.root, 'sql')} names {locator}: list the attachments again")
