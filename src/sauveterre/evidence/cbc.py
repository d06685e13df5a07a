"""AES in CBC mode over a stream, block by block, as phone backups are encrypted (NIST SP 800-38A, 6.2)."""

from collections.abc import Iterator
from typing import BinaryIO

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.content import SMALL_BLOCK

CELL = 16
"""Bytes that AES works on at a time."""


def decrypted(source: BinaryIO, key: bytes, iv: bytes, *, name: str) -> Iterator[bytes]:
    """Yield the plain bytes, padding included; raise ``UnreadableSource`` at an end inside a cell of 16 bytes."""
    context = Cipher(AES(key), CBC(iv)).decryptor()
    odd = 0
    while block := source.read(SMALL_BLOCK):
        odd = (odd + len(block)) % CELL
        plain = context.update(block)
        if plain:
            yield plain
    if odd:
        raise UnreadableSource(
            f"{name} ends in the middle of its encrypted data; what comes before is read, look for a complete copy"
        )


def without_padding(blocks: Iterator[bytes], *, name: str) -> Iterator[bytes]:
    """Pass plain bytes on without the PKCS #7 padding at their end; raise ``UnreadableSource`` when it is not there.

    Without right padding, the end that was read is not the end that was written.
    """
    held = b""
    for block in blocks:
        block = held + block
        cut = max(0, len(block) - CELL)
        held = block[cut:]
        if cut:
            yield block[:cut]
    count = held[-1] if held else 0
    if not 1 <= count <= CELL or held[-count:] != bytes([count]) * count:
        if held:
            yield held
        raise UnreadableSource(f"{name} does not end as its encryption demands; it was cut off, find a complete copy")
    if held[:-count]:
        yield held[:-count]


def fitted(blocks: Iterator[bytes], size: int | None, *, name: str, padding: int = 0) -> Iterator[bytes]:
    """Pass on a content of known size, without up to ``padding`` bytes that follow it.

    Nothing is dropped beyond that: content of another size comes whole, and then raises ``UnreadableSource``.
    """
    total = 0
    beyond = b""
    for block in blocks:
        room = len(block) if size is None else max(0, size - total)
        total += len(block)
        if block[:room]:
            yield block[:room]
        beyond += block[room:]
        if len(beyond) > padding:
            yield beyond
            beyond = b""
    if size is not None and (total < size or total - size > padding):
        raise UnreadableSource(f"{name} has {total:,} bytes where {size:,} are stated; compare it with another copy")
