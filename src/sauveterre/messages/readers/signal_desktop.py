"""Signal Desktop: the profile folder with ``config.json``, ``sql/db.sqlite`` under SQLCipher, and its files.

What is read, what is not, and what a profile leaves out stands in ``docs/formats.md``. The log beside the database is
read with it. Format facts: public descriptions of Signal Desktop's tables and of Chromium's key storage.
"""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import BinaryIO

from sauveterre.errors import UnreadableSource
from sauveterre.messages.database import Database, Row
from sauveterre.messages.last_opened import LastOpened
from sauveterre.messages.signal import tables
from sauveterre.messages.signal.desktop import calls, items, media, people, profile
from sauveterre.messages.signal.rows import Memory, RowLeaf
from sauveterre.messages.signal.stored_files import open_stored
from sauveterre.messages.signal.talks import People
from sauveterre.records.entry import Entry
from sauveterre.records.message_reader import MessageRecord
from sauveterre.records.provenance import Provenance
from sauveterre.records.store import StoreInfo, StoreLocation
from sauveterre.records.tree import Tree

NAME = "signal_desktop"
VERSION = 1
BATCH_ROWS, BATCH_BYTES = 500, 8 << 20
_NOTES = (
    "Signal Desktop holds only what came after it was linked to the telephone, or what the telephone gave it then; "
    "that a message is missing does not mean that it was deleted.",
    "Messages that had disappeared are not in a profile.",
    "Who is in a group is stated for the newest time at which this computer received anything; a group that the owner "
    "has left is stated for the newest time of its own rows.",
)
_NO_OWNER = "The profile does not state whose it is; its owner may also appear as another account in groups."
_FILES = "Files are kept plain or encrypted one by one; a file that is missing was never downloaded or is lost."


def find(tree: Tree) -> Iterator[StoreLocation]:
    """Find profiles by the place of their database."""
    yield from profile.find(tree, NAME)


def read(tree: Tree, location: StoreLocation, key: str | None) -> Iterator[MessageRecord]:
    """Yield the records of one profile, in the order of its tables, after a ``StoreInfo``.

    ``key`` is the database key (64 hex digits) or the secret that opens ``encryptedKey``. Raises ``Locked`` when it is
    missing, malformed or wrong, ``UnreadableSource`` when the database is none; damage inside becomes ``Problem``.
    """
    opened = profile.open_profile(tree, location, key)
    with opened.database as database:
        memory = _memory(opened)
        known = People(memory)
        owner, is_stated = tables.owner(memory, "items", lambda: people.read_owner(database, memory))
        yield _info(opened, memory, is_stated=is_stated)
        yield from owner
        yield from _tables(opened, database, known)


def _memory(opened: profile.Profile) -> Memory:
    return Memory(opened.database.digest, opened.path, NAME)


def _info(opened: profile.Profile, memory: Memory, *, is_stated: bool) -> StoreInfo:
    notes = (*_NOTES, _FILES, tables.log_note(opened.database.logs))
    return StoreInfo(
        kind=NAME,
        version=_version(opened.database),
        exported_at=None,
        app_version="",
        notes=notes if is_stated else (*notes, _NO_OWNER),
        provenance=Provenance(f"sha256:{memory.digest}", memory.path, "schema", NAME),
    )


def _version(database: Database) -> str:
    try:
        return str(next(database.query("PRAGMA user_version"), (0,))[0])
    except UnreadableSource:
        return ""


def _tables(opened: profile.Profile, database: Database, known: People) -> Iterator[MessageRecord]:
    def conversations(tell: Callable[[People, Row], RowLeaf]) -> Iterator[RowLeaf]:
        for row in database.rows_around_damage(people.TABLE, people.COLUMNS):
            yield tell(known, row)

    steps: tables.Steps = (
        (people.TABLE, lambda: conversations(people.read_conversation)),
        (calls.LINKS, lambda: calls.read_links(database, known)),
        (calls.LISTS, lambda: calls.read_lists(database, known)),
        (calls.CALLS, lambda: calls.read_calls(database, known)),
        (items.TABLE, lambda: _messages(opened, known)),
        (people.TABLE, lambda: conversations(people.read_members)),
        (calls.LINKS, lambda: calls.read_link_administrators(database, known)),
    )
    yield from tables.told(known.memory, steps)


def _messages(opened: profile.Profile, known: People) -> Iterator[RowLeaf]:
    """Yield every message; the attachments of some hundred are looked up at once."""
    is_whole = True
    for batch in _batches(opened.database):
        files: dict[str, list[Row]] = {}
        if is_whole:
            try:
                files = _files(opened.database, batch)
            except UnreadableSource as error:
                is_whole = False
                leaf = RowLeaf(known.memory, media.TABLE, 0)
                leaf.add(tables.damaged(known.memory, media.TABLE, error))
                yield leaf
        for row in batch:
            yield items.read_row(opened, known, row, files.get(row["id"], ()))


def _batches(database: Database) -> Iterator[list[Row]]:
    batch, size, failure = list[Row](), 0, None
    rows = database.rows_around_damage(items.TABLE, items.COLUMNS)
    try:
        for row in rows:
            batch.append(row)
            size += len(row["json"]) if isinstance(row["json"], str | bytes) else 0
            if len(batch) >= BATCH_ROWS or size >= BATCH_BYTES:
                yield batch
                batch, size = [], 0
    except UnreadableSource as error:
        failure = error
    yield batch
    if failure is not None:
        raise failure


def _files(database: Database, batch: list[Row]) -> dict[str, list[Row]]:
    names = tuple({row["id"]: None for row in batch if isinstance(row["id"], str)})
    if not names or not {"messageId"} <= database.tables.get(media.TABLE, frozenset()):
        return {}
    found: dict[str, list[Row]] = {}
    where = f"messageId IN ({', '.join('?' * len(names))})"
    for row in database.rows(media.TABLE, media.COLUMNS, where=where, values=names):
        found.setdefault(row["messageId"], []).append(row)
    for rows in found.values():
        rows.sort(key=media.in_order)
    return found


def attachments(tree: Tree, location: StoreLocation, key: str | None) -> Iterator[Entry]:
    """List every distinct file that a row names and that is there; raises as ``read`` does."""
    opened = profile.open_profile(tree, location, key)
    with opened.database:
        yield from chain(media.listed(opened, _memory(opened)))


def open_attachment(tree: Tree, location: StoreLocation, key: str | None, entry: Entry) -> BinaryIO:
    """Open one file's plain bytes; raise ``UnreadableSource`` when it fails its checks or no row names it."""
    return open_stored(tree, media.file_at(_opened(tree, location, key), entry.locator))


_opened = LastOpened(profile.open_profile, lambda found: found.database.close())
