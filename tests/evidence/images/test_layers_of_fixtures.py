import hashlib
import json

import pytest

from sauveterre.evidence.opening import open_container, peek_at, reader_for
from sauveterre.records.entry import EntryKind
from sauveterre.records.limits import Limits
from sauveterre.records.source import Source, Step

NAMES = {
    "EWF": "ewf", "QCOW": "qcow", "VMDK": "vmdk", "MODI": "dmg", "GPT": "partitions", "EXT": "ext", "NTFS": "ntfs",
    "HFS": "hfs", "TSK": "iso9660", "APFS_CONTAINER": "apfs", "APFS": "apfs_volume",
}  # fmt: skip
MEDIUM = "196066add11fb71c4c49cf1bb50d6d24"
IMAGES = ["ext2.E01", "ext2.split.E01", "ext2.qcow2", "ext2.vmdk", "windows_volume.qcow2", "hfsplus_zlib.dmg",
          "hfsplus.raw", "iso9660.raw", "ímynd.dd"]  # fmt: skip


def layers_of(path):
    """Go down by the first volume of each layer, each time from the file itself; return the readers on the way."""
    with path.open("rb") as stream:
        readers = [reader_for(peek_at(stream, path.name.encode())).NAME]
    source = Source(path, f"file:{path.name}")
    while True:
        with open_container(source, Limits()) as container:
            volume = next((entry for entry in container.entries() if entry.kind is EntryKind.VOLUME), None)
            if volume is None:
                return readers
            with container.open(volume) as content:
                readers.append(reader_for(peek_at(content)).NAME)
        source = source.child(Step(readers[-1], volume.locator), source.identity)


@pytest.mark.parametrize("name", IMAGES)
def test_every_layer_of_the_images_of_others_opens(fixtures, dfvfs, name):
    listed = json.loads((fixtures / "evidence" / "EXPECTED_LISTINGS.json").read_text())
    [first, *_] = listed[f"dfvfs/test_data/{name}"]

    assert layers_of(dfvfs / name) == [NAMES[layer] for layer in first["layers"] if layer not in ("OS", "RAW")]


@pytest.mark.parametrize("name", ["ext2.E01", "ext2.split.E01", "ext2.qcow2", "ext2.vmdk"])
def test_one_medium_in_four_formats_is_the_same_to_the_byte(dfvfs, name):
    with open_container(Source(dfvfs / name, "file"), Limits()) as container:
        [entry] = container.entries()
        with container.open(entry) as stream:
            digest = hashlib.md5(stream.read()).hexdigest()

    assert (entry.size, digest) == (4 << 20, MEDIUM)
