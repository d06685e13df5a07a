"""Signal on iOS: ``signal.sqlite`` under SQLCipher with the key of the keychain, group models, interactions and files.

What is read, what is not, and what the database leaves out stands in ``docs/formats.md``. The log beside the database
is read with it. Format facts: public descriptions of Signal's tables on iOS and of Apple's archives.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO

from sauveterre.errors import UnreadableSource
from sauveterre.messages.database import Database, Row
from sauveterre.messages.last_opened import LastOpened
from sauveterre.messages.signal import tables
from sauveterre.messages.signal.ios import beside, items, media, people, store
from sauveterre.messages.signal.rows import Memory, RowLeaf
from sauveterre.messages.signal.stored_files import open_stored
from sauveterre.messages.signal.talks import People
from sauveterre.records.entry import Entry
from sauveterre.records.message_reader import MessageRecord
from sauveterre.records.provenance import Provenance
from sauveterre.records.store import StoreInfo, StoreLocation
from sauveterre.records.tree import Tree

NAME = "signal_ios"
VERSION = 1
_NOTES = (
    "Messages that had disappeared are not in the database; that one is missing does not mean that it was deleted.",
    "What happened in a group is told only from the time at which the owner joined it.",
    "Who is in a group is stated for the newest time at which this telephone received anything; a group that the owner "
    "is no longer in is stated for the newest time of its own rows.",
    "At which revision of a group somebody joined is not kept on iOS.",
    "A file that is missing was never downloaded or is lost; its digest is kept where it is stated.",
)
_NO_OWNER = "The database does not state whose it is; its owner may also appear as another account in groups."


def find(tree: Tree) -> Iterator[StoreLocation]:
    """Find databases by their name and first bytes."""
    yield from store.find(tree, NAME)


def read(tree: Tree, location: StoreLocation, key: str | None) -> Iterator[MessageRecord]:
    """Yield the records of one database, in the order of its tables, after a ``StoreInfo``.

    ``key`` has 48 bytes, as 96 hex digits or in base64. Raises ``Locked`` when it is missing, malformed or wrong,
    ``UnreadableSource`` when the database is none of Signal's; damage inside becomes ``Problem`` records.
    """
    phone = store.open_phone(tree, location, key)
    with phone.database as database:
        memory = Memory(database.digest, phone.path, NAME)
        owner, is_stated = tables.owner(memory, "keyvalue", lambda: people.read_owner(database, memory))
        yield _info(phone, memory, is_stated=is_stated)
        yield from owner
        yield from _tables(phone, database, People(memory))


def _info(phone: store.Phone, memory: Memory, *, is_stated: bool) -> StoreInfo:
    notes = (*_NOTES, tables.log_note(phone.database.logs))
    return StoreInfo(
        kind=NAME,
        version=_version(phone.database),
        exported_at=None,
        app_version="",
        notes=notes if is_stated else (*notes, _NO_OWNER),
        provenance=Provenance(f"sha256:{memory.digest}", memory.path, "schema", NAME),
    )


def _version(database: Database) -> str:
    """Return how many migrations the database went through, and the last of them."""
    try:
        names = [str(row["name"]) for row in database.rows("grdb_migrations", {"name": ("identifier",)})]
    except UnreadableSource:
        return ""
    return f"{len(names)} {names[-1][:80]}" if names else ""


def _tables(phone: store.Phone, database: Database, known: People) -> Iterator[MessageRecord]:
    def threads(tell: Callable[[People, Row], RowLeaf]) -> Iterator[RowLeaf]:
        for row in database.rows_around_damage(people.THREADS, people.THREAD_COLUMNS):
            yield tell(known, row)

    steps: tables.Steps = (
        (people.RECIPIENTS, lambda: people.read_recipients(database, known)),
        *((table, partial(people.read_names, database, known, table)) for table in people.NAMES),
        (people.THREADS, lambda: threads(people.read_thread)),
        (items.TABLE, lambda: _interactions(phone, known)),
        (people.THREADS, lambda: threads(people.read_members)),
    )
    yield from tables.told(known.memory, steps)


def _interactions(phone: store.Phone, known: People) -> Iterator[RowLeaf]:
    """Yield every interaction; what other tables say is looked up for some hundred at once."""
    edits = beside.Edits(phone.database)
    for batch in beside.batches(phone.database):
        found = beside.gather(phone.database, known, edits, batch)
        for row in batch:
            yield items.read_row(phone, known, row, found.get(row["rowid"], items.Beside()))
    for table, error in edits.faults.items():
        leaf = RowLeaf(known.memory, table, 0)
        leaf.add(tables.damaged(known.memory, table, error))
        yield leaf


def attachments(tree: Tree, location: StoreLocation, key: str | None) -> Iterator[Entry]:
    """List every distinct file that a row names and that is there; raises as ``read`` does."""
    phone = store.open_phone(tree, location, key)
    with phone.database:
        yield from media.listed(phone, Memory(phone.database.digest, phone.path, NAME))


def open_attachment(tree: Tree, location: StoreLocation, key: str | None, entry: Entry) -> BinaryIO:
    """Open one file's plain bytes; raise ``UnreadableSource`` when it fails its checks or no row names it."""
    return open_stored(tree, media.file_at(_opened(tree, location, key), entry.locator))


_opened = LastOpened(store.open_phone, lambda phone: phone.database.close())
