import hashlib
import struct

import pytest

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.readers import qcow
from sauveterre.records.peek import Peek


@pytest.fixture
def converted(tool, raw, tmp_path):
    """Convert the medium with qemu-img; return the path of the image."""

    def make(*options, form="qcow2", name="disk.qcow2"):
        path = tmp_path / name
        tool("qemu-img", "convert", "-f", "raw", "-O", form, *options, raw, path)
        return path

    return make


@pytest.mark.parametrize(
    "options",
    [[], ["-o", "compat=0.10"], ["-c"], ["-c", "-o", "compat=0.10"], ["-o", "cluster_size=512"],
     ["-o", "cluster_size=2M"], ["-c", "-o", "cluster_size=4k"], ["-o", "extended_l2=on"],
     ["-c", "-o", "extended_l2=on,cluster_size=16k"]],
    ids=" ".join,
)  # fmt: skip
def test_every_kind_gives_the_medium(converted, opened_file, volume, medium, options):
    container = opened_file(qcow, converted(*options))

    assert volume(container) == medium
    assert container.problems == []


def test_version_1(converted, opened_file, volume, medium):
    assert volume(opened_file(qcow, converted(form="qcow"))) == medium


def test_clusters_in_another_file(converted, opened_file, volume, medium, tmp_path):
    path = converted("-o", f"data_file={tmp_path}/clusters.raw,data_file_raw=on")
    assert volume(opened_file(qcow, path)) == medium

    (tmp_path / "clusters.raw").unlink()
    with pytest.raises(UnreadableSource, match=r"keeps its clusters in .*clusters\.raw, which is missing"):
        opened_file(qcow, path)


def overlay(tool, below, path, *writes, options=()):
    """Make an overlay and write bytes of one value into it: (value, offset, size)."""
    tool("qemu-img", "create", "-q", "-f", "qcow2", *options, "-b", below.name, "-F", "qcow2" if "qcow2" in below.name
         else "raw", path, cwd=path.parent)  # fmt: skip
    for value, offset, size in writes:
        tool("qemu-io", "-f", "qcow2", "-c", f"write -P {value} {offset} {size}", path)


@pytest.mark.parametrize("options", [(), ("-o", "extended_l2=on")], ids=["plain", "parts"])
def test_an_overlay_shows_what_lies_below(tool, converted, opened_file, volume, medium, tmp_path, options):
    middle, top = tmp_path / "middle.qcow2", tmp_path / "top.qcow2"
    overlay(tool, converted(), middle, (0x41, 100_000, 3_000))
    overlay(tool, middle, top, (0x42, 3_000_000, 65_536), options=options)
    expected = bytearray(medium)
    expected[100_000:103_000] = b"A" * 3_000
    expected[3_000_000:3_065_536] = b"B" * 65_536
    container = opened_file(qcow, top)

    assert volume(container) == expected
    assert next(container.entries()).note == "overlays middle.qcow2"


def test_an_overlay_of_a_raw_medium_that_is_smaller(tool, raw, opened_file, volume, medium, tmp_path):
    (tmp_path / "base.raw").write_bytes(raw.read_bytes()[:1_000_000])
    tool("qemu-img", "create", "-q", "-f", "qcow2", "-b", "base.raw", "-F", "raw", tmp_path / "top.qcow2", "2M",
         cwd=tmp_path)  # fmt: skip

    assert volume(opened_file(qcow, tmp_path / "top.qcow2")) == medium[:1_000_000].ljust(2 << 20, b"\x00")


def test_an_overlay_without_what_lies_below_says_so_and_gives_its_own_clusters(tool, converted, opened_file, tmp_path):
    top = tmp_path / "top.qcow2"
    overlay(tool, converted(), top, (0x41, 65_536, 65_536))
    (tmp_path / "disk.qcow2").unlink()
    container = opened_file(qcow, top)
    [entry] = container.entries()
    stream = container.open(entry)
    with pytest.raises(UnreadableSource, match="the cluster at byte 0 lies in the image that this one overlays"):
        stream.read(10)
    stream.seek(65_536)

    assert stream.read(65_536) == b"A" * 65_536
    assert [problem.what for problem in container.problems] == [
        "the image overlays disk.qcow2, which does not lie beside it: what is in there cannot be read; put both into "
        "one folder and add this one again"
    ]


def test_snapshots_inside_are_volumes_of_their_own(tool, converted, opened_file, volume, medium):
    path = converted()
    tool("qemu-img", "snapshot", "-c", "before the rain", path)
    tool("qemu-io", "-c", "write -P 66 1000000 5000", path)
    tool("qemu-img", "snapshot", "-c", "after", path)
    tool("qemu-io", "-c", "write -P 67 1000000 5000", path)
    container = opened_file(qcow, path)
    first, second = (medium[:1_000_000] + value * 5000 + medium[1_005_000:] for value in (b"B", b"C"))

    assert [entry.locator for entry in container.entries()] == ["media", "snapshot 1", "snapshot 2"]
    assert volume(container, "media") == second
    assert volume(container, "snapshot 1") == medium
    assert volume(container, "snapshot 2") == first
    assert container.entry_at("snapshot 1").note.startswith(
        "an earlier state of the medium, named 'before the rain', taken 20"
    )


@pytest.mark.parametrize(("form", "place"), [("qcow2", 35), ("qcow", 39)])
def test_what_is_encrypted_is_named_as_such(converted, opened, form, place):
    image = bytearray(converted(form=form).read_bytes())
    image[place] = 1

    with pytest.raises(UnreadableSource, match="is encrypted by QEMU itself"):
        opened(qcow, bytes(image))


def test_zstandard_is_named_as_such(converted, opened_file):
    container = opened_file(qcow, converted("-c", "-o", "compression_type=zstd"))
    [entry] = container.entries()

    with pytest.raises(UnreadableSource, match="compressed by Zstandard"):
        container.open(entry).read(1_000_000)


def test_a_damaged_cluster_is_an_error_with_its_place(converted, opened, before_damage, medium):
    image = bytearray(converted("-c").read_bytes())
    l1_at = struct.unpack_from(">Q", image, 40)[0]
    l2_at = struct.unpack_from(">Q", image, l1_at)[0] & 0x00FFFFFFFFFFFE00
    number, entry = next(
        (n, e) for n, (e,) in enumerate(struct.iter_unpack(">Q", image[l2_at : l2_at + 800])) if e >> 62 & 1 and n > 3
    )
    at = entry & ((1 << 54) - 1)
    image[at : at + 64] = b"\xff" * 64
    container = opened(qcow, bytes(image))
    [media] = container.entries()
    data, error = before_damage(container.open(media))

    assert data == medium[: number * 65_536]
    assert f"the cluster at byte {number * 65_536:,} cannot be decompressed" in str(error)


def test_images_of_others(dfvfs, opened_file, volume):
    assert (
        hashlib.md5(volume(opened_file(qcow, dfvfs / "ext2.qcow2"))).hexdigest() == "196066add11fb71c4c49cf1bb50d6d24"
    )
    assert len(volume(opened_file(qcow, dfvfs / "windows_volume.qcow2"))) == 0x2240000


def test_other_versions_are_not_recognised():
    assert not qcow.recognises(Peek(head=b"QFI\xfb\x00\x00\x00\x04" + bytes(100)))


@pytest.mark.parametrize("options", [[], ["-c"], ["-o", "extended_l2=on"]], ids=" ".join)
def test_damage_never_raises_anything_of_its_own_making(converted, opened_with, survives, mutants, options):
    image = converted(*options).read_bytes()
    l1_at = struct.unpack_from(">Q", image, 40)[0]
    l2_at = struct.unpack_from(">Q", image, l1_at)[0] & 0x00FFFFFFFFFFFE00
    spans = [(0, 120), (l1_at, l1_at + 16), (l2_at, l2_at + 512)]
    ends = {survives(qcow, damaged, opened_with) for damaged in mutants(image, 120, spans)}

    assert "opened" in ends
    assert len(ends) > 3


def test_damage_to_version_1(converted, opened_with, survives, mutants):
    image = converted(form="qcow").read_bytes()

    assert len({survives(qcow, damaged, opened_with) for damaged in mutants(image, 100, [(0, 120)])}) > 2


def test_zeroed_parts_of_a_cluster_hide_what_lies_below(tool, converted, opened_file, volume, medium, tmp_path):
    top = tmp_path / "top.qcow2"
    overlay(tool, converted(), top, options=("-o", "extended_l2=on"))
    tool("qemu-io", "-f", "qcow2", "-c", "write -z 8k 4k", top)
    tool("qemu-io", "-f", "qcow2", "-c", "write -P 65 20k 2k", top)

    assert any(medium[8192:12_288])
    assert volume(opened_file(qcow, top)) == (
        medium[:8192] + bytes(4096) + medium[12_288:20_480] + b"A" * 2048 + medium[22_528:]
    )
