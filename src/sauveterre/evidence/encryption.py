"""Files that are encrypted as a whole: how each kind is known, what it is called, and what opens it.

Marks are those of the formats' own descriptions. What our readers open with a key (ZIP, 7z, PDF, Office documents, disk
encryption) has its words where it is read; all else is here.
"""

from collections.abc import Callable
from dataclasses import dataclass

IN_ITS_PROGRAM = "look for its password or key file, open it in that program, and add what comes out"
UNMARKED = (
    "Look for its password or key file, open it in the program that made it, such as VeraCrypt, and add what comes out"
)
"""What opens a container that bears no mark."""
_PGP = "open it with a recipient's private key, or its passphrase, by `gpg --decrypt`, and add what comes out"
_AGE = "open it with a recipient's identity file, or its passphrase, by `age --decrypt`, and add what comes out"
_OPENSSL = "open it with its password and the cipher it was made by, by `openssl enc -d`, and add what comes out"
_APPLE = "unlock it on a Mac with its password and `hdiutil convert`, and add what comes out"
_RAR = "unpack it with its password, by `unrar` or 7-Zip, and add what comes out"


@dataclass(frozen=True, slots=True)
class Encrypted:
    """One kind of encrypted file: its mark, where that stands, what it is called, and what opens it."""

    mark: bytes
    at: int
    """From the end of the file where negative."""
    name: str
    remedy: str


MARKED = (
    *(
        Encrypted(mark, 0, "a message or file encrypted by OpenPGP", _PGP)
        for mark in (
            b"-----BEGIN PGP MESSAGE-----",
            b"\x85\x01\x0c\x03",  # a session key for an RSA key of 2048 bits, and 4096
            b"\x85\x02\x0c\x03",
            b"\x84\x5e\x03",  # for an elliptic curve
            b"\xc1\xc0\x4c\x03",  # for RSA of 1024 to 4096 bits, with the lengths of newer packets
            b"\xc1\xc1\x4c\x03",
            b"\xc1\xc1\xcc\x03",
            b"\xc1\x5e\x03",
            b"\x8c\x0d\x04",  # for a passphrase
            b"\xc3\x0d\x04",
        )
    ),
    Encrypted(b"age-encryption.org/v1\n", 0, "a file encrypted by age", _AGE),
    Encrypted(b"-----BEGIN AGE ENCRYPTED FILE-----", 0, "a file encrypted by age", _AGE),
    Encrypted(b"Salted__", 0, "a file encrypted by OpenSSL", _OPENSSL),
    Encrypted(b"U2FsdGVkX1", 0, "a file encrypted by OpenSSL, written in base 64", _OPENSSL),
    Encrypted(b"\x03\xd9\xa2\x9a\x65\xfb\x4b\xb5", 0, "a password database of KeePass 1", IN_ITS_PROGRAM),
    Encrypted(b"\x03\xd9\xa2\x9a\x66\xfb\x4b\xb5", 0, "a password database of KeePass 2", IN_ITS_PROGRAM),
    Encrypted(b"\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5", 0, "a password database of KeePass 2", IN_ITS_PROGRAM),
    Encrypted(b"PWS3", 0, "a password database of Password Safe", IN_ITS_PROGRAM),
    Encrypted(bytes.fromhex("c0b9072e4f93f146a015792ca1d9e821"), 0, "a file encrypted by AxCrypt", IN_ITS_PROGRAM),
    Encrypted(b"AES\x01\x00", 0, "a file encrypted by AES Crypt", IN_ITS_PROGRAM),
    Encrypted(b"AES\x02\x00", 0, "a file encrypted by AES Crypt", IN_ITS_PROGRAM),
    Encrypted(b"AES\x03\x00", 0, "a file encrypted by AES Crypt", IN_ITS_PROGRAM),
    Encrypted(b"ADCRYPT", 0, "an encrypted AD1 image of AccessData", IN_ITS_PROGRAM),
    Encrypted(b"encrcdsa", 0, "an encrypted Apple disk image", _APPLE),
    Encrypted(b"cdsaencr", -8, "an encrypted Apple disk image", _APPLE),
)


def found(head: bytes, tail: bytes) -> Encrypted | None:
    """Return what an encrypted file is by its first and last bytes; None for one that is not known to be encrypted."""
    for kind in MARKED:
        text, at = (head, kind.at) if kind.at >= 0 else (tail, len(tail) + kind.at)
        if at >= 0 and text[at : at + len(kind.mark)] == kind.mark:
            return kind
    for tell, kind in _TOLD:
        if tell(head):
            return kind
    return None


def _has_encrypted_rar4(head: bytes) -> bool:
    """Say so of a RAR 1.5 to 4 whose headers are encrypted (flag 0x80 of the first), or its first file (flag 4)."""
    if not head.startswith(b"Rar!\x1a\x07\x00"):
        return False
    first = head[7:20]
    if first[2:3] != b"\x73" or len(first) < 13:
        return False
    if int.from_bytes(first[3:5], "little") & 0x80:
        return True
    second = head[7 + int.from_bytes(first[5:7], "little") :][:7]
    return second[2:3] == b"\x74" and bool(int.from_bytes(second[3:5], "little") & 4)


def _has_encrypted_rar5(head: bytes) -> bool:
    """Say so of a RAR 5 that begins with the header of encryption (type 4), or whose first file has its record."""
    if not head.startswith(b"Rar!\x1a\x07\x01\x00"):
        return False
    at = 8
    for _ in range(3):  # the archive's own header, a comment at most, and the first file
        size, start = _number(head, at + 4)
        kind, after = _number(head, start)
        flags, after = _number(head, after)
        extra, _ = _number(head, after) if flags & 1 else (0, 0)
        end = start + size
        if kind == 4:
            return True
        if kind == 2:
            return _has_record_of_encryption(head[max(start, end - extra) : end] if extra <= size else b"")
        data = _number(head, _number(head, after)[1] if flags & 1 else after)[0] if flags & 2 else 0
        at = end + data
    return False


def _has_record_of_encryption(extra: bytes) -> bool:
    at = 0
    while at < len(extra):
        size, start = _number(extra, at)
        if _number(extra, start)[0] == 1:
            return True
        at = start + max(size, 1)
    return False


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Return a number of RAR 5, seven bits a byte with the lowest first, and what follows it; 0 beyond the end."""
    value = 0
    for place, byte in enumerate(data[at : at + 10]):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, at + place + 1
    return 0, max(at, len(data))


_ENCRYPTED_RAR = Encrypted(b"Rar!\x1a\x07", 0, "an encrypted RAR archive", _RAR)
_TOLD: tuple[tuple[Callable[[bytes], bool], Encrypted], ...] = (
    (_has_encrypted_rar4, _ENCRYPTED_RAR),
    (_has_encrypted_rar5, _ENCRYPTED_RAR),
)
