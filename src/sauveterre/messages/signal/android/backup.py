"""A backup of the old form, replayed: its rows in a scratch database, its files where they lie."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from sauveterre.errors import SauveterreError, UnreadableSource
from sauveterre.messages.database import Database, Row
from sauveterre.messages.signal.android.attachments import sha256_of
from sauveterre.messages.signal.android.container import (
    MOST_HEADER,
    Container,
    Frame,
    Keys,
    Piece,
    open_piece,
    passphrase,
    read_header,
)
from sauveterre.messages.signal.android.files import FOLDER, File
from sauveterre.messages.signal.android.reading import Origin
from sauveterre.messages.signal.android.replay import PIECES, Replay
from sauveterre.messages.signal.android.tables import ATTACHMENT_TABLES, Tables, number
from sauveterre.messages.signal.android.telling import SETTINGS_READ
from sauveterre.records.problem import Problem
from sauveterre.records.store import StoreLocation
from sauveterre.records.tree import Tree

MOST_PROBLEMS = 10_000
_SUFFIX = re.compile(r"\.backup(?:\.part)?$", re.IGNORECASE)


@dataclass(slots=True)
class Replayed:
    """A backup that has been read through."""

    tree: Tree
    origin: Origin
    database: Database
    keys: Keys
    version: str
    """Of the database, as the backup states it."""
    settings: dict[str, object] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def held(self, row: Row) -> str | None:
        """Return where the bytes of a row of attachments lie among the store's attachments."""
        one = number(row["id"])
        found = list(self.database.query(f"SELECT row FROM {PIECES} WHERE row = ?", (one,)))  # noqa: S608  (own name)
        return f"{FOLDER}/{one}" if found else None

    def files(self, name: str = "") -> Iterator[File]:
        """Yield every file whose bytes are in the backup, in the order of its rows; or the one of a name."""
        tables = Tables(self.database)
        table = tables.first_there(ATTACHMENT_TABLES)
        one_only = f" WHERE row = {int(name)}" if name.isdecimal() and len(name) < 20 else " WHERE 0" if name else ""
        columns = "row, offset, length, iv, frame"
        for one, offset, length, iv, frame in self.database.query(f"SELECT {columns} FROM {PIECES}{one_only}"):  # noqa: S608
            rows = tables.rows(table, ("id",), f"_id = {one}") if table and tables.has(table, "id") else iter(())
            digest = next((sha256_of(row).hex() for row in rows), "")
            place = self.origin.provenance(0, f"{table or 'attachment'} {one} ({frame})")
            chunks = partial(open_piece, keys=self.keys, piece=Piece(offset, length, iv))
            yield File(str(one), length, digest, place, chunks, self.origin.path)


def find(tree: Tree, reader: str) -> Iterator[StoreLocation]:
    """Find backups by their names' end and first bytes."""
    for path in tree.paths():
        if _SUFFIX.search(path) and _is_backup(tree, path):
            yield StoreLocation(reader, path, needs_key=True)


def _is_backup(tree: Tree, path: str) -> bool:
    try:
        with tree.open(path) as stream:
            read_header(stream.read(MOST_HEADER + 4))
    except (UnreadableSource, OSError):
        return False
    return True


def replay(tree: Tree, location: StoreLocation, key: str | None) -> Replayed:
    """Read a backup through; raise ``Locked`` for a key that is missing, malformed or wrong, ``UnreadableSource``."""
    path = location.root
    digits = passphrase(key)
    with tree.open(path) as stream:
        container, filling = Container(stream, path, digits), Replay()
        taken = _Taken()
        try:
            for frame in container.frames():
                taken.add(frame, filling)
        except SauveterreError:
            filling.connection.close()
            raise
        origin = Origin(container.finish(), path, location.reader)
    database = Database.adopt(filling.finish(), path, origin.digest)
    problems = [Problem(origin.provenance(0, where), what) for where, what in taken.faults]
    return Replayed(tree, origin, database, container.keys, taken.version, taken.settings, problems)


@dataclass(slots=True)
class _Taken:
    """What the frames said besides their rows."""

    version: str = ""
    settings: dict[str, object] = field(default_factory=dict)
    faults: list[tuple[str, str]] = field(default_factory=list)

    def add(self, frame: Frame, filling: Replay) -> None:
        fault, fields = frame.fault, frame.fields
        if "statement" in fields:
            fault = filling.statement(fields["statement"], frame)
        elif "attachment" in fields and frame.piece is not None:
            fault = filling.piece(fields["attachment"].get("row", 0), frame.piece, frame)
        elif "version" in fields:
            self.version = str(fields["version"].get("version", 0))
        for kind in ("preference", "keyValue"):
            stated = fields.get(kind, {})
            if stated.get("key") in SETTINGS_READ:
                values = (stated.get(name) for name in ("text", "value", "int64", "int32"))
                self.settings[stated["key"]] = next((value for value in values if value is not None), None)
        if fault and len(self.faults) < MOST_PROBLEMS:
            self.faults.append((frame.name, fault))
