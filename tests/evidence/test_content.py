import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.errors import LimitExceeded, UnreadableSource
from sauveterre.evidence.content import Blocks, Window

TEXT = b"Cloudy in the west,\nsunny in the east.\n" * 5_000


def failing(good: int):
    for _ in range(good):
        yield b"rain"
    raise UnreadableSource("the forecast is torn; look for another copy")


def test_what_comes_before_damage_is_given_first():
    stream = Blocks("forecast", failing(3))
    assert stream.read(5) == b"rainr"
    assert stream.read(100) == b"ainrain"
    for _ in range(2):
        with pytest.raises(UnreadableSource, match="torn"):
            stream.read(1)


def test_reading_all_raises_at_damage_and_loses_nothing():
    stream = Blocks("forecast", failing(3))
    with pytest.raises(UnreadableSource, match="torn"):
        stream.read()
    assert stream.read(100) == b"rain" * 3


def test_damage_at_the_very_start_raises_at_once():
    with pytest.raises(UnreadableSource, match="torn"):
        Blocks("forecast", failing(0)).read(10)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(-300, 300), st.integers(0, 400)), max_size=30))
def test_a_window_behaves_as_the_bytes_it_shows(moves):
    data = bytes(range(256)) * 2
    window, truth = Window("w", io.BytesIO(b"#" * 77 + data + b"#" * 99), 77, len(data)), io.BytesIO(data)
    for whence, offset, size in moves:
        base = (0, truth.tell(), len(data))[whence]
        if base + offset >= 0:
            assert window.seek(offset, whence) == truth.seek(base + offset)
        assert window.read(size) == truth.read(size)
        assert window.tell() == truth.tell()


def test_lines_come_as_from_any_file():
    window = Window("w", io.BytesIO(TEXT), 0, len(TEXT))
    assert list(window) == TEXT.splitlines(keepends=True)


def test_a_window_that_is_cut_off_says_so():
    window = Window("w", io.BytesIO(TEXT), len(TEXT) - 10, 40)
    assert window.read(40) == TEXT[-10:]
    with pytest.raises(UnreadableSource, match="ends after 10 of 40 bytes"):
        window.read(40)


def test_a_wrong_checksum_is_told_after_the_last_byte_and_again_from_the_start():
    window = Window("w", io.BytesIO(TEXT), 0, len(TEXT), crc=zlib.crc32(TEXT) ^ 1)
    for _ in range(2):
        assert window.read(len(TEXT)) == TEXT
        with pytest.raises(UnreadableSource, match="checksum"):
            window.read(1)
        window.seek(0)


def test_a_right_checksum_is_no_trouble_even_after_a_look_at_the_start():
    window = Window("w", io.BytesIO(TEXT), 0, len(TEXT), crc=zlib.crc32(TEXT))
    window.read(100)
    window.seek(0)
    assert window.read() == TEXT


def test_a_window_gives_no_more_than_it_may():
    window = Window("w", io.BytesIO(bytes(5 << 20)), 0, None, most=1 << 20)
    assert len(window.read(5 << 20)) == 1 << 20
    with pytest.raises(LimitExceeded, match="1,048,576 bytes"):
        window.read(1)


def test_a_closed_stream_says_so():
    stream = Window("w", io.BytesIO(TEXT), 0, 10)
    stream.close()
    with pytest.raises(UnreadableSource, match="closed"):
        stream.read(1)
