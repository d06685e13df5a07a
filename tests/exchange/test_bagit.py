"""Bags as another program reads them, and what tampering leaves behind."""

import shutil

import bagit
import pytest

from sauveterre.errors import InvalidInput
from sauveterre.exchange.writers.bagit import verify_bag, write_bag

PAYLOAD = {"a.txt": b"rain", "deep/er/ünï.txt": b"", "100%.txt": b"sun", "line\nend\r.txt": b"wind"}
INFO = (("Source-Organization", "Example unit"), ("External-Description", "two\nlines: 1"))


@pytest.fixture
def bag(tmp_path):
    return write_bag(tmp_path / "bag", PAYLOAD, INFO)


def test_another_program_finds_the_bag_valid(tmp_path):
    payload = {path: content for path, content in PAYLOAD.items() if "%" not in path}  # it does not decode %25
    read = bagit.Bag(str(write_bag(tmp_path / "bag", payload, INFO)))
    assert read.version_info == (1, 0)
    assert read.validate()
    assert read.info["Payload-Oxum"] == "8.3"
    assert read.info["External-Description"] == "two lines: 1"


def test_a_whole_bag_has_no_problem_and_holds_the_payload(bag):
    assert verify_bag(bag) == []
    for path, content in PAYLOAD.items():
        assert (bag / "data" / path).read_bytes() == content
    manifest = (bag / "manifest-sha256.txt").read_text(encoding="utf-8")
    assert "  data/100%25.txt\n" in manifest
    assert "  data/line%0Aend%0D.txt\n" in manifest


def append(path, text):
    path.write_bytes(path.read_bytes() + text)


@pytest.mark.parametrize(
    ("tamper", "why"),
    [
        (lambda bag: append(bag / "data/a.txt", b"!"), "data/a.txt is not what was packed"),
        (lambda bag: (bag / "data/a.txt").unlink(), "data/a.txt is missing"),
        (lambda bag: (bag / "data/more.txt").write_bytes(b"x"), "data/more.txt is not listed in manifest-sha256.txt"),
        (lambda bag: append(bag / "bag-info.txt", b"Bag-Count: 1\n"), "bag-info.txt is not what was packed"),
        (lambda bag: append(bag / "manifest-sha256.txt", b"00  ../../etc/passwd\n"), "no path inside the bag"),
        (lambda bag: append(bag / "manifest-sha256.txt", b"00  data/a.txt\n"), "listed twice"),
        (lambda bag: (bag / "bagit.txt").write_bytes(b"BagIt-Version: 0.97\n"), "does not declare"),
        (lambda bag: (bag / "bagit.txt").write_bytes(b"\xff"), "not UTF-8"),
        (lambda bag: (bag / "data/link").symlink_to("/etc/passwd"), "is a link"),
        (lambda bag: [path.unlink() for path in bag.glob("manifest-*")], "no manifest"),
        (lambda bag: (bag / "manifest-odd.txt").write_bytes(b""), "manifest-odd.txt is not a manifest"),
        (lambda bag: append(bag / "data/a.txt", b"!"), "bag-info.txt states a payload of 11.4, 12.4"),
    ],
)
def test_tampering_is_found(bag, tamper, why):
    tamper(bag)
    assert any(why in problem for problem in verify_bag(bag)), verify_bag(bag)


def test_no_folder_is_no_bag(tmp_path):
    assert verify_bag(tmp_path / "none") == [f"{tmp_path / 'none'} is not a folder."]


@pytest.mark.parametrize("path", ["", "/a", "../a", "a/../b", "a//b", "a\\b", "a\x00b", "."])
def test_paths_that_lead_out_are_refused_before_anything_is_written(tmp_path, path):
    with pytest.raises(InvalidInput, match="not a path"):
        write_bag(tmp_path / "bag", {path: b""}, ())
    assert list(tmp_path.iterdir()) == []


def test_a_failure_half_way_leaves_nothing(tmp_path):
    with pytest.raises(OSError):  # noqa: PT011
        write_bag(tmp_path / "bag", {"a": b"1", "a/b": b"2"}, ())
    assert list(tmp_path.iterdir()) == []
    shutil.rmtree(tmp_path)
