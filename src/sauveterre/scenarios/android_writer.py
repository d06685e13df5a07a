"""Writes a store of Signal for Android in its two containers: the backup of the old form, and the telephone's files.

Cryptography after the published format: the backup's keys follow from 30 digits, each frame has a counter of its own;
on the telephone the database is under SQLCipher and each attachment under a key made of one key and its row's own salt.
"""

import base64
import hashlib
import hmac
import json
import random
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlcipher3 import dbapi2 as sqlcipher

from sauveterre.scenarios.android_rows import AndroidStore, Row
from sauveterre.scenarios.protobuf import Message, binary

ROUNDS = 250_000
MAC = 10
APP = "data/data/org.thoughtcrime.securesms"


def passphrase(rng: random.Random) -> str:
    """Return a passphrase: 30 digits in groups of five."""
    return " ".join("".join(rng.choice("0123456789") for _ in range(5)) for _ in range(6))


class _Sealer:
    """Encrypts frames and files, each with the next counter."""

    def __init__(self, digits: str, iv: bytes, salt: bytes, version: int) -> None:
        plain = digits.replace(" ", "").encode()
        hashed, fed = plain, salt
        for _ in range(ROUNDS):
            hashed, fed = hashlib.sha512(fed + hashed + plain).digest(), b""
        both = HKDF(SHA256(), 64, bytes(32), b"Backup Export").derive(hashed[:32])
        self._cipher, self._mac, self._iv, self._version = both[:32], both[32:], iv, version
        self._counter = int.from_bytes(iv[:4], "big")

    def frame(self, message: Message) -> bytes:
        """Return a frame with its length before it and its checksum behind it."""
        plain = binary("OldFrame", message)
        length = (len(plain) + MAC).to_bytes(4, "big")
        stream = self._stream(self._next())
        if self._version:
            length = stream.update(length)
        body = stream.update(plain)
        mac = hmac.digest(self._mac, (length if self._version else b"") + body, "sha256")[:MAC]
        return length + body + mac

    def file(self, data: bytes) -> bytes:
        """Return a file's bytes with their checksum behind them."""
        iv = self._next()
        body = self._stream(iv).update(data)
        return body + hmac.digest(self._mac, iv + body, "sha256")[:MAC]

    def _stream(self, iv: bytes) -> CipherContext:
        return Cipher(algorithms.AES(self._cipher), modes.CTR(iv)).encryptor()

    def _next(self) -> bytes:
        iv = (self._counter % (1 << 32)).to_bytes(4, "big") + self._iv[4:]
        self._counter += 1
        return iv


def backup_file(store: AndroidStore, digits: str, rng: random.Random, version: int = 1) -> bytes:
    """Return the backup of a store, with the rows that such a backup has: no messages that are to disappear.

    ``version`` is that of the header: 0 writes the lengths of frames plainly, 1 encrypts them.
    """
    iv, salt = rng.randbytes(16), rng.randbytes(32)
    header = binary("OldFrame", {"header": {"iv": iv, "salt": salt, "version": version}})
    sealer = _Sealer(digits, iv, salt, version)
    parts = [len(header).to_bytes(4, "big"), header, sealer.frame({"version": {"version": store.version}})]
    for message, data in frames(store):
        parts.append(sealer.frame(message))
        if data is not None:
            parts.append(sealer.file(data))
    return b"".join([*parts, sealer.frame({"end": True})])


def frames(store: AndroidStore) -> Iterator[tuple[Message, bytes | None]]:
    """Yield the frames of a backup, each with the file that follows it."""
    for table, rows in store.tables.items():
        yield {"statement": {"statement": created(table, rows)}}, None
    yield {"statement": {"statement": "CREATE INDEX message_date ON message (date_sent)"}}, None
    yield {"statement": {"statement": "CREATE TRIGGER t AFTER DELETE ON message BEGIN DELETE FROM thread; END"}}, None
    gone = {row["_id"] for row in store.tables.get("message", []) if row.get("expires_in")}
    for table, rows in store.tables.items():
        columns = columns_of(rows)
        marks = ",".join("?" * len(columns))
        for row in rows:
            if (row["_id"] if table == "message" else row.get("message_id", row.get("mms_id"))) in gone:
                continue
            statement = f"INSERT INTO {table} VALUES ({marks})"  # noqa: S608  (own names)
            yield {"statement": {"statement": statement, "parameters": [_value(row.get(c)) for c in columns]}}, None
            if table in ("attachment", "part") and (data := store.files.get(row["_id"])) is not None:
                yield {"attachment": {"row": row["_id"], "length": len(data)}}, data
    for key, text in store.settings.items():
        yield {"keyValue": {"key": key, "text": text}}, None


def columns_of(rows: list[Row]) -> list[str]:
    """Return every column that a row of a table has, in order of first sight; the number for an empty table."""
    return list(dict.fromkeys(column for row in rows for column in row)) or ["_id"]


def created(table: str, rows: list[Row]) -> str:
    """Return the statement that makes a table."""
    columns = ["_id INTEGER PRIMARY KEY AUTOINCREMENT", *(c for c in columns_of(rows) if c != "_id")]
    ordered = [columns[0] if c == "_id" else f"{c} TEXT DEFAULT (1)" for c in columns_of(rows)]
    return f"CREATE TABLE {table} ({', '.join(ordered)}, UNIQUE (_id) ON CONFLICT ABORT)"


def _value(value: object) -> Message:
    if value is None:
        return {"null": True}
    if isinstance(value, str):
        return {"text": value}
    return {"blob": value} if isinstance(value, bytes) else {"integer": value}


def device_files(store: AndroidStore, key: str, attachment_key: bytes) -> dict[str, bytes]:
    """Return the files of the app by path: the database under its key, and the attachments under theirs."""
    files = {f"{APP}/databases/signal.db": _database(store, key)}
    settings = AndroidStore(tables={"key_value": [
        {"_id": number, "key": name, "value": text, "type": 4}
        for number, (name, text) in enumerate(store.settings.items(), start=1)
    ]})  # fmt: skip
    files[f"{APP}/databases/signal-key-value.db"] = _database(settings, key)
    table = store.tables.get("attachment") or store.tables.get("part") or []
    for row in table:
        path = row.get("data_file", row.get("_data"))
        if row["_id"] in store.files and path:
            own = hmac.digest(attachment_key, row["data_random"], "sha256")
            stream = Cipher(algorithms.AES(own), modes.CTR(bytes(16))).encryptor()
            files[f"{APP}/app_parts/{path.rpartition('/')[2]}"] = stream.update(store.files[row["_id"]])
    return files


def _database(store: AndroidStore, key: str) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "signal.db"
        database = sqlcipher.connect(str(path))
        for pragma in ("key = '" + key + "'", "cipher_page_size = 4096", "kdf_iter = 1"):
            database.execute(f"PRAGMA {pragma}")
        database.execute("PRAGMA cipher_hmac_algorithm = HMAC_SHA1")
        database.execute("PRAGMA cipher_kdf_algorithm = PBKDF2_HMAC_SHA1")
        for table, rows in store.tables.items():
            columns = columns_of(rows)
            fields = ["_id INTEGER PRIMARY KEY" if c == "_id" else f'"{c}"' for c in columns]
            database.execute(f"CREATE TABLE {table} ({', '.join(fields)})")
            marks = ",".join("?" * len(columns))
            values = [tuple(row.get(column) for column in columns) for row in rows]
            database.executemany(f"INSERT INTO {table} VALUES ({marks})", values)  # noqa: S608  (own names)
        database.commit()
        database.close()
        return path.read_bytes()


def secrets_text(key: str, attachment_key: bytes) -> str:
    """Return the secrets as an extraction tool writes them."""
    stated = {
        "sqlite db key": key,
        "signal attachment key": {"modernKey": base64.b64encode(attachment_key).decode()},
    }
    return json.dumps([{"app": "org.thoughtcrime.securesms", "script_output": [{"payload": stated}]}])
