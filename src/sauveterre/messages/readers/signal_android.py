"""Signal as it lies on an Android telephone: the database ``signal.db`` under SQLCipher, and its encrypted attachments.

The key is the one that an extraction tool exports; with the attachment key besides, the files are decrypted too. What
is read and what is not stands in ``docs/formats.md``.
"""

from collections.abc import Iterator
from typing import BinaryIO

from sauveterre.errors import UnreadableSource
from sauveterre.messages.last_opened import LastOpened
from sauveterre.messages.signal.android.device import find as find_devices
from sauveterre.messages.signal.android.device import open_device
from sauveterre.messages.signal.android.files import open_file
from sauveterre.messages.signal.android.telling import NOTES, OWNER_NOTES, begin, tell
from sauveterre.records.entry import Entry
from sauveterre.records.message_reader import MessageRecord
from sauveterre.records.store import StoreInfo, StoreLocation
from sauveterre.records.tree import Tree

NAME = "signal_android"
VERSION = 1
_NO_KEY = "The key of the attachments was not given: their digests are kept, their bytes are not read."
_NOTES = (
    "An attachment whose file is missing was never downloaded or was lost; its digest is kept where it is stated.",
)


def find(tree: Tree) -> Iterator[StoreLocation]:
    """Find databases by their name."""
    yield from find_devices(tree, NAME)


def read(tree: Tree, location: StoreLocation, key: str | None) -> Iterator[MessageRecord]:
    """Yield the records of one database after a ``StoreInfo``; raises as ``open_device`` does.

    ``key`` is taken in the forms of ``secrets_of``. Damage inside becomes ``Problem`` records.
    """
    device = open_device(tree, location, key)
    with device.database:
        reading, owner = begin(device.database, device.origin, device.settings, device.held)
        version = next((str(row[0]) for row in device.database.query("PRAGMA user_version")), "")
        notes = (*_NOTES, *NOTES, OWNER_NOTES[owner], *(() if device.key else (_NO_KEY,)))
        yield StoreInfo(NAME, version, None, "", notes, device.origin.provenance(0, "database"))
        yield from tell(reading)


def attachments(tree: Tree, location: StoreLocation, key: str | None) -> Iterator[Entry]:
    """List every attachment that is there and can be decrypted; raises as ``read`` does."""
    for file in _opened(tree, location, key).files():
        yield file.entry()


def open_attachment(tree: Tree, location: StoreLocation, key: str | None, entry: Entry) -> BinaryIO:
    """Open one attachment's plain bytes; raise ``UnreadableSource`` when they are not those that its row states."""
    name = entry.locator.removeprefix("file ")
    found = next(_opened(tree, location, key).files(name), None)
    if found is None:
        raise UnreadableSource(f"no row of {location.root} leads to {entry.locator}: list the attachments again")
    return open_file(tree, found)


_opened = LastOpened(open_device, lambda device: device.database.close())
