"""Writes a Signal backup (version 2) in its three containers: encrypted folder, plaintext export, bare frames.

Layout and cryptography after the published format of Signal's local backups: all keys are derived from the
recovery key with HKDF-SHA256.
"""

import base64
import hashlib
import hmac
import json
import math
import random
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sauveterre.scenarios.archives import zip_bytes
from sauveterre.scenarios.protobuf import Message, binary, delimited, json_line

KEY_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
BLOCK = 16


@dataclass(frozen=True, slots=True)
class StoredMedia:
    """An attachment whose bytes the device still holds, and the key that this device keeps it under."""

    data: bytes
    local_key: bytes
    """64 bytes: AES-256 key, then HMAC-SHA256 key."""
    damaged: bool = False
    """Whether one byte of the stored file is turned over, so that it fails its own check."""

    @property
    def name(self) -> str:
        """The name that the store files it under."""
        return hashlib.sha256(hashlib.sha256(self.data).digest() + self.local_key).hexdigest()


@dataclass(frozen=True, slots=True)
class Backup:
    """What a device's backup holds, before it is put into a container."""

    owner_aci: bytes
    info: Message
    frames: Sequence[Message]
    media: tuple[StoredMedia, ...]
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A backup without media whose frames are told as they are written: it may be of any length."""

    owner_aci: bytes
    info: Message
    frames: Iterable[Message]
    made_at: datetime

    @property
    def name(self) -> str:
        """What the app calls its folder."""
        return self.made_at.astimezone(UTC).strftime("signal-backup-%Y-%m-%d-%H-%M-%S")


def recovery_key(rng: random.Random) -> str:
    """Return a recovery key: 64 characters of a-z and 0-9."""
    return "".join(rng.choice(KEY_LETTERS) for _ in range(64))


def derived(key: bytes, info: bytes, length: int) -> bytes:
    """Return HKDF-SHA256 of a key without salt."""
    return HKDF(SHA256(), length, salt=None, info=info).derive(key)


def encrypted_folder(backup: Backup, key: str, rng: random.Random) -> dict[str, bytes]:
    """Return the files of a backup folder by path: one snapshot and the shared attachments.

    The names follow the app's own layout; ``key`` is the recovery key that opens it.
    """
    backup_key = derived(key.encode(), b"20240801_SIGNAL_BACKUP_KEY", 32)
    backup_id = derived(backup_key, b"20241024_SIGNAL_BACKUP_ID:" + backup.owner_aci, 16)
    both = derived(backup_key, b"20241007_SIGNAL_BACKUP_ENCRYPT_MESSAGE_BACKUP:" + backup_id, 64)
    packed = _padded(_gzip(_stream(backup)))
    snapshot = backup.made_at.astimezone(UTC).strftime("signal-backup-%Y-%m-%d-%H-%M-%S")
    names = dict.fromkeys(media.name for media in backup.media)
    files = {
        f"{snapshot}/metadata": _metadata(backup_key, backup_id, rng),
        f"{snapshot}/main": sealed(packed, aes_key=both[32:], mac_key=both[:32], iv=rng.randbytes(BLOCK)),
        f"{snapshot}/files": b"".join(delimited("FilesFrame", {"mediaName": name}) for name in names),
    }
    for media in backup.media:
        path = f"files/{media.name[:2]}/{media.name}"
        if path not in files:
            files[path] = _sealed_media(media, rng)
    return files


def write_snapshot(folder: Path, snapshot: Snapshot, key: str, rng: random.Random) -> None:
    """Write a backup folder frame by frame, in memory that does not grow; gzip's padding is left out."""
    backup_key = derived(key.encode(), b"20240801_SIGNAL_BACKUP_KEY", 32)
    backup_id = derived(backup_key, b"20241024_SIGNAL_BACKUP_ID:" + snapshot.owner_aci, 16)
    both = derived(backup_key, b"20241007_SIGNAL_BACKUP_ENCRYPT_MESSAGE_BACKUP:" + backup_id, 64)
    target = folder / snapshot.name
    target.mkdir(parents=True)
    (target / "metadata").write_bytes(_metadata(backup_key, backup_id, rng))
    (target / "files").write_bytes(b"")
    mac = hmac.new(both[:32], digestmod="sha256")
    with (target / "main").open("wb") as out:
        for block in _sealing(_packing(snapshot), aes_key=both[32:], iv=rng.randbytes(BLOCK)):
            mac.update(block)
            out.write(block)
        out.write(mac.digest())


def _packing(snapshot: Snapshot) -> Iterator[bytes]:
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    yield packer.compress(delimited("BackupInfo", snapshot.info))
    for frame in snapshot.frames:
        yield packer.compress(delimited("Frame", frame))
    yield packer.flush()


def _sealing(blocks: Iterable[bytes], *, aes_key: bytes, iv: bytes) -> Iterator[bytes]:
    """Yield IV and AES-256-CBC text with PKCS#7 padding."""
    encryptor, length = Cipher(algorithms.AES(aes_key), modes.CBC(iv)).encryptor(), 0
    yield iv
    for block in blocks:
        length += len(block)
        yield encryptor.update(block)
    fill = BLOCK - length % BLOCK
    yield encryptor.update(bytes([fill]) * fill) + encryptor.finalize()


def plaintext_export(backup: Backup, key: str, rng: random.Random) -> bytes:
    """Return the ZIP of a plaintext chat export: as the app sanitises it, without expiring messages."""
    backup_key = derived(key.encode(), b"20240801_SIGNAL_BACKUP_KEY", 32)
    backup_id = derived(backup_key, b"20241024_SIGNAL_BACKUP_ID:" + backup.owner_aci, 16)
    iv, hidden = _hidden_id(backup_key, backup_id, rng)
    metadata = {"version": 1, "backupId": {"iv": _text(iv), "encryptedId": _text(hidden)}}
    lines = [json_line("BackupInfo", backup.info)]
    lines += [json_line("Frame", frame) for frame in _lasting(backup.frames)]
    files = {"metadata.json": json.dumps(metadata).encode(), "main.jsonl": ("\n".join(lines) + "\n").encode()}
    for media in backup.media:
        files[f"files/{media.name[:2]}/{media.name}.jpg"] = media.data
    return zip_bytes(files)


def bare_frames(backup: Backup) -> bytes:
    """Return the decrypted stream on its own: the backup's frames, each with its length before it."""
    return _stream(backup)


def sealed(plain: bytes, *, aes_key: bytes, mac_key: bytes, iv: bytes) -> bytes:
    """Return IV, AES-256-CBC text with PKCS#7 padding, and HMAC-SHA256 over both."""
    fill = BLOCK - len(plain) % BLOCK
    encryptor = Cipher(algorithms.AES(aes_key), modes.CBC(iv)).encryptor()
    body = iv + encryptor.update(plain + bytes([fill]) * fill) + encryptor.finalize()
    return body + hmac.digest(mac_key, body, "sha256")


def _sealed_media(media: StoredMedia, rng: random.Random) -> bytes:
    key = media.local_key
    file = sealed(_padded(media.data), aes_key=key[:32], mac_key=key[32:], iv=rng.randbytes(BLOCK))
    return file[:40] + bytes([file[40] ^ 1]) + file[41:] if media.damaged else file


def _metadata(backup_key: bytes, backup_id: bytes, rng: random.Random) -> bytes:
    iv, hidden = _hidden_id(backup_key, backup_id, rng)
    return binary("Metadata", {"version": 1, "backupId": {"iv": iv, "encryptedId": hidden}})


def _hidden_id(backup_key: bytes, backup_id: bytes, rng: random.Random) -> tuple[bytes, bytes]:
    key = derived(backup_key, b"20241011_SIGNAL_LOCAL_BACKUP_METADATA_KEY", 32)
    iv = rng.randbytes(12)
    encryptor = Cipher(algorithms.AES(key), modes.CTR(iv + bytes(4))).encryptor()
    return iv, encryptor.update(backup_id) + encryptor.finalize()


def _stream(backup: Backup) -> bytes:
    frames = (delimited("Frame", frame) for frame in backup.frames)
    return delimited("BackupInfo", backup.info) + b"".join(frames)


def _gzip(plain: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(plain) + packer.flush()


def _padded(plain: bytes) -> bytes:
    """Fill up with zeros to the next of the sizes 1.05^n, at least 541, so that sizes tell little."""
    bucket = 541
    if len(plain) > bucket:
        bucket = max(len(plain), math.floor(1.05 ** math.ceil(math.log(len(plain), 1.05))))
    return plain + bytes(bucket - len(plain))


def _lasting(frames: Iterable[Message]) -> Iterable[Message]:
    return (frame for frame in frames if not _expires(frame))


def _expires(frame: Mapping[str, object]) -> bool:
    item = frame.get("chatItem")
    return isinstance(item, Mapping) and "expiresInMs" in item


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
