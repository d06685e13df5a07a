"""BitLocker as Windows 7 and later write it: the three copies of the metadata, and the keys that they protect.

Format: "BitLocker Drive Encryption (BDE) format specification" of the libbde project. libbde (20260916) opens a volume
only if NTFS is inside; sticks and cards hold FAT and exFAT. Keys that were given are tried; none is guessed.
"""

import hashlib
import re
import struct
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from sauveterre.evidence.disk.media import Media

SIGNATURE = b"-FVE-FS-"
_IDENTIFIERS = (
    uuid.UUID("4967d63b-2e29-4ad8-8399-f6a339e3d001").bytes_le,
    uuid.UUID("92a84d3b-dd80-4d0e-9e4e-b1e3284eaed8").bytes_le,
)
_PLACES = (160, 424)
"""Where the identifier stands: on volumes of Windows, and on media "to go"."""
REGION = 65_536
"""How much of a volume each copy of the metadata takes up."""
_BLOCK = struct.Struct("<8sHH4xQ4xI3QQ")
_HEADER = struct.Struct("<IIII16sIIQ")
_ENTRY = struct.Struct("<HHHH")
_KEY, _STRETCH, _SEALED, _MASTER, _EXTERNAL, _PLACE = 1, 3, 5, 8, 9, 15
_FOR_MASTER, _FOR_VOLUME, _FOR_START, _FOR_HEADER = 2, 3, 6, 15
_ROUNDS = 1 << 20
CLEAR, TPM, STARTUP, RECOVERY, PASSWORD = 0x0000, 0x0100, 0x0200, 0x0800, 0x2000
PROTECTORS = {
    CLEAR: "a clear key", TPM: "the TPM", STARTUP: "a startup key", 0x0500: "the TPM and a PIN",
    0x0600: "the TPM and a startup key", RECOVERY: "a recovery password", PASSWORD: "a password",
}  # fmt: skip
METHODS = {
    0x8002: ("aes-cbc-eboiv", 16), 0x8003: ("aes-cbc-eboiv", 32),
    0x8004: ("aes-xts-plain64", 32), 0x8005: ("aes-xts-plain64", 64),
}  # fmt: skip
_RECOVERY = re.compile(r"\s*" + r"[-\s]?".join([r"(\d{6})"] * 8) + r"\s*", re.ASCII)
_MOST_GROUP = 0xFFFF * 11


@dataclass(frozen=True, slots=True)
class Sealed:
    """A key encrypted by another one: AES-CCM with its nonce and its checksum."""

    nonce: bytes
    data: bytes

    def opened(self, key: bytes) -> bytes | None:
        """Return the key inside, None when this one does not fit."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESCCM

        try:
            plain = AESCCM(key).decrypt(self.nonce, self.data[16:] + self.data[:16], None)
        except (InvalidTag, ValueError):
            return None
        return plain[12:] if len(plain) > 12 else None


@dataclass(frozen=True, slots=True)
class Protector:
    """One way to the master key."""

    kind: int
    salt: bytes
    sealed: tuple[Sealed, ...]
    clear: bytes
    """The key that stands beside it, while BitLocker is suspended; empty otherwise."""


@dataclass(frozen=True, slots=True)
class BitLocker:
    """What the metadata says."""

    identifier: str
    method: int
    encrypted_size: int
    sector_size: int
    header_at: int
    header_size: int
    """The first sectors of the volume lie elsewhere, encrypted."""
    copies: tuple[int, ...]
    """Where the copies of the metadata lie: zeros to the file system."""
    protectors: tuple[Protector, ...]
    volume_key: Sealed


def places_of(head: bytes) -> tuple[int, ...]:
    """Return where the copies of the metadata lie; nothing for what is no such volume."""
    for at in _PLACES:
        if head[at : at + 16] in _IDENTIFIERS:
            return struct.unpack_from("<3Q", head, at + 16)
    return ()


def read_metadata(media: Media) -> BitLocker | None:
    """Return what the first readable copy of the metadata says, None when there is none in this format."""
    head = media.read_at(0, 512)
    for at in places_of(head) if len(head) == 512 else ():
        try:
            found = _read_copy(media.read_at(at, REGION), head)
        except struct.error:
            found = None
        if found is not None:
            return found
    return None


def volume_key(bitlocker: BitLocker, keys: tuple[str, ...]) -> bytes | None:
    """Return the key of the volume, which one of the given keys leads to, or one that lies open; None otherwise."""
    for protector, key in _candidates(bitlocker, keys):
        for sealed in protector.sealed:
            master = sealed.opened(key)
            found = None if master is None else bitlocker.volume_key.opened(master)
            if found is not None:
                return found
    return None


def _candidates(bitlocker: BitLocker, keys: tuple[str, ...]) -> Iterator[tuple[Protector, bytes]]:
    """Yield each protector with each key that may open it; stretched only when its turn comes."""
    for protector in bitlocker.protectors:
        if protector.clear:
            yield protector, protector.clear
    for key in keys:
        for protector in bitlocker.protectors:
            if protector.kind == STARTUP:
                yield from ((protector, found) for found in _startup_keys(key))
            elif protector.kind == RECOVERY and (secret := _recovery(key)) is not None:
                yield protector, _stretched(secret, protector.salt)
            elif protector.kind == PASSWORD and key:
                inner = hashlib.sha256(key.encode("utf-16-le", "surrogatepass")).digest()
                yield protector, _stretched(hashlib.sha256(inner).digest(), protector.salt)


def _recovery(text: str) -> bytes | None:
    """Return the secret of a recovery password: eight groups of six digits, each a multiple of 11."""
    match = _RECOVERY.fullmatch(text)
    groups = [int(group) for group in match.groups()] if match else []
    if not groups or any(group % 11 or group > _MOST_GROUP for group in groups):
        return None
    return hashlib.sha256(struct.pack("<8H", *(group // 11 for group in groups))).digest()


def _stretched(secret: bytes, salt: bytes) -> bytes:
    last, rest, sha256 = bytes(32), secret + salt, hashlib.sha256
    for count in range(_ROUNDS):
        last = sha256(last + rest + count.to_bytes(8, "little")).digest()
    return last


def _startup_keys(text: str) -> Iterator[bytes]:
    """Yield the keys in a startup key that is given in hex: the key itself, or the whole ``.BEK`` file."""
    try:
        data = bytes.fromhex(text)
    except ValueError:
        return
    if len(data) == 32:
        yield data
    for kind, value, content in _entries(data[_HEADER.size :]):
        if kind == _FOR_START and value == _EXTERNAL:
            yield from (inner[4:] for _, found, inner in _entries(content[24:]) if found == _KEY)


def _read_copy(block: bytes, head: bytes) -> BitLocker | None:
    signature, _, version, size, _, *copies, header_at = _BLOCK.unpack_from(block)
    if signature != SIGNATURE or version != 2:
        return None
    length, _, header_size, _, identifier, _, method, _ = _HEADER.unpack_from(block, _BLOCK.size)
    protectors: list[Protector] = []
    sealed: list[Sealed] = []
    place = (header_at, 0)
    for kind, value, content in _entries(block[_BLOCK.size + header_size : _BLOCK.size + length]):
        if kind == _FOR_MASTER and value == _MASTER and len(content) >= 28:
            protectors.append(_protector(content))
        elif kind == _FOR_VOLUME and value == _SEALED:
            sealed.append(Sealed(content[:12], content[12:]))
        elif kind == _FOR_HEADER and value == _PLACE:
            place = struct.unpack_from("<QQ", content)
    sector_size = int.from_bytes(head[11:13], "little")
    edges = (size, *copies, *place)
    if not sealed or sector_size not in (512, 1024, 2048, 4096) or any(edge % sector_size for edge in edges):
        return None
    name = str(uuid.UUID(bytes_le=identifier))
    return BitLocker(name, method & 0xFFFF, size, sector_size, *place, tuple(copies), tuple(protectors), sealed[0])


def _protector(content: bytes) -> Protector:
    (kind,) = struct.unpack_from("<H", content, 26)
    salt = clear = b""
    sealed = []
    for _, value, inner in _entries(content[28:]):
        if value == _STRETCH:
            salt = inner[4:20]
        elif value == _SEALED:
            sealed.append(Sealed(inner[:12], inner[12:]))
        elif value == _KEY:
            clear = inner[4:]
    return Protector(kind, salt, tuple(sealed), clear if kind == CLEAR else b"")


def _entries(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield kind, type of value and content of each entry, as far as they can be followed."""
    at = 0
    while at + _ENTRY.size <= len(data):
        size, kind, value, _ = _ENTRY.unpack_from(data, at)
        if size < _ENTRY.size or at + size > len(data):
            return
        yield kind, value, data[at + _ENTRY.size : at + size]
        at += size
