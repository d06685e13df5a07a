"""Transfer encodings of mail (RFC 2045, section 6), decoded block by block."""

from binascii import a2b_base64, a2b_qp
from collections.abc import Iterator
from typing import BinaryIO

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.content import SMALL_BLOCK

AS_IT_IS = frozenset(("", "7bit", "8bit", "binary"))
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_FOREIGN = bytes(set(range(256)) - set(_ALPHABET))


def from_base64(source: BinaryIO, *, name: str) -> Iterator[bytes]:
    """Yield what base64 encodes. What is not of its alphabet is passed over, as the standard demands.

    Several encodings one behind the other are one content. Raises ``UnreadableSource`` at the end when a character
    was left over, so that something is missing.
    """
    held, is_odd = b"", False
    while block := source.read(SMALL_BLOCK):
        *ended, rest = (held + block.translate(None, _FOREIGN)).split(b"=")
        for piece in filter(None, ended):
            is_odd = is_odd or len(piece) % 4 == 1
            if plain := _whole(piece):
                yield plain
        cut = len(rest) // 4 * 4
        if cut:
            yield a2b_base64(rest[:cut])
        held = rest[cut:]
    if plain := _whole(held):
        yield plain
    if is_odd or len(held) == 1:
        raise UnreadableSource(f"{name} ends in the middle of its base64 encoding; what comes before is read")


def _whole(piece: bytes) -> bytes:
    """Decode a last piece, which lacks its padding; a single character left over stands for nothing."""
    piece = piece[:-1] if len(piece) % 4 == 1 else piece
    return a2b_base64(piece + b"=" * (-len(piece) % 4))


def from_quoted_printable(source: BinaryIO) -> Iterator[bytes]:
    """Yield what quoted-printable encodes; what breaks its rules comes as it stands."""
    held = b""
    while block := source.read(SMALL_BLOCK):
        held += block
        cut = held.rfind(b"\n") + 1
        if not cut and len(held) > SMALL_BLOCK:
            mark = held.find(b"=", len(held) - 2)
            cut = len(held) if mark < 0 else mark
        if plain := a2b_qp(held[:cut]):
            yield plain
        held = held[cut:]
    if plain := a2b_qp(held):
        yield plain
