import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sauveterre.evidence.lz_blocks import unpack_lz4, unpack_snappy


def steps(data: bytes, *, tail: int = 0):
    """Part data into (literal, back, length): what to give as it is, then how much to copy from how far back."""
    seen: dict[bytes, int] = {}
    literal, at = bytearray(), 0
    while at < len(data):
        key = data[at : at + 4]
        before = seen.get(key) if at + 4 <= len(data) - tail else None
        seen[key] = at
        if before is None or at - before > 65_000:
            literal.append(data[at])
            at += 1
            continue
        length = 4
        while at + length < len(data) - tail and data[before + length] == data[at + length]:
            length += 1
        yield bytes(literal), at - before, length
        literal.clear()
        at += length
    yield bytes(literal), 0, 0


def pack_snappy(data: bytes) -> bytes:
    out, size = bytearray(), len(data)
    while size > 127:
        out.append(size & 0x7F | 0x80)
        size >>= 7
    out.append(size)
    for literal, back, length in steps(data):
        if literal:
            width = 0 if len(literal) <= 60 else (len(literal) - 1).bit_length() + 7 >> 3
            out.append((59 + width if width else len(literal) - 1) << 2)
            out += (len(literal) - 1).to_bytes(4, "little")[:width] + literal
        while length:
            part = min(length, 64)
            if 4 <= part <= 11 and back < 2048:
                out += bytes([1 | part - 4 << 2 | back >> 8 << 5, back & 0xFF])
            elif part % 2:
                out += bytes([3 | part - 1 << 2]) + back.to_bytes(4, "little")
            else:
                out += bytes([2 | part - 1 << 2]) + back.to_bytes(2, "little")
            length -= part
    return bytes(out)


def pack_lz4(data: bytes) -> bytes:
    out = bytearray()

    def rest(value):
        if value < 15:
            return b""
        return b"\xff" * ((value - 15) // 255) + bytes([(value - 15) % 255])

    for literal, back, length in steps(data, tail=5):
        match = length - 4 if length else 0
        out.append(min(len(literal), 15) << 4 | min(match, 15))
        out += rest(len(literal)) + literal
        if length:
            out += back.to_bytes(2, "little") + rest(match)
    return bytes(out)


PAIRS = pytest.mark.parametrize(
    ("pack", "unpack"), [(pack_snappy, unpack_snappy), (pack_lz4, unpack_lz4)], ids=["snappy", "lz4"]
)
CONTENTS = st.lists(st.sampled_from([b"rain ", b"cloud", b"\x00", b"\xff\xfe", b"w"]) | st.binary(max_size=9)).map(
    b"".join
)


@PAIRS
@given(data=CONTENTS)
def test_what_was_packed_comes_back(pack, unpack, data):
    assert unpack(pack(data), len(data)) == data


@PAIRS
def test_long_contents_come_back(pack, unpack):
    rng = random.Random(5)
    data = rng.randbytes(70_000) + b"rain" * 20_000 + rng.randbytes(300) + bytes(100_000)

    assert unpack(pack(data), 1 << 20) == data


@PAIRS
def test_a_block_longer_than_it_may_be_is_refused(pack, unpack):
    with pytest.raises(ValueError, match=r"reaches|longer"):
        unpack(pack(bytes(5_000)), 4_999)


@PAIRS
@settings(max_examples=400)
@given(data=st.binary(max_size=300))
def test_any_bytes_are_a_block_or_damage(pack, unpack, data):
    try:
        assert len(unpack(data, 1_000)) <= 1_000
    except ValueError as error:
        assert str(error)


@PAIRS
@given(data=CONTENTS, cut=st.integers(min_value=1, max_value=50))
def test_a_block_that_was_cut_off_gives_no_other_content(pack, unpack, data, cut):
    packed = pack(data)
    try:
        found = unpack(packed[:-cut], len(data))
    except ValueError:
        return
    assert data.startswith(found)


@pytest.mark.parametrize(
    ("packed", "content"),
    [(b"\x04\x0crain", b"rain"), (b"\x08\x0crain\x01\x04", b"rainrain"), (b"\x05\x00a\x01\x01", b"aaaaa"),
     (b"\x08\x0crain\x0e\x04\x00", b"rainrain"), (b"\x08\x0crain\x0f\x04\x00\x00\x00", b"rainrain")],
)  # fmt: skip
def test_snappy_blocks_written_by_hand(packed, content):
    assert unpack_snappy(packed, 100) == content


@pytest.mark.parametrize(
    ("packed", "content"),
    [(b"\x40rain", b"rain"), (b"\x40rain\x04\x00\x50hills", b"rainrainhills"),
     (b"\x1fa\x01\x00\x01\x50hills", b"a" * 21 + b"hills")],
)  # fmt: skip
def test_lz4_blocks_written_by_hand(packed, content):
    assert unpack_lz4(packed, 100) == content
