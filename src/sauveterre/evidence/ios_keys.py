"""The keys of an encrypted iOS backup: from the password to the class keys, and from those to a file's own.

The keybag in ``Manifest.plist`` is a row of tags of four letters, each with a length and a value. A password becomes a
key by PBKDF2-HMAC-SHA256 (``DPSL``, ``DPIC``; since iOS 10.2) and then PBKDF2-HMAC-SHA1 (``SALT``, ``ITER``). That key
opens the keys of the protection classes (RFC 3394), and these open one key for each file. Source: Apple Platform
Security, "Keybags for Data Protection", and published descriptions of the tags.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import pbkdf2_hmac

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

KEY_BYTES = 32
MOST_KEYBAG_BYTES = 1 << 16
MOST_ITERATIONS = 50_000_000
"""A phone writes 10,000,000 and 10,000; a keybag that asks for more than this wants to keep us busy."""
_CLASS_BYTES = 4
_BY_PASSWORD = 2


class BadKeybag(ValueError):
    """The keybag breaks its own format; the message is the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Keybag:
    """What a keybag states."""

    salt: bytes
    iterations: int
    first_salt: bytes
    """Empty before iOS 10.2, which had one round of PBKDF2 only."""
    first_iterations: int
    sealed: Mapping[int, bytes] = field(default_factory=dict)
    """By protection class: the key that the password seals."""


def read_keybag(data: bytes) -> Keybag:
    """Read a keybag; raise ``BadKeybag``."""
    if len(data) > MOST_KEYBAG_BYTES:
        raise BadKeybag(f"its keybag has more than {MOST_KEYBAG_BYTES:,} bytes")
    header: dict[bytes, bytes] = {}
    sealed: dict[int, bytes] = {}
    current: dict[bytes, bytes] | None = None
    for tag, value in [*_tags(data), (b"UUID", b"")]:
        if tag == b"UUID" and b"WRAP" in header:
            if current is not None and _number(current, b"WRAP") & _BY_PASSWORD and b"WPKY" in current:
                sealed[_number(current, b"CLAS")] = current[b"WPKY"]
            current = {}
        elif current is None:
            header[tag] = value
        else:
            current[tag] = value
    bag = Keybag(
        header.get(b"SALT", b""), _number(header, b"ITER"), header.get(b"DPSL", b""), _number(header, b"DPIC"), sealed
    )
    if not bag.salt or not bag.iterations or not sealed:
        raise BadKeybag("its keybag holds no salt, no iterations or no keys")
    if bag.iterations > MOST_ITERATIONS or bag.first_iterations > MOST_ITERATIONS:
        raise BadKeybag(f"its keybag asks for more than {MOST_ITERATIONS:,} iterations to make a key")
    return bag


def unlock(bag: Keybag, passwords: Iterable[str]) -> dict[int, bytes] | None:
    """Return the class keys that the first fitting password opens, None when none fits.

    Each class key carries its own check: one that opens proves the password.
    """
    for password in passwords:
        key = _key_of(password, bag.salt, bag.iterations, bag.first_salt, bag.first_iterations)
        opened = {number: _unwrapped(key, sealed) for number, sealed in bag.sealed.items()}
        found = {number: key for number, key in opened.items() if key is not None}
        if found:
            return found
    return None


def file_key(class_keys: Mapping[int, bytes], wrapped: bytes) -> bytes | None:
    """Return the key of a file (or of the manifest) from class number and sealed key; None when it cannot be had."""
    key = class_keys.get(protection_class(wrapped))
    return None if key is None else _unwrapped(key, wrapped[_CLASS_BYTES:])


def protection_class(wrapped: bytes) -> int:
    """Return the number of the class whose key opens a file's."""
    return int.from_bytes(wrapped[:_CLASS_BYTES], "little")


def _unwrapped(key: bytes, sealed: bytes) -> bytes | None:
    try:
        found = aes_key_unwrap(key, sealed)
    except (InvalidUnwrap, ValueError):
        return None
    return found if len(found) == KEY_BYTES else None


@lru_cache(maxsize=64)
def _key_of(password: str, salt: bytes, iterations: int, first_salt: bytes, first_iterations: int) -> bytes:
    """Make a key from a password. Takes seconds, and the same backup is opened often: the last ones are remembered."""
    secret = password.encode("utf-8", "surrogatepass")
    if first_salt and first_iterations:
        secret = pbkdf2_hmac("sha256", secret, first_salt, first_iterations, KEY_BYTES)
    return pbkdf2_hmac("sha1", secret, salt, iterations, KEY_BYTES)


def _tags(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "big")
        value = data[at + 8 : at + 8 + size]
        if len(value) < size or at + 8 > len(data):
            raise BadKeybag("its keybag is cut off or damaged")
        yield data[at : at + 4], value
        at += 8 + size


def _number(values: Mapping[bytes, bytes], tag: bytes) -> int:
    value = values.get(tag, b"")
    return int.from_bytes(value, "big") if len(value) <= 8 else 0
