"""What has to be known of a whole report before its messages can be told: one pass, kept on disk and not in memory.

Files may be listed before or after what refers to them, a chat's own fields stand behind its messages, and a reply may
lead forwards. The tables lie in a temporary database whose file has no name.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from posixpath import dirname, join
from tempfile import TemporaryDirectory
from typing import Any, Self

from sauveterre.errors import LimitExceeded
from sauveterre.messages.ufdr.models import Model
from sauveterre.messages.ufdr.names import account_of, service_of
from sauveterre.messages.ufdr.report import BadReport, Fact, Piece, TaggedFile, read_report
from sauveterre.records.pulse import heard
from sauveterre.records.tree import Tree

MOST_OWNERS = 200
"""Most accounts of one service that are taken to be the device's own."""
MOST_TYPES = 1_000
DIGESTS = {"SHA256": 64, "SHA1": 40, "MD5": 32}
"""Names of digests among a file's metadata, the strongest first, and their hex digits."""
_FIELDS = {"Party": "Participants", "ChatActivity": "ActivityLog"}
"""Models that are read in this field of a chat only."""
_TABLES = """
CREATE TABLE there (folded TEXT, path TEXT, PRIMARY KEY (folded, path)) WITHOUT ROWID;
CREATE TABLE file (id TEXT PRIMARY KEY, local TEXT, path TEXT, size INTEGER, digests TEXT) WITHOUT ROWID;
CREATE TABLE wanted (number INTEGER PRIMARY KEY, file TEXT, local TEXT, model TEXT, UNIQUE (file, local));
CREATE TABLE chat (number INTEGER PRIMARY KEY, model TEXT);
CREATE TABLE party (chat INTEGER, number INTEGER, model TEXT, PRIMARY KEY (chat, number)) WITHOUT ROWID;
CREATE TABLE message (id TEXT PRIMARY KEY, number INTEGER, chat INTEGER, identifier TEXT, sender TEXT, at TEXT)
  WITHOUT ROWID;
CREATE TABLE speaker (chat INTEGER, identifier TEXT, PRIMARY KEY (chat, identifier)) WITHOUT ROWID;
CREATE TABLE activity (id TEXT, in_chat INTEGER, PRIMARY KEY (id, in_chat)) WITHOUT ROWID;
CREATE TABLE told (what TEXT PRIMARY KEY) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file as the report lists it, and where in the tree its bytes are."""

    id: str
    place: str | None
    """Path in the tree; None where the tree does not hold it."""
    size: int | None
    digests: dict[str, str]
    """``SHA256``, ``SHA1`` and ``MD5`` as the report claims them, lowercase hex."""


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """Enough of a message to work out its key."""

    sender: str
    """As the report identifies the sender; empty without one."""
    at: str
    """The time as the report has it."""
    identifier: str
    """The app's own."""


class Index:
    """The tables. Use as a context manager."""

    def __init__(self, tree: Tree, report: str) -> None:
        """Read the report at this path of a tree once; ``fault`` says where it broke off, if it did.

        Raises ``UnreadableSource`` when it cannot be opened, ``LimitExceeded`` when there is no room for the tables.
        """
        self.fault = ""
        self.is_report = False
        self.unread: Counter[str] = Counter()
        """How many models there are of each sort that is not read."""
        self.latest: datetime | None = None
        """The latest activity that any chat states."""
        self._owners: dict[str, dict[str, None]] = {}
        self._handlers: dict[str, Callable[[Piece], None]] = {
            "Party": self._party,
            "InstantMessage": self._message,
            "ChatActivity": self._activity,
            "Chat": self._chat,
            "UserAccount": self._account,
            **dict.fromkeys(("SMS", "MMS"), self._message),
            **dict.fromkeys(("Contact", "Call"), self._nothing),
        }
        self._root = dirname(report)
        with TemporaryDirectory(prefix="report-") as folder:
            self._database = sqlite3.connect(Path(folder) / "index", isolation_level=None)
            try:
                self._fill(tree, report)
            except BaseException:
                self.close()
                raise

    def _fill(self, tree: Tree, report: str) -> None:
        for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -16384", "temp_store = FILE"):
            self._execute(f"PRAGMA {setting}")
        for statement in (*_TABLES.split(";")[:-1], "BEGIN"):
            self._execute(statement)
        for path in heard(tree.paths()):
            self._put("there", path.casefold(), path)
        with tree.open(report) as stream:
            try:
                for found in read_report(stream):
                    self.is_report |= isinstance(found, Piece) or (isinstance(found, Fact) and found.name[:1] == "@")
                    if isinstance(found, TaggedFile):
                        self._file(found)
                    elif isinstance(found, Piece):
                        self._piece(found)
            except BadReport as error:
                self.fault = str(error)
        self._execute("CREATE INDEX by_identifier ON message (chat, identifier)")
        self._execute("CREATE INDEX by_time ON message (chat, at)")
        for chat, identifier in self._rows("SELECT chat, identifier FROM speaker ORDER BY chat, identifier"):
            self._own(service_of(self.chat(chat).text("Source")), [identifier])

    def _execute(self, statement: str, *values: object) -> sqlite3.Cursor:
        try:
            return self._database.execute(statement, values)
        except sqlite3.Error as error:
            raise LimitExceeded(
                f"there is no room for the index of a report ({error}): make room for scratch"
            ) from error

    def _rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        return self._execute(statement, *values).fetchall()

    def _put(self, table: str, *values: object) -> bool:
        """Write a row; say whether it is the first with its key."""
        marks = ", ".join("?" * len(values))
        statement = f"INSERT OR IGNORE INTO {table} VALUES ({marks})"  # noqa: S608  (own names)
        return self._execute(statement, *values).rowcount > 0

    def _file(self, file: TaggedFile) -> None:
        digests = {name: file.items.get(name, "").lower() for name in DIGESTS}
        stated = {name: digest for name, digest in digests.items() if is_hex(digest, DIGESTS[name])}
        if file.id:
            local = slashed(file.items.get("Local Path", ""))
            self._put("file", file.id, local, file.path, file.size, json.dumps(stated))

    def _piece(self, piece: Piece) -> None:
        handler = self._handlers.get(piece.model.type)
        if handler is not None and _FIELDS.get(piece.model.type, piece.field) == piece.field:
            handler(piece)
        elif len(self.unread) < MOST_TYPES or piece.sort in self.unread:
            self.unread[piece.sort] += 1

    def _activity(self, piece: Piece) -> None:
        self._put("activity", piece.model.text("SystemMessageId"), 1)

    def _account(self, piece: Piece) -> None:
        self._own(service_of(piece.model.text("Source", "ServiceType")), own_identifiers(piece.model))

    def _chat(self, piece: Piece) -> None:
        number, model = piece.chat, piece.model
        last = model.moment("LastActivity")
        if last is not None and last.year < 2100 and (self.latest is None or last > self.latest):
            self.latest = last
        self._put("chat", number, json.dumps([model.attributes, model.fields]))

    def _nothing(self, piece: Piece) -> None:
        """Have nothing to know of it beforehand."""

    def _party(self, piece: Piece) -> None:
        model = piece.model
        self._put("party", piece.chat, piece.number, json.dumps([model.attributes, model.fields]))
        self._speaker(piece.chat, model)

    def _speaker(self, chat: int, party: Model) -> None:
        if party.truth("IsPhoneOwner") and party.text("Identifier"):
            self._put("speaker", chat, party.text("Identifier"))

    def _message(self, piece: Piece) -> None:
        model, sender = piece.model, piece.model.one("From")
        if sender is not None:
            self._speaker(piece.chat, sender)
        identifier = sender.text("Identifier") if sender is not None else ""
        for one in model.ids:
            about = (piece.number, piece.chat, model.text("Identifier"), identifier, model.text("TimeStamp"))
            self._put("message", one, *about)
        for activity in model.all("ActivityLog"):
            self._put("activity", activity.text("SystemMessageId") or model.id, 0)
        for found in model.inside():
            file, local = found.attributes.get("file_id", ""), extracted_path(found)
            if found.type == "Attachment" and (file or local):
                self._put("wanted", None, file, local, model.id)

    def _own(self, service: str, identifiers: list[str]) -> None:
        owners = self._owners.setdefault(service, {})
        for identifier in identifiers:
            named = account_of(service, identifier)
            if named is not None and len(owners) < MOST_OWNERS:
                owners[named.id] = None

    def owners(self, service: str) -> list[str]:
        """Return the device's own accounts on a service, as far as the report states any."""
        return list(self._owners.get(service, ()))

    def chat(self, number: int) -> Model:
        """Return a chat's own fields; of one that the report does not hold whole, an empty model."""
        return _unpacked("Chat", self._rows("SELECT model FROM chat WHERE number = ?", number))

    def parties(self, chat: int) -> Iterator[Model]:
        """Yield a chat's participants in order."""
        with closing(self._execute("SELECT model FROM party WHERE chat = ? ORDER BY number", chat)) as rows:
            for row in rows:
                yield _unpacked("Party", [row])

    def is_first(self, piece: Piece) -> bool:
        """Say whether no earlier message of the report has this one's identifier."""
        first = self._rows("SELECT number FROM message WHERE id = ?", piece.model.id)
        return not first or first[0][0] == piece.number

    def message(self, chat: int, identifiers: tuple[str, ...], references: tuple[str, ...]) -> KnownMessage | None:
        """Return the message that a reply leads to: by the app's identifier in that chat, or by the report's own."""
        columns = "SELECT sender, at, identifier FROM message WHERE chat = ?"
        for statement, names in (
            (f"{columns} AND identifier = ? ORDER BY number LIMIT 1", identifiers),
            (f"{columns} AND id = ?", references),
        ):
            for one in filter(None, names):
                for sender, at, identifier in self._rows(statement, chat, one):
                    return KnownMessage(sender, at, identifier)
        return None

    def first_at(self, chat: int, message: KnownMessage) -> str:
        """Return the app's identifier of the first message in a chat with this one's sender and time."""
        statement = "SELECT identifier FROM message WHERE chat = ? AND sender = ? AND at = ? ORDER BY number LIMIT 1"
        found = self._rows(statement, chat, message.sender, message.at)
        return found[0][0] if found else message.identifier

    def is_told_elsewhere(self, system_message: str, *, by_chat: bool) -> bool:
        """Say whether an activity of this system message stands in a chat's own log, or with the message itself."""
        found = self._rows("SELECT 1 FROM activity WHERE id = ? AND in_chat = ?", system_message, by_chat)
        return bool(system_message and found)

    def is_new(self, *what: str) -> bool:
        """Say whether this is asked for the first time."""
        return self._put("told", "\x00".join(what))

    def file(self, identifier: str, local: str) -> KnownFile:
        """Return what the report claims of an attachment's file, by its identifier or by where it was put."""
        rows = self._rows("SELECT local, path, size, digests FROM file WHERE id = ?", identifier)
        known_local, path, size, digests = rows[0] if rows else ("", "", None, "{}")
        place = next(filter(None, (self._place(one) for one in (known_local, local))), None)
        return KnownFile(identifier, place or self._place(path, ""), size, json.loads(digests))

    def _place(self, path: str, root: str | None = None) -> str | None:
        if not path:
            return None
        whole = join(self._root if root is None else root, path)
        nearest = "SELECT path FROM there WHERE folded = ? ORDER BY path <> ?, path LIMIT 1"
        found = self._rows(nearest, whole.casefold(), whole)
        return found[0][0] if found else None

    def wanted(self) -> Iterator[tuple[KnownFile, str]]:
        """Yield every file that a message carries, each once, with the identifier of the first such message."""
        with closing(self._execute("SELECT file, local, model FROM wanted ORDER BY number")) as rows:
            for file, local, model in rows:
                yield self.file(file, local), model

    def close(self) -> None:
        """Let the tables go. Closing twice is harmless."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _unpacked(kind: str, rows: list[tuple[str]]) -> Model:
    attributes, fields = json.loads(rows[0][0]) if rows else ({}, {})
    return Model(kind, attributes, fields)


def extracted_path(attachment: Model) -> str:
    """Return where the report says that an attachment was put in the package; empty where it does not."""
    return slashed(attachment.text("attachment_extracted_path"))


def slashed(path: str) -> str:
    """Return a path of the package parted by ``/``."""
    return path.replace("\\", "/").removeprefix("./").strip("/")


def is_hex(text: str, digits: int) -> bool:
    """Say whether this is a digest of so many hex digits."""
    return len(text) == digits and not set(text) - set("0123456789abcdef")


def own_identifiers(account: Model) -> list[str]:
    """Return what identifies one of the device's own accounts, in its app: user ids, else the user name."""
    entries = [entry.text("Value") for entry in account.all("Entries") if is_user_id(entry)]
    return entries or [account.text("Username")]


def is_user_id(entry: Model) -> bool:
    """Say whether an entry of a contact or account is an identifier in an app, and no second name."""
    category = entry.text("Category").lower()
    return entry.type == "UserID" and (" id" in f" {category}" or "jid" in category) and "name" not in category
