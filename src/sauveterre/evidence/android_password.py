"""How an Android backup keeps its key: sealed by a password, with a checksum that tells whether it is the right one.

Source: Android's ``PasswordUtils`` and ``PerformAdbRestoreTask``. PBKDF2 with HMAC-SHA1 makes a key from the password;
it opens a blob that holds the master key, its IV, and a second PBKDF2, of the master key itself, as the checksum.

Java turns text into bytes before PBKDF2, and did so in two ways. Version 1 took the low byte of each character; later
ones take UTF-8. For the checksum the master key passes as text: each byte is widened *with its sign* to a character,
so that 0x80 becomes U+FF80, three bytes in UTF-8. As version 1 was written both ways, each password is tried in both.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import pbkdf2_hmac
from hmac import compare_digest

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

KEY_BYTES = 32
IV_BYTES = 16
MOST_ROUNDS = 2_000_000
"""Android writes 10,000; a header that asks for more than this wants to keep us busy."""
_BLOB_BYTES = 1 << 10


class BadHeader(ValueError):
    """The header breaks its own format; the message is the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What the header of an encrypted backup states."""

    salt: bytes
    checksum_salt: bytes
    rounds: int
    iv: bytes
    blob: bytes


@dataclass(frozen=True, slots=True, repr=False)
class MasterKey:
    """What decrypts the backup's content."""

    key: bytes
    iv: bytes


def read_sealed(salts: list[bytes], rounds: int, rest: list[bytes]) -> Sealed:
    """Read the five lines after ``AES-256``: two salts, the rounds, the IV and the blob, in hexadecimal digits.

    Raises ``BadHeader``.
    """
    try:
        salt, checksum_salt, iv, blob = (bytes.fromhex(line.decode("ascii")) for line in (*salts, *rest))
    except ValueError as error:
        raise BadHeader("its header holds no hexadecimal digits where its keys should be; find another copy") from error
    if not 1 <= rounds <= MOST_ROUNDS:
        raise BadHeader(f"it asks for {rounds:,} rounds to make a key, and {MOST_ROUNDS:,} are the most")
    if len(iv) != IV_BYTES or not blob or len(blob) % IV_BYTES or len(blob) > _BLOB_BYTES:
        raise BadHeader("its sealed key does not have the length that such keys have; look for another copy")
    return Sealed(salt, checksum_salt, rounds, iv, blob)


def unseal(sealed: Sealed, passwords: Iterable[str]) -> MasterKey | None:
    """Return the master key that the first fitting password opens, None when none fits."""
    for password in passwords:
        for secret in dict.fromkeys((_utf8(password), _low_bytes(password))):
            key = pbkdf2_hmac("sha1", secret, sealed.salt, sealed.rounds, KEY_BYTES)
            context = Cipher(AES(key), CBC(sealed.iv)).decryptor()
            found = _parts(context.update(sealed.blob) + context.finalize())
            if found is not None and _is_right(sealed, *found):
                return MasterKey(found[0], found[1])
    return None


def widened(key: bytes) -> bytes:
    """Return a key as Java's text in UTF-8: each byte widened with its sign."""
    return "".join(chr(byte if byte < 0x80 else 0xFF00 | byte) for byte in key).encode()


def _utf8(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")


def _low_bytes(password: str) -> bytes:
    return password.encode("utf-16-le", "surrogatepass")[::2]


def _parts(blob: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Return key, IV and checksum from an opened blob, each after a byte with its length; None when it holds none."""
    found, at = [], 0
    for _ in range(3):
        size = blob[at] if at < len(blob) else 0
        found.append(blob[at + 1 : at + 1 + size])
        at += 1 + size
    iv, key, checksum = found
    if at > len(blob) or (len(iv), len(key)) != (IV_BYTES, KEY_BYTES) or not checksum:
        return None
    return key, iv, checksum


def _is_right(sealed: Sealed, key: bytes, _iv: bytes, checksum: bytes) -> bool:
    return any(
        compare_digest(pbkdf2_hmac("sha1", text, sealed.checksum_salt, sealed.rounds, KEY_BYTES), checksum)
        for text in (widened(key), key)
    )
