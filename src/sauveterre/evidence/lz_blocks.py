"""Single blocks packed by Snappy and LZ4, unpacked within a bound. Both copy from what they have already given out.

Formats: "Snappy compressed format description" (``format_description.txt`` of google/snappy) and "LZ4 Block Format
Description" (``lz4_Block_format.md`` of lz4/lz4).
"""

_LEAST_MATCH = 4


def unpack_snappy(data: bytes, most: int) -> bytes:
    """Return a block's content; raise ``ValueError`` when it is damaged or longer than ``most``."""
    size, at = _snappy_length(data)
    if size > most:
        raise ValueError("longer than it may be")
    out = bytearray()
    end = len(data)
    while at < end:
        tag = data[at]
        kind, at = tag & 3, at + 1
        if kind == 0:
            length = (tag >> 2) + 1
            if length > 60:
                width = length - 60
                length = int.from_bytes(data[at : at + width], "little") + 1
                at += width
            if at + length > end or len(out) + length > size:
                raise ValueError("a stretch of bytes reaches past the end")
            out += data[at : at + length]
            at += length
            continue
        if kind == 1:
            length, back = (tag >> 2 & 7) + 4, (tag >> 5) << 8 | int.from_bytes(data[at : at + 1], "little")
        else:
            length, back = (tag >> 2) + 1, int.from_bytes(data[at : at + 2 * kind - 2], "little")
        at += 2 * kind - 2 or 1
        _copy(out, back, length, size)
    if len(out) != size:
        raise ValueError("shorter than it states")
    return bytes(out)


def unpack_lz4(data: bytes, most: int) -> bytes:
    """Return a block's content; raise ``ValueError`` when it is damaged or longer than ``most``."""
    out = bytearray()
    at, end = 0, len(data)
    while at < end:
        tag = data[at]
        length, at = _lz4_length(data, at + 1, tag >> 4)
        if at + length > end or len(out) + length > most:
            raise ValueError("a stretch of bytes reaches past the end")
        out += data[at : at + length]
        at += length
        if at == end:
            return bytes(out)
        if at + 2 > end:
            break
        back = int.from_bytes(data[at : at + 2], "little")
        length, at = _lz4_length(data, at + 2, tag & 15)
        _copy(out, back, length + _LEAST_MATCH, most)
    raise ValueError("ends in the middle")


def _copy(out: bytearray, back: int, length: int, most: int) -> None:
    """Append bytes that were given out before; they may reach into those that are being appended."""
    start = len(out) - back
    if back == 0 or start < 0 or len(out) + length > most:
        raise ValueError("a copy reaches outside the block")
    if back >= length:
        out += out[start : start + length]
    else:
        out += (out[start:] * (length // back + 1))[:length]


def _snappy_length(data: bytes) -> tuple[int, int]:
    size = 0
    for at, byte in enumerate(data[:5]):
        size |= (byte & 0x7F) << 7 * at
        if byte < 0x80:
            return size, at + 1
    raise ValueError("states no length")


def _lz4_length(data: bytes, at: int, length: int) -> tuple[int, int]:
    """Return a length that goes on in following bytes while they are 255, and what follows it."""
    if length == 15:
        while True:
            if at >= len(data):
                raise ValueError("ends in the middle of a length")
            length += data[at]
            at += 1
            if data[at - 1] != 255:
                break
    return length, at
