"""The database that Signal keeps on an iPhone: where it lies, and how it opens.

``grdb…/signal.sqlite`` in the folder of Signal's app group, under SQLCipher with a key of 48 bytes (32 of key, 16 of
salt) and the first 32 bytes of the file in the clear. Files lie in ``attachment_files`` and, older ones, in
``Attachments`` beside the database's folder.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from posixpath import dirname, join

from sauveterre.errors import Locked, UnreadableSource
from sauveterre.messages.database import Database, is_database
from sauveterre.messages.heads import head_of
from sauveterre.records.store import StoreLocation
from sauveterre.records.tree import Tree

NAME = "signal.sqlite"
FOLDERS = {"Attachment": "attachment_files", "model_TSAttachment": "Attachments"}
"""Where files lie, by the table that names them."""
KEY_BYTES = 48
_RESERVED_AT, _RESERVED = 20, 80
"""The byte of the header that says how much SQLCipher keeps of each page for itself."""
_HEX = re.compile(r"[0-9a-f]{96}")
_WHERE = (
    "enter the 48 bytes of the keychain item 'GRDBDatabaseCipherKeySpec' of Signal, as 96 hex digits or in base64; a "
    "full file system extraction holds the keychain beside the files"
)


@dataclass(frozen=True, slots=True)
class Phone:
    """An opened database and what lies around it. The database is closed by whoever opened it."""

    tree: Tree
    path: str
    """Of the database, in the tree."""
    database: Database
    files: frozenset[str]
    """Paths in the tree of all files that messages can carry."""

    def file_path(self, table: str, relative: str) -> str | None:
        """Return the path in the tree of a file that a row names, or None when it is not there."""
        full = join(_base(self.path), FOLDERS[table], relative.lstrip("/"))
        return full if relative and full in self.files else None


def _base(path: str) -> str:
    return dirname(dirname(path))


def find(tree: Tree, reader: str) -> Iterator[StoreLocation]:
    """Find databases by their name and first bytes; one that somebody decrypted needs no key."""
    for path in tree.paths():
        if path.rpartition("/")[2] == NAME:
            head = head_of(tree, path, 100)
            if is_database(head):
                yield StoreLocation(reader, path, needs_key=_is_locked(head))


def _is_locked(head: bytes) -> bool:
    return len(head) <= _RESERVED_AT or head[_RESERVED_AT] == _RESERVED


def open_phone(tree: Tree, location: StoreLocation, key: str | None) -> Phone:
    """Open the database at a location's ``root``.

    Raises ``Locked`` when the key is missing, malformed or wrong, ``UnreadableSource`` when this is no database of
    Signal's.
    """
    path = location.root
    with tree.open(path) as stream:
        head = stream.read(100)
    cipher: tuple[str, ...] = ()
    if _is_locked(head) or not is_database(head):
        cipher = (f"PRAGMA key = \"x'{database_key(key)}'\"", "PRAGMA cipher_plaintext_header_size = 32")
    database = Database(tree, path, cipher)
    try:
        _check(database, path)
    except BaseException:
        database.close()
        raise
    roots = tuple(f"{join(_base(path), folder)}/" for folder in FOLDERS.values())
    return Phone(tree, path, database, frozenset(one for one in tree.paths() if one.startswith(roots)))


def _check(database: Database, path: str) -> None:
    if not {"model_TSThread", "model_TSInteraction"} & database.tables.keys():
        raise UnreadableSource(f"{path} holds neither threads nor interactions: it is no database of Signal on iOS")


def database_key(key: str | None) -> str:
    """Return the 96 hex digits of a key that was typed as hex or base64; raise ``Locked``. Nothing is guessed."""
    given = "".join((key or "").split())
    if not given:
        raise Locked(f"this database of Signal on iOS is encrypted: {_WHERE}")
    if _HEX.fullmatch(given.lower()):
        return given.lower()
    try:
        plain = base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        plain = b""
    if len(plain) != KEY_BYTES:
        raise Locked(f"a key of Signal on iOS has 48 bytes, and what was given is none in hex or base64: {_WHERE}")
    return plain.hex()
