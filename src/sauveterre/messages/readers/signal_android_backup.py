"""Signal backup of the old form (Android): one encrypted file ``signal-….backup``, opened by its 30-digit passphrase.

The file is a stream of SQL statements. It is evidence and hostile: what is known of it is replayed into a scratch
database, the rest is told. What is read and what is not stands in ``docs/formats.md``.
"""

from collections.abc import Iterator
from typing import BinaryIO

from sauveterre.errors import UnreadableSource
from sauveterre.messages.last_opened import LastOpened
from sauveterre.messages.signal.android import backup
from sauveterre.messages.signal.android.files import open_file
from sauveterre.messages.signal.android.telling import NOTES, OWNER_NOTES, begin, tell
from sauveterre.records.entry import Entry
from sauveterre.records.message_reader import MessageRecord
from sauveterre.records.store import StoreInfo, StoreLocation
from sauveterre.records.tree import Tree

NAME = "signal_android_backup"
VERSION = 1
_NOTES = (
    "Signal leaves messages that were to disappear, and those that were to be seen once, out of such a backup.",
    "The time at which the backup was made stands in the file's name alone, without a time zone.",
)


def find(tree: Tree) -> Iterator[StoreLocation]:
    """Find backups by their names' end and first bytes."""
    yield from backup.find(tree, NAME)


def read(tree: Tree, location: StoreLocation, key: str | None) -> Iterator[MessageRecord]:
    """Yield the records of one backup after a ``StoreInfo``; raises as ``backup.replay`` does.

    ``key`` is the passphrase. Damage inside becomes ``Problem`` records.
    """
    replayed = backup.replay(tree, location, key)
    with replayed.database:
        reading, owner = begin(replayed.database, replayed.origin, replayed.settings, replayed.held)
        where = replayed.origin.provenance(0, "frame 0")
        notes = (*_NOTES, *NOTES, OWNER_NOTES[owner])
        yield StoreInfo(NAME, replayed.version, None, "", notes, where)
        yield from replayed.problems
        yield from tell(reading)


def attachments(tree: Tree, location: StoreLocation, key: str | None) -> Iterator[Entry]:
    """List every file whose bytes are in the backup; raises as ``read`` does."""
    for file in _opened(tree, location, key).files():
        yield file.entry()


def open_attachment(tree: Tree, location: StoreLocation, key: str | None, entry: Entry) -> BinaryIO:
    """Open one file's plain bytes; raise ``UnreadableSource`` when it fails its checks or is not there."""
    found = next(_opened(tree, location, key).files(entry.locator.removeprefix("file ")), None)
    if found is None:
        raise UnreadableSource(f"{location.root} holds no bytes for {entry.locator}: list the attachments again")
    return open_file(tree, found)


_opened = LastOpened(backup.replay, lambda replayed: replayed.database.close())
