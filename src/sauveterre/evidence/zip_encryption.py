"""Encrypted members of ZIP archives, opened with the passwords that were given.

Two ways: the old one of PKWARE (APPNOTE 6.3.10, section 6.1), whose check of a password is one byte and wrong ones pass
once in 256; and WinZip's AES (specification AE-1 and AE-2), which proves password and content.
"""

import hashlib
import hmac
import zlib
from collections.abc import Callable, Iterator

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from sauveterre.errors import Locked, UnreadableSource
from sauveterre.evidence.content import SMALL_BLOCK, Window
from sauveterre.evidence.zip_records import SIZES_FOLLOW, STRONGLY_ENCRYPTED, Member

CODECS = ("utf-8", "cp1252", "cp850")
"""How programs have turned passwords into bytes."""
HEADER_BYTES = 12
LARGE_BYTES = 4 << 20
"""From this size on it is worth a second to have machine code made."""
PROOF_BYTES = 10
_ITERATIONS = 1_000
_VERIFIER_BYTES = 2
_TABLE = tuple(zlib.crc32(bytes([value]), 0xFFFFFFFF) ^ 0xFFFFFFFF for value in range(256))

Plain = Callable[[], Iterator[bytes]]
"""Decrypts the content of a member anew, from its start."""


def openings(packed: Window, member: Member, keys: tuple[str, ...], name: str) -> list[Plain]:
    """Return what decrypts a member's packed bytes, for each password that passes its check.

    Raises ``Locked`` when none does, and ``UnreadableSource`` when the encryption contradicts itself.
    """
    if member.flags & STRONGLY_ENCRYPTED:
        raise Locked(
            f"{name} is encrypted by PKWARE's strong encryption, which is not opened here; unpack the archive with its "
            "password or certificate in PKZIP or SecureZIP, and add what comes out"
        )
    passwords = dict.fromkeys(one for key in keys for one in _as_bytes(key))
    if member.aes is not None:
        found = _openings_of_aes(packed, member.aes.strength, passwords, name)
    else:
        found = _openings_of_old(packed, member, passwords, name)
    if not found:
        tried = f"none of the keys given ({len(keys)}) opens it" if keys else "no key was given"
        raise Locked(
            f"{name} is encrypted and {tried}; add the archive's password to the exhibit with `sauveterre key add`"
        )
    return found


def _as_bytes(key: str) -> Iterator[bytes]:
    for codec in CODECS:
        try:
            yield key.encode(codec)
        except UnicodeEncodeError:
            continue


def _openings_of_aes(packed: Window, strength: int, passwords: dict[bytes, None], name: str) -> list[Plain]:
    salt_bytes, key_bytes = 4 + 4 * strength, 8 + 8 * strength
    packed.seek(0)
    head = packed.read(salt_bytes + _VERIFIER_BYTES)
    size = (packed.length or 0) - len(head) - PROOF_BYTES
    if size < 0:
        raise UnreadableSource(f"{name} is too short for its encryption; treat it as damaged")
    found: list[Plain] = []
    for password in passwords:
        keys = hashlib.pbkdf2_hmac("sha1", password, head[:salt_bytes], _ITERATIONS, 2 * key_bytes + _VERIFIER_BYTES)
        if keys[-_VERIFIER_BYTES:] == head[salt_bytes:]:
            key, proof = keys[:key_bytes], keys[key_bytes : 2 * key_bytes]
            found.append(lambda key=key, proof=proof: _aes(packed, len(head), size, key, proof, name))  # type: ignore[misc]
    return found


def _aes(packed: Window, start: int, size: int, key: bytes, proof: bytes, name: str) -> Iterator[bytes]:
    """Yield plain bytes of AES in counter mode, whose counter is little-endian and begins at one."""
    encryptor, check = Cipher(AES(key), ECB()).encryptor(), hmac.new(proof, digestmod="sha1")  # noqa: S305
    packed.seek(start)
    done = 0
    while done < size:
        block = _exactly(packed, min(SMALL_BLOCK, size - done))
        check.update(block)
        cells = -(-len(block) // 16)
        counters = np.zeros((cells, 2), "<u8")
        counters[:, 0] = np.arange(done // 16 + 1, done // 16 + 1 + cells)
        stream = np.frombuffer(encryptor.update(counters.tobytes()), np.uint8)[: len(block)]
        yield (np.frombuffer(block, np.uint8) ^ stream).tobytes()
        done += len(block)
    if not hmac.compare_digest(check.digest()[:PROOF_BYTES], packed.read(PROOF_BYTES)):
        raise UnreadableSource(
            f"{name} does not have the proof of its encryption; it was damaged, look for another copy"
        )


def _openings_of_old(packed: Window, member: Member, passwords: dict[bytes, None], name: str) -> list[Plain]:
    """Return the passwords whose header ends with a byte of the checksum or, as some programs write, of the time."""
    packed.seek(0)
    header = packed.read(HEADER_BYTES)
    if len(header) < HEADER_BYTES:
        raise UnreadableSource(f"{name} is too short for its encryption; treat it as damaged")
    checks = {member.dos_time >> 8} if member.flags & SIZES_FOLLOW else set()
    if member.crc is not None:
        checks.add(member.crc >> 24)
    found: list[Plain] = []
    for password in passwords:
        if _Old(password).plain(header)[-1] in checks:
            found.append(lambda password=password: _old(packed, password))  # type: ignore[misc]
    return found


def _old(packed: Window, password: bytes) -> Iterator[bytes]:
    cipher = _Old(password)
    packed.seek(0)
    cipher.plain(packed.read(HEADER_BYTES))
    decrypt = cipher.plain_fast if (packed.length or 0) >= LARGE_BYTES else cipher.plain
    while block := packed.read(SMALL_BLOCK):
        yield decrypt(block)


class _Old:
    """PKWARE's first encryption: three registers, stirred by each plain byte."""

    def __init__(self, password: bytes) -> None:
        self._keys = (0x12345678, 0x23456789, 0x34567890)
        for byte in password:
            self._keys = _stirred(*self._keys, byte)

    def plain(self, data: bytes) -> bytes:
        """Decrypt the next bytes."""
        one, two, three = self._keys
        table, found = _TABLE, bytearray(len(data))
        for place, byte in enumerate(data):
            mixed = (three & 0xFFFF) | 2
            byte ^= (mixed * (mixed ^ 1) >> 8) & 0xFF
            found[place] = byte
            one = table[(one ^ byte) & 0xFF] ^ one >> 8
            two = ((two + (one & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
            three = table[(three ^ two >> 24) & 0xFF] ^ three >> 8
        self._keys = (one, two, three)
        return bytes(found)

    def plain_fast(self, data: bytes) -> bytes:
        """Decrypt the next bytes by machine code."""
        from sauveterre.evidence.zip_kernel import undo  # made when it is first needed

        keys, plain = np.array(self._keys, np.uint32), np.empty(len(data), np.uint8)
        undo(np.frombuffer(data, np.uint8), np.array(_TABLE, np.uint32), keys, plain)
        self._keys = (int(keys[0]), int(keys[1]), int(keys[2]))
        return plain.tobytes()


def _stirred(one: int, two: int, three: int, byte: int) -> tuple[int, int, int]:
    one = _TABLE[(one ^ byte) & 0xFF] ^ one >> 8
    two = ((two + (one & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
    return one, two, _TABLE[(three ^ two >> 24) & 0xFF] ^ three >> 8


def _exactly(packed: Window, size: int) -> bytes:
    parts = []
    while size and (part := packed.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
