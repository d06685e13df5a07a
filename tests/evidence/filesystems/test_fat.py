import struct
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.evidence.filesystems import fat as fat_volume
from sauveterre.evidence.filesystems.fat_layout import exfat_times, fat, wall_clock
from sauveterre.evidence.readers import exfat as exfat_reader
from sauveterre.evidence.readers import fat as fat_reader
from sauveterre.records.entry import Cause, EntryKind
from sauveterre.records.peek import Peek

SIZES = {12: 6 << 20, 16: 24 << 20, 32: 40 << 20}
CLUSTERS = {12: 4, 16: 4, 32: 1}


@pytest.fixture(scope="session", params=SIZES, ids=lambda bits: f"FAT{bits}")
def full(request, tool, blank, folder_of, pictures, victims) -> bytes:
    """A volume with the pictures in a folder, some of them deleted."""
    bits = request.param
    path, root = blank(f"full.fat{bits}", SIZES[bits]), folder_of(pictures)
    tool("mkfs.vfat", "-F", bits, "-s", CLUSTERS[bits], path)
    tool("mmd", "-i", path, "::/card")
    tool("mcopy", "-Q", "-i", path, *(root / name for name in pictures), "::/card")
    tool("mdel", "-i", path, *(f"::/card/{name}" for name in sorted(victims)))
    return path.read_bytes()


@pytest.fixture(scope="session")
def small(tool, blank, folder_of) -> bytes:
    """A volume with a handful of files, one of them deleted, clusters of 512 bytes."""
    files = {"A.TXT": b"rain" * 300, "B.TXT": b"snow" * 300, "C.TXT": b"hail" * 300, "D.TXT": b"sun"}
    path, root = blank("small.fat", 1 << 20), folder_of(files)
    tool("mkfs.vfat", "-F", "12", "-s", "1", "-n", "GARDEN", path)
    for name in files:
        tool("mcopy", "-i", path, root / name, "::/")
    tool("mmd", "-i", path, "::/DEEP")
    tool("mcopy", "-i", path, root / "D.TXT", "::/DEEP/E.TXT")
    tool("mdel", "-i", path, "::/B.TXT")
    return path.read_bytes()


def test_deleted_files_are_found_and_whole(full, volume, check_recall):
    found = check_recall(volume(fat_reader, full), "card/")
    assert len(found) == 400


def test_every_entry_is_found_by_its_locator(full, volume):
    container = volume(fat_reader, full)
    assert [e for e in container.entries() if container.entry_at(e.locator) != e] == []


def test_what_the_sleuth_kit_makes_up_and_the_label_are_no_files(small, volume, by_path):
    found = by_path(volume(fat_reader, small))
    assert set(found) == {b"A.TXT", b"_.TXT", b"C.TXT", b"D.TXT", b"DEEP/E.TXT"}


def test_times_have_no_zone_and_are_told_in_words(small, volume, by_path):
    entry = by_path(volume(fat_reader, small))[b"A.TXT"]
    assert (entry.modified, entry.created, entry.accessed, entry.changed) == (None,) * 4
    assert entry.note.startswith("written 20")
    assert "states no time zone" in entry.note


def test_deleted_content_is_told_by_what_became_of_its_clusters(small, volume, by_path, read_all):
    stated = fat(small, len(small))
    container = volume(fat_reader, small)
    entry = by_path(container)[b"_.TXT"]
    assert (entry.allocated, read_all(container, entry)) == (False, (b"snow" * 300, ""))
    first = small.index(b"snow") - stated.clusters_at
    assert first % 512 == 0

    def with_cluster_in_use(number):
        image = bytearray(small)
        at, high = stated.table_at + number * 3 // 2, number & 1
        value = int.from_bytes(image[at : at + 2], "little")
        value = value & 0x000F | 0xFFF0 if high else value & 0xF000 | 0x0FFF
        image[at : at + 2] = value.to_bytes(2, "little")
        return image

    taken = volume(fat_reader, with_cluster_in_use(first // 512 + 2))
    gone = by_path(taken)[b"_.TXT"]
    assert (gone.cause, gone.size) == (Cause.GONE, 1200)
    cut = volume(fat_reader, with_cluster_in_use(first // 512 + 3))
    entry = by_path(cut)[b"_.TXT"]
    content, trouble = read_all(cut, entry)
    assert content == (b"snow" * 300)[:512] + (b"snow" * 300)[1024:] + bytes(512)
    assert trouble == ""
    assert "from byte 512 on is a guess" in entry.note


def test_folders_that_no_folder_names_are_found(tool, blank, folder_of, volume, by_path, read_all):
    files = {f"holiday picture {n:03d}.jpg": b"%d" % n * 50 for n in range(60)}
    path, root = blank("lost.fat", 40 << 20), folder_of(files)
    tool("mkfs.vfat", "-F", "32", "-s", "1", path)
    tool("mmd", "-i", path, "::/many")
    tool("mcopy", "-Q", "-i", path, *(root / name for name in files), "::/many")
    tool("mdeltree", "-i", path, "::/many")
    container = volume(fat_reader, path)
    found = by_path(container)
    contents = {read_all(container, entry)[0] for entry in found.values() if entry.allocated is False}
    assert contents == set(files.values())
    assert any(path.startswith(b"_any/") for path in found)
    assert any(path.startswith(b"$Orphan/") for path in found)


def test_free_space_that_is_too_large_to_search_is_a_problem(small, volume, monkeypatch):
    monkeypatch.setattr(fat_volume, "MOST_SEARCHED", 1000)
    container = volume(fat_reader, small)
    assert len(list(container.entries())) == 7
    (problem,) = container.problems
    assert "bytes are free, and folders that no folder names are looked for in 1,000 at most" in problem.what


def test_free_clusters_and_slack(small, volume):
    container = volume(fat_reader, small)
    regions = {entry.path: entry for entry in container.entries() if entry.kind is EntryKind.REGION}
    with container.open(regions[b"$Unallocated"]) as free:
        content = free.read()
    assert b"snow" * 300 in content
    assert b"rain" not in content
    stated = fat(small, len(small))
    in_use = sum(-(-len(c) // 512) for c in (b"rain" * 300, b"hail" * 300, b"sun", b"sun", b"folder"))
    rest = len(small) - stated.clusters_at - stated.clusters * 512
    assert len(content) == (stated.clusters - in_use) * 512 + rest
    with container.open(regions[b"$Slack"]) as slack:
        assert len(slack.read()) == 2 * (1536 - 1200) + 2 * (512 - 3)


def test_bad_clusters_belong_to_free_space(small, volume):
    image = bytearray(small)
    stated = fat(small, len(small))
    number = stated.clusters  # the last but one, of an even number
    at = stated.table_at + number * 3 // 2
    value = int.from_bytes(image[at : at + 2], "little")
    value = value & 0x000F | 0xFF70 if number & 1 else value & 0xF000 | 0x0FF7
    image[at : at + 2] = value.to_bytes(2, "little")
    sizes = [volume(fat_reader, each).entry_at("unallocated").size for each in (small, image)]
    assert sizes[0] == sizes[1]


def test_only_fat_boot_sectors_are_recognised(small):
    assert fat_reader.recognises(Peek(head=small[:69_632], size=len(small)))
    for at, value in ((0, b"\0"), (11, b"\1"), (13, b"\3"), (14, bytes(2)), (16, b"\7"), (21, b"\0"), (510, b"\0")):
        changed = bytearray(small[:69_632])
        changed[at : at + len(value)] = value
        assert not fat_reader.recognises(Peek(head=bytes(changed), size=len(small)))
    assert not fat_reader.recognises(Peek(head=small[:512] + bytes(69_120), size=len(small)))


@given(st.binary(min_size=32, max_size=32))
def test_any_folder_entry_has_times_or_none(entry):
    wall_clock(entry)
    exfat_times(entry)


def test_clocks():
    day, time = (2024 - 1980) << 9 | 5 << 5 | 17, 13 << 11 | 4 << 5 | 3
    entry = bytearray(32)
    struct.pack_into("<BHHH", entry, 13, 150, time, day, day)
    struct.pack_into("<HH", entry, 22, time + 1, day)
    assert wall_clock(bytes(entry)) == (
        "written 2024-05-17 13:04:08, created 2024-05-17 13:04:07, read 2024-05-17 by the device's clock, which states "
        "no time zone"
    )
    assert wall_clock(bytes(32)) == ""
    entry = bytearray(32)
    struct.pack_into("<III", entry, 8, day << 16 | time, day << 16 | time, day << 16 | time)
    entry[20:25] = 150, 0, 0x80 | 8, 0x80 | (128 - 20), 0
    (modified, created, accessed), note = exfat_times(bytes(entry))
    assert created == datetime(2024, 5, 17, 11, 4, 7, 500_000, tzinfo=UTC)
    assert modified == datetime(2024, 5, 17, 18, 4, 6, tzinfo=UTC)
    assert accessed is None
    assert note.startswith("read 2024-05-17 13:04:06 by")


class ExFat:
    """An exFAT image that files are put into, and deleted from as Windows does."""

    def __init__(self, image: bytes) -> None:
        self.image = bytearray(image)
        table, _, heap, self.clusters, self.root = struct.unpack_from("<5I", image, 80)
        sector = 1 << image[108]
        self.cluster = sector << image[109]
        self.table, self.heap = table * sector, heap * sector
        self.end = 32 * next(n for n in range(64) if not self.image[self.place(self.root) + 32 * n])
        self.free = self.root + 1
        self.chain = [self.root]
        bitmap = next(n for n in range(64) if self.image[self.place(self.root) + 32 * n] == 0x81)
        self.bitmap = self.place(struct.unpack_from("<I", self.image, self.place(self.root) + 32 * bitmap + 20)[0])
        self.sets: dict[str, tuple[list[int], range]] = {}

    def place(self, cluster: int) -> int:
        return self.heap + (cluster - 2) * self.cluster

    def _mark(self, cluster: int, *, used: bool) -> None:
        at, bit = self.bitmap + (cluster - 2 >> 3), 1 << (cluster - 2 & 7)
        self.image[at] = self.image[at] | bit if used else self.image[at] & ~bit

    def _take(self, count: int) -> range:
        found = range(self.free, self.free + count)
        self.free += count
        for cluster in found:
            self._mark(cluster, used=True)
        return found

    def _slot(self) -> int:
        if self.end == self.cluster:
            (more,) = self._take(1)
            for cluster, follower in ((self.chain[-1], more), (more, 0xFFFFFFFF)):
                struct.pack_into("<I", self.image, self.table + 4 * cluster, follower)
            self.chain.append(more)
            self.end = 0
        self.end += 32
        return self.place(self.chain[-1]) + self.end - 32

    def put(self, name: str, content: bytes) -> None:
        text = name.encode("utf-16-le")
        names = [text[at : at + 30].ljust(30, b"\0") for at in range(0, len(text), 30)]
        clusters = self._take(-(-len(content) // self.cluster))
        day, time = (2024 - 1980) << 9 | 5 << 5 | 17, 13 << 11
        stamp = day << 16 | time
        head = struct.pack("<BBHHHIIIBB3B7x", 0x85, 1 + len(names), 0, 0x20, 0, *(stamp,) * 3, 0, 0, *(0x84,) * 3)
        size = len(content)
        flags, first = (3, clusters.start) if size else (1, 0)
        hashed = self._sum(name.upper().encode("utf-16-le"))
        stream = struct.pack("<BBBBHHQIIQ", 0xC0, flags, 0, len(name), hashed, 0, size, 0, first, size)
        rows = [head, stream, *(b"\xc1\0" + part for part in names)]
        rows[0] = head[:2] + struct.pack("<H", self._sum(b"".join(rows), skip=(2, 3))) + head[4:]
        places = [self._slot() for _ in rows]
        for place, row in zip(places, rows, strict=True):
            self.image[place : place + 32] = row
        for cluster, at in zip(clusters, range(0, size, self.cluster), strict=True):
            part = content[at : at + self.cluster]
            self.image[self.place(cluster) : self.place(cluster) + len(part)] = part
        self.sets[name] = (places, clusters)

    def delete(self, name: str) -> None:
        places, clusters = self.sets[name]
        for place in places:
            self.image[place] &= 0x7F
        for cluster in clusters:
            self._mark(cluster, used=False)

    @staticmethod
    def _sum(data: bytes, skip=()) -> int:
        total = 0
        for at, byte in enumerate(data):
            if at not in skip:
                total = ((total << 15 | total >> 1) + byte) & 0xFFFF
        return total


@pytest.fixture(scope="session")
def exfat_image(tool, blank, pictures, victims) -> bytes:
    """An exFAT volume with the pictures in its root folder, some of them deleted."""
    path = blank("full.exfat", 12 << 20)
    tool("mkfs.exfat", "-c", "4096", path)
    made = ExFat(path.read_bytes())
    for name, content in pictures.items():
        made.put(name, content)
    path.write_bytes(made.image)
    tool("fsck.exfat", "-n", path)
    for name in victims:
        made.delete(name)
    return bytes(made.image)


def test_exfat_deleted_files_are_found_and_whole(exfat_image, volume, check_recall):
    found = check_recall(volume(exfat_reader, exfat_image), "")
    assert {entry.modified for entry in found.values()} == {datetime(2024, 5, 17, 12, tzinfo=UTC)}


def test_exfat_entries_are_found_by_their_locators(exfat_image, volume):
    container = volume(exfat_reader, exfat_image)
    assert [e for e in container.entries() if container.entry_at(e.locator) != e] == []


def test_exfat_free_space_is_what_its_bitmap_says(exfat_image, volume, pictures, victims):
    container = volume(exfat_reader, exfat_image)
    with container.open(container.entry_at("unallocated")) as free:
        content = free.read()
    assert all(pictures[name] in content for name in victims)
    live = next(content for name, content in pictures.items() if name not in victims and len(content) > 5_000)
    assert live not in content


def test_only_exfat_boot_sectors_are_recognised(exfat_image):
    assert exfat_reader.recognises(Peek(head=exfat_image[:512]))
    for at, value in ((3, b"X"), (20, b"\1"), (108, b"\5"), (109, b"\x1f"), (96, bytes(4)), (510, b"\0")):
        changed = bytearray(exfat_image[:512])
        changed[at : at + len(value)] = value
        assert not exfat_reader.recognises(Peek(head=bytes(changed)))
    assert not fat_reader.recognises(Peek(head=exfat_image[:69_632], size=len(exfat_image)))
