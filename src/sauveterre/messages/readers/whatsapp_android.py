"""WhatsApp on Android: ``msgstore.db`` in its current schema, the old one and what lay between, with ``wa.db``.

The databases are plain SQLite, as a phone or an extraction tool holds them. What is read, what is not, and what such a
database leaves out stands in ``docs/formats.md``. Schema facts: the tables themselves, and public descriptions.
"""

from collections.abc import Callable, Iterator
from typing import BinaryIO

from sauveterre.errors import UnreadableSource
from sauveterre.messages.database import Database
from sauveterre.messages.whatsapp import media, people, sealed, store, tables
from sauveterre.messages.whatsapp.context import Context
from sauveterre.messages.whatsapp.items import Messages, read_old_receipts
from sauveterre.messages.whatsapp.jids import account_id, bare
from sauveterre.messages.whatsapp.owner import Owner, whose
from sauveterre.messages.whatsapp.values import moment, text
from sauveterre.records.entry import Entry, EntryKind
from sauveterre.records.message_reader import MessageRecord
from sauveterre.records.problem import Problem
from sauveterre.records.store import StoreInfo, StoreLocation
from sauveterre.records.tree import Tree

NAME = "whatsapp_android"
VERSION = 1
MOST_ADDRESSES = 2_000_000
"""Addresses that are remembered: about a quarter of a kilobyte each."""
_NOTES = (
    "Administrators are told as they were when the database was last written; of changes before only those of this "
    "device's own role are recorded, and the history may be gone where a chat was cleared.",
    "The list of a group's members may leave out this device's own account.",
    "A message that is missing was not necessarily deleted: WhatsApp removes disappeared and locally deleted messages "
    "without a trace, and a deletion for all keeps no text.",
    "Of an edited message only the last text is kept.",
    "Who is in which group holds for the time at which the device wrote last, by its own clock.",
)
_NO_CONTACTS = "No wa.db lies beside: the names in the device's address book and of profiles are missing."
_BACKUP = (
    "It is an encrypted backup, opened with the key given: rows and the digest of their source are those of the "
    "database inside. It holds what was there when it was made."
)
_OWNER_NOTES = {
    "settings": "The owner's account is stated by the settings of the application.",
    "row": "The owner's account is stated by a row: it says that this device was added, and names who was added.",
    "inferred": "The owner's account is inferred by elimination: it alone is in every group that this device writes "
    "in and never wrote to it. The database does not state it.",
    "": "The database does not state the owner's account, and it could not be told; the owner may also appear as "
    "another account among a group's members.",
}


def find(tree: Tree) -> Iterator[StoreLocation]:
    """Find databases and encrypted backups of them; see ``store.find``."""
    yield from store.find(tree, NAME)


def read(tree: Tree, location: StoreLocation, key: str | None) -> Iterator[MessageRecord]:
    """Yield the records of one database after a ``StoreInfo``: accounts, groups, messages, lists of members, calls.

    A plain database needs no key, an encrypted backup the one that ``sealed`` names. Raises ``Locked`` when it is
    missing, malformed or wrong, ``UnreadableSource`` when the database cannot be opened; damage inside becomes
    ``Problem`` records.
    """
    path = location.root
    with sealed.opened(tree, path, key) as inner, Database(inner, path) as database:
        if not store.has_shape(database):
            raise UnreadableSource(
                f"{path} has none of the tables of WhatsApp's schemas: it is another database, or a schema that is not "
                "known"
            )
        context, owner, faults = _begin(store.open_store(tree, inner, path, NAME), database)
        yield _info(context.store, database, owner)
        yield from faults
        yield from _records(context, database, owner)


def _begin(opened: store.Store, database: Database) -> tuple[Context, Owner, list[Problem]]:
    """Read what everything else is read by: addresses, whose device it is, when it wrote last."""
    faults: list[Problem] = []
    if opened.missing:
        what = f"the file is {opened.missing} bytes shorter than its header says: it was cut, and rows are missing"
        faults.append(Problem(opened.whole(), what))
    jids: dict[int, str] = {}
    phones: dict[str, str] = {}
    owner, taken = [Owner("", "")], [0]
    steps: dict[str, Callable[[], object]] = {
        "the addresses (jid)": lambda: _addresses(database, jids),
        "the phone numbers of hidden addresses (jid_map)": lambda: _phones(database, jids, phones),
        "whose device it is": lambda: owner.append(whose(opened, database, jids, phones)),
        "when the device wrote last": lambda: taken.append(tables.last_written(database)),
    }
    for what, step in steps.items():
        try:
            step()
        except UnreadableSource as error:
            faults.append(Problem(opened.whole(), f"{what} cannot be read whole: {error}"))
    address = phones.get(owner[-1].address, owner[-1].address)
    stable_id = account_id(address) if address else f"self:sha256:{opened.digest}"
    return Context(opened, stable_id, jids, phones, moment(taken[-1])), owner[-1], faults


def _addresses(database: Database, jids: dict[int, str]) -> None:
    columns = {"raw": ("raw_string",), "user": ("user",), "server": ("server",)}
    for row in database.rows("jid", columns):
        if len(jids) >= MOST_ADDRESSES:
            raise UnreadableSource(f"there are more than {MOST_ADDRESSES} of them; what names another is not told")
        raw = text(row["raw"])
        jids[row["rowid"]] = bare(raw) or bare(f"{text(row['user'])}@{text(row['server'])}") or raw


def _phones(database: Database, jids: dict[int, str], phones: dict[str, str]) -> None:
    columns = {"lid": ("lid_row_id",), "phone": ("jid_row_id",)}
    for row in database.rows("jid_map", columns):
        hidden, phone = jids.get(row["lid"], ""), jids.get(row["phone"], "")
        if hidden.endswith("@lid") and phone and not phone.endswith("@lid"):
            phones.setdefault(hidden, phone)


def _info(opened: store.Store, database: Database, owner: Owner) -> StoreInfo:
    current, old = "message" in database.tables, "messages" in database.tables
    schema = {(True, False): "current", (False, True): "old"}.get((current, old), "transitional")
    contacts = () if opened.contacts else (_NO_CONTACTS,)
    backup = (_BACKUP,) if sealed.is_sealed(opened.main) else ()
    notes = (*_NOTES, *backup, *contacts, _OWNER_NOTES[owner.basis])
    return StoreInfo(f"{NAME}.{schema}", "", None, "", notes, opened.whole())


def _records(context: Context, database: Database, owner: Owner) -> Iterator[MessageRecord]:
    """Read part after part; one that is damaged is told, and the next one is read."""
    steps: tuple[tuple[str, Callable[[], Iterator[None]]], ...] = (
        ("the owner", lambda: people.read_owner(context, owner)),
        ("the hidden addresses", lambda: people.read_hidden(context, database)),
        ("the contacts (wa.db)", lambda: people.read_contacts(context)),
        ("the chats", lambda: people.read_chats(context, database)),
        ("the invitations to groups", lambda: people.read_invitations(context, database)),
        ("the messages", lambda: Messages(context, database).read()),
        ("the receipts", lambda: read_old_receipts(context, database)),
        ("the lists of members", lambda: people.read_members(context, database)),
        ("the members of communities", lambda: people.read_community_members(context, database)),
        ("the past members", lambda: people.read_past_members(context, database)),
        ("the calls", lambda: people.read_calls(context, database)),
        ("the creators of groups (wa.db)", lambda: people.read_creators(context)),
    )
    for what, step in steps:
        try:
            for _ in step():
                yield from context.told()
        except UnreadableSource as error:
            context.problem(context.store.whole(), f"{what} cannot be read whole: {error}")
        yield from context.told()


def attachments(tree: Tree, location: StoreLocation, key: str | None) -> Iterator[Entry]:
    """List the media files that messages name and that lie below ``Media/`` of the same tree, each once."""
    path, seen = location.root, set[str]()
    with sealed.opened(tree, path, key) as inner, Database(inner, path) as database:
        opened = store.open_store(tree, inner, path, NAME)
        try:
            for table, rowid, stated, hashed in tables.media_rows(database):
                place = opened.media.place(stated)
                if place is not None and place not in seen:
                    seen.add(place)
                    yield _entry(opened, place, table, rowid, media.digest(hashed) or "")
        except UnreadableSource:
            return  # reading the store tells it


def _entry(opened: store.Store, place: str, table: str, rowid: int, sha256: str) -> Entry:
    return Entry(
        path=media.entry_path(place).encode("utf-8", "surrogateescape"),
        size=None,
        locator=f"{table} rowid {rowid} sha256:{sha256}",
        kind=EntryKind.FILE,
        allocated=True,
        modified=None,
        provenance=opened.provenance(table, rowid),
    )


def open_attachment(
    tree: Tree,
    location: StoreLocation,  # noqa: ARG001  (the entry says it)
    key: str | None,  # noqa: ARG001  (no key)
    entry: Entry,
) -> BinaryIO:
    """Open one media file; raise ``UnreadableSource`` when it is gone or not the bytes whose digest the row states."""
    path = entry.path.decode("utf-8", "surrogateescape").removeprefix(f"{media.FOLDER}/")
    return media.open_checked(tree, path, entry.locator.rpartition("sha256:")[2])
