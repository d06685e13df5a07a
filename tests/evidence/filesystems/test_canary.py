"""An image that nobody recognises gives nothing of the machine that reads it."""

import io
import os
import random
from pathlib import Path

import pytest

from sauveterre.errors import SauveterreError, UnknownFormat
from sauveterre.evidence.opening import open_container, peek_at, reader_for
from sauveterre.evidence.origin import StreamOrigin
from sauveterre.evidence.readers import LAYERS
from sauveterre.records.entry import EntryKind
from sauveterre.records.limits import Limits
from sauveterre.records.source import Source

CANARY = b"the canary sings: no evidence has these words"
FILE_SYSTEMS = ("ntfs", "fat", "exfat", "ext", "hfs", "iso9660", "udf", "apfs", "apfs_volume", "xfs")
READERS = [reader for reader in LAYERS if reader.NAME in FILE_SYSTEMS]
NAMES = (b"canary.txt", b"/etc/hostname", b"../canary.txt", b".", b"/", b"bogus.001", b"")


@pytest.fixture(autouse=True)
def canary(tmp_path, monkeypatch):
    """Files that a reader would find which took a name for a path of this machine."""
    for name in ("canary.txt", "bogus.001", "media", "volume"):
        (tmp_path / name).write_bytes(CANARY)
    monkeypatch.chdir(tmp_path)


def contents(container):
    for entry in container.entries():
        try:
            with container.open(entry) as stream:
                yield stream.read(1 << 20)
        except SauveterreError:
            continue


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.NAME)
@pytest.mark.parametrize("name", NAMES)
def test_no_reader_of_file_systems_looks_beside_the_image(reader, name):
    rng = random.Random(3)
    paths = b"\0".join((os.fsencode(Path.cwd()) + b"/canary.txt", b"/etc/passwd", b"canary.txt"))
    for image in (b"", paths, paths.ljust(1 << 20, b"\0"), rng.randbytes(1 << 18)):
        try:
            with reader.open(StreamOrigin(io.BytesIO(image), "sha256:junk", name=name), Limits()) as container:
                found = list(contents(container))
        except SauveterreError:
            continue
        assert not any(CANARY in content or b"root:" in content for content in found)


def test_an_image_that_nobody_recognises_is_refused(fixtures):
    bogus = fixtures / "evidence" / "dfvfs" / "test_data" / "bogus.001"
    with bogus.open("rb") as stream:
        assert reader_for(peek_at(stream, b"bogus.001")) is None
    with pytest.raises(UnknownFormat):
        open_container(Source(bogus, "image"), Limits())


def test_links_in_a_volume_lead_nowhere(tmp_path, tool, blank, folder_of, volume):
    ext = next(reader for reader in READERS if reader.NAME == "ext")
    root = folder_of({"film": b"rain"})
    (root / "out").symlink_to(tmp_path / "canary.txt")
    (root / "up").symlink_to("../../../../../../../../etc/passwd")
    path = blank("links.ext4", 4 << 20)
    tool("mkfs.ext4", "-q", "-F", "-d", root, path)
    container = volume(ext, path)
    links = [entry for entry in container.entries() if entry.kind is EntryKind.SYMLINK]
    assert len(links) == 2
    for link in links:
        with pytest.raises(SauveterreError, match="not followed"):
            container.open(link)
    assert not any(CANARY in content or b"root:" in content for content in contents(container))
