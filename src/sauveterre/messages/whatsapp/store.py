"""One WhatsApp database in a tree: where it lies, what lies around it, and how its rows are named."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from posixpath import dirname, join

from sauveterre.errors import SauveterreError, UnreadableSource
from sauveterre.messages.database import BLOCK, Database, is_database
from sauveterre.messages.whatsapp.media import MediaFiles
from sauveterre.messages.whatsapp.sealed import is_sealed
from sauveterre.records.provenance import Provenance
from sauveterre.records.store import StoreLocation
from sauveterre.records.tree import Tree

MAIN = re.compile(r"msgstore[^/]*\.db", re.IGNORECASE)
CONTACTS = "wa.db"
SHAPES = ({"message", "chat", "jid"}, {"messages", "chat"}, {"messages", "chat_list"})
"""Tables of which one set is there in every version."""
_TABLE = re.compile(rb"CREATE TABLE\s+[\"'`\[]?(?P<name>[a-z_]{1,40})", re.IGNORECASE)
HEADER = 100
MOST_SETTINGS = 1 << 20


@dataclass(slots=True)
class Store:
    """An opened database. ``contacts`` is the path of ``wa.db``, empty where there is none."""

    tree: Tree
    main: str
    reader: str
    digest: str
    contacts: str
    media: MediaFiles
    missing: int
    """By how many bytes the main file is shorter than its header says."""
    digests: dict[str, str] = field(default_factory=dict)

    def provenance(self, table: str, rowid: object, place: str = "") -> Provenance:
        """Name a row of the main database, and what in it."""
        return Provenance(f"sha256:{self.digest}", self.main, f"{table} rowid {rowid} {place}".rstrip(), self.reader)

    def beside(self, path: str, locator: str) -> Provenance:
        """Name a place in a file beside the main database."""
        if path not in self.digests:
            self.digests[path] = digest_of(self.tree, path)
        return Provenance(f"sha256:{self.digests[path]}", path, locator, self.reader)

    def whole(self) -> Provenance:
        """Name the database itself."""
        return Provenance(f"sha256:{self.digest}", self.main, "sqlite_schema", self.reader)


def find(tree: Tree, reader: str) -> Iterator[StoreLocation]:
    """Find databases by file name, first bytes and tables, and encrypted backups of them by file name."""
    paths = list(tree.paths())
    known = frozenset(paths)
    for path in paths:
        name = path.rpartition("/")[2]
        if is_sealed(path):
            yield StoreLocation(reader, path, needs_key=True)
        elif MAIN.fullmatch(name) and _is_store(tree, path, has_log=f"{path}-wal" in known):
            yield StoreLocation(reader, path, needs_key=False)


def _is_store(tree: Tree, path: str, *, has_log: bool) -> bool:
    """Say whether it begins as a database, and names the tables where all of it can be seen at once.

    Of a longer one, or one whose tables may stand in its log alone, the name is enough: ``read`` looks at the tables.
    """
    try:
        with tree.open(path) as stream:
            head = stream.read(BLOCK)
    except (SauveterreError, OSError):
        return False
    if not is_database(head):
        return False
    named = {match["name"].decode() for match in _TABLE.finditer(head)}
    return len(head) == BLOCK or has_log or any(shape <= named for shape in SHAPES)


def has_shape(database: Database) -> bool:
    """Say whether the database has the tables of one of WhatsApp's schemas."""
    there = set(database.tables)
    return any(shape <= there for shape in SHAPES)


def open_store(tree: Tree, inner: Tree, path: str, reader: str) -> Store:
    """Return the store at a path of a tree; its database lies at that path in ``inner``.

    Raises ``UnreadableSource`` when it cannot be read.
    """
    paths = list(tree.paths())
    if path not in paths:
        raise UnreadableSource(f"{path} is not there any more; process the exhibit again")
    digest, size, head = _measured(inner, path)
    media, missing = MediaFiles(paths, path), missing_bytes(head, size)
    return Store(tree, path, reader, digest, _contacts(path, paths), media, missing)


def _contacts(path: str, paths: list[str]) -> str:
    """Return the ``wa.db`` in the same folder, else the nearest one in the tree where only one is nearest."""
    found = [other for other in paths if other.rpartition("/")[2].lower() == CONTACTS]
    beside = join(dirname(path), CONTACTS)
    if beside in found:
        return beside
    near = sorted(found, key=lambda other: (-shared_folders(path, other), other))
    if len(near) > 1 and shared_folders(path, near[0]) == shared_folders(path, near[1]):
        return ""
    return near[0] if near else ""


def settings_paths(store: Store) -> list[str]:
    """Return the application's own settings files: ``shared_prefs/com.whatsapp*.xml`` beside ``databases/``."""
    folder = join(dirname(dirname(store.main)), "shared_prefs/com.whatsapp")
    return sorted(path for path in store.tree.paths() if path.startswith(folder) and path.endswith(".xml"))


def shared_folders(one: str, other: str) -> int:
    """Return how many folders two paths have in common from the top."""
    pairs = zip(dirname(one).split("/"), dirname(other).split("/"), strict=False)
    return next((count for count, (a, b) in enumerate(pairs) if a != b), min(one.count("/"), other.count("/")))


def digest_of(tree: Tree, path: str) -> str:
    """Return SHA-256 of a file, lowercase hex."""
    return _measured(tree, path)[0]


def _measured(tree: Tree, path: str) -> tuple[str, int, bytes]:
    """Return SHA-256 of a file, its size and its first bytes."""
    digest, size, head = hashlib.sha256(), 0, b""
    with tree.open(path) as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
            size += len(block)
            head = head or block[:HEADER]
    return digest.hexdigest(), size, head


def missing_bytes(head: bytes, size: int) -> int:
    """Return how much shorter a database is than its header says; 0 where it says nothing that holds.

    At 16 the size of a page (1 for 65,536), at 28 their number, which holds where 24 and 92 agree.
    """
    if len(head) < HEADER or head[24:28] != head[92:96]:
        return 0
    page = int.from_bytes(head[16:18], "big")
    return max(0, int.from_bytes(head[28:32], "big") * (0x10000 if page == 1 else page) - size)
