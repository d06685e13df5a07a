"""Keys and ciphers of a Signal backup: everything follows from the recovery key that the unit was given.

HKDF-SHA256 throughout, with empty salt. Nothing here guesses or tries keys. Constants: Signal's account-keys
and message-backup format; checked against its published known answers.
"""

import hashlib
import hmac
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sauveterre.errors import Locked, UnreadableSource
from sauveterre.messages.protobuf import Decoder, Malformed
from sauveterre.messages.signal.schema import LOCAL

CHUNK = 1 << 16
BLOCK = 16
MAC = 32
REMOTE_MAGIC = b"SBACKUP\x01"
"""How a backup made for Signal's servers begins; a local one begins with its IV."""
METADATA_LIMIT = 1 << 16


@dataclass(frozen=True, slots=True)
class Keys:
    """What opens ``main``, and what proves whose backup it is."""

    backup_key: bytes
    backup_id: bytes
    mac_key: bytes
    aes_key: bytes

    def is_owner(self, aci: bytes) -> bool:
        """Say whether these 16 bytes are the ACI that the backup's identifier was made from."""
        return hmac.compare_digest(backup_id(self.backup_key, aci), self.backup_id)


def normalise_recovery_key(key: str | None) -> str:
    """Return the 64 characters of a recovery key, however it was typed; raise ``Locked`` when it is not one.

    Signal shows it in groups and capitals, with ``#`` for the letter o and ``=`` for the digit 0.
    """
    if key is None or not key.strip():
        raise Locked("this backup is encrypted: give its recovery key (64 letters and digits) and read it again")
    plain = re.sub(r"[\s-]+", "", key).lower().replace("#", "o").replace("=", "0")
    if len(plain) != 64:
        raise Locked(f"a recovery key has 64 letters and digits; this one has {len(plain)}")
    if not re.fullmatch(r"[0-9a-z]{64}", plain):
        raise Locked("a recovery key has only letters a to z and digits; this one holds other characters")
    return plain


def _hkdf(key: bytes, info: bytes, length: int, salt: bytes | None = None) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(key)


def backup_key(recovery_key: str) -> bytes:
    """Derive the 32-byte backup key from a normalised recovery key."""
    return _hkdf(recovery_key.encode("ascii"), b"20240801_SIGNAL_BACKUP_KEY", 32)


def backup_id(key: bytes, aci: bytes) -> bytes:
    """Derive the 16-byte backup identifier of an account from its backup key and its 16-byte ACI."""
    return _hkdf(key, b"20241024_SIGNAL_BACKUP_ID:" + aci, 16)


def message_keys(key: bytes, identifier: bytes) -> tuple[bytes, bytes]:
    """Derive (MAC key, AES key), 32 bytes each, for ``main`` of a local backup."""
    both = _hkdf(key, b"20241007_SIGNAL_BACKUP_ENCRYPT_MESSAGE_BACKUP:" + identifier, 64)
    return both[:32], both[32:]


def keys_of(recovery_key: str | None, metadata: bytes) -> Keys:
    """Derive all keys from the recovery key and the snapshot's ``metadata`` file.

    Raises ``Locked`` for a key that cannot be one, ``UnreadableSource`` for metadata that cannot be used.
    """
    key = backup_key(normalise_recovery_key(recovery_key))
    iv, encrypted = read_metadata(metadata)
    metadata_key = _hkdf(key, b"20241011_SIGNAL_LOCAL_BACKUP_METADATA_KEY", 32)
    decryptor = Cipher(algorithms.AES(metadata_key), modes.CTR(iv + bytes(4))).decryptor()
    identifier = decryptor.update(encrypted) + decryptor.finalize()
    return Keys(key, identifier, *message_keys(key, identifier))


def read_metadata(data: bytes) -> tuple[bytes, bytes]:
    """Return (IV of 12 bytes, encrypted identifier of 16) of ``metadata``; raise ``UnreadableSource``."""
    try:
        fields = Decoder(LOCAL).decode(data[:METADATA_LIMIT], "Metadata")
    except Malformed as error:
        raise UnreadableSource(f"the backup's metadata file is damaged: {error}") from None
    version = fields.get("version", 0)
    if version != 1:
        raise UnreadableSource(f"the backup's metadata states version {version}; only version 1 is read")
    identifier = fields.get("backupId", {})
    iv, encrypted = identifier.get("iv", b""), identifier.get("encryptedId", b"")
    if len(iv) != 12 or len(encrypted) != BLOCK:
        raise UnreadableSource("the backup's metadata file lacks the encrypted identifier that its keys depend on")
    return iv, encrypted


class Sealed:
    """``IV16 || AES-256-CBC || HMAC-SHA256``: a stream read twice, first to verify, then to decrypt."""

    def __init__(self, mac_key: bytes, aes_key: bytes) -> None:
        """Take both keys, 32 bytes each."""
        self.mac_key = mac_key
        self.aes_key = aes_key

    def verify(self, stream: BinaryIO) -> tuple[bool, str, int]:
        """Return whether the MAC is right, the whole file's SHA-256 in hex, and its size."""
        mac, digest, size, tail = hmac.new(self.mac_key, digestmod="sha256"), hashlib.sha256(), 0, b""
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            tail += chunk
            mac.update(tail[:-MAC])
            tail = tail[-MAC:]
        return hmac.compare_digest(mac.digest(), tail), digest.hexdigest(), size

    def decrypt(self, stream: BinaryIO) -> Iterator[bytes]:
        """Yield the plain bytes, without the padding of the last block. Only for what was verified."""
        decryptor = Cipher(algorithms.AES(self.aes_key), modes.CBC(_exactly(stream, BLOCK))).decryptor()
        held, plain = b"", b""
        while chunk := stream.read(CHUNK):
            held += chunk
            usable = max(0, len(held) - MAC) // BLOCK * BLOCK
            following = decryptor.update(held[:usable])
            held = held[usable:]
            if following:
                if plain:
                    yield plain
                plain = following
        padding = plain[-1] if plain else 0
        if not 1 <= padding <= BLOCK or plain[-padding:] != bytes([padding]) * padding:
            raise UnreadableSource("an encrypted file ends in no valid padding, though its checksum is right")
        yield plain[:-padding]


def _exactly(stream: BinaryIO, count: int) -> bytes:
    data = b""
    while len(data) < count and (more := stream.read(count - len(data))):
        data += more
    if len(data) < count:
        raise UnreadableSource("an encrypted file is too short to hold anything")
    return data


class ChunkStream(io.RawIOBase):
    """A readable stream over chunks made as they are asked for. Nothing is spilled to disk."""

    def __init__(self, chunks: Iterator[bytes], limit: int) -> None:
        """Read at most ``limit`` bytes."""
        self._chunks = chunks
        self._left = limit
        self._held = memoryview(b"")

    def readable(self) -> bool:
        """Return true."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fill the buffer with what comes next, at most up to the limit; 0 at the end."""
        target = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        while not self._held and self._left:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._held = memoryview(chunk)[: self._left]
        count = min(len(target), len(self._held))
        target[:count] = self._held[:count]
        self._held = self._held[count:]
        self._left -= count
        return count
