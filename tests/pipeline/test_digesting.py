"""Digests of everything in a source, and of all that its layers hold."""

import hashlib
import random
import shutil
import subprocess
import tarfile
from concurrent.futures import Future

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.errors import UnknownFormat, UnreadableSource
from sauveterre.evidence.opening import open_container
from sauveterre.media.casualty import Casualty, CasualtyReason
from sauveterre.media.md5 import lanes
from sauveterre.media.sandbox import Sandbox
from sauveterre.pipeline import reading
from sauveterre.pipeline.digesting import BATCH_BYTES, BATCH_ENTRIES, Digested, EntryReading, batches, digest_all
from sauveterre.pipeline.endings import Read, Unopened
from sauveterre.records.digest import Digests
from sauveterre.records.entry import Cause, Entry, EntryKind, Outcome
from sauveterre.records.limits import Limits
from sauveterre.records.provenance import Provenance
from sauveterre.records.source import Source

LIMITS = Limits()


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(2, LIMITS) as opened:
        yield opened


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with 600 small files, an empty one, one of 9 MB, and a link."""
    rng = random.Random(5)
    made = tmp_path_factory.mktemp("card") / "card"
    (made / "texts").mkdir(parents=True)
    for number in range(600):
        (made / "texts" / f"{number:03d}").write_bytes(rng.randbytes(rng.randrange(1, 3_000)))
    (made / "été.jpg").write_bytes(rng.randbytes(9_000_000))
    (made / "empty").write_bytes(b"")
    (made / "link").symlink_to("/etc/hostname")
    return made


def digests_of(data):
    return Digests(*(hashlib.new(name, data).hexdigest() for name in ("md5", "sha1", "sha256")))


def truth(folder):
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return {str(path.relative_to(folder)): (path.stat().st_size, digests_of(path.read_bytes())) for path in files}


def read_files(found):
    return {
        one.entry.path.decode(): (one.read.size, one.read.digests)
        for one in found
        if isinstance(one, Digested) and one.read.digests is not None
    }


def test_every_file_of_a_folder_is_digested_in_the_order_of_the_listing(sandbox, folder):
    found = list(digest_all(folder, sandbox, LIMITS))

    assert read_files(found) == truth(folder)
    assert [one.entry.path for one in found] == sorted(one.entry.path for one in found)
    assert {one.name for one in found} == {f"card/{path}" for path in truth(folder)} | {"card/link"}
    link = next(one for one in found if one.entry.kind is EntryKind.SYMLINK)
    assert link.read == Read(Outcome.SKIPPED, Cause.SPECIAL, link.entry.refusal)
    assert not any(sandbox.scratch.glob("listing-*"))


def test_an_archive_is_opened_and_those_inside_it_are_files(sandbox, folder, tmp_path):
    outer = tmp_path / "outer.tar"
    inner = tmp_path / "inner.tar"
    with tarfile.open(inner, "w") as tar:
        tar.add(folder / "texts" / "000", "000")
    with tarfile.open(outer, "w") as tar:
        tar.add(inner, "inner.tar")

    found = list(digest_all(outer, sandbox, LIMITS))

    assert [one.name for one in found] == ["outer.tar!inner.tar"]
    assert found[0].read.digests == digests_of(inner.read_bytes())


def test_an_image_is_read_through_its_layers_and_regions_are_named(sandbox, folder, tmp_path):
    for tool in ("mkfs.ext4", "qemu-img"):
        if shutil.which(tool) is None:
            pytest.skip(f"no {tool} here: install it to test layers")
    raw, image = tmp_path / "disk.raw", tmp_path / "disk.qcow2"
    with raw.open("wb") as file:
        file.truncate(32 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-d", folder, raw], check=True)
    subprocess.run(["qemu-img", "convert", "-c", "-O", "qcow2", raw, image], check=True)

    found = list(digest_all(image, sandbox, LIMITS))

    assert read_files(found) == truth(folder)
    layer = found[0]
    assert (layer.name, layer.entry.kind, layer.read) == (
        "disk.qcow2!media", EntryKind.VOLUME, Read(Outcome.PROCESSED, opens="ext")
    )  # fmt: skip
    regions = [one for one in found if one.entry.kind is EntryKind.REGION]
    assert regions
    assert all(one.read.outcome is Outcome.SKIPPED and "is no file" in one.read.reason for one in regions)
    assert "disk.qcow2!media!texts/000" in {one.name for one in found}


def test_a_layer_that_does_not_open_is_told_and_the_rest_is_read(sandbox, tmp_path):
    sector = bytearray(512)
    for slot, start in enumerate((1, 33)):  # two partitions of 32 sectors
        sector[446 + 16 * slot : 462 + 16 * slot] = (
            bytes([0, 0, 0, 0, 7, 0, 0, 0]) + start.to_bytes(4, "little") + b"\x20\0\0\0"
        )
    sector[510:] = b"\x55\xaa"
    nothing = bytes(32 * 512)
    broken = b"LUKS\xba\xbe\x00\x01" + bytes(32 * 512 - 8)
    (tmp_path / "disk.dd").write_bytes(bytes(sector) + broken + nothing)

    found = list(digest_all(tmp_path / "disk.dd", sandbox, LIMITS))

    volumes = [one for one in found if isinstance(one, Digested) and one.entry.kind is EntryKind.VOLUME]
    assert {one.read.outcome for one in volumes} == {Outcome.PROCESSED, Outcome.PARTIAL}
    unopened = [one for one in found if isinstance(one, Unopened)]
    assert [one.reader for one in unopened] == ["luks"]
    assert len(unopened[0].reason) > 20


def test_what_is_no_source_is_refused(sandbox, tmp_path):
    (tmp_path / "text").write_text("sun")
    with pytest.raises(UnknownFormat, match="neither a folder nor an image"):
        list(digest_all(tmp_path / "text", sandbox, LIMITS))
    with pytest.raises(UnreadableSource, match="cannot be read"):
        list(digest_all(tmp_path / "absent", sandbox, LIMITS))


def entry(number, size, kind=EntryKind.FILE):
    return Entry(b"%d" % number, size, f"n {number}", kind, True, None, Provenance("s", str(number), "", "tar"))


@given(sizes=st.lists(st.none() | st.integers(0, 3 << 20) | st.just(1 << 40), max_size=700))
def test_batches_are_the_listing_cut(sizes):
    listing = [entry(number, size) for number, size in enumerate(sizes)]

    cut = list(batches(iter(listing)))

    assert [one for batch in cut for one in batch] == listing
    for batch in cut:
        assert 1 <= len(batch) <= BATCH_ENTRIES
        assert len(batch) == 1 or sum(one.size or 0 for one in batch) <= BATCH_BYTES


class Deadly:
    """Reads everything at once, but dies of one entry."""

    workers = 1

    def __init__(self, culprit):
        self.culprit, self.tasks = culprit, []

    def submit(self, _function, _source, batch, *_rest, seconds):
        self.tasks.append([one.path for one in batch])
        future = Future()
        if any(one.path == self.culprit for one in batch):
            future.set_exception(Casualty(CasualtyReason.KILLED, "killed by signal 11"))
        else:
            future.set_result([Read(Outcome.PROCESSED, size=one.size) for one in batch])
        return future


def test_an_entry_that_kills_its_child_costs_itself_alone(tmp_path):
    deadly = Deadly(b"2")
    listing = [entry(number, 1) for number in range(5)]

    reading = EntryReading(deadly, Source(tmp_path, "s"), LIMITS, ())
    found = list(reading.all(listing))

    assert [one for one, _ in found] == listing
    assert [read.outcome for _, read in found] == [Outcome.PROCESSED] * 2 + [Outcome.FAILED] + [Outcome.PROCESSED] * 2
    assert found[2][1] == Read(Outcome.FAILED, Cause.CRASH, "killed by signal 11")
    assert deadly.tasks == [[b"0", b"1", b"2", b"3", b"4"], [b"0"], [b"1"], [b"2"], [b"3"], [b"4"]]


@pytest.mark.parametrize("held", [0, 100_000, 1 << 30])
def test_files_digested_side_by_side_keep_their_digests(tmp_path, monkeypatch, held):
    monkeypatch.setattr(reading, "HELD_BYTES", held)
    monkeypatch.setattr(lanes, "WORTH_BYTES", -1)
    rng, card = random.Random(9), tmp_path / "card"
    card.mkdir()
    for number in range(40):
        (card / str(number)).write_bytes(rng.randbytes(rng.choice((0, 700, 17_000, 60_000, 1 << 20))))
    source = Source(card, "folder:card")
    with open_container(source, LIMITS) as container:
        entries = list(container.entries())
    reads = reading.read_batch(source, entries, LIMITS, ())
    assert {
        entry.path.decode(): (read.size, read.digests) for entry, read in zip(entries, reads, strict=True)
    } == truth(card)
