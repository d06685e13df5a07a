"""Encrypted backups of WhatsApp's database (``crypt14``, ``crypt15``), opened with the key that is given.

A file is: the length of its header (one byte), in some a byte 1, the header (protobuf), the database compressed with
zlib and sealed with AES-256-GCM, its tag of 16 bytes, in most MD5 of all before it. The nonce is the header's field 3.1
(crypt15), or the last value of 16 bytes in its field 2 (crypt14). A crypt15 root key becomes the AES key by HKDF-SHA256
with ``backup encryption`` and no salt. Nothing is handed out whose tag is wrong. Facts from public descriptions.
"""

import hashlib
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import BinaryIO, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sauveterre.errors import LimitExceeded, Locked, UnreadableSource
from sauveterre.messages.database import BLOCK, is_database
from sauveterre.messages.protobuf import Malformed, read_varint
from sauveterre.records.pulse import pulse
from sauveterre.records.tree import Tree

SEALED = re.compile(r"msgstore[^/]*\.db\.crypt[0-9]{0,2}", re.IGNORECASE)
HEAD = 600
END = 16
MOST_BYTES = 16 << 30
"""The largest database that is unpacked."""
RAW_KEY = 32
KEY_SIZES = (RAW_KEY, 59, 131, 158)
"""Bytes of a key alone; of ``encrypted_backup.key``; of what ``key`` holds; of ``key``. The key is the last 32."""
_NEEDED = (
    "a crypt15 backup opens with the 64-digit key of the end-to-end encrypted backup, as its user wrote it down, or "
    "with files/encrypted_backup.key of the application's own folder in hexadecimal; a crypt14 backup opens with "
    "files/key from there in hexadecimal"
)


class Unsealed:
    """The database inside a backup, as a tree of that one file. It lies in a file without a name."""

    def __init__(self, tree: Tree, path: str, content: BinaryIO) -> None:
        """Take the tree around, the backup's path in it and the plain content."""
        self.identity = tree.identity
        self._path = path
        self._content = content

    def paths(self) -> list[str]:
        """Return the one path: that of the backup."""
        return [self._path]

    def open(self, path: str) -> BinaryIO:
        """Open the database at its front; raise ``UnreadableSource`` for any other path."""
        if path != self._path:
            raise UnreadableSource(f"{path} does not lie in {self._path}")
        self._content.seek(0)
        return cast("BinaryIO", _Lent(self._content))


class _Lent:
    """A file that stays open when its reader closes it."""

    def __init__(self, content: BinaryIO) -> None:
        self._content = content

    def read(self, size: int = -1) -> bytes:
        return self._content.read(size)

    def close(self) -> None:
        """Leave it open."""

    def __enter__(self) -> "_Lent":
        return self

    def __exit__(self, *exc: object) -> None:
        """Leave it open."""


def is_sealed(path: str) -> bool:
    """Say by its name whether a file is an encrypted backup."""
    return SEALED.fullmatch(path.rpartition("/")[2]) is not None


@contextmanager
def opened(tree: Tree, path: str, key: str | None) -> Iterator[Tree]:
    """Give the tree that holds the plain database at this path: the one around, or of what an encrypted backup holds.

    Raises ``Locked`` where the key is missing, malformed or wrong, ``UnreadableSource`` where no database is inside.
    """
    if not is_sealed(path):
        yield tree
        return
    name = path.rpartition("/")[2]
    given = _given(key, name)
    with TemporaryFile() as plain:
        _unseal(tree, path, given, plain)
        plain.seek(0)
        if not is_database(plain.read(END)):
            raise UnreadableSource(
                f"{name} opens with the key and holds no database: backups of other kinds are not read"
            )
        yield Unsealed(tree, path, cast("BinaryIO", plain))


def _given(key: str | None, name: str) -> bytes:
    """Return a key as bytes, as it was entered."""
    if not key:
        raise Locked(f"{name} is an encrypted backup of WhatsApp: {_NEEDED}")
    digits = re.sub(r"[\s\-:]", "", key)
    data = bytes.fromhex(digits) if re.fullmatch(r"(?:[0-9a-fA-F]{2})+", digits) else b""
    if len(data) not in KEY_SIZES:
        raise Locked(f"the key for {name} is no key of 64 hexadecimal digits and no key file in hexadecimal: {_NEEDED}")
    return data


def _unseal(tree: Tree, path: str, given: bytes, plain: BinaryIO) -> None:
    """Decrypt, check and unpack a backup into a file."""
    name = path.rpartition("/")[2]
    size, head, tail, has_digest = _measured(tree, path)
    at, nonce, is_root = _header(head, name)
    end = size - END * (2 if has_digest else 1)
    tag = tail[:END] if has_digest else tail[END:]
    if end <= at:
        raise UnreadableSource(f"{name} is cut: it ends within its header")
    aes = _from_root(given[-RAW_KEY:]) if is_root else given[-RAW_KEY:]
    decryptor = Cipher(algorithms.AES(aes), modes.GCM(nonce, tag)).decryptor()
    unpacking, fault = zlib.decompressobj(), ""
    with tree.open(path) as stream:
        for block in _part(stream, at, end):
            data = decryptor.update(block)
            fault = fault or _unpack(unpacking, data, plain, name)
    try:
        decryptor.finalize()
    except InvalidTag as error:
        raise Locked(
            f"{name} does not open with the key given, or it is damaged: compare the key with the one seized; {_NEEDED}"
        ) from error
    if fault:
        raise UnreadableSource(f"{name} opens with the key, and what it holds cannot be unpacked: {fault}")


def _unpack(unpacking: "zlib._Decompress", data: bytes, plain: BinaryIO, name: str) -> str:
    """Unpack a piece into the file; return what is wrong with it: with a wrong key it is noise."""
    try:
        while data:
            piece = unpacking.decompress(data, BLOCK)
            if plain.tell() + len(piece) > MOST_BYTES:
                raise LimitExceeded(f"{name} unpacks to more than {MOST_BYTES} bytes")
            plain.write(piece)
            pulse()
            data = unpacking.unconsumed_tail
    except zlib.error as error:
        return str(error)
    except OSError as error:
        raise LimitExceeded(f"{name} cannot be unpacked to be opened ({error.strerror}): make room") from error
    return ""


def _measured(tree: Tree, path: str) -> tuple[int, bytes, bytes, bool]:
    """Return the size of a file, its first bytes, its last 32, and whether the last 16 are MD5 of all before them."""
    digest, size, head, tail = hashlib.md5(usedforsecurity=False), 0, b"", b""
    with tree.open(path) as stream:
        while block := stream.read(BLOCK):
            size += len(block)
            head = head if len(head) >= HEAD else (head + block)[:HEAD]
            whole = tail + block
            digest.update(whole[: -2 * END])
            tail = whole[-2 * END :]
    digest.update(tail[:END])
    return size, head, tail, digest.digest() == tail[END:]


def _part(stream: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    """Yield the bytes of a stream between two places."""
    at = 0
    while at < end and (block := stream.read(min(BLOCK, end - at))):
        if at + len(block) > start:
            yield block[max(0, start - at) :]
        at += len(block)


def _header(head: bytes, name: str) -> tuple[int, bytes, bool]:
    """Return where the sealed part begins, its nonce, and whether the key is a root key (crypt15)."""
    start = 2 if head[1:2] == b"\x01" else 1
    end = start + (head[0] if head else 0)
    try:
        fields = dict(_fields(head[start:end]))
        root = [value for number, value in _fields(fields.get(3, b"")) if number == 1 and len(value) == END]
        sealed = [value for _, value in _fields(fields.get(2, b"")) if len(value) == END]
    except Malformed as error:
        raise UnreadableSource(f"{name} does not begin as an encrypted backup of WhatsApp: {error}") from error
    nonces = root or sealed
    if not nonces:
        raise UnreadableSource(f"{name} does not begin as a crypt14 or crypt15 backup; older ones are not read")
    return end, nonces[-1], bool(root)


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and content of each field with a length in a protobuf message; others are passed over."""
    at = 0
    while at < len(data):
        tag, at = read_varint(data, at)
        kind = tag & 7
        if kind == 2:
            length, at = read_varint(data, at)
            if length > len(data) - at:
                raise Malformed("a field is longer than the header")
            yield tag >> 3, data[at : at + length]
            at += length
        elif kind == 0:
            _, at = read_varint(data, at)
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            raise Malformed(f"field {tag >> 3} is of kind {kind}")


def _from_root(root: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"backup encryption").derive(root)
