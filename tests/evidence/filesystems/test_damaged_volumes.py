"""Random damage, with fixed seeds: a hundred copies of a small volume of each kind; ``bench/damage.py`` does more."""

import multiprocessing
import random
import time

import pytest

from sauveterre.errors import SauveterreError
from sauveterre.evidence.disk.media import MediaStream
from sauveterre.evidence.filesystems.second import compare
from sauveterre.evidence.origin import StreamOrigin
from sauveterre.evidence.readers import READERS
from sauveterre.records.entry import EntryKind
from sauveterre.records.limits import Limits

COPIES = 100
LIMITS = Limits(ratio_floor=4 << 20, entries=5_000)
MOST_BYTES = 64 << 20
MOST_SECONDS = 10.0
FILES = {f"folder {n % 3}/{'long ' * (n % 4)}name {n:02d}": b"%05d" % n * (n * 41) for n in range(40)}


class Damaged:
    """A medium of which some bytes are others."""

    def __init__(self, data: bytes, seed: int) -> None:
        rng = random.Random(seed)
        written = [at for at in range(0, len(data), 512) if data.count(0, at, at + 512) < 512]
        self.size = len(data)
        self.given = 0
        self._data = bytearray(data)
        for _ in range(rng.choice([1, 4, 16, 64, 256])):
            early = rng.random() < 0.7
            at = rng.choice(written[: max(1, len(written) // 3)] if early else written) + rng.randrange(512)
            if at < len(data):
                self._data[at] = rng.choice([0, 255, rng.randrange(256), self._data[at] ^ 1 << rng.randrange(8)])

    def read_at(self, offset, size):
        assert offset >= 0
        return bytes(self._data[offset : offset + size])


def walked(reader, data, seed):
    """List and read all of a damaged copy, held against the second reader; return bytes read and seconds taken."""
    media, total, started = Damaged(data, seed), 0, time.monotonic()
    try:
        origin = StreamOrigin(MediaStream("volume", media), "sha256:damaged")
        with reader.open(origin, LIMITS) as container:
            entries = list(container.entries())
            for entry in entries:
                assert entry.path
                assert entry.size is None or entry.size >= 0
                assert len(entry.failure + entry.refusal) == 0 or len(entry.failure + entry.refusal) > 15
                total += read(container, entry)
            compare(media, reader.NAME, entries, sample=2)
    except SauveterreError as error:
        assert len(str(error)) > 20
    return total, time.monotonic() - started


def read(container, entry):
    """Read an entry to its end, or to its damage, or through to the volume in it."""
    if entry.failure or entry.refusal:
        return 0
    total = 0
    try:
        with container.open(entry) as stream:
            if entry.kind is EntryKind.VOLUME and entry.opens:
                inner = next(reader for reader in READERS if entry.opens == reader.NAME)
                with inner.open(StreamOrigin(stream, "sha256:inside"), LIMITS) as volume:
                    return sum(read(volume, found) for found in volume.entries())
            while block := stream.read(1 << 20):
                total += len(block)
    except SauveterreError as error:
        assert len(str(error)) > 20
    return total


def in_child(reader, data, results):
    for seed in range(COPIES):
        results.put((seed, *walked(reader, data, seed)))


@pytest.fixture(scope="module")
def made(tool, blank, folder_of, dfvfs):
    """Make a small volume of a kind."""
    root = folder_of(FILES)

    def ext(name, *options):
        path = blank(name, 4 << 20)
        tool("mkfs.ext4", "-q", "-F", *options, "-d", root, path)
        tool("debugfs", "-w", "-R", 'rm "folder 1/long name 01"', path)
        return path

    def fat(name, *options):
        path = blank(name, 8 << 20)
        tool("mkfs.vfat", *options, path)
        tool("mcopy", "-s", "-Q", "-i", path, *(root / f"folder {n}" for n in range(3)), "::/")
        tool("mdel", "-i", path, "::/folder 1/long name 01")
        return path

    def ntfs(name):
        path = blank(name, 4 << 20)
        tool("mkntfs", "-q", "-F", "-c", "1024", path)
        for number, file in enumerate(FILES):
            tool("ntfscp", "-q", path, root / file, f"name {number}")
        return path

    def disc(name):
        path = blank(name, 0)
        tool("genisoimage", "-quiet", "-J", "-R", "-o", path, root)
        return path

    def udf(name):
        path = blank(name, 0)
        tool("genisoimage", "-quiet", "-udf", "-R", "-o", path, root)
        image = path.read_bytes()
        path.write_bytes(image[: 16 * 2048] + bytes(3 * 2048) + image[19 * 2048 :])
        return path

    makers = {
        "ext": lambda: ext("v.ext4"),
        "ext (ext2)": lambda: ext("v.ext2", "-t", "ext2", "-b", "1024"),
        "fat": lambda: fat("v.fat16", "-F", "16", "-s", "1"),
        "fat (FAT12)": lambda: fat("v.fat12", "-F", "12"),
        "ntfs": lambda: ntfs("v.ntfs"),
        "iso9660": lambda: disc("v.iso"),
        "udf": lambda: udf("v.udf"),
        "hfs": lambda: dfvfs / "hfsplus.raw",
        "apfs": lambda: dfvfs / "apfs.raw",
    }
    return lambda kind: makers[kind]().read_bytes()


@pytest.mark.parametrize("kind", ["ext", "ext (ext2)", "fat", "fat (FAT12)", "ntfs", "iso9660", "udf", "hfs", "apfs"])
def test_damage_crashes_nothing_and_stays_within_bounds(kind, made):
    reader = next(reader for reader in READERS if kind.partition(" ")[0] == reader.NAME)
    results = multiprocessing.get_context("fork").SimpleQueue()
    child = multiprocessing.get_context("fork").Process(target=in_child, args=(reader, made(kind), results))
    child.start()
    child.join(timeout=MOST_SECONDS * COPIES / 4)
    if child.is_alive():
        child.kill()
    ends = []
    while not results.empty():
        ends.append(results.get())
    assert child.exitcode == 0, f"damaged copy {len(ends)} ended it"
    assert len(ends) == COPIES
    assert [end for end in ends if end[1] > MOST_BYTES or end[2] > MOST_SECONDS] == []
