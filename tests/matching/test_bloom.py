"""The filter against one that is made here, word by word, from the description of the format."""

import hashlib
import struct

import pytest

from sauveterre.errors import UnknownFormat, UnreadableSource
from sauveterre.matching import lists
from sauveterre.matching.bloom import BloomFilter, fnv1
from sauveterre.records.digest import Digest

BITS, MARKS = 4_799, 5


def sha1(number):
    return Digest("sha1", hashlib.sha1(b"rain %d" % number).hexdigest())


def made(digests, *, flags=1, marks=MARKS, bits=BITS, rate=0.01, tail=b"https://example.org"):
    words = [0] * ((BITS + 63) // 64)
    for digest in digests:
        place = fnv1(digest.hex.upper().encode("ascii")) % (2**64 - 59)
        for _ in range(MARKS):
            place = place * (2**64 - 1_469) % 2**64 % (2**64 - 59)
            words[place % BITS // 64] |= 1 << place % BITS % 64
    header = struct.pack("<QQdQQQ", flags, 500, rate, marks, bits, len(digests))
    return header + struct.pack(f"<{len(words)}Q", *words) + tail


@pytest.fixture
def opened(tmp_path):
    def write(data):
        path = tmp_path / "known.bloom"
        path.write_bytes(data)
        return BloomFilter.open(path)

    return write


@pytest.mark.parametrize(
    ("data", "value"), [(b"", 0xCBF29CE484222325), (b"a", 0xAF63BD4C8601B7BE), (b"foobar", 0x340D8765A4DDA9C2)]
)
def test_fnv_gives_the_published_values(data, value):
    assert fnv1(data) == value


def test_what_it_holds_is_never_denied_and_most_else_is(opened):
    known = opened(made([sha1(k) for k in range(500)]))

    assert all(known.may_hold(sha1(k)) for k in range(500))
    assert sum(known.may_hold(sha1(k)) for k in range(500, 5_500)) < 5_000 * 0.03
    assert (known.capacity, known.values, known.error_rate) == (500, 500, 0.01)


def test_an_empty_filter_denies_everything_and_other_digests_are_refused(opened):
    known = opened(made([]))

    assert not any(known.may_hold(sha1(k)) for k in range(100))
    with pytest.raises(ValueError, match="cannot be asked for md5"):
        known.may_hold(Digest("md5", "a" * 32))


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "cannot be opened"),
        (b"\1" * 20, "less than its header"),
        (made([], flags=2), "version 1"),
        (made([], marks=0), "makes no sense"),
        (made([], marks=1 << 40), "makes no sense"),
        (made([], bits=0), "makes no sense"),
        (made([], rate=float("nan")), "makes no sense"),
        (made([], tail=b"")[:-1], "it was cut off"),
        (made([], bits=1 << 63), "it was cut off"),
    ],
)
def test_what_is_no_filter_is_refused_in_a_sentence(opened, data, what):
    with pytest.raises(UnreadableSource, match=rf"known\.bloom cannot be used: .*{what}.*; fetch it again"):
        opened(data)


def test_a_filter_is_no_hash_list(tmp_path):
    path = tmp_path / "known.bloom"
    path.write_bytes(made([sha1(1)]))
    with pytest.raises(UnknownFormat):
        lists.open_list(path)
