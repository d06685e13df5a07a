"""Ciphers of whole sectors, as dm-crypt has them: AES in XTS and CBC mode, the number of the sector as the start value.

Formats: IEEE 1619 (XTS); "dm-crypt", documentation of the Linux kernel (``plain``, ``plain64``, ``essiv``). Many
sectors are decrypted at once: AES over all of them, the rest as arrays.
"""

import hashlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Decrypt = Callable[[bytes, int], bytes]
"""Turns whole sectors into plain ones; the second argument is the number of the first, in units of 512 bytes."""
Words = NDArray[np.uint64]

UNIT = 512
_CELL = 16
_POLYNOMIAL = np.uint64(0x87)
_ONE, _TOP = np.uint64(1), np.uint64(63)


class UnknownCipher(ValueError):
    """A cipher that is not read; the message is its name."""


def sector_cipher(name: str, key: bytes, sector_size: int, *, step: int = 0) -> Decrypt:
    """Return the cipher of a name such as ``aes-xts-plain64``; raise ``UnknownCipher`` for one that is not read.

    ``step`` is by how much the number grows from one sector to the next: by its size in units of 512 bytes, if 0.
    ``eboiv`` is BitLocker's start value in CBC mode: where the sector begins, in bytes, encrypted by the same key.
    """
    cipher, _, rest = name.partition("-")
    mode, _, start = rest.partition("-")
    halves = {"xts": 2, "cbc": 1}.get(mode, 0)
    if cipher != "aes" or not halves or len(key) not in (16 * halves, 24 * halves, 32 * halves):
        raise UnknownCipher(f"{name} with {len(key) * 8} bits")
    starts = _starts(name, start, key, step or sector_size // UNIT)
    if mode == "xts":
        return _xts(key[: len(key) // 2], key[len(key) // 2 :], sector_size, starts)
    return _cbc(key, sector_size, starts)


Starts = Callable[[int, int], bytes]
"""Gives the start values of so many sectors from a first one on, 16 bytes each."""


def _starts(name: str, kind: str, key: bytes, step: int) -> Starts:
    def plain(first: int, count: int) -> bytes:
        numbers = np.zeros((count, 2), np.uint64)
        numbers[:, 0] = np.uint64(first) + np.arange(count, dtype=np.uint64) * np.uint64(step)
        if kind == "plain":
            numbers[:, 0] &= np.uint64(0xFFFFFFFF)
        return numbers.tobytes()

    if kind in ("plain", "plain64"):
        return plain
    if kind == "eboiv":
        return lambda first, count: _aes(key, plain(first, count), encrypt=True)
    scheme, _, algorithm = kind.partition(":")
    if scheme != "essiv" or algorithm not in ("sha256", "sha1", "sha512"):
        raise UnknownCipher(name)
    salt = hashlib.new(algorithm, key).digest()
    if len(salt) not in (16, 24, 32):
        raise UnknownCipher(name)
    return lambda first, count: _aes(salt, plain(first, count), encrypt=True)


def _xts(key: bytes, tweak_key: bytes, sector_size: int, starts: Starts) -> Decrypt:
    cells = sector_size // _CELL

    def decrypt(data: bytes, first: int) -> bytes:
        count = len(data) // sector_size
        tweaks = _tweaks(_aes(tweak_key, starts(first, count), encrypt=True), count, cells)
        masked = np.frombuffer(data, "<u8").reshape(count, cells, 2) ^ tweaks
        plain = np.frombuffer(_aes(key, masked.tobytes()), "<u8").reshape(count, cells, 2) ^ tweaks
        return plain.tobytes()

    return decrypt


def _tweaks(first: bytes, count: int, cells: int) -> Words:
    """Return the tweak of every cell: that of the one before, multiplied by x in GF(2^128)."""
    tweaks = np.empty((count, cells, 2), np.uint64)
    tweaks[:, 0] = np.frombuffer(first, "<u8").reshape(count, 2)
    for cell in range(1, cells):
        low, high = tweaks[:, cell - 1, 0], tweaks[:, cell - 1, 1]
        tweaks[:, cell, 0] = low << _ONE ^ (high >> _TOP) * _POLYNOMIAL
        tweaks[:, cell, 1] = high << _ONE ^ low >> _TOP
    return tweaks


def _cbc(key: bytes, sector_size: int, starts: Starts) -> Decrypt:
    def decrypt(data: bytes, first: int) -> bytes:
        count = len(data) // sector_size
        cells = np.frombuffer(data, "<u8").reshape(count, sector_size // _CELL, 2)
        before = np.empty_like(cells)
        before[:, 0] = np.frombuffer(starts(first, count), "<u8").reshape(count, 2)
        before[:, 1:] = cells[:, :-1]
        return (np.frombuffer(_aes(key, data), "<u8").reshape(cells.shape) ^ before).tobytes()

    return decrypt


def _aes(key: bytes, data: bytes, *, encrypt: bool = False) -> bytes:
    """Return every cell of the data by itself through AES: the building block of the modes, never one by itself."""
    from cryptography.hazmat.primitives.ciphers import Cipher  # here: children start without it, few volumes need it
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import ECB

    cipher = Cipher(AES(key), ECB())  # noqa: S305 - the modes above are built from it
    return (cipher.encryptor() if encrypt else cipher.decryptor()).update(data)
