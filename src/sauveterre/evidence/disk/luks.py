"""LUKS, version 1 and 2: the header, the key slots, and the key of the volume that a passphrase leads to.

Formats: "LUKS1 On-Disk Format Specification" 1.2.3 and "LUKS2 On-Disk Format Specification" 1.1.2 of the cryptsetup
project. libluksde (20260902) opens no volume of version 2. Keys that were given are tried; none is guessed.
"""

import base64
import hashlib
import hmac
import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sauveterre.errors import LimitExceeded, UnreadableSource
from sauveterre.evidence.disk.media import Media
from sauveterre.evidence.disk.sector_ciphers import UnknownCipher, sector_cipher
from sauveterre.records.limits import Limits

MAGIC, SECOND_MAGIC = b"LUKS\xba\xbe", b"SKUL\xba\xbe"
_HEADER_1 = struct.Struct(">6sH32s32s32sII20s32sI40s")
_SLOT_1 = struct.Struct(">II32sII")
_IN_USE = 0x00AC71F3
_HEADER_2 = struct.Struct(">6sHQQ48s32s64s40s48sQ")
_BINARY_BYTES, _CHECKSUM_AT, _CHECKSUM_BYTES = 4096, 448, 64
_SECOND_HEADERS = tuple(0x4000 << n for n in range(9))
_SECTORS = {str(size): size for size in (512, 1024, 2048, 4096)}
_FAR = 1 << 60
_MOST_HEADER = 4 << 20
_MOST_ROUNDS = 10_000_000
_MOST_KEY, _MOST_STRIPES = 512, 16_384
_HASHES = ("sha1", "sha224", "sha256", "sha384", "sha512")
_WRONG = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    StopIteration,
    OverflowError,
    RecursionError,
    struct.error,
)


@dataclass(frozen=True, slots=True)
class Slot:
    """One key slot: how a passphrase becomes the key that unlocks the key of the volume."""

    kdf: Mapping[str, Any]
    """As version 2 states it: ``type``, ``salt`` (bytes), ``hash`` and ``iterations``, or the costs of Argon2."""
    at: int
    cipher: str
    slot_key_size: int
    key_size: int
    stripes: int
    hash: str


@dataclass(frozen=True, slots=True)
class Luks:
    """What a header says."""

    version: int
    uuid: str
    cipher: str
    sector_size: int
    at: int
    """Where the encrypted sectors begin."""
    size: int | None
    """How many bytes of them there are; None for all that follow."""
    first_sector: int
    """The number that the cipher gives the first sector."""
    key_size: int
    slots: tuple[Slot, ...]
    digest: bytes
    digest_salt: bytes
    digest_hash: str
    digest_rounds: int

    def is_key(self, key: bytes) -> bool:
        """Say whether this is the key of the volume."""
        found = hashlib.pbkdf2_hmac(self.digest_hash, key, self.digest_salt, self.digest_rounds, len(self.digest))
        return hmac.compare_digest(found, self.digest)


def read_header(media: Media, label: str) -> Luks:
    """Read the header; raise ``UnreadableSource`` for a damaged one and for what is not read."""
    head = media.read_at(0, 592)
    try:
        if head.startswith(MAGIC) and head[6:8] == b"\x00\x01":
            return _read_1(head)
        return _read_2(_description(media))
    except UnknownCipher as error:
        raise UnreadableSource(f"{label} is encrypted with LUKS in a way that is not read: {error}") from error
    except _WRONG as error:
        raise UnreadableSource(f"{label} has a LUKS header that is damaged; look for another copy") from error


def keys_of(luks: Luks, media: Media, key: str, limits: Limits) -> Iterator[bytes]:
    """Yield the keys of the volume that one given key may lead to: as a passphrase, then as the key itself in hex."""
    secrets = [key.encode()]
    try:
        raw = bytes.fromhex(key)
    except ValueError:
        raw = b""
    if raw:
        secrets.append(raw)
    for secret in secrets:
        for slot in luks.slots:
            try:
                found = _from_slot(slot, media, secret, limits)
            except UnknownCipher:
                raise
            except _WRONG:
                continue  # a damaged slot opens nothing
            yield found
    if len(raw) == luks.key_size:
        yield raw


def _read_1(head: bytes) -> Luks:
    _, _, cipher, mode, algorithm, payload, key_size, digest, salt, rounds, uuid = _HEADER_1.unpack_from(head)
    name, hash_name = f"{_text(cipher)}-{_text(mode)}", _hash(_text(algorithm))
    slots = []
    for number in range(8):
        state, slot_rounds, slot_salt, at, stripes = _SLOT_1.unpack_from(head, _HEADER_1.size + number * _SLOT_1.size)
        if state == _IN_USE:
            kdf = {"type": "pbkdf2", "hash": hash_name, "iterations": _rounds(slot_rounds), "salt": slot_salt}
            slots.append(Slot(kdf, at * 512, name, key_size, _size(key_size), _stripes(stripes), hash_name))
    return Luks(
        1,
        _text(uuid),
        name,
        512,
        payload * 512,
        None,
        0,
        key_size,
        tuple(slots),
        digest,
        salt,
        hash_name,
        _rounds(rounds),
    )


def _description(media: Media) -> Mapping[str, Any]:
    """Return the JSON of the first header that has its checksum."""
    for at in (0, *_SECOND_HEADERS):
        head = media.read_at(at, _BINARY_BYTES)
        if len(head) < _BINARY_BYTES or not head.startswith(SECOND_MAGIC if at else MAGIC):
            continue
        _, version, size, _, _, algorithm, _, _, _, own_at = _HEADER_2.unpack_from(head)
        if version != 2 or own_at != at or not _BINARY_BYTES < size <= _MOST_HEADER:
            continue
        text = media.read_at(at + _BINARY_BYTES, size - _BINARY_BYTES)
        stated = head[_CHECKSUM_AT : _CHECKSUM_AT + _CHECKSUM_BYTES]
        blanked = head[:_CHECKSUM_AT] + bytes(_CHECKSUM_BYTES) + head[_CHECKSUM_AT + _CHECKSUM_BYTES :]
        found = hashlib.new(_hash(_text(algorithm)), blanked + text).digest()
        if stated.startswith(found):
            description: Mapping[str, Any] = json.loads(text.partition(b"\x00")[0])
            return {**description, "uuid": _text(head[168:208])}
    raise ValueError("no header has its checksum")


def _read_2(said: Mapping[str, Any]) -> Luks:
    segments = [segment for _, segment in sorted(said["segments"].items()) if "backup" not in str(segment.get("flags"))]
    if len(segments) != 1 or segments[0]["type"] != "crypt":
        raise UnknownCipher("it is being encrypted anew, and that is unfinished")
    segment = segments[0]
    if "integrity" in segment:
        raise UnknownCipher("its sectors carry checksums (dm-integrity)")
    digest = next(
        digest for digest in said["digests"].values() if "0" in digest["segments"] or len(said["segments"]) == 1
    )
    numbers = {str(number) for number in digest["keyslots"]}
    slots = [_slot_2(slot) for number, slot in sorted(said["keyslots"].items()) if number in numbers]
    return Luks(
        2,
        str(said["uuid"]),
        str(segment["encryption"]),
        _SECTORS[str(segment["sector_size"])],
        _bounded(segment["offset"], _FAR),
        None if segment["size"] == "dynamic" else _bounded(segment["size"], _FAR),
        _bounded(int(segment["iv_tweak"]) + 1, _FAR) - 1,
        max(slot.key_size for slot in slots),
        tuple(slots),
        base64.b64decode(digest["digest"]),
        base64.b64decode(digest["salt"]),
        _hash(digest["hash"]),
        _rounds(digest["iterations"]),
    )


def _slot_2(slot: Mapping[str, Any]) -> Slot:
    kdf = {**slot["kdf"], "salt": base64.b64decode(slot["kdf"]["salt"])}
    area, split = slot["area"], slot["af"]
    return Slot(
        kdf, int(area["offset"]), str(area["encryption"]), _size(area["key_size"]), _size(slot["key_size"]),
        _stripes(split["stripes"]), _hash(split["hash"]),
    )  # fmt: skip


def _from_slot(slot: Slot, media: Media, secret: bytes, limits: Limits) -> bytes:
    """Return what a passphrase makes of a slot: the key of the volume if it is the right one."""
    decrypt = sector_cipher(slot.cipher, _derived(slot, secret, limits), 512)
    size = -(-slot.key_size * slot.stripes // 512) * 512
    packed = media.read_at(slot.at, size)
    if len(packed) < size:
        raise UnreadableSource("the key slots of the LUKS volume are cut off; look for a complete copy")
    return _merged(decrypt(packed, 0), slot)


def _derived(slot: Slot, secret: bytes, limits: Limits) -> bytes:
    kdf = slot.kdf
    if kdf["type"] == "pbkdf2":
        return hashlib.pbkdf2_hmac(
            _hash(kdf["hash"]), secret, kdf["salt"], _rounds(kdf["iterations"]), slot.slot_key_size
        )
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2i, Argon2id

    memory, lanes, passes = int(kdf["memory"]), int(kdf["cpus"]), int(kdf["time"])
    if memory * 1024 > limits.memory_bytes // 2 or passes * memory > _MOST_ROUNDS:
        raise LimitExceeded(
            f"a key slot of the LUKS volume asks for {memory:,} KiB of memory and {passes:,} passes, more than it may; "
            "unlock it elsewhere, or raise memory_bytes"
        )
    size, salt = slot.slot_key_size, kdf["salt"]
    if kdf["type"] == "argon2id":
        return Argon2id(salt=salt, length=size, iterations=passes, lanes=lanes, memory_cost=memory).derive(secret)
    if kdf["type"] == "argon2i":
        return Argon2i(salt=salt, length=size, iterations=passes, lanes=lanes, memory_cost=memory).derive(secret)
    raise UnknownCipher(f"a key from {kdf['type']}")


def _merged(data: bytes, slot: Slot) -> bytes:
    """Put the stripes of a key together (LUKS1 2.4, "Anti-forensic splitter")."""
    size = slot.key_size
    last = slot.stripes - 1
    block = bytes(size)
    for stripe in range(last):
        block = _diffused(_xor(block, data[stripe * size : (stripe + 1) * size]), slot.hash)
    return _xor(block, data[last * size : (last + 1) * size])


def _diffused(block: bytes, algorithm: str) -> bytes:
    width = hashlib.new(algorithm).digest_size
    parts = [block[at : at + width] for at in range(0, len(block), width)]
    hashed = (hashlib.new(algorithm, number.to_bytes(4, "big") + part).digest() for number, part in enumerate(parts))
    return b"".join(digest[: len(part)] for digest, part in zip(hashed, parts, strict=True))


def _xor(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one, "little") ^ int.from_bytes(other, "little")).to_bytes(len(one), "little")


def _text(data: bytes) -> str:
    return data.partition(b"\x00")[0].decode()


def _hash(name: str) -> str:
    if name not in _HASHES:
        raise UnknownCipher(f"the digest {name}")
    return name


def _bounded(value: Any, most: int) -> int:
    number = int(value)
    if not 0 < number <= most:
        raise ValueError("out of bounds")
    return number


def _rounds(value: Any) -> int:
    return _bounded(value, _MOST_ROUNDS)


def _size(value: Any) -> int:
    return _bounded(value, _MOST_KEY)


def _stripes(value: Any) -> int:
    return _bounded(value, _MOST_STRIPES)
