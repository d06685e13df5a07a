"""A profile of Signal Desktop: where it lies, and how its database opens.

The database is under SQLCipher with a raw key of 64 hex digits. ``config.json`` holds that key as it is (``key``), or
sealed with a secret of the operating system (``encryptedKey``) in the ways of Chromium: AES-128-CBC under a key that
PBKDF2 makes of the secret (macOS, Linux), or AES-256-GCM under the key that DPAPI protects (Windows).
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from posixpath import join

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sauveterre.errors import Locked, UnreadableSource
from sauveterre.messages.database import Database, is_database
from sauveterre.messages.signal.loose import Loose, NotJson, bytes_of, parsed, text
from sauveterre.records.store import StoreLocation
from sauveterre.records.tree import Tree

DATABASE = "sql/db.sqlite"
FILES = "attachments.noindex"
CONFIG_LIMIT = 1 << 20
BASIC_TEXT = "basic_text"
"""Given as the key, it says that this profile's secret is the fixed one of Chromium without a key store."""
_FIXED_SECRET = "peanuts"  # noqa: S105  (printed in Chromium's source; used only when the key given asks for it)
_SALT = b"saltysalt"
_IV = b" " * 16
_MAC_ROUNDS, _LINUX_ROUNDS = 1003, 1
_CBC_BYTES = 3 + 80
_GCM_BYTES = 3 + 12 + 64 + 16
_HEX_KEY = re.compile(r"[0-9a-f]{64}")
_FOREIGN = frozenset({"configDump", "guardNodes", "openGroupRoomsV2"})
"""Tables of Session, which has the same folders and other contents."""
_WHERE = (
    "enter the 64 hex digits of its database key, or the secret 'Signal Safe Storage' of the computer's key store "
    "(macOS keychain, GNOME keyring, KWallet), or for Windows the key of 'Local State' after DPAPI"
)


@dataclass(frozen=True, slots=True)
class Profile:
    """An opened profile. Its database is closed by whoever opened it."""

    tree: Tree
    root: str
    database: Database
    files: frozenset[str]
    """Paths in the tree of all files that messages can carry."""

    @property
    def path(self) -> str:
        """Path in the tree of the database."""
        return join(self.root, DATABASE)

    @property
    def files_root(self) -> str:
        """The folder in the tree below which files lie, with a slash at its end."""
        return join(self.root, FILES) + "/"

    def files_path(self, data: Loose) -> str | None:
        """Return the path in the tree of the file that a row names, or None when it is not there."""
        path = text(data, "path").replace("\\", "/")
        full = self.files_root + path
        return full if path and full in self.files else None


def find(tree: Tree, reader: str) -> Iterator[StoreLocation]:
    """Find profiles by the place of their database; ``config.json`` beside it says whether a key is needed."""
    paths = list(tree.paths())
    there = frozenset(paths)
    for path in paths:
        if path == DATABASE or path.endswith(f"/{DATABASE}"):
            root = path.removesuffix(DATABASE).rstrip("/")
            yield StoreLocation(reader, root, needs_key=not _opens_alone(tree, root, there))


def _opens_alone(tree: Tree, root: str, there: frozenset[str]) -> bool:
    return bool(_HEX_KEY.fullmatch(text(_config(tree, root, there), "key").lower())) or _is_plain(tree, root)


def open_profile(tree: Tree, location: StoreLocation, key: str | None) -> Profile:
    """Open a profile; only the location's ``root`` counts.

    Raises ``Locked`` when the key is missing, malformed or wrong, ``UnreadableSource`` when the database is none of
    Signal's.
    """
    there = frozenset(tree.paths())
    root = location.root
    cipher: tuple[str, ...] = ()
    if not _is_plain(tree, root):
        cipher = (f"PRAGMA key = \"x'{database_key(_config(tree, root, there), key)}'\"",)
    database = Database(tree, join(root, DATABASE), cipher)
    try:
        _check(database, join(root, DATABASE))
    except BaseException:
        database.close()
        raise
    prefix = join(root, FILES) + "/"
    return Profile(tree, root, database, frozenset(path for path in there if path.startswith(prefix)))


def _check(database: Database, path: str) -> None:
    tables = database.tables
    if _FOREIGN & tables.keys():
        raise UnreadableSource(f"{path} belongs to Session and not to Signal: its messages are not read here")
    if not {"conversations", "messages"} & tables.keys():
        raise UnreadableSource(f"{path} holds neither conversations nor messages: it is no database of Signal Desktop")


def _is_plain(tree: Tree, root: str) -> bool:
    with tree.open(join(root, DATABASE)) as stream:
        return is_database(stream.read(16))


def _config(tree: Tree, root: str, there: frozenset[str]) -> Loose:
    path = join(root, "config.json")
    if path not in there:
        return {}
    try:
        with tree.open(path) as stream:
            return parsed(stream.read(CONFIG_LIMIT))
    except (NotJson, UnreadableSource):
        return {}


def database_key(config: Loose, key: str | None) -> str:
    """Return the 64 hex digits that open the database; raise ``Locked``. Nothing is guessed.

    ``key`` is the database key itself, or the secret that opens ``encryptedKey``; without one, the key that
    ``config.json`` holds in the clear is used.
    """
    given = (key or "").strip()
    if not given:
        own = text(config, "key").lower()
        if _HEX_KEY.fullmatch(own):
            return own
        raise Locked(f"this profile of Signal Desktop is encrypted: {_WHERE}")
    sealed = _sealed_key(config)
    hexadecimal = "".join(given.split()).lower()
    if _HEX_KEY.fullmatch(hexadecimal):
        return _of_windows(sealed, bytes.fromhex(hexadecimal)) or hexadecimal
    opened = _of_windows(sealed, bytes_of(given)) or _of_secret(config, sealed, given)
    if opened is None:
        raise Locked(f"the key given opens neither this profile nor the encryptedKey in its config.json: {_WHERE}")
    return opened


def _sealed_key(config: Loose) -> bytes:
    try:
        return bytes.fromhex(text(config, "encryptedKey"))
    except ValueError:
        return b""


def _of_windows(sealed: bytes, key: bytes) -> str | None:
    """Open a key sealed on Windows; None when it is not, or when this is not what opens it."""
    if len(sealed) != _GCM_BYTES or not sealed.startswith(b"v10") or len(key) != 32:
        return None
    try:
        return _as_key(AESGCM(key).decrypt(sealed[3:15], sealed[15:], None))
    except InvalidTag:
        return None


def _of_secret(config: Loose, sealed: bytes, secret: str) -> str | None:
    """Open a key sealed on macOS or Linux with the secret of the key store."""
    if len(sealed) != _CBC_BYTES or sealed[:3] not in (b"v10", b"v11"):
        return None
    is_fixed = secret == BASIC_TEXT
    is_linux = is_fixed or sealed.startswith(b"v11") or bool(text(config, "safeStorageBackend"))
    rounds = _LINUX_ROUNDS if is_linux else _MAC_ROUNDS
    password = (_FIXED_SECRET if is_fixed else secret).encode("utf-8", "replace")
    key = hashlib.pbkdf2_hmac("sha1", password, _SALT, rounds, 16)
    decryptor = Cipher(algorithms.AES(key), modes.CBC(_IV)).decryptor()
    plain = decryptor.update(sealed[3:]) + decryptor.finalize()
    return _as_key(plain[:64]) if plain[64:] == b"\x10" * 16 else None


def _as_key(plain: bytes) -> str | None:
    found = plain.decode("ascii", "replace").lower()
    return found if _HEX_KEY.fullmatch(found) else None
