"""Media are read from end to end before and after processing, and held against all that is stated of them."""

import hashlib
import shutil
import subprocess

import pytest

from sauveterre.casework import verifying
from sauveterre.casework.models import AuditEvent, Crosscheck, IntegrityCheck, Source
from sauveterre.casework.selectors.integrity import crosscheck_findings, integrity_findings
from sauveterre.casework.services.exhibits import add_exhibit, give_digests
from sauveterre.errors import UnreadableSource, WorkspaceError
from sauveterre.pipeline.integrity import Reading, Subject
from sauveterre.records.digest import Digest

pytestmark = pytest.mark.django_db


def tool(name, *arguments, **options):
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"no {name} here: install it to test media")
    subprocess.run([found, *map(str, arguments)], check=True, capture_output=True, **options)


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """A small disk with an ext4 file system and three files on it."""
    folder = tmp_path_factory.mktemp("medium")
    (folder / "files").mkdir()
    for name in ("rain.txt", "sun.txt", "snow.txt"):
        (folder / "files" / name).write_text(name * 900)
    with (folder / "disk.dd").open("wb") as file:
        file.truncate(8 << 20)
    tool("mkfs.ext4", "-q", "-F", "-d", folder / "files", folder / "disk.dd")
    return folder / "disk.dd"


@pytest.fixture
def disk(raw, tmp_path):
    return shutil.copy(raw, tmp_path / "disk.dd")


@pytest.fixture
def image(raw, tmp_path):
    """The same disk as an EnCase image."""
    tool("ewfacquire", "-u", "-q", "-c", "fast", "-t", tmp_path / "image", raw)
    return tmp_path / "image.E01"


def digest_of(path, algorithm="sha1"):
    return Digest(algorithm, hashlib.new(algorithm, path.read_bytes()).hexdigest())


def rows(exhibit, phase):
    return {(row.subject, row.algorithm, row.stated_by): row.agrees for row in exhibit.checks.filter(phase=phase)}


def test_a_raw_image_is_its_own_medium_and_is_read_twice(queue, operation, ana, disk):
    given = digest_of(disk)
    exhibit = add_exhibit(operation=operation, path=disk, by=ana, digests=[given], digest_origin="imaging log")
    queue("inventory", [{"source_id": Source.objects.get().pk}])
    queue.work()

    assert rows(exhibit, "before") == {
        ("file", "md5", ""): None, ("file", "sha1", "examiner"): True, ("file", "sha256", ""): None
    }  # fmt: skip
    assert rows(exhibit, "after") == {
        ("file", "md5", "earlier reading"): True, ("file", "sha1", "examiner"): True,
        ("file", "sha1", "earlier reading"): True, ("file", "sha256", "earlier reading"): True,
    }  # fmt: skip
    assert {row.size for row in exhibit.checks.all()} == {8 << 20}
    assert Source.objects.get(parent=None).identity == f"sha256:{digest_of(disk, 'sha256').hex}"
    assert integrity_findings(exhibit) == []
    assert queue.done.count("verify") == 2
    assert queue.done.index("process") < len(queue.done) - 1 - queue.done[::-1].index("verify")
    assert AuditEvent.objects.filter(action="medium-read").count() == 2


def test_a_digest_that_differs_is_a_finding_each_time(queue, operation, ana, disk):
    wrong = Digest("md5", "0" * 32)
    exhibit = queue.take_in(operation, disk, ana)
    assert integrity_findings(exhibit) == []
    give_digests(exhibit=exhibit, digests=[wrong], origin="label", by=ana)

    assert integrity_findings(exhibit) == [
        f"the file is not what it should be: its MD5 before processing is {digest_of(disk, 'md5').hex}, and its "
        f"acquisition was said to have given {'0' * 32}; look for another copy, and ask whoever acquired it"
    ]
    verifying.verify(queue.sandbox, exhibit.pk, "after")()
    assert len(integrity_findings(exhibit)) == 2


def test_an_image_is_held_against_the_digest_that_it_states(queue, operation, ana, image, raw):
    exhibit = add_exhibit(
        operation=operation, path=image, by=ana, digests=[digest_of(raw, "sha256"), digest_of(image, "sha1")]
    )
    queue("inventory", [{"source_id": Source.objects.get().pk}])
    queue.work()

    assert rows(exhibit, "before") == {
        ("file", "md5", ""): None, ("file", "sha1", "examiner"): True, ("file", "sha256", ""): None,
        ("medium", "md5", "container"): True, ("medium", "sha1", ""): None, ("medium", "sha256", "examiner"): True,
    }  # fmt: skip
    assert rows(exhibit, "after") == {
        ("medium", "md5", "container"): True, ("medium", "md5", "earlier reading"): True,
        ("medium", "sha1", "earlier reading"): True,
        ("medium", "sha256", "examiner"): True, ("medium", "sha256", "earlier reading"): True,
    }  # fmt: skip
    assert integrity_findings(exhibit) == []


def test_a_digest_that_is_neither_the_files_nor_the_mediums_is_held_against_the_medium(queue, operation, ana, image):
    exhibit = add_exhibit(operation=operation, path=image, by=ana, digests=[Digest("sha1", "1" * 40)])
    queue("inventory", [{"source_id": Source.objects.get().pk}])
    queue.work()

    wrong = exhibit.checks.filter(stated_by="examiner")
    assert {(row.phase, row.subject, row.agrees) for row in wrong} == {
        ("before", "medium", False), ("after", "medium", False)
    }  # fmt: skip
    assert all("acquisition was said to have given 1111" in text for text in integrity_findings(exhibit))


def test_a_damaged_chunk_is_a_finding_that_names_the_place(queue, operation, ana, image, raw):
    data = bytearray(image.read_bytes())
    at = data.index(b"snow.txtsnow.txtsnow.txt") if b"snow.txtsnow.txt" in data else len(data) // 2
    data[at] ^= 0xFF
    image.write_bytes(data)

    exhibit = queue.take_in(operation, image, ana)

    found = integrity_findings(exhibit)
    assert len(found) == 2  # before and after
    assert all("could not be read from end to end" in text and "the chunk of bytes" in text for text in found)


def test_a_byte_that_changes_while_it_is_processed_shows_afterwards(queue, operation, ana, disk):
    exhibit = queue.take_in(operation, disk, ana)
    with disk.open("r+b") as file:
        file.seek(5_000_000)
        file.write(b"\xff")

    verifying.verify(queue.sandbox, exhibit.pk, "after")()

    found = integrity_findings(exhibit)
    assert len(found) == 3
    assert all("when it was first read" in text and "after processing" in text for text in found)


def test_reading_twice_before_is_once(queue, operation, ana, image):
    exhibit = queue.take_in(operation, image, ana)
    kept = list(IntegrityCheck.objects.filter(phase="before").values_list("pk", flat=True))

    verifying.verify(queue.sandbox, exhibit.pk, "before")()

    assert list(IntegrityCheck.objects.filter(phase="before").values_list("pk", flat=True)) == kept


def test_a_folder_is_no_medium(queue, operation, ana, raw):
    exhibit = queue.take_in(operation, raw.parent / "files", ana)

    assert Source.objects.get(exhibit=exhibit).identity == "folder:files"
    assert "verify" not in queue.done
    verifying.verify(queue.sandbox, exhibit.pk, "audit")()
    assert not exhibit.checks.exists()


def test_a_medium_that_is_not_connected_is_no_finding(queue, operation, ana, disk):
    exhibit = queue.take_in(operation, disk, ana)
    before = exhibit.checks.count()
    disk.unlink()

    with pytest.raises(WorkspaceError, match="connect its medium"):
        verifying.verify(queue.sandbox, exhibit.pk, "after")
    assert exhibit.checks.count() == before


def test_an_identity_is_kept_though_listing_fails(queue, operation, ana, disk, monkeypatch):
    from sauveterre.casework import intake

    def list_source(*_arguments):
        raise UnreadableSource("the volume is damaged; look for another image of it")

    monkeypatch.setattr(intake, "list_source", list_source)
    exhibit = queue.take_in(operation, disk, ana)

    root = Source.objects.get()
    assert (root.state, root.identity) == ("failed", f"sha256:{digest_of(disk, 'sha256').hex}")
    assert len(rows(exhibit, "before")) == 3
    assert len(rows(exhibit, "after")) == 3


def test_what_has_no_digests_has_no_identity(queue, operation, ana, disk):
    queue.take_in(operation, disk, ana)
    with pytest.raises(ValueError, match="no identity"):
        verifying.keep_identity(
            Source.objects.get(parent=None), Reading(subject=Subject.FILE, size=1, digests=None), queue
        )


def test_a_second_reader_agrees_and_says_where_it_does_not(queue, operation, ana, disk):
    exhibit = queue.take_in(operation, disk, ana)

    row = Crosscheck.objects.get()
    assert (row.source.kind, row.reader, row.agrees) == ("ext", "libfsext", True)
    assert row.agreeing == row.listed_first == row.listed_second == 3
    assert row.sampled == row.digests_agreeing == 3
    assert crosscheck_findings(exhibit) == []

    row.differences, row.digests_agreeing = ["rain.txt: 7 bytes here and 8 there"], 2
    row.save()
    assert crosscheck_findings(exhibit) == [
        "disk.dd: libfsext, the second reader, differs in 1 places and in 1 of 3 digests; the first: rain.txt: 7 bytes "
        "here and 8 there"
    ]
