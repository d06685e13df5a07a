"""The memory card is read back by The Sleuth Kit and checked by the system's own tools, never by our readers."""

import shutil
import subprocess

import pytest
import pytsk3

from sauveterre.scenarios.fat_image import CLUSTER, PARTITION_START, SECTOR, Card, card_of

LIVE = {
    "DCIM/100RAIN/IMG_0001.JPG": b"\xff\xd8" + bytes(range(256)) * 20,
    "DCIM/100RAIN/été à la mer.jpg": b"x" * (CLUSTER + 1),
    "a letter with a long name.txt": b"Rain by noon.\n",
    "empty.txt": b"",
}
GONE = {"DCIM/100RAIN/IMG_0002.JPG": b"\xff\xd8" + bytes(range(255, -1, -1)) * 40, "gone too.txt": b"Clear by five.\n"}
NAMELESS = [b"\xff\xd8\xff\xe0" + b"film" * 2_000]


@pytest.fixture(scope="module")
def card(tmp_path_factory):
    path = tmp_path_factory.mktemp("card") / "card.dd"
    path.write_bytes(card_of(LIVE, GONE, NAMELESS))
    return path


def files(card):
    """Every file of the card by path: whether it is allocated, and its content."""
    system = pytsk3.FS_Info(pytsk3.Img_Info(str(card)), offset=PARTITION_START * SECTOR)
    found = {}

    def walk(folder, above):
        for one in folder:
            name = one.info.name.name.decode()
            if one.info.meta is None or name in {".", ".."} or name.startswith("$"):
                continue
            path = f"{above}{name}"
            if one.info.meta.type == pytsk3.TSK_FS_META_TYPE_DIR:
                walk(one.as_directory(), f"{path}/")
            else:
                size = one.info.meta.size
                allocated = bool(int(one.info.meta.flags) & pytsk3.TSK_FS_META_FLAG_ALLOC)
                found[path] = (allocated, one.read_random(0, size) if size else b"")

    walk(system.open_dir("/"), "")
    return found


def test_the_partition_lies_where_the_table_says(card):
    volumes = [
        (part.start, part.len, part.desc.decode())
        for part in pytsk3.Volume_Info(pytsk3.Img_Info(str(card)))
        if int(part.flags) == pytsk3.TSK_VS_PART_FLAG_ALLOC
    ]

    assert [(start, name) for start, _, name in volumes] == [(PARTITION_START, "DOS FAT16 (0x06)")]
    assert card.stat().st_size == (PARTITION_START + volumes[0][1] + 64) * SECTOR


def test_every_file_is_there_the_deleted_ones_too(card):
    wanted = {path: (True, data) for path, data in LIVE.items()} | {path: (False, data) for path, data in GONE.items()}

    assert files(card) == wanted


def test_what_has_no_name_lies_in_free_clusters(card):
    data = card.read_bytes()

    assert data.count(NAMELESS[0]) == 1
    assert not any(content == NAMELESS[0] for _, content in files(card).values())


def test_the_same_files_give_the_same_bytes(card):
    assert card_of(LIVE, GONE, NAMELESS) == card.read_bytes()


@pytest.mark.skipif(shutil.which("fsck.fat") is None, reason="fsck.fat is not installed (package dosfstools)")
def test_the_file_system_has_no_fault(card, tmp_path):
    volume = tmp_path / "volume"
    volume.write_bytes(card.read_bytes()[PARTITION_START * SECTOR : -64 * SECTOR])
    ran = subprocess.run(["fsck.fat", "-n", volume], capture_output=True, text=True, check=False)

    assert "6 files, " in ran.stdout
    assert not [line for line in ran.stdout.splitlines() if "cluster" in line and "clusters" not in line]


def test_a_full_card_says_so():
    with pytest.raises(ValueError, match="full"):
        Card().write("a", bytes(CLUSTER * 5_000))
    with pytest.raises(ValueError, match="do not make a FAT16 volume"):
        Card(10)
