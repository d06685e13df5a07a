"""The exact index: what goes in comes out, however it was built; damage is told."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sauveterre.errors import LimitExceeded, UnreadableSource
from sauveterre.matching.columns import CHECKED_AT_ONCE, PAGE
from sauveterre.matching.exact import WIDTHS, ExactBuilder, ExactIndex
from sauveterre.records.digest import Digest

ALGORITHMS = st.sampled_from(sorted(WIDTHS))


def rows(digests, width):
    return np.frombuffer(b"".join(digests), np.uint8).reshape(-1, width)


@st.composite
def pairs(draw):
    """Digests with many equal beginnings and many equals, and the number of each item."""
    made = []
    for item in range(draw(st.integers(0, 60))):
        algorithm = draw(ALGORITHMS)
        head = draw(st.sampled_from([b"\0" * 8, b"\xff" * 8, b"\x80" + b"\0" * 7, b"\x12" * 8]))
        rest = draw(st.binary(min_size=1, max_size=1)) * (WIDTHS[algorithm] - 8)
        made.append((Digest(algorithm, (head + rest).hex()), item))
    return made


@settings(max_examples=60, deadline=None)
@given(pairs=pairs(), rows_in_memory=st.integers(1, 30))
def test_round_trip_in_memory_and_in_runs(tmp_path_factory, pairs, rows_in_memory):
    folder = tmp_path_factory.mktemp("exact")
    whole = ExactIndex.build(folder / "whole", pairs)
    parts = ExactIndex.build(folder / "parts", pairs, rows_in_memory=rows_in_memory)
    assert (folder / "whole").read_bytes() == (folder / "parts").read_bytes()
    first: dict[Digest, int] = {}
    for digest, item in pairs:
        first.setdefault(digest, item)
    assert len(whole) == len(first)
    for algorithm, width in WIDTHS.items():
        known = [digest for digest in first if digest.algorithm == algorithm]
        unknown = [bytes.fromhex(digest.hex)[:-1] + b"\x02" for digest in known]
        asked = [bytes.fromhex(digest.hex) for digest in known] + unknown + [b"\x07" * width]
        expected = [first.get(Digest(algorithm, value.hex()), -1) for value in asked]
        for index in (whole, parts):
            assert index.lookup(algorithm, rows(asked, width)).tolist() == expected
            assert index.count(algorithm) == len(known)
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_many_random_digests(tmp_path):
    rng = np.random.default_rng(3)
    digests = rng.integers(0, 256, (50_000, 20), np.uint8)
    with ExactBuilder(tmp_path, rows_in_memory=7_000) as builder:
        builder.add_rows("sha1", digests, np.arange(50_000, dtype=np.uint32))
        builder.write(tmp_path / "list")
    index = ExactIndex.open(tmp_path / "list")
    order = rng.permutation(50_000)
    assert (index.lookup("sha1", digests[order]) == order).all()
    assert (index.lookup("sha1", rng.integers(0, 256, (50_000, 20), np.uint8)) == -1).all()
    assert len(index.lookup("md5", np.empty((0, 16), np.uint8))) == 0


def test_thousands_of_equal_beginnings(tmp_path):
    digests = [b"\x33" * 8 + number.to_bytes(8, "big") for number in range(5_000)]
    index = ExactIndex.build(tmp_path / "list", [(Digest("md5", value.hex()), k) for k, value in enumerate(digests)])
    assert index.lookup("md5", rows(digests, 16)).tolist() == list(range(5_000))
    assert index.lookup("md5", rows([b"\x33" * 8 + b"\xff" * 8], 16)).tolist() == [-1]


def test_pdq_is_passed_over_and_wrong_questions_are_refused(tmp_path):
    index = ExactIndex.build(tmp_path / "list", [(Digest("pdq", "0f" * 32), 0)])
    assert len(index) == 0
    with pytest.raises(ValueError, match="pdq"):
        index.lookup("pdq", np.zeros((1, 32), np.uint8))
    with pytest.raises(ValueError, match="md5"):
        index.lookup("md5", np.zeros((1, 20), np.uint8))
    with pytest.raises(LimitExceeded, match="split the list"):
        ExactIndex.build(tmp_path / "list", [(Digest("md5", "0f" * 16), 1 << 32)])


def test_an_old_index_stays_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "list"
    old = ExactIndex.build(path, [(Digest("md5", "0f" * 16), 4)])

    def broken():
        yield Digest("md5", "1f" * 16), 5
        raise RuntimeError

    with pytest.raises(RuntimeError):
        ExactIndex.build(path, broken())
    new = ExactIndex.open(path)
    for index in (old, new):
        assert index.lookup("md5", rows([b"\x0f" * 16, b"\x1f" * 16], 16)).tolist() == [4, -1]
    assert [file.name for file in tmp_path.iterdir()] == ["list"]


@pytest.fixture
def index_file(tmp_path):
    path = tmp_path / "list"
    ExactIndex.build(path, [(Digest("sha256", f"{k:064x}"), k) for k in range(100)])
    return path


@pytest.mark.parametrize("at", [0, 8, 12, 16, 30, 200, PAGE + 3, -PAGE])
def test_a_changed_byte_is_told(index_file, at):
    data = bytearray(index_file.read_bytes())
    data[at] ^= 0x40
    index_file.write_bytes(data)
    with pytest.raises(UnreadableSource, match=r"list index list is damaged: .*import the list again"):
        ExactIndex.open(index_file)


@pytest.mark.parametrize("length", [0, 100, PAGE, -1])
def test_a_cut_file_is_told(index_file, length):
    index_file.write_bytes(index_file.read_bytes()[:length])
    with pytest.raises(UnreadableSource, match="damaged"):
        ExactIndex.open(index_file)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(UnreadableSource, match="cannot be opened"):
        ExactIndex.open(tmp_path / "none")


def test_a_large_damaged_file_neither_crashes_nor_passes_verify(tmp_path):
    path = tmp_path / "large"
    digests = np.random.default_rng(5).integers(0, 256, (700_000, 20), np.uint8)
    with ExactBuilder(tmp_path) as builder:
        builder.add_rows("sha1", digests, np.zeros(700_000, np.uint32))
        builder.write(path)
    assert path.stat().st_size > CHECKED_AT_ONCE
    ExactIndex.open(path).verify()
    with path.open("r+b") as file:
        file.seek(-400_000, 2)
        file.write(b"\xff" * 300_000)
    index = ExactIndex.open(path)
    assert index.lookup("sha1", digests).min() >= -1
    with pytest.raises(UnreadableSource, match="is not what was written"):
        index.verify()
