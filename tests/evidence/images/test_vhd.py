import struct

import pytest

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.opening import peek_at
from sauveterre.evidence.readers import vhd


@pytest.fixture
def converted(tool, raw, tmp_path):
    """Convert the medium with qemu-img; return the path of the image."""

    def make(form, *options, name="disk"):
        tool("qemu-img", "convert", "-f", "raw", "-O", form, *options, raw, tmp_path / name)
        return tmp_path / name

    return make


@pytest.mark.parametrize(
    ("form", "options"),
    [("vhdx", []), ("vhdx", ["-o", "block_size=1M"]), ("vhdx", ["-o", "subformat=fixed"]),
     ("vpc", ["-o", "force_size=on"]), ("vpc", ["-o", "subformat=fixed,force_size=on"])],
    ids=["vhdx", "vhdx-1M", "vhdx-fixed", "vhd", "vhd-fixed"],
)  # fmt: skip
def test_every_kind_gives_the_medium(converted, opened_file, volume, medium, form, options):
    container = opened_file(vhd, converted(form, *options))

    assert volume(container) == medium
    assert container.problems == []


def checked(block: bytearray, at: int) -> bytes:
    """Return a header of a VHD with its checksum: the ones' complement of the sum of its bytes."""
    block[at : at + 4] = bytes(4)
    block[at : at + 4] = struct.pack(">I", ~sum(block) & 0xFFFFFFFF)
    return bytes(block)


def differencing(child: bytes, parent: bytes, name: str) -> bytes:
    """Turn an empty dynamic disk into a difference from another one (Virtual Hard Disk Image Format Specification)."""
    footer, header = bytearray(child[:512]), bytearray(child[512:1536])
    footer[60:64] = struct.pack(">I", 4)
    header[40:56] = parent[68:84]
    header[64 : 64 + 512] = name.encode("utf-16-be").ljust(512, b"\x00")
    foot = checked(footer, 64)
    return foot + checked(header, 36) + child[1536:-512] + foot


@pytest.fixture
def difference(tool, converted, tmp_path):
    parent = converted("vpc", "-o", "force_size=on", name="parent.vhd")
    child = tmp_path / "child.vhd"
    tool("qemu-img", "create", "-q", "-f", "vpc", "-o", "force_size=on", child, 6 << 20)
    child.write_bytes(differencing(child.read_bytes(), parent.read_bytes(), "parent.vhd"))
    return child


def test_a_difference_shows_what_lies_below(difference, opened_file, volume, medium):
    container = opened_file(vhd, difference)

    assert container.problems == []
    assert volume(container) == medium


@pytest.mark.parametrize("how", ["missing", "another"])
def test_a_difference_without_its_parent_says_so(difference, opened_file, how):
    parent = difference.with_name("parent.vhd")
    if how == "missing":
        parent.unlink()
    else:
        data = parent.read_bytes()
        footer = bytearray(data[-512:])
        footer[68:84] = b"another identity"
        foot = checked(footer, 64)
        parent.write_bytes(foot + data[512:-512] + foot)
    container = opened_file(vhd, difference)
    [entry] = container.entries()

    assert [problem.what for problem in container.problems] == [
        "the disk holds only what changed since parent.vhd, which does not lie beside it or was changed since: what is "
        "in there cannot be read; put both into one folder and add this one again"
    ]
    with pytest.raises(UnreadableSource, match="cannot be read at byte 0"):
        container.open(entry).read(10)


def test_a_medium_is_no_virtual_disk(raw):
    with raw.open("rb") as stream:
        assert not vhd.recognises(peek_at(stream))


@pytest.mark.parametrize("form", ["vpc", "vhdx"])
def test_damage_never_raises_anything_of_its_own_making(converted, opened_with, survives, mutants, form):
    image = converted(form).read_bytes()
    tables = [2 << 16, 3 << 16, 2 << 20, 3 << 20]
    spans = [(0, 80), (512, 1600)] if form == "vpc" else [(at, at + 600) for at in (1 << 16, *tables)]
    ends = {survives(vhd, damaged, opened_with) for damaged in mutants(image, 100, spans)}

    assert len(ends) > 2
