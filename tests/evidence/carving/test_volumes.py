"""Deleted pictures in the free space of a volume that ordinary tools made, by the whole way down."""

import hashlib
import shutil
import subprocess

import pytest

from sauveterre.evidence.opening import open_container
from sauveterre.records.entry import EntryKind
from sauveterre.records.limits import Limits
from sauveterre.records.source import Source, Step

TOOLS = ("mkfs.ext4", "debugfs")
PICTURES = 60


@pytest.fixture(scope="module")
def volume(tmp_path_factory, samples):
    """An ext4 volume from which sixty pictures were deleted, and their digests."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"no {' and no '.join(missing)} here (Debian: e2fsprogs)")
    folder = tmp_path_factory.mktemp("volume")
    inside, image = folder / "in", folder / "volume.dd"
    inside.mkdir()
    kinds = [name for name in samples if name.endswith(".jpg") and name != "flat.jpg"]  # its zeros become holes
    digests = set()
    for number in range(PICTURES):
        head = samples[kinds[number % len(kinds)]]
        data = head[:2] + b"\xff\xfe\x00\x06%04d" % number + head[2:]
        (inside / f"{number}.jpg").write_bytes(data)
        digests.add(hashlib.sha256(data).hexdigest())
    (inside / "kept.txt").write_text("wind from the west\n" * 1000)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-d", str(inside), str(image), "24M"], check=True, capture_output=True)
    commands = "".join(f"rm {number}.jpg\n" for number in range(PICTURES))
    subprocess.run(["debugfs", "-w", "-f", "-", str(image)], input=commands.encode(), check=True, capture_output=True)
    return image, digests


def test_every_deleted_picture_comes_back_exactly(volume):
    image, digests = volume
    source = Source(image, "sha256:of-the-volume")
    with open_container(source, Limits()) as around:
        regions = [entry for entry in around.entries() if entry.kind is EntryKind.REGION]
    found = set()
    for region in regions:
        with open_container(source.child(Step("carving", region.locator), "region"), Limits()) as container:
            for entry in container.entries():
                assert entry.note.startswith("begins at byte ")
                with container.open(entry) as stream:
                    found.add(hashlib.sha256(stream.read()).hexdigest())
    assert len(digests) == PICTURES
    assert digests <= found
