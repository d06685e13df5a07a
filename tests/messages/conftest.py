"""What the tests of message stores share: a tree over a folder, a reader of .txtproto, writers of backups."""

import base64
import gzip
import hashlib
import hmac
import json
import re
import struct
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from sauveterre.errors import UnreadableSource
from sauveterre.messages.readers import signal_backup
from sauveterre.messages.signal import crypto
from sauveterre.messages.signal.schema import LOCAL, SCHEMA
from sauveterre.records.store import StoreLocation


class FolderTree:
    """A tree over a folder on disk."""

    def __init__(self, root):
        self.root = Path(root)
        self.identity = f"folder:{self.root.name}"

    def paths(self):
        found = (path for path in self.root.rglob("*") if path.is_file())
        return sorted(path.relative_to(self.root).as_posix() for path in found)

    def open(self, path):
        try:
            return (self.root / path).open("rb")
        except OSError as error:
            raise UnreadableSource(f"{path}: {error}") from error


TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*)|(?P<text>"(?:[^"\\]|\\.)*")|(?P<bytes><[0-9a-f]*>)|(?P<number>-?[0-9][0-9.eE+-]*)"""
    r"""|(?P<word>[A-Za-z_][\w.]*)|(?P<mark>[{}\[\]=,])"""
)


class TextProto:
    """Parses ``Name { field = value }``: messages become (name, dict), enums ("enum", NAME)."""

    def __init__(self, text):
        self.tokens = [m for m in TOKEN.finditer(text) if m.lastgroup != "skip"]
        assert "".join(m.group() for m in TOKEN.finditer(text)) == text, "something was not understood"
        self.at = 0

    def all(self):
        found = []
        while self.at < len(self.tokens):
            found.append(self.value())
        return found

    def peek(self):
        return self.tokens[self.at].group()

    def next(self):
        self.at += 1
        return self.tokens[self.at - 1]

    def value(self):
        token = self.next()
        text = token.group()
        if token.lastgroup == "text":
            return self.unescape(text[1:-1])
        if token.lastgroup == "bytes":
            return bytes.fromhex(text[1:-1])
        if token.lastgroup == "number":
            return float(text) if re.search("[.eE]", text) else int(text)
        if text == "[":
            return self.items()
        if text in ("true", "false"):
            return text == "true"
        if self.at < len(self.tokens) and self.peek() == "{":
            return text, self.fields()
        return "enum", text.rpartition(".")[2]

    @staticmethod
    def unescape(text):
        simple = {"n": "\n", "t": "\t", "r": "\r", "b": "\b"}
        return re.sub(
            r"\\(u[0-9a-fA-F]{4}|.)",
            lambda m: chr(int(m[1][1:], 16)) if len(m[1]) > 1 else simple.get(m[1], m[1]),
            text,
        )

    def items(self):
        found = []
        while self.peek() != "]":
            found.append(self.value())
            if self.peek() == ",":
                self.next()
        self.next()
        return found

    def fields(self):
        self.next()
        found = {}
        while self.peek() != "}":
            name = self.next().group().rstrip("_")
            assert self.next().group() == "="
            found[name] = self.value()
        self.next()
        return found


def varint(number):
    number &= (1 << 64) - 1
    data = b""
    while True:
        data += bytes([(number & 0x7F) | (0x80 if number > 0x7F else 0)])
        number >>= 7
        if not number:
            return data


def encode(message, fields, tables=SCHEMA):
    """Write a message by the tables: the counterpart of the decoder, made for the tests."""
    data = b""
    for name, value in fields.items():
        row = tables.by_name[message][name]
        for one in value if row.repeated else [value]:
            if row.kind in tables.messages:
                body = encode(row.kind, one, tables)
                data += varint(row.number << 3 | 2) + varint(len(body)) + body
            elif row.kind in ("string", "bytes"):
                body = one.encode() if isinstance(one, str) else one
                data += varint(row.number << 3 | 2) + varint(len(body)) + body
            elif row.kind in ("fixed32", "float"):
                data += varint(row.number << 3 | 5) + struct.pack("<I" if row.kind == "fixed32" else "<f", one)
            else:
                data += varint(row.number << 3) + varint(int(one))
    return data


def to_json(message, fields):
    """Write decoded fields as proto3-JSON, as the plaintext export does."""
    result = {}
    for name, value in fields.items():
        row = SCHEMA.by_name[message][name]
        values = [json_value(row, one) for one in (value if row.repeated else [value])]
        result[name] = values if row.repeated else values[0]
    return result


def json_value(row, value):
    if row.kind in SCHEMA.messages:
        return to_json(row.kind, value)
    if row.kind in SCHEMA.enums:
        return next(name for name, number in SCHEMA.enums[row.kind].items() if number == value)
    if row.kind == "bytes":
        return base64.b64encode(value).decode()
    return str(value) if row.kind in ("uint64", "int64", "fixed64") else value


INFO = {"version": 1, "backupTimeMs": 1_750_000_000_000, "currentAppVersion": "Test 1.0"}
AEP = "m" * 64


def stream(frames, info=None):
    """Write a stream of BackupInfo and frames (dicts, or bytes to be taken as they are)."""
    parts = [encode("BackupInfo", INFO if info is None else info)]
    parts += [frame if isinstance(frame, bytes) else encode("Frame", frame) for frame in frames]
    return b"".join(varint(len(part)) + part for part in parts)


def seal(plain, mac_key, aes_key, iv=b"I" * 16):
    """Encrypt as Signal does: IV, AES-256-CBC with PKCS#7, HMAC-SHA256 over both."""
    count = 16 - len(plain) % 16
    encryptor = Cipher(algorithms.AES(aes_key), modes.CBC(iv)).encryptor()
    body = iv + encryptor.update(plain + bytes([count]) * count) + encryptor.finalize()
    return body + hmac.digest(mac_key, body, "sha256")


def metadata(aci, aep=AEP, version=1):
    """Write the ``metadata`` file of a local backup."""
    key = crypto.backup_key(aep)
    identifier = crypto.backup_id(key, aci)
    inner = crypto._hkdf(key, b"20241011_SIGNAL_LOCAL_BACKUP_METADATA_KEY", 32)
    iv = b"n" * 12
    encryptor = Cipher(algorithms.AES(inner), modes.CTR(iv + bytes(4))).encryptor()
    fields = {"version": version, "backupId": {"iv": iv, "encryptedId": encryptor.update(identifier)}}
    return encode("Metadata", fields, LOCAL)


def local_backup(folder, plain, aci=b"\x11" * 16, name="signal-backup-2026-01-02-03-04-05", main=None):
    """Write an encrypted snapshot into ``folder/SignalBackups``; return its path there."""
    snapshot = folder / "SignalBackups" / name
    snapshot.mkdir(parents=True)
    (folder / "SignalBackups" / "files").mkdir(exist_ok=True)
    if main is None:
        key = crypto.backup_key(AEP)
        packed = gzip.compress(plain, mtime=0)
        packed += bytes(max(0, 541 - len(packed)))
        main = seal(packed, *crypto.message_keys(key, crypto.backup_id(key, aci)))
    (snapshot / "main").write_bytes(main)
    (snapshot / "metadata").write_bytes(metadata(aci))
    return snapshot


def store_medium(folder, plain, local_key=b"K" * 64, padding=7):
    """Write an encrypted medium under ``folder/SignalBackups/files``; return (media name, its locator)."""
    digest = hashlib.sha256(plain).digest()
    name = hashlib.sha256(digest + local_key).hexdigest()
    path = folder / "SignalBackups" / "files" / name[:2] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(seal(plain + bytes(padding), local_key[32:], local_key[:32]))
    return name, {"plaintextHash": digest, "localKey": local_key, "size": len(plain), "key": b"T" * 64}


def frames_location(path):
    return StoreLocation(signal_backup.NAME, path, needs_key=False)


def read_bytes(folder, data, name="store.binproto"):
    """Read a stream of frames (or an export, by its name) from memory; return all records."""
    (folder / name).write_bytes(data)
    return list(signal_backup.read(FolderTree(folder), frames_location(name), None))


@pytest.fixture(scope="session")
def kit():
    """The writers and parsers above."""
    return SimpleNamespace(
        Tree=FolderTree,
        parse_text=lambda text: TextProto(text).all(),
        encode=encode,
        varint=varint,
        to_json=to_json,
        stream=stream,
        seal=seal,
        local_backup=local_backup,
        store_medium=store_medium,
        metadata=metadata,
        location=frames_location,
        read=read_bytes,
        aep=AEP,
        info=INFO,
        export=lambda info, frames: "\n".join(json.dumps(row) for row in (info, *frames)).encode(),
    )


@pytest.fixture(scope="session")
def cases(fixtures):
    """The pairs of .binproto and .txtproto that others made."""
    found = sorted((fixtures / "signal" / "backup_v2_cases").glob("*.binproto"))
    if not found:
        pytest.skip("no Signal backup cases among the fixtures")
    return found
