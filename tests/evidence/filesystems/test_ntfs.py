import struct

import pytest

from sauveterre.evidence.filesystems.ntfs_layout import boot, file_name, is_cloud, reparse
from sauveterre.evidence.readers import ntfs
from sauveterre.records.entry import Cause, EntryKind
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek

RECORD = 1024


class Editor:
    """An NTFS image under the knife: deletes as Windows does, by flags, sequence numbers and bitmaps."""

    def __init__(self, image: bytes) -> None:
        self.image = bytearray(image)
        sector, per_cluster = struct.unpack_from("<HB", image, 11)
        self.cluster = sector * per_cluster
        self._mft = [(0, struct.unpack_from("<Q", image, 48)[0], 1)]
        self._records = [self.place(0)]
        self._put_right(self._records[0], RECORD)
        self._mft = self.runs(0, 0x80)
        clusters = sum(count for _, _, count in self._mft)
        self._records = [self.place(number) for number in range(clusters * self.cluster // RECORD)]
        for at in self._records[1:]:
            self._put_right(at, RECORD)

    def done(self) -> bytes:
        """Return the image, with the last two bytes of each sector of a record set apart as NTFS does."""
        before = bytes(self.image)
        for at in self._records:
            self._set_apart(at, RECORD)
        after, self.image = bytes(self.image), bytearray(before)
        return after

    def place(self, number: int) -> int:
        """Where a record lies."""
        unit, rest = divmod(number * RECORD, self.cluster)
        for at, lcn, count in self._mft:
            if at <= unit < at + count:
                return (lcn + unit - at) * self.cluster + rest
        raise IndexError(number)

    def attributes(self, number: int):
        """Yield type, name and place of each attribute."""
        start = self.place(number)
        at = start + struct.unpack_from("<H", self.image, start + 20)[0]
        while (kind := struct.unpack_from("<I", self.image, at)[0]) != 0xFFFFFFFF:
            size = struct.unpack_from("<I", self.image, at + 4)[0]
            named, name_at = self.image[at + 9], struct.unpack_from("<H", self.image, at + 10)[0]
            yield kind, self.image[at + name_at : at + name_at + 2 * named].decode("utf-16-le"), at
            at += size

    def attribute(self, number: int, kind: int) -> int:
        return next(at for found, _, at in self.attributes(number) if found == kind)

    def runs(self, number: int, kind: int) -> list[tuple[int, int, int]]:
        """(first unit of the content, first cluster, clusters) of an attribute; none for a resident one."""
        at = self.attribute(number, kind)
        if not self.image[at + 8]:
            return []
        at += struct.unpack_from("<H", self.image, at + 32)[0]
        found, unit, lcn = [], 0, 0
        while head := self.image[at]:
            size, offset = head & 15, head >> 4
            count = int.from_bytes(self.image[at + 1 : at + 1 + size], "little")
            lcn += int.from_bytes(self.image[at + 1 + size : at + 1 + size + offset], "little", signed=True)
            found.append((unit, lcn, count))
            unit, at = unit + count, at + 1 + size + offset
        return found

    def content_place(self, number: int, kind: int, offset: int) -> int:
        at = self.attribute(number, kind)
        if not self.image[at + 8]:
            return at + struct.unpack_from("<H", self.image, at + 20)[0] + offset
        unit, rest = divmod(offset, self.cluster)
        return next(
            (lcn + unit - u) * self.cluster + rest for u, lcn, n in self.runs(number, kind) if u <= unit < u + n
        )

    def number_of(self, name: str) -> int:
        for number in range(24, 2000):
            try:
                at = self.attribute(number, 0x30)
            except (StopIteration, IndexError):
                continue
            start = at + struct.unpack_from("<H", self.image, at + 20)[0]
            if self.image[start + 66 : start + 66 + 2 * self.image[start + 64]].decode("utf-16-le") == name:
                return number
        raise KeyError(name)

    def delete(self, number: int, *, free_clusters: bool = True) -> None:
        start = self.place(number)
        sequence, flags = struct.unpack_from("<H", self.image, start + 16)[0], self.image[start + 22]
        struct.pack_into("<H", self.image, start + 16, sequence + 1)
        self.image[start + 22] = flags & ~1
        self.image[self.content_place(0, 0xB0, number >> 3)] &= ~(1 << (number & 7))
        for _, lcn, count in self.runs(number, 0x80) if free_clusters else []:
            for unit in range(lcn, lcn + count):
                self.image[self.content_place(6, 0x80, unit >> 3)] &= ~(1 << (unit & 7))

    def use_again(self, number: int) -> None:
        """Give a freed record to "another" file, by flag alone: its sequence number went on when it was freed."""
        self.image[self.place(number) + 22] |= 1

    def take_cluster(self, cluster: int) -> None:
        self.image[self.content_place(6, 0x80, cluster >> 3)] |= 1 << (cluster & 7)

    def free_cluster(self, cluster: int) -> None:
        self.image[self.content_place(6, 0x80, cluster >> 3)] &= ~(1 << (cluster & 7))

    def unlist(self, names: set[str]) -> int:
        """Take names out of the leaves of the root folder's index, as Windows does; say how many."""
        done = 0
        for _, lcn, count in self.runs(5, 0xA0):
            for at in range(lcn * self.cluster, (lcn + count) * self.cluster, 4096):
                if self.image[at : at + 4] == b"INDX":
                    done += self._unlist(at, names)
        return done

    def _unlist(self, at: int, names: set[str]) -> int:
        self._put_right(at, 4096)
        block, done = self.image[at : at + 4096], 0
        entry = 24 + struct.unpack_from("<I", block, 24)[0]
        while not block[entry + 12] & 2:
            length = struct.unpack_from("<H", block, entry + 8)[0]
            name = block[entry + 16 + 66 : entry + 16 + 66 + 2 * block[entry + 16 + 64]].decode("utf-16-le")
            used = 24 + struct.unpack_from("<I", block, 28)[0]
            if name in names and not block[entry + 12] & 1:
                block[entry : used - length] = block[entry + length : used]
                struct.pack_into("<I", block, 28, used - 24 - length)
                done += 1
            else:
                entry += length
        self.image[at : at + 4096] = block
        self._set_apart(at, 4096)
        return done

    def _put_right(self, at: int, size: int) -> None:
        first = struct.unpack_from("<H", self.image, at + 4)[0]
        for sector in range(1, size // 512 + 1):
            end, kept = at + sector * 512, at + first + 2 * sector
            self.image[end - 2 : end] = self.image[kept : kept + 2]

    def _set_apart(self, at: int, size: int) -> None:
        first = struct.unpack_from("<H", self.image, at + 4)[0]
        for sector in range(1, size // 512 + 1):
            end, kept = at + sector * 512, at + first + 2 * sector
            self.image[kept : kept + 2] = self.image[end - 2 : end]
            self.image[end - 2 : end] = self.image[at + first : at + first + 2]


@pytest.fixture(scope="session")
def full(tool, blank, folder_of, pictures) -> bytes:
    """A volume with the pictures in its root folder."""
    path, root = blank("full.ntfs", 16 << 20), folder_of(pictures)
    tool("mkntfs", "-q", "-F", "-c", "4096", path)
    for name in pictures:
        tool("ntfscp", "-q", path, root / name, name)
    return path.read_bytes()


@pytest.fixture(scope="session")
def small(tool, blank, folder_of) -> bytes:
    """A volume with a handful of files, one of them with another stream."""
    files = {"film.txt": b"The Lighthouse Keeper's Cat\n" * 500, "note.txt": b"rain", "gone.txt": b"hail" * 3000}
    path, root = blank("small.ntfs", 8 << 20), folder_of(files)
    tool("mkntfs", "-q", "-F", "-c", "4096", path)
    for name in files:
        tool("ntfscp", "-q", path, root / name, name)
    tool("ntfscp", "-q", "-N", "source", path, root / "note.txt", "film.txt")
    return path.read_bytes()


def test_deleted_files_are_found_by_their_records_and_whole(full, volume, victims, check_recall):
    editor = Editor(full)
    stale = sorted(victims)[::2]
    for name in victims:
        editor.delete(editor.number_of(name))
    taken_out = editor.unlist(set(victims) - set(stale))
    assert taken_out > 5

    found = check_recall(volume(ntfs, editor.done()), "")

    marked = {path for path, entry in found.items() if "lists the name as in use" in entry.note}
    assert len(marked) == len(victims) - taken_out
    assert {name.encode() for name in stale} <= marked


def test_every_entry_is_found_by_its_locator(full, volume, victims):
    editor = Editor(full)
    for name in victims:
        editor.delete(editor.number_of(name))
    editor.unlist(set(victims))
    container = volume(ntfs, editor.done())
    assert [e for e in container.entries() if not e.note and container.entry_at(e.locator) != e] == []


def test_a_name_whose_record_was_used_again_does_not_show_the_other_file(small, volume, by_path):
    editor = Editor(small)
    number = editor.number_of("gone.txt")
    editor.delete(number)
    editor.use_again(number)
    container = volume(ntfs, editor.done())
    found = by_path(container)
    old = found[b"gone.txt"]
    assert (old.allocated, old.cause, old.size) == (False, Cause.GONE, 0)
    assert "in use under another name" in old.failure
    assert container.entry_at(old.locator) == old
    lost = found[b"$Orphan/%d/gone.txt" % number]
    assert lost.allocated is True
    assert "no folder names it" in lost.note


def test_content_is_read_up_to_the_first_cluster_that_another_file_has(small, volume, by_path, read_all):
    editor = Editor(small)
    number = editor.number_of("gone.txt")
    ((_, first, count),) = editor.runs(number, 0x80)
    assert count == 3
    editor.delete(number)
    editor.take_cluster(first + 2)
    container = volume(ntfs, editor.done())
    entry = by_path(container)[b"gone.txt"]
    assert "from byte 8,192 of 12,000 on" in entry.note
    content, trouble = read_all(container, entry)
    assert content == (b"hail" * 3000)[:8192]
    assert "from byte 8,192" in trouble
    editor.take_cluster(first)
    taken = by_path(volume(ntfs, editor.done()))[b"gone.txt"]
    assert (taken.cause, taken.allocated) == (Cause.GONE, False)
    assert "its place belongs to other files" in taken.failure


def test_streams_beside_the_main_one_are_entries(small, volume, by_path, read_all):
    container = volume(ntfs, small)
    found = by_path(container)
    assert read_all(container, found[b"film.txt:source"]) == (b"rain", "")
    assert found[b"film.txt:source"].locator.split("-")[0] == found[b"film.txt"].locator.split("-")[0]
    assert read_all(container, found[b"$Secure"]) == (b"", "")
    assert found[b"$Secure:$SDS"].size > 200_000
    bad = found[b"$BadClus:$Bad"]
    assert (bad.size > 7 << 20, bad.cause) == (True, Cause.SPECIAL)


def test_what_efs_encrypted_is_named_as_such(small, volume, by_path):
    editor = Editor(small)
    at = editor.attribute(editor.number_of("film.txt"), 0x80)
    editor.image[at + 13] |= 0x40
    entry = by_path(volume(ntfs, editor.done()))[b"film.txt"]
    assert entry.cause is Cause.ENCRYPTED
    assert "EFS" in entry.failure


def test_regions_hold_what_no_file_holds(small, volume):
    editor = Editor(small)
    number = editor.number_of("gone.txt")
    ((_, first, _),) = editor.runs(number, 0x80)
    at = first * editor.cluster
    editor.image[at + 12_000 : at + 12_288] = b"slack" * 57 + b"end"
    container = volume(ntfs, editor.done())
    regions = {entry.path: entry for entry in container.entries() if entry.kind is EntryKind.REGION}
    assert set(regions) == {b"$Unallocated", b"$Slack"}
    assert {(entry.opens, entry.allocated) for entry in regions.values()} == {("carving", None)}
    with container.open(regions[b"$Slack"]) as slack:
        assert b"slack" * 57 + b"end" in slack.read()
    with container.open(regions[b"$Unallocated"]) as free:
        assert b"hail" not in free.read()
    editor.delete(number)
    with volume(ntfs, editor.done()) as container, container.open(container.entry_at("unallocated")) as free:
        assert b"hail" * 3000 in free.read()
        assert free.media.origin(free.media.size - 1) < len(small)


def test_a_record_that_contradicts_itself_is_no_empty_file(small, volume, by_path):
    editor = Editor(small)
    at = editor.attribute(editor.number_of("gone.txt"), 0x80)
    struct.pack_into("<Q", editor.image, at + 48, 1 << 40)
    entry = by_path(volume(ntfs, editor.done()))[b"gone.txt"]
    assert (entry.size, entry.cause) == (1 << 40, Cause.DAMAGED)
    assert "its record is damaged" in entry.failure


def test_a_record_without_any_content_is_no_empty_file(small, volume, by_path):
    editor = Editor(small)
    at = editor.attribute(editor.number_of("gone.txt"), 0x80)
    struct.pack_into("<I", editor.image, at, 0xFFFFFFFF)
    entry = by_path(volume(ntfs, editor.done()))[b"gone.txt"]
    assert entry.cause is Cause.DAMAGED


def test_what_is_nearly_all_hole_is_read_as_far_as_packed_files_are(small, volume, by_path, read_all):
    editor = Editor(small)
    at = editor.attribute(editor.number_of("gone.txt"), 0x80)
    ((_, first, _),) = editor.runs(editor.number_of("gone.txt"), 0x80)
    place = at + struct.unpack_from("<H", editor.image, at + 32)[0]
    assert editor.image[place] == 0x21
    assert editor.image[place + 4] == 0
    editor.image[place + 4 : place + 8] = b"\x02\xd0\x07\x00"  # a hole of 2,000 clusters behind the content
    struct.pack_into("<Q", editor.image, at + 24, 3 + 2_000 - 1)
    for field in (40, 48, 56):
        struct.pack_into("<Q", editor.image, at + field, (3 + 2_000) * 4096)
    container = volume(ntfs, editor.done(), Limits(ratio=100, ratio_floor=1 << 20))
    entry = by_path(container)[b"gone.txt"]
    content, trouble = read_all(container, entry)
    assert content[:12_000] == b"hail" * 3000
    assert len(content) == 100 * 3 * 4096
    assert "nearly all hole" in trouble
    editor.image[at + 13] |= 0x80  # marked as sparse, which holes in a deleted file have to be
    editor.delete(editor.number_of("gone.txt"), free_clusters=False)
    for cluster in range(first, first + 3):
        editor.free_cluster(cluster)
    container = volume(ntfs, editor.done())
    entry = by_path(container)[b"gone.txt"]
    content, trouble = read_all(container, entry)
    assert (entry.allocated, trouble) == (False, "")
    assert "on its place belongs to other files" not in entry.note
    assert content == (b"hail" * 3000).ljust((3 + 2_000) * 4096, b"\0")


def test_only_ntfs_boot_sectors_are_recognised(small):
    head = bytearray(small[:512])
    assert ntfs.recognises(Peek(head=bytes(head)))
    for at, value in ((3, b"X"), (11, b"\x03"), (13, b"\x07"), (510, b"\x00"), (40, bytes(8)), (64, b"\x00")):
        changed = head.copy()
        changed[at : at + len(value)] = value
        assert not ntfs.recognises(Peek(head=bytes(changed)))
    head[13], head[64] = 0xF7, 0xF4  # 512 sectors a cluster and records of 4,096 bytes, as powers of two
    assert boot(bytes(head)).cluster == 512 * 512
    assert boot(bytes(head)).record == 4096


def test_names_and_reparse_points():
    named = struct.pack("<Q", 5 | 7 << 48) + bytes(56) + bytes([3, 2]) + "été".encode("utf-16-le")
    assert file_name(named).text.decode() == "été"
    assert (file_name(named).parent, file_name(named).parent_sequence, file_name(named).is_short) == (5, 7, True)
    assert file_name(named[:-1]) is None
    target = r"\??\C:\films".encode("utf-16-le")
    link = struct.pack("<IHHHHHHI", 0xA000000C, 0, 0, 0, len(target), 0, 0, 0) + target
    assert reparse(link).target == rb"\??\C:\films"
    mount = struct.pack("<IHHHHHH", 0xA0000003, 0, 0, 0, len(target), 0, 0) + target
    assert reparse(mount).target == rb"\??\C:\films"
    assert "WOF" in reparse(struct.pack("<IHH", 0x80000017, 0, 0)).failure
    assert reparse(b"") == reparse(struct.pack("<IHH", 0x80000099, 0, 0))
    assert is_cloud(struct.pack("<I", 0x9000601A))
    assert not is_cloud(link)
