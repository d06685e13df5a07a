"""Plain lists."""

import io

import pytest

from sauveterre.errors import MalformedList
from sauveterre.matching.readers import plain
from sauveterre.records.category import Category
from sauveterre.records.hash_list import ListedMedia
from sauveterre.records.problem import Problem

MD5, SHA1, HEX64 = "0" * 31 + "a", "b" * 40, "0f" * 32


def read(data):
    return list(plain.read(io.BytesIO(data), identity="sha256:00", name="rain.txt"))


@pytest.mark.parametrize(
    ("line", "digest"),
    [
        (MD5, f"md5:{MD5}"),
        (MD5.upper(), f"md5:{MD5}"),
        (SHA1, f"sha1:{SHA1}"),
        (HEX64, f"sha256:{HEX64}"),
        (f"sha256:{HEX64}", f"sha256:{HEX64}"),
        (f"pdq {HEX64}", f"pdq:{HEX64}"),
        (f"PDQ: {HEX64}", f"pdq:{HEX64}"),
        (f"  {MD5}\t", f"md5:{MD5}"),
    ],
)
def test_one_hash_a_line(line, digest):
    (item,) = read(line.encode())
    assert [str(value) for value in item.hashes] == [digest]
    assert item.category is None


def test_comments_header_category_and_line_numbers():
    text = f"\ufeff# known skies\r\n# algorithm: PDQ\r\n# scheme: skies\r\n\r\n{HEX64},3\r\n{MD5} , cloud, grey\r\n"
    first, second = read(text.encode())
    assert str(first.hashes[0]) == f"pdq:{HEX64}"
    assert first.category == Category("skies", "3")
    assert second.category == Category("skies", "cloud, grey")
    assert [item.provenance.locator for item in (first, second)] == ["line 5", "line 6"]


def test_a_list_has_its_own_scheme():
    (item,) = read(f"{MD5},1".encode())
    assert item.category == Category("plain-rain.txt", "1")


def test_a_bad_line_is_named():
    records = read(b"\n".join([MD5.encode(), b"not a hash", SHA1.encode(), b"md5:" + SHA1.encode(), HEX64.encode()]))
    bad = [record.provenance.locator for record in records if isinstance(record, Problem)]
    assert bad == ["line 2", "line 4"]
    assert sum(isinstance(record, ListedMedia) for record in records) == 3


def test_a_line_without_an_end_is_one_problem():
    records = read(f"{MD5}\n".encode() + b"a" * 100_000 + f"\n{SHA1}\n".encode())
    assert [type(record).__name__ for record in records] == ["ListedMedia", "Problem", "ListedMedia"]
    assert records[2].provenance.locator == "line 3"


@pytest.mark.parametrize("good", [0, 499])
def test_more_than_half_bad_is_no_list(good):
    lines = [MD5] * good + ["cloud"] * (1000 - good) + [MD5] * 5000
    with pytest.raises(MalformedList, match=r"rain\.txt: .* of the first 1,000 lines"):
        read("\n".join(lines).encode())


def test_half_bad_is_still_a_list():
    assert len(read("\n".join([MD5] * 500 + ["cloud"] * 500).encode())) == 1000


def test_empty_list_is_empty():
    assert read(b"# nothing yet\n") == []
