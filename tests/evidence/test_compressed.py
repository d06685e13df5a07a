import bz2
import gzip
import io
import lzma
import random
from datetime import UTC, datetime

import pytest

from sauveterre.errors import LimitExceeded, UnreadableSource
from sauveterre.evidence.readers import compressed
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek

WEATHER = b"".join(b"%d degrees, " % random.Random(7).randrange(40) for _ in range(100)) * 2_000
PACKERS = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}


@pytest.fixture(params=PACKERS)
def pack(request):
    return PACKERS[request.param]


@pytest.mark.parametrize(
    ("name", "path"), [("syslog.gz", b"syslog.1"), ("syslog.bz2", b"content"), ("syslog.xz", b"content")]
)
def test_files_of_others_give_their_content(dfvfs, opened, content_of, name, path):
    container = opened(compressed, (dfvfs / name).read_bytes())
    assert content_of(container) == [(path, (dfvfs / "syslog").read_bytes())]
    (entry,) = container.entries()
    assert (entry.size, entry.locator, entry.provenance.reader) == (None, "offset 0", "compressed")


def test_gzip_states_name_and_time(opened):
    buffer = io.BytesIO()
    with gzip.GzipFile("film \xe9.txt", "wb", fileobj=buffer, mtime=1_000_000_000) as file:
        file.write(b"x")
    (entry,) = opened(compressed, buffer.getvalue()).entries()
    assert entry.path == b"film \xe9.txt"
    assert entry.modified == datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)


def test_a_damaged_file_of_others_gives_what_comes_before(dfvfs, opened, before_damage):
    container = opened(compressed, (dfvfs / "corrupt1.gz").read_bytes())
    content, error = before_damage(container.open(next(container.entries())), 1 << 16)
    assert len(content) > 100_000
    assert isinstance(error, UnreadableSource)
    again, _ = before_damage(container.open(next(container.entries())), 777)
    assert again == content


def test_streams_one_after_another_are_one_content(opened, content_of, pack):
    data = pack(WEATHER) + pack(b"") + pack(b"and snow")
    assert content_of(opened(compressed, data)) == [(b"content", WEATHER + b"and snow")]
    assert content_of(opened(compressed, data + bytes(512))) == [(b"content", WEATHER + b"and snow")]


def test_what_follows_the_content_is_told_after_it(opened, before_damage, pack):
    container = opened(compressed, pack(WEATHER) + b"a note at the end")
    content, error = before_damage(container.open(next(container.entries())))
    assert content == WEATHER
    assert "not part of it" in str(error)


def test_a_file_cut_off_anywhere_gives_its_start(opened, before_damage, pack):
    data = pack(WEATHER)
    for end in range(30, len(data) - 1, len(data) // 7):
        container = opened(compressed, data[:end])
        content, error = before_damage(container.open(next(container.entries())))
        assert WEATHER.startswith(content)
        assert isinstance(error, UnreadableSource)
        assert "look for" in str(error)


def test_gzip_damage_costs_only_what_comes_after_it(opened, before_damage, in_common):
    noise = random.Random(1).randbytes(300_000)
    data = bytearray(gzip.compress(noise))
    data[150_000] ^= 0xFF
    container = opened(compressed, bytes(data))
    content, error = before_damage(container.open(next(container.entries())))
    assert len(content) >= 149_000
    assert in_common(content, noise) >= 149_000
    assert isinstance(error, UnreadableSource)


def test_gzip_damage_in_a_small_file_does_not_cost_all_of_it(opened, before_damage, in_common):
    recipes = b"".join(b"%d grams of flour, " % (number * 7919 % 4_001) for number in range(3_000))
    packed = gzip.compress(recipes)
    data = packed[: len(packed) * 3 // 4] + bytes(200) + packed[len(packed) * 3 // 4 + 200 :]
    container = opened(compressed, data)
    content, error = before_damage(container.open(next(container.entries())))
    assert in_common(content, recipes) > len(recipes) // 2
    assert isinstance(error, UnreadableSource)


def test_bombs_are_stopped_while_they_are_read(opened, before_damage, pack):
    data = pack(bytes(24 << 20))
    container = opened(compressed, data, Limits(ratio=20, ratio_floor=1 << 20))
    content, error = before_damage(container.open(next(container.entries())), 1 << 20)
    assert isinstance(error, LimitExceeded)
    assert len(content) <= 8 << 20


def test_xz_that_asks_for_too_much_memory_is_refused(opened, before_damage, monkeypatch):
    from sauveterre.evidence import decoding

    monkeypatch.setattr(decoding, "DICTIONARY_BYTES", 1 << 20)
    container = opened(compressed, lzma.compress(WEATHER))
    _, error = before_damage(container.open(next(container.entries())))
    assert isinstance(error, LimitExceeded)
    assert "bytes of memory" in str(error)


def test_anything_else_is_not_recognised(dfvfs, opened):
    for name in ("syslog", "syslog.Z", "syslog.lzma", "syslog.zlib", "another_file"):
        data = (dfvfs / name).read_bytes()
        assert not compressed.recognises(Peek(head=data[:512]))
        with pytest.raises(UnreadableSource, match="no gzip, bzip2 or xz"):
            opened(compressed, data)
