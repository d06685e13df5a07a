"""Signal's own files on a telephone: ``databases/signal.db`` under SQLCipher, and encrypted ``app_parts`` beside it.

Parameters: the key as a text passphrase of 64 hex digits, one round of PBKDF2-HMAC-SHA1, pages of 4096 bytes with
HMAC-SHA1. A file of an attachment is AES-256-CTR with a counter from 0, under HMAC-SHA256(attachment key, the row's own
32 bytes). Facts about the format, from public descriptions of it.
"""

import base64
import binascii
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from posixpath import basename, dirname, join
from typing import Any, BinaryIO

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from sauveterre.errors import Locked, SauveterreError
from sauveterre.messages.database import Database, Row, is_database
from sauveterre.messages.heads import head_of
from sauveterre.messages.signal.android.attachments import sha256_of
from sauveterre.messages.signal.android.files import FOLDER, File
from sauveterre.messages.signal.android.reading import Origin, row_name
from sauveterre.messages.signal.android.tables import ATTACHMENT_TABLES, Tables, blob, number, text
from sauveterre.messages.signal.android.telling import SETTINGS_READ
from sauveterre.messages.signal.frames import file_chunks
from sauveterre.records.store import StoreLocation
from sauveterre.records.tree import Tree

DATABASE, SETTINGS, PARTS = "signal.db", "signal-key-value.db", "app_parts"
MOST_SECRETS = 1 << 20
"""Most characters of the secrets that an extraction tool writes."""
MOST_DEPTH = 8
_HEX = re.compile(r"[0-9a-f]{64}")
_WHERE = (
    "it is a key of 64 hex digits that the extraction tool exports from the telephone's keystore, as 'sqlite db key' "
    "in its secrets.json"
)


@dataclass(frozen=True, slots=True)
class Secrets:
    """What opens the database and the attachments; empty where it was not given."""

    database: str
    attachments: bytes


def secrets_of(key: str | None) -> Secrets:
    """Return the secrets in a text, in any of the forms that are taken; raise ``Locked`` when it is none.

    The forms: 64 hex digits for the database alone; ``DATABASEKEY:ATTACHMENTKEY``, the latter in base64 or hex; or the
    extraction tool's own JSON, with ``sqlite db key`` and ``signal attachment key`` in it.
    """
    if key is None or not key.strip():
        return Secrets("", b"")
    plain = key.strip()
    if plain[0] in "[{":
        return _from_json(plain)
    first, _, second = plain.partition(":")
    database, attachments = first.strip().lower(), _key_bytes(second.strip())
    if database and not _HEX.fullmatch(database):
        raise Locked(f"the key of the database has 64 hex digits, this one does not: {_WHERE}")
    if second.strip() and len(attachments) != 32:
        raise Locked("the key behind the colon is no attachment key: it has 32 bytes, in base64 or hex ('modernKey')")
    return Secrets(database, attachments)


def _from_json(plain: str) -> Secrets:
    try:
        value = json.loads(plain) if len(plain) <= MOST_SECRETS else None
    except (ValueError, RecursionError):
        value = None
    stated: dict[str, str] = {}
    _gather(value, stated, MOST_DEPTH)
    database = stated.get("sqlite db key", "").strip().lower()
    if not _HEX.fullmatch(database):
        raise Locked(f"the secrets given hold no key of the database: {_WHERE}")
    attachments = _key_bytes(stated.get("modernKey", ""))
    return Secrets(database, attachments if len(attachments) == 32 else b"")


def _gather(value: object, into: dict[str, str], depth: int) -> None:
    """Collect the two keys out of JSON, the first of each."""
    if isinstance(value, list) and depth:
        for item in value:
            _gather(item, into, depth - 1)
    elif isinstance(value, dict) and depth:
        for name, item in value.items():
            if name in ("sqlite db key", "modernKey") and isinstance(item, str):
                into.setdefault(name, item)
            else:
                _gather(item, into, depth - 1)


def _key_bytes(stated: str) -> bytes:
    if _HEX.fullmatch(stated.lower()):
        return bytes.fromhex(stated)
    try:
        return base64.b64decode(stated, validate=True)
    except (binascii.Error, ValueError):
        return b""


@dataclass(slots=True)
class Device:
    """The app's files, opened."""

    tree: Tree
    origin: Origin
    database: Database
    key: bytes
    """Of the attachments; empty when it was not given."""
    settings: Mapping[str, object]
    parts: Mapping[str, str]
    """Path in the tree of each file of an attachment, by name."""

    def held(self, row: Row) -> str | None:
        """Return where the bytes of a row of attachments lie among the store's attachments."""
        name = basename(text(row["file"]))
        is_here = bool(self.key) and name in self.parts and len(blob(row["random"])) == 32
        return f"{FOLDER}/{name}" if is_here else None

    def files(self, name: str = "") -> Iterator[File]:
        """Yield every file that a row leads to and that can be decrypted, once each; or the one of a name."""
        tables, told = Tables(self.database), set[str]()
        table = tables.first_there(ATTACHMENT_TABLES)
        for row in tables.rows(table) if table else ():
            own = basename(text(row["file"]))
            if (name and own != name) or own in told or self.held(row) is None:
                continue
            told.add(own)
            size = None if row["size"] is None else max(0, number(row["size"]))
            chunks = partial(_decrypted, key=hmac.digest(self.key, blob(row["random"]), "sha256"))
            place = self.origin.provenance(0, row_name(table, row))
            yield File(own, size, sha256_of(row).hex(), place, chunks, self.parts[own])


def _decrypted(stream: BinaryIO, key: bytes) -> Iterator[bytes]:
    decryptor = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).decryptor()
    for chunk in file_chunks(stream):
        yield decryptor.update(chunk)


def find(tree: Tree, reader: str) -> Iterator[StoreLocation]:
    """Find databases by their name; one that was decrypted before needs no key."""
    for path in tree.paths():
        if basename(path) == DATABASE and (head := head_of(tree, path, 64)):
            yield StoreLocation(reader, path, needs_key=not is_database(head))


def open_device(tree: Tree, location: StoreLocation, key: str | None) -> Device:
    """Open the database; raise ``Locked`` for a key that is missing, malformed or wrong, ``UnreadableSource``."""
    path, secrets = location.root, secrets_of(key)
    is_plain = is_database(head_of(tree, path, 64))
    if not is_plain and not secrets.database:
        raise Locked(f"{path} is encrypted: give its key ({_WHERE})")
    cipher = () if is_plain else _cipher(secrets.database)
    database = Database(tree, path, cipher)
    folder = dirname(path)
    app = dirname(folder) if basename(folder) == "databases" else folder
    beside = join(app, PARTS) + "/"
    parts = {basename(one): one for one in tree.paths() if one.startswith(beside)}
    settings = _settings(tree, join(folder, SETTINGS), cipher)
    return Device(tree, Origin(database.digest, path, location.reader), database, secrets.attachments, settings, parts)


def _cipher(key: str) -> tuple[str, ...]:
    """Return what unlocks the database; the key is hex by now, and can be put between quotes."""
    return (
        f"PRAGMA key = '{key}'",
        "PRAGMA cipher_page_size = 4096",
        "PRAGMA kdf_iter = 1",
        "PRAGMA cipher_hmac_algorithm = HMAC_SHA1",
        "PRAGMA cipher_kdf_algorithm = PBKDF2_HMAC_SHA1",
    )


def _settings(tree: Tree, path: str, cipher: tuple[str, ...]) -> dict[str, Any]:
    """Return the app's own values that are read, from the database of its settings; none where it does not open."""
    found: dict[str, Any] = {}
    if path not in set(tree.paths()):
        return found
    try:
        with Database(tree, path, () if is_database(head_of(tree, path, 64)) else cipher) as database:
            for row in Tables(database).rows("key_value", ()):
                if text(row["key"]) in SETTINGS_READ:
                    found[text(row["key"])] = row["value"]
    except SauveterreError:
        return found
    return found
