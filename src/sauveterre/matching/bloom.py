"""A Bloom filter of known files, as CIRCL's hashlookup publishes it: which contents are *not* known, with certainty.

A filter holds no hashes, only marks that several hashes may share: that a hash is absent is certain, that it is present
is not. So it gives no hits, has no reader, and settles nothing: what it says *may* be known is shown as an indication.

Layout, little-endian: flags (bit 0: version 1), capacity n, wanted rate of errors p (a float), number of marks k for
each value, number of bits m, number of values N, each in 8 bytes; then the bits in words of 64; then data of any kind.
The values are SHA-1 in upper-case hex. Source of the format: the filters of DCSO, which CIRCL uses.
"""

import mmap
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sauveterre.errors import UnreadableSource
from sauveterre.records.digest import Digest

NAME = "bloom"
"""What says of a list that it is a filter; no reader has this name."""

HEADER = struct.Struct("<QQdQQQ")
MOST_MARKS = 1_000

_FNV_OFFSET = 14_695_981_039_346_656_037
_FNV_PRIME = 1_099_511_628_211
_MODULUS = 18_446_744_073_709_551_557
_GENERATOR = 18_446_744_073_709_550_147
_WORD = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class BloomFilter:
    """An opened filter, mapped into memory and never loaded."""

    capacity: int
    error_rate: float
    """Of the hashes that it does not hold, the share that it is made to take for held."""
    values: int
    _marks: int
    _bits: int
    _data: mmap.mmap

    @classmethod
    def open(cls, path: Path) -> "BloomFilter":
        """Map a filter; raise ``UnreadableSource`` where it is missing, cut, or none of version 1."""
        try:
            with path.open("rb") as file:
                data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise _unfit(path, f"it cannot be opened ({error})") from error
        if len(data) < HEADER.size:
            raise _unfit(path, f"it has {len(data):,} bytes, less than its header")
        flags, capacity, rate, marks, bits, values = HEADER.unpack_from(data)
        if flags & 0xFF != 1:
            raise _unfit(path, "it does not say that it is of version 1")
        if not 0 < marks <= MOST_MARKS or not bits or not 0 < rate < 1:
            raise _unfit(path, f"its header makes no sense: {marks:,} marks, {bits:,} bits, rate {rate:g}")
        needed = HEADER.size + -(-bits // 64) * 8
        if len(data) < needed:
            raise _unfit(path, f"it has {len(data):,} bytes instead of {needed:,}: it was cut off")
        return cls(capacity, rate, values, marks, bits, data)

    def may_hold(self, digest: Digest) -> bool:
        """Say whether a SHA-1 may be among the values: no is certain, yes is not and settles nothing.

        Raises ``ValueError`` for another digest: the filter would say no of what it was never asked to hold.
        """
        if digest.algorithm != "sha1":
            raise ValueError(f"the filter holds SHA-1, it cannot be asked for {digest.algorithm}")
        return all(self._data[HEADER.size + (bit >> 3)] >> (bit & 7) & 1 for bit in self._places(digest))

    def _places(self, digest: Digest) -> Iterator[int]:
        place = fnv1(digest.hex.upper().encode()) % _MODULUS
        for _ in range(self._marks):
            place = (place * _GENERATOR & _WORD) % _MODULUS
            yield place % self._bits


def recognises_filter(path: Path) -> bool:
    """Say whether a file begins as a filter and is as long as that filter must be."""
    try:
        with path.open("rb") as file:
            head = file.read(HEADER.size)
            length = os.fstat(file.fileno()).st_size
    except OSError:
        return False
    if len(head) < HEADER.size:
        return False
    flags, _, rate, marks, bits, _ = HEADER.unpack(head)
    needed = HEADER.size + -(-bits // 64) * 8
    is_sound = 0 < marks <= MOST_MARKS and 0 < rate < 1 and bits > 0
    return bool(flags & 0xFF == 1 and is_sound and length >= needed)


def fnv1(data: bytes) -> int:
    """Return the 64 bits of FNV-1, which multiplies first."""
    value = _FNV_OFFSET
    for byte in data:
        value = (value * _FNV_PRIME & _WORD) ^ byte
    return value


def _unfit(path: Path, what: str) -> UnreadableSource:
    return UnreadableSource(f"The Bloom filter {path.name} cannot be used: {what}; fetch it again, with its digest")
