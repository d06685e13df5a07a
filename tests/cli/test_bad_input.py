"""Bad input gives one clear sentence (what, where, what next) and loses nothing."""

import ctypes
import io
import json
import os
import random
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from PIL import Image


def jpeg(seed=1, size=(640, 480)):
    noise = random.Random(seed).randbytes(40 * 30 * 3)
    stream = io.BytesIO()
    Image.frombytes("RGB", (40, 30), noise).resize(size).save(stream, "JPEG", quality=90)
    return stream.getvalue()


@pytest.fixture(scope="session")
def sauveterre(sauveterre):
    """Verbs may fail here: each test says how."""
    return lambda *arguments, **options: sauveterre(*arguments, check=False, **options)


def lines(ran):
    return [json.loads(line) for line in ran.stdout.splitlines()]


def sentence(ran):
    """What was said on the error channel: one message, no trace of the program's inside."""
    said = " ".join(ran.stderr.split())
    assert "Traceback" not in said
    assert said.count("sauveterre: ") == 1, said
    return said


def test_a_truncated_picture_is_partial_and_says_why(sauveterre, tmp_path):
    folder = tmp_path / "card"
    folder.mkdir()
    (folder / "whole.jpg").write_bytes(jpeg())
    (folder / "cut.jpg").write_bytes(jpeg()[: len(jpeg()) // 2])

    ran = sauveterre("evidence", "list", folder)

    found = {one["path"]: one for one in lines(ran) if one["record"] == "entry"}
    assert ran.returncode == 0
    assert found["whole.jpg"]["outcome"] == "processed"
    assert found["cut.jpg"]["outcome"] == "partial"
    assert "cut short" in found["cut.jpg"]["reason"]
    assert len(found["cut.jpg"]["sha256"]) == 64


def test_a_zip_bomb_ends_as_failed_with_the_reason(sauveterre, tmp_path):
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("zeros.bin", "w", force_zip64=True) as stream:
            for _ in range(600):
                stream.write(bytes(1 << 20))
        archive.writestr("readme.txt", "the weather is fine")

    ran = sauveterre("evidence", "list", bomb)

    found = {one["path"]: one for one in lines(ran) if one["record"] == "entry"}
    assert found["zeros.bin"]["outcome"] == "failed"
    assert "decompression bomb" in found["zeros.bin"]["reason"]
    assert found["readme.txt"]["outcome"] == "processed"
    assert next(one for one in lines(ran) if one["record"] == "accounting")["found"] == 2


@pytest.mark.parametrize("key", ["x" * 64, "too short", "é" * 64])
def test_a_wrong_recovery_key_says_so(sauveterre, tmp_path, fixtures, key):
    backup = tmp_path / "SignalBackups" / "signal-backup-2026-05-01-10-00-00"
    backup.mkdir(parents=True)
    (tmp_path / "SignalBackups" / "files").mkdir()
    (backup / "metadata").write_bytes(b"\x08\x01\x12\x20\x0a\x0c" + bytes(12) + b"\x12\x10" + bytes(16))
    shutil.copy(fixtures / "signal" / "libsignal" / "legacy-account.binproto.encrypted", backup / "main")

    ran = sauveterre("messages", "read", tmp_path / "SignalBackups", "--key", key)

    assert ran.returncode == 7
    assert "recovery key" in sentence(ran)
    assert key not in ran.stderr


def test_a_vics_file_cut_in_the_middle_names_the_place(sauveterre, tmp_path, case):
    media = [{"MediaID": n, "MD5": f"{n:032x}", "Category": 1} for n in range(1, 2_000)]
    whole = json.dumps({"@odata.context": "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/US/$metadata#Media",
                        "value": media})  # fmt: skip
    cut = tmp_path / "cut.json"
    cut.write_text(whole[: len(whole) // 2])

    read = sauveterre("hashlist", "read", cut)
    added = sauveterre("hashlist", "add", cut, "-w", case)

    assert read.returncode == added.returncode == 5
    assert len(lines(read)) > 900
    assert "item" in sentence(read)
    assert "cut.json" in sentence(added)
    assert "0  hash lists" in sauveterre("assess", "-w", case).stdout


def test_an_unreadable_folder_fails_as_an_entry(tmp_path):
    folder = tmp_path / "card"
    (folder / "closed").mkdir(parents=True)
    (folder / "closed" / "a.txt").write_text("rain")
    (folder / "b.txt").write_text("sun")
    (folder / "closed").chmod(0)
    try:
        command = [sys.executable, "-m", "sauveterre.cli.main", "evidence", "list", str(folder)]
        ran = subprocess.run(
            command, capture_output=True, text=True, check=False, preexec_fn=_without_the_right_to_read_everything
        )
    finally:
        (folder / "closed").chmod(0o755)

    found = {one["path"]: one for one in lines(ran) if one["record"] == "entry"}
    assert found["b.txt"]["outcome"] == "processed"
    assert found["closed"]["outcome"] == "failed"
    assert "permission" in found["closed"]["reason"].lower()


def _without_the_right_to_read_everything():
    """Take from root, for the program to start, what lets it pass over permissions (capabilities 1 and 2)."""
    if os.geteuid() == 0:
        drop_from_bounding_set = 24
        for capability in (1, 2):
            assert ctypes.CDLL(None).prctl(drop_from_bounding_set, capability, 0, 0, 0) == 0


@pytest.mark.parametrize("path", ["absent", "plain.txt"])
def test_what_is_no_source_is_refused_and_nothing_is_added(sauveterre, tmp_path, case, path):
    (tmp_path / "plain.txt").write_text("just text")

    ran = sauveterre("exhibit", "add", tmp_path / path, "-w", case)

    assert ran.returncode in {3, 4}
    assert path in sentence(ran)
    assert sauveterre("exhibit", "list", "--json", "-w", case).stdout == ""


def test_no_workspace_says_how_to_make_one(sauveterre, tmp_path):
    ran = sauveterre("process", cwd=tmp_path)

    assert ran.returncode == 10
    assert "sauveterre init" in sentence(ran)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 320 MiB; needs the right to mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=320m", "tmpfs", place], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("a small disk cannot be mounted here: run as root to test a full disk")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def test_a_full_disk_stops_the_work_and_loses_nothing(sauveterre, tmp_path, small_disk):
    case, folder = small_disk / "case", tmp_path / "card"
    folder.mkdir()
    for number in range(5):
        (folder / f"{number}.jpg").write_bytes(jpeg(number))
    assert sauveterre("init", case).returncode == 0
    assert sauveterre("operation", "new", "Weather", "-w", case).returncode == 0
    assert sauveterre("exhibit", "add", folder, "-w", case).returncode == 0
    ballast = small_disk / "ballast"
    free = shutil.disk_usage(small_disk).free
    ballast.write_bytes(bytes(free - (64 << 20)))

    full = sauveterre("process", "-w", case)
    ballast.unlink()
    again = sauveterre("process", "-w", case)

    assert full.returncode == 10
    assert "full" in sentence(full)
    assert "nothing is lost" in sentence(full)
    assert again.returncode == 0, again.stderr
    [account] = lines(sauveterre("exhibit", "list", "--json", "-w", case))
    assert (account["found"], account["processed"]) == (5, 5)


def test_init_refuses_a_folder_that_holds_something(sauveterre, tmp_path):
    (tmp_path / "something").write_text("here")

    ran = sauveterre("init", tmp_path)

    assert ran.returncode == 10
    assert "not an empty folder" in sentence(ran)
    assert [path.name for path in Path(tmp_path).iterdir()] == ["something"]
