import hashlib
import re

import pytest

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.opening import peek_at
from sauveterre.evidence.readers import vmdk


@pytest.fixture
def converted(tool, raw, tmp_path):
    """Convert the medium with qemu-img; return the path of the image."""

    def make(*options, name="disk.vmdk"):
        tool("qemu-img", "convert", "-f", "raw", "-O", "vmdk", *options, raw, tmp_path / name)
        return tmp_path / name

    return make


def descriptor(*extents):
    return "# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\n\n" + "\n".join(extents) + "\n"


@pytest.mark.parametrize(
    "kind", ["monolithicSparse", "streamOptimized", "twoGbMaxExtentSparse", "monolithicFlat", "twoGbMaxExtentFlat"]
)
def test_every_kind_gives_the_medium(converted, opened_file, volume, medium, kind):
    container = opened_file(vmdk, converted("-o", f"subformat={kind}"))

    assert volume(container) == medium
    assert container.problems == []


def test_a_disk_that_was_renamed_is_read(converted, opened_file, volume, medium, tmp_path):
    renamed = converted().rename(tmp_path / "exhibit-7.vmdk")

    assert volume(opened_file(vmdk, renamed)) == medium


def test_an_extent_alone_leads_to_its_descriptor(converted, opened_file):
    path = converted("-o", "subformat=twoGbMaxExtentSparse")

    with pytest.raises(UnreadableSource, match="one extent of a disk in several files, which is read through its desc"):
        opened_file(vmdk, path.with_name("disk-s001.vmdk"))


def test_missing_sparse_extents_are_named(converted, opened_file):
    path = converted("-o", "subformat=twoGbMaxExtentSparse")
    path.with_name("disk-s001.vmdk").unlink()

    with pytest.raises(UnreadableSource, match=r"lies in 1 files, of which 1 are missing \(disk-s001\.vmdk\)"):
        opened_file(vmdk, path)


def test_flat_extents_begin_where_the_descriptor_says(opened_file, volume, tmp_path, medium):
    (tmp_path / "one.raw").write_bytes(medium[:10_240])
    (tmp_path / "disk.vmdk").write_text(
        descriptor('RW 10 FLAT "one.raw" 4', "RW 3 ZERO", 'RDONLY 2 VMFS "folder/one.raw"')
    )

    assert volume(opened_file(vmdk, tmp_path / "disk.vmdk")) == medium[2048:7168] + bytes(1536) + medium[:1024]


def test_a_missing_flat_extent_is_missing_and_the_others_are_read(opened_file, tmp_path, medium):
    (tmp_path / "two.raw").write_bytes(medium[:1024])
    (tmp_path / "disk.vmdk").write_text(descriptor('RW 10 FLAT "one.raw" 0', 'RW 2 FLAT "two.raw" 0'))
    container = opened_file(vmdk, tmp_path / "disk.vmdk")
    [entry] = container.entries()
    stream = container.open(entry)
    with pytest.raises(UnreadableSource, match=r"lies in one\.raw, which is missing"):
        stream.read(10)
    stream.seek(5120)

    assert stream.read() == medium[:1024]


def delta(tool, below, path):
    """Make a disk of what changes after ``below``, and change bytes in it."""
    tool("qemu-img", "create", "-q", "-f", "vmdk", "-b", below.name, "-F", "vmdk", path, cwd=path.parent)
    tool("qemu-io", "-f", "vmdk", "-c", "write -P 65 1000000 70000", path)
    return path


def test_a_difference_shows_what_lies_below(tool, converted, opened_file, volume, medium, tmp_path):
    top = delta(tool, converted(), tmp_path / "top.vmdk")

    assert volume(opened_file(vmdk, top)) == medium[:1_000_000] + b"A" * 70_000 + medium[1_070_000:]


@pytest.mark.parametrize("how", ["missing", "changed"])
def test_a_difference_without_its_parent_says_so(tool, converted, opened_file, tmp_path, how):
    base = converted()
    top = delta(tool, base, tmp_path / "top.vmdk")
    if how == "missing":
        base.unlink()
    else:
        other = re.sub(rb"(?<=\nCID=)[0-9a-f]+", lambda found: b"7" * len(found[0]), base.read_bytes(), count=1)
        base.write_bytes(other)
    container = opened_file(vmdk, top)
    [entry] = container.entries()

    assert [problem.what for problem in container.problems] == [
        "the disk holds only what changed since disk.vmdk, which does not lie beside it or was changed since: what is "
        "in there cannot be read; put both into one folder and add this one again"
    ]
    with pytest.raises(UnreadableSource, match="missing parent"):
        container.open(entry).read(10)


def test_images_of_others(dfvfs, opened_file, volume):
    assert hashlib.md5(volume(opened_file(vmdk, dfvfs / "ext2.vmdk"))).hexdigest() == "196066add11fb71c4c49cf1bb50d6d24"


@pytest.mark.parametrize("kind", ["monolithicSparse", "streamOptimized"])
def test_damage_never_raises_anything_of_its_own_making(converted, opened_with, survives, mutants, kind):
    image = converted("-o", f"subformat={kind}").read_bytes()
    spans = [(0, 80), (512, 1024), (len(image) - 1536, len(image)), (10_240, 12_000)]

    assert len({survives(vmdk, damaged, opened_with) for damaged in mutants(image, 150, spans)}) > 3


def test_a_damaged_descriptor(opened_with, survives, mutants, tmp_path):
    data = descriptor('RW 10 FLAT "one.raw" 4', "RW 3 ZERO", 'RW 99999999999999999 SPARSE "two.vmdk"').encode()
    for damaged in mutants(data, 150, [(0, len(data))]):
        survives(vmdk, damaged, opened_with)


def test_text_that_speaks_of_disks_is_not_recognised(tmp_path):
    (tmp_path / "a").write_bytes(b"All about the # Disk DescriptorFile of VMware\n")
    with (tmp_path / "a").open("rb") as stream:
        assert not vmdk.recognises(peek_at(stream))
