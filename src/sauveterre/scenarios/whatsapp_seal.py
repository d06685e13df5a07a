"""Seals a database as WhatsApp's encrypted backups, crypt15 and crypt14, after public descriptions of the two."""

import hashlib
import hmac
import zlib

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = b"2.26.20.79"


def _field(number: int, value: bytes) -> bytes:
    return bytes([number << 3 | 2, len(value)]) + value


def crypt15(database: bytes, root: bytes, nonce: bytes, *, flag: bool = True, digest: bool = True) -> bytes:
    """Seal with a root key of 32 bytes. ``flag``: the byte before the header; ``digest``: MD5 at the end."""
    first = hmac.digest(bytes(32), root, "sha256")
    key = hmac.digest(first, b"backup encryption\x01", "sha256")
    header = b"\x08\x01" + _field(3, _field(1, nonce)) + _field(4, _field(1, VERSION))
    return _sealed(database, key, nonce, header, flag=flag, digest=digest)


def crypt14(database: bytes, key_file: bytes, nonce: bytes) -> bytes:
    """Seal with the key of ``files/key``."""
    cipher = _field(1, b"\x00\x01") + _field(2, b"\x02") + _field(3, key_file[30:62]) + _field(4, key_file[62:78])
    header = b"\x08\x00" + _field(2, cipher + _field(5, nonce)) + _field(4, _field(1, VERSION))
    return _sealed(database, key_file[-32:], nonce, header, flag=True, digest=True)


def key_file(key: bytes, salt: bytes, google: bytes) -> bytes:
    """Return ``files/key``: a serialised array with version, salts and key."""
    payload = b"\x00\x01\x02" + salt + google + hashlib.sha256(google).digest() + bytes(16) + key
    return bytes.fromhex("aced0005757200025b42acf317f8060854e0020000787000000083") + payload


def _sealed(database: bytes, key: bytes, nonce: bytes, header: bytes, *, flag: bool, digest: bool) -> bytes:
    front = bytes([len(header)]) + (b"\x01" if flag else b"") + header
    data = front + AESGCM(key).encrypt(nonce, zlib.compress(database), None)
    return data + hashlib.md5(data, usedforsecurity=False).digest() if digest else data
