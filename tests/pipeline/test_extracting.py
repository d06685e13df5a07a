"""Files taken out of a source: all of them, in their place, and nothing outside of it."""

import hashlib
import io
import os
import shutil
import subprocess
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.media.sandbox import Sandbox
from sauveterre.pipeline.digesting import Digested
from sauveterre.pipeline.extracting import Extracted, extract_all
from sauveterre.pipeline.naming import extracted_apart, extracted_folder, extracted_name, safe_path
from sauveterre.records.entry import Cause, Entry, EntryKind, Outcome
from sauveterre.records.limits import Limits
from sauveterre.records.provenance import Provenance
from sauveterre.records.source import Step

LIMITS = Limits()


def entry(path, *, allocated=True, locator="meta 7"):
    return Entry(path, 1, locator, EntryKind.FILE, allocated, None, Provenance("s", "", locator, "ext"))


@given(path=st.binary(max_size=600), allocated=st.sampled_from([True, False, None]), locator=st.text(max_size=300))
def test_no_name_leads_anywhere_but_down(path, allocated, locator):
    one = entry(path, allocated=allocated, locator=locator)
    for name in (extracted_name(one), extracted_apart(one), extracted_folder([Step("ext", locator)])):
        parts = name.split(b"/")
        assert parts
        assert not any(part in (b"", b".", b"..") or len(part) > 255 or set(part) & {0, 10, 13} for part in parts)


@pytest.mark.parametrize(
    ("path", "safe"),
    [
        (b"a/b.jpg", b"a/b.jpg"),
        (b"/etc/passwd", b"etc/passwd"),
        (b"../../up", b"%2E%2E/%2E%2E/up"),
        (b"./a//b/", b"a/b"),
        (b"", b"unnamed"),
        (b"two\nlines", b"two%0Alines"),
        (b"x" * 300, b"x" * 238 + b"~" + hashlib.sha256(b"x" * 300).hexdigest()[:16].encode()),
    ],
)
def test_what_is_unsafe_of_a_name_is_written_out(path, safe):
    assert safe_path(path) == safe


def test_deleted_files_lie_under_their_locator():
    assert (
        extracted_name(entry(b"a/b.jpg", allocated=False, locator="meta 7 in 5/x")) == b"$Deleted/meta 7 in 5%2Fx/b.jpg"
    )
    assert extracted_apart(entry(b"a/b.jpg")) == b"$Namesakes/meta 7/b.jpg"
    assert extracted_folder([Step("partitions", "media"), Step("ext", "partition 2")]) == b"media/partition 2"


MEMBERS = [
    ("plain.txt", b"rain"), ("plain.txt", b"another of that name"), ("../../outside.txt", b"up"),
    ("/absolute.txt", b"root"), ("folder/inner.txt", b"sun"), ("plain.txt/below.txt", b"through a file"),
]  # fmt: skip


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "card.tar"
    with tarfile.open(path, "w") as tar:
        for name, data in MEMBERS:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    return path


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    with Sandbox(2, LIMITS) as opened:
        yield opened


def written(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_member_is_written_once_and_nothing_outside(sandbox, archive, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()

    found = list(extract_all(archive, folder, sandbox, LIMITS))

    files = written(folder)
    assert sorted(files.values()) == sorted(data for _, data in MEMBERS)
    assert files["plain.txt"] == b"rain"
    assert files["%2E%2E/%2E%2E/outside.txt"] == b"up"
    assert files["absolute.txt"] == b"root"
    apart = {name.rpartition("/")[2] for name in files if name.startswith("$Namesakes/")}
    assert apart == {"plain.txt", "below.txt"}
    assert not any(path.is_symlink() for path in folder.rglob("*"))
    assert {path.name for path in tmp_path.iterdir()} == {"card.tar", "out"}
    assert {one.file.read_bytes() for one in found if one.file} == set(files.values())
    assert [one.found.read.outcome for one in found if one.file is None] == [Outcome.SKIPPED]
    assert not list(sandbox.scratch.glob("batch-*"))


def test_a_file_whose_places_are_all_taken_is_told(sandbox, tmp_path):
    archive, folder = tmp_path / "card.tar", tmp_path / "out"
    folder.mkdir()
    with tarfile.open(archive, "w") as tar:
        for name in ("plain.txt", "plain.txt"):
            tar.addfile(tarfile.TarInfo(name), io.BytesIO())
    (folder / "$Namesakes").write_text("in the way")

    first, second = extract_all(archive, folder, sandbox, LIMITS)

    assert first.file == folder / "plain.txt"
    assert second.file is None
    assert (second.found.read.outcome, second.found.read.cause) == (Outcome.FAILED, Cause.PROGRAM)
    assert "another file has its name" in second.found.read.reason


def test_an_image_is_written_volume_by_volume(sandbox, tmp_path):
    if shutil.which("mkfs.ext4", path="/usr/sbin:/sbin:/usr/bin") is None or shutil.which("qemu-img") is None:
        pytest.skip("no mkfs.ext4 or qemu-img here: install them to test images")
    source = tmp_path / "files"
    source.mkdir()
    (source / "rain.bin").write_bytes(os.urandom(200_000))
    (source / "empty").write_bytes(b"")
    with (tmp_path / "disk.dd").open("wb") as file:
        file.truncate(8 << 20)
    subprocess.run(["/usr/sbin/mkfs.ext4", "-q", "-F", "-d", source, tmp_path / "disk.dd"], check=True)
    image, folder = tmp_path / "disk.qcow2", tmp_path / "out"
    subprocess.run(["qemu-img", "convert", "-O", "qcow2", tmp_path / "disk.dd", image], check=True)
    folder.mkdir()

    found = [one for one in extract_all(image, folder, sandbox, LIMITS) if isinstance(one, Extracted)]

    assert written(folder) == {f"media/{name}": (source / name).read_bytes() for name in ("rain.bin", "empty")}
    assert all(isinstance(one.found, Digested) for one in found)
