"""Files that lie beside an export: listed as entries of it, handed out as they are."""

from collections.abc import Iterable, Iterator
from posixpath import dirname, join, normpath
from typing import BinaryIO

from sauveterre.errors import UnreadableSource
from sauveterre.records.entry import Entry, EntryKind
from sauveterre.records.message import Attachment
from sauveterre.records.message_reader import MessageRecord
from sauveterre.records.store import StoreLocation
from sauveterre.records.tree import Tree


def files_beside(tree: Tree, path: str) -> frozenset[str]:
    """Return the paths of all files in the folder of an export's main file, at any depth."""
    folder = dirname(path)
    return frozenset(one for one in tree.paths() if not folder or one.startswith(f"{folder}/"))


def entries_of(records: Iterable[MessageRecord]) -> Iterator[Entry]:
    """Yield an entry for every distinct file that an attachment among the records names and that is there."""
    seen: set[str] = set()
    for record in records:
        if isinstance(record, Attachment) and record.path is not None and record.path not in seen:
            seen.add(record.path)
            yield Entry(
                path=record.path.encode("utf-8", "surrogateescape"),
                size=record.size,
                locator=f"file {record.path}",
                kind=EntryKind.FILE,
                allocated=True,
                modified=None,
                provenance=record.provenance,
            )


def open_file(tree: Tree, location: StoreLocation, entry: Entry) -> BinaryIO:
    """Open a file of the export's folder; raise ``UnreadableSource`` when it is not there."""
    name = normpath(entry.locator.removeprefix("file "))
    path = join(dirname(location.root), name)
    if name.startswith(("../", "/")) or path not in files_beside(tree, location.root):
        raise UnreadableSource(f"{location.root} has no file {name} beside it: list the attachments again")
    return tree.open(path)
