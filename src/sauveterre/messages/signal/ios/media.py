"""Files of Signal on iOS: the new table with references of messages to it, and the old one; which of them are there."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from sauveterre.errors import UnreadableSource
from sauveterre.messages.database import Row
from sauveterre.messages.signal.ios.store import FOLDERS, Phone
from sauveterre.messages.signal.loose import bytes_of, number_of, sha256_of, text_of
from sauveterre.messages.signal.rows import Memory, RowLeaf
from sauveterre.messages.signal.stored_files import StoredFile
from sauveterre.records.entry import Entry, EntryKind

NEW, OLD, REFERENCES = "Attachment", "model_TSAttachment", "MessageAttachmentReference"
FOLDER = "attachments"
"""The folder that files seem to lie in, as a source of their own."""
COLUMNS = {
    NEW: {"path": ("localRelativeFilePath",), "key": ("encryptionKey",), "sha256": ("sha256ContentHash",),
          "size": ("unencryptedByteCount",), "type": ("mimeType",)},
    OLD: {"path": ("localRelativeFilePath",), "size": ("byteCount",), "type": ("contentType",),
          "name": ("sourceFilename",), "message": ("albumMessageId",), "unique": ("uniqueId",)},
}  # fmt: skip
REFERENCE_COLUMNS = {
    "kind": ("ownerType",), "message": ("ownerRowId",), "attachment": ("attachmentRowId",),
    "order": ("orderInMessage",), "name": ("sourceFilename",),
}  # fmt: skip
ROLES = {0: "attachment", 5: "attachment", 4: "sticker", 1: "longtext", 2: "preview", 3: "quote"}
"""Role by the kind of reference, in the order in which a message's files are counted."""
_ORDER = list(ROLES)


@dataclass(frozen=True, slots=True)
class Carried:
    """A file that a message names: its row, and the row that ties both."""

    role: str
    file_name: str
    table: str
    row: Row
    tie: tuple[str, int]
    """Table and number of the row that ties the file to the message."""


def in_order(reference: Row) -> tuple[int, int, int]:
    """Return how a message's references are sorted."""
    kind = number_of(reference["kind"])
    return (_ORDER.index(kind) if kind in ROLES else len(ROLES), number_of(reference["order"]), reference["rowid"])


def stored(phone: Phone, table: str, row: Row) -> StoredFile | None:
    """Return the file that a row of a table names, where it is there."""
    path = phone.file_path(table, text_of(row["path"]))
    if path is None:
        return None
    size = number_of(row["size"])
    if table == OLD:
        return StoredFile(path, b"", None, None)
    return StoredFile(path, bytes_of(row["key"]) or b"?", size if size > 0 else None, sha256_of(row["sha256"]))


def entry_path(path: str) -> str:
    """Return the path under which ``attachments`` lists a file of the tree."""
    for folder in FOLDERS.values():
        _, found, rest = path.rpartition(f"{folder}/")
        if found:
            return f"{FOLDER}/{folder}/{rest}"
    return f"{FOLDER}/{path}"


def listed(phone: Phone, memory: Memory) -> Iterator[Entry]:
    """Yield an entry for every distinct file that a row names and that is there.

    What stands behind damage in a table is passed over: reading the database reports it.
    """
    seen: set[str] = set()
    for table, columns in COLUMNS.items():
        with suppress(UnreadableSource):
            for row in phone.database.rows(table, columns):
                file = stored(phone, table, row)
                if file is not None and file.path not in seen:
                    seen.add(file.path)
                    yield _entry(RowLeaf(memory, table, row["rowid"]), file)


def _entry(leaf: RowLeaf, file: StoredFile) -> Entry:
    where = leaf.provenance()
    return Entry(
        path=entry_path(file.path).encode("utf-8", "surrogateescape"),
        size=file.size,
        locator=where.locator,
        kind=EntryKind.FILE,
        allocated=True,
        modified=None,
        provenance=where,
    )


def file_at(phone: Phone, locator: str) -> StoredFile:
    """Return the file that an entry's locator leads to; raise ``UnreadableSource`` when no row names it any more."""
    table, _, number = locator.partition(" ")
    if table in COLUMNS and number.isdecimal() and len(number) < 19:
        for row in phone.database.rows(table, COLUMNS[table], where=f"rowid = {int(number)}"):
            if file := stored(phone, table, row):
                return file
    raise UnreadableSource(f"no row of {phone.path} names {locator}: list the attachments again")
