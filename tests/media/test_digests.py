"""One pass over a stream."""

import hashlib
import io

import pytest

from sauveterre.errors import LimitExceeded, UnreadableSource
from sauveterre.media import digests
from sauveterre.media.digests import BLOCK_BYTES, read_once


class Dripping(io.RawIOBase):
    """Gives at most 1,000 bytes at a time, and can be read only once."""

    def __init__(self, data, breaks_at=None):
        self._data, self._at, self._breaks_at = data, 0, breaks_at

    def read(self, size=-1):
        if self._breaks_at is not None and self._at >= self._breaks_at:
            raise UnreadableSource("the archive ends early; ask for a new copy")
        part = self._data[self._at : self._at + min(size, 1_000)]
        self._at += len(part)
        return part


@pytest.mark.parametrize("size", [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES + 17])
def test_digests_size_and_bytes(size):
    data = bytes(range(251)) * (size // 251 + 1)
    data = data[:size]
    for stream in (io.BytesIO(data), Dripping(data)):
        reading = read_once(stream, wanted=lambda _: True, most_bytes=1 << 40)
        assert reading.size == size
        assert reading.digests.md5 == hashlib.md5(data).hexdigest()
        assert reading.digests.sha1 == hashlib.sha1(data).hexdigest()
        assert reading.digests.sha256 == hashlib.sha256(data).hexdigest()
        assert reading.head == data[:BLOCK_BYTES]
        assert reading.whole == data


@pytest.mark.parametrize(("size", "left_out"), [(0, True), (BLOCK_BYTES - 1, True), (BLOCK_BYTES, False)])
def test_the_md5_of_a_short_content_may_be_left_to_others(size, left_out):
    data = bytes(size)
    reading = read_once(io.BytesIO(data), wanted=lambda _: False, most_bytes=1 << 40, md5_of_short=False)
    assert reading.digests.md5 == ("" if left_out else hashlib.md5(data).hexdigest())
    assert reading.digests.sha256 == hashlib.sha256(data).hexdigest()
    assert reading.head == data


def test_bytes_are_kept_only_when_wanted_and_small_enough(monkeypatch):
    monkeypatch.setattr(digests, "KEPT_BYTES", 2 * BLOCK_BYTES)
    fits, larger = bytes(2 * BLOCK_BYTES), bytes(2 * BLOCK_BYTES + 1)
    assert read_once(io.BytesIO(fits), wanted=lambda _: True, most_bytes=1 << 40).whole == fits
    assert read_once(io.BytesIO(larger), wanted=lambda _: True, most_bytes=1 << 40).whole is None
    assert read_once(io.BytesIO(fits), wanted=lambda _: False, most_bytes=1 << 40).whole is None
    hinted = read_once(io.BytesIO(fits), wanted=lambda _: True, most_bytes=1 << 40, size_hint=1 << 33)
    assert (hinted.whole, hinted.size) == (None, len(fits))


def test_a_content_without_end_is_stopped():
    with pytest.raises(LimitExceeded, match="2,000,000 bytes"):
        read_once(io.BytesIO(bytes(3_000_000)), wanted=lambda _: False, most_bytes=2_000_000)


def test_what_the_stream_raises_passes_through():
    with pytest.raises(UnreadableSource, match="ends early"):
        read_once(Dripping(bytes(5_000), breaks_at=2_000), wanted=lambda _: True, most_bytes=1 << 40)
