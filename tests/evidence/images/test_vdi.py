import struct

import pytest

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.readers import vdi


@pytest.fixture
def converted(tool, raw, tmp_path):
    def make(*options):
        tool("qemu-img", "convert", "-f", "raw", "-O", "vdi", *options, raw, tmp_path / "disk.vdi")
        return tmp_path / "disk.vdi"

    return make


@pytest.mark.parametrize("options", [[], ["-o", "static=on"]], ids=["dynamic", "fixed"])
def test_every_kind_gives_the_medium(converted, opened_file, volume, medium, options):
    container = opened_file(vdi, converted(*options))

    assert volume(container) == medium
    assert container.problems == []


def test_a_disk_of_zeros(tool, tmp_path, opened_file, volume):
    tool("qemu-img", "create", "-q", "-f", "vdi", tmp_path / "disk.vdi", "3M")

    assert volume(opened_file(vdi, tmp_path / "disk.vdi")) == bytes(3 << 20)


def test_a_difference_gives_its_own_blocks_and_says_so(converted, opened, medium):
    image = bytearray(converted().read_bytes())
    map_at = struct.unpack_from("<I", image, 340)[0]
    image[76] = 4
    image[map_at : map_at + 4] = b"\xff" * 4
    container = opened(vdi, bytes(image))
    [entry] = container.entries()
    stream = container.open(entry)
    with pytest.raises(UnreadableSource, match="lies in the disk that this one is a difference from"):
        stream.read(10)
    stream.seek(1 << 20)

    assert stream.read(1 << 20) == medium[1 << 20 : 2 << 20]
    assert container.problems[0].what.startswith("the disk holds only what changed since another one")


def test_a_disk_that_was_cut_off_is_read_up_to_there(converted, opened, before_damage, medium):
    image = converted("-o", "static=on").read_bytes()
    container = opened(vdi, image[: len(image) // 2])
    [entry] = container.entries()
    data, error = before_damage(container.open(entry))

    assert len(data) in (2 << 20, 3 << 20)
    assert data == medium[: len(data)]
    assert "lies past the end of the image" in str(error)


def test_damage_never_raises_anything_of_its_own_making(converted, opened_with, survives, mutants):
    image = converted().read_bytes()
    map_at = struct.unpack_from("<I", image, 340)[0]
    ends = {survives(vdi, d, opened_with) for d in mutants(image, 150, [(64, 80), (340, 392), (map_at, map_at + 24)])}

    assert len(ends) > 3
