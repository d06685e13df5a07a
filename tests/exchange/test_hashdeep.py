"""The list of known files, as hashdeep itself reads it."""

import hashlib
import os
import shutil
import subprocess

import pytest

from sauveterre.exchange.writers.hashdeep import HEADER, known_line, remark_line
from sauveterre.records.digest import Digests

NAMES = [
    b"plain", b"with,comma", b'quote"s', b"back\\slash", b"car\rret", b"non\xff\xfeutf8", "été 雨".encode(), b" lead",
    b"trail ", b"tab\t", b"<xml>&", b"#hash", b"%%%% x", b"esc\x1b[2J", b"empty", b"empty too", b"U+0041", b"12,34,56",
]  # fmt: skip


def digests(data: bytes) -> Digests:
    return Digests(*(hashlib.new(name, data).hexdigest() for name in ("md5", "sha1", "sha256")))


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "films"
    made.mkdir()
    for name in NAMES:
        (made / os.fsdecode(name)).write_bytes(b"" if name.startswith(b"empty") else b"rain over " + name)
    (made / "link").symlink_to("plain")
    return made


@pytest.fixture
def audit(tmp_path):
    """Audit a folder with hashdeep against a list made of lines; return its status and what it says."""
    if shutil.which("hashdeep") is None:
        pytest.skip("no hashdeep here: install it to have it read what we write")

    def run(folder, lines):
        known = tmp_path / "known"
        known.write_bytes(b"".join(lines))
        command = ["hashdeep", "-r", "-o", "f", "-l", "-a", "-vv", "-k", known, "."]
        ran = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        return ran.returncode, ran.stdout.decode(errors="replace")

    return run


def lines_of(folder):
    yield HEADER
    yield remark_line("films, in the order of their names\n%%%% no header")
    for path in sorted(folder.iterdir()):
        if not path.is_symlink():
            data = path.read_bytes()
            yield known_line(b"./" + os.fsencode(path.name), len(data), digests(data))


def test_a_line_is_size_three_digests_and_the_name_as_it_is():
    line = known_line(b"a,b \xff", 4, digests(b"rain"))

    assert HEADER == b"%%%% HASHDEEP-1.0\n%%%% size,md5,sha1,sha256,filename\n"
    assert line == (
        b"4,23678db5efde9ab46bce8c23a6d91b50,fbec17cb2fcbbd1c659b252230b48826fc563788,"
        + hashlib.sha256(b"rain").hexdigest().encode()
        + b",a,b \xff\n"
    )


def test_no_name_or_remark_makes_a_second_line():
    assert known_line(b"a\n1,2\x00", 0, digests(b"")).endswith(b",a\\x0a1,2\\x00\n")
    assert remark_line("one\ntwo \udcff") == b"## one\\x0atwo \\udcff\n"


def test_hashdeep_passes_a_folder_of_hostile_names(folder, audit):
    status, said = audit(folder, lines_of(folder))

    assert status == 0, said
    assert "Audit passed" in said
    assert f"Files matched: {len(NAMES)}" in said


def test_hashdeep_sees_a_changed_byte_a_new_and_a_missing_file(folder, audit):
    known = list(lines_of(folder))
    (folder / "plain").write_bytes(b"Rain over plain")
    status, said = audit(folder, known)
    assert status == 1
    assert "Files matched: 17" in said
    assert "./plain: No match" in said

    (folder / "plain").write_bytes(b"rain over plain")
    assert audit(folder, known)[0] == 0
    (folder / "new").write_bytes(b"sun")
    assert audit(folder, known)[0] != 0
    (folder / "new").unlink()
    (folder / "plain").unlink()
    assert audit(folder, known)[0] != 0


def test_a_name_with_a_line_feed_is_told_as_moved_and_nothing_else(folder, audit):
    (folder / "two\nlines").write_bytes(b"lines")
    status, said = audit(folder, lines_of(folder))

    assert status == 1
    assert "Files moved: 1" in said
    assert "Files matched: 18" in said
    assert "New files found: 0" in said
