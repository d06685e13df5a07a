"""An exhibit from intake to proof: audited, exported, and refused once a byte of it has changed."""

import json
import os
import shutil
import subprocess

import pytest
from defusedxml.ElementTree import parse

NS = "{http://www.forensicswiki.org/wiki/Category:Digital_Forensics_XML}"
NAMES = [b"rain.txt", "été, 雨.txt".encode(), b"not \xff utf8", b'<xml> & "quotes"', b" led and trailed ", b"empty"]


@pytest.fixture
def card(tmp_path):
    folder = tmp_path / "card"
    (folder / "inner").mkdir(parents=True)
    for name in NAMES:
        (folder / "inner" / os.fsdecode(name)).write_bytes(b"" if name == b"empty" else b"rain on " + name)
    (folder / "link").symlink_to("inner/rain.txt")
    shutil.make_archive(str(tmp_path / "two"), "zip", folder / "inner", "rain.txt")
    shutil.move(tmp_path / "two.zip", folder / "two.zip")
    return folder


@pytest.fixture
def disk(card, tmp_path):
    """The card as an ext4 disk in an EnCase image."""
    for tool in ("mkfs.ext4", "ewfacquire"):
        if shutil.which(tool) is None and shutil.which(tool, path="/usr/sbin:/sbin") is None:
            pytest.skip(f"no {tool} here: install it to test images")
    with (tmp_path / "disk.dd").open("wb") as file:
        file.truncate(8 << 20)
    subprocess.run(["/usr/sbin/mkfs.ext4", "-q", "-F", "-d", card, tmp_path / "disk.dd"], check=True)
    subprocess.run(["ewfacquire", "-u", "-q", "-t", "disk", "disk.dd"], cwd=tmp_path, check=True, capture_output=True)
    return tmp_path / "disk.E01"


def audited(folder, known, *options, cwd=None):
    if shutil.which("hashdeep") is None:
        pytest.skip("no hashdeep here: install it to audit with it")
    command = ["hashdeep", "-r", "-o", "f", *options, "-a", "-vv", "-k", known, folder]
    return subprocess.run(command, cwd=cwd, capture_output=True, check=False)


def test_a_folder_is_proven_exported_and_a_changed_byte_is_found(sauveterre, case, card, tmp_path):
    sauveterre("exhibit", "add", card, "-w", case)
    sauveterre("process", "-w", case)
    dfxml, known, relative = tmp_path / "card.xml", tmp_path / "known", tmp_path / "relative"

    said = sauveterre("exhibit", "audit", 1, "-w", case).stdout
    sauveterre("exhibit", "export", 1, "--dfxml", dfxml, "--hashdeep", known, "-w", case)
    sauveterre("exhibit", "export", 1, "--hashdeep", relative, "--relative", "-w", case)

    assert "Exhibit 1 is what was processed: 9 entries in 2 sources were listed again and 8 files read again" in said
    assert audited(card, known).returncode == 0
    assert audited(".", relative, "-l", cwd=card).returncode == 0
    root = parse(dfxml).getroot()
    listed = [one.findtext(f"{NS}filename") for one in root.iter(f"{NS}fileobject")]
    assert listed.count("inner/not \\xff utf8") == 1
    assert len(listed) == 9
    assert len(root.findall(f".//{NS}hashdigest[@type='sha256']")) == 8

    (card / "inner" / "rain.txt").write_bytes(b"Rain on rain.txt")

    ran = sauveterre("exhibit", "audit", 1, "-w", case, check=False)
    assert ran.returncode == 13
    assert "inner/rain.txt" in ran.stdout
    assert "exhibit 1 is not what was processed" in " ".join(ran.stderr.split())
    assert audited(card, known).returncode == 1
    lines = [
        json.loads(line)
        for line in sauveterre("exhibit", "audit", 1, "--json", "-w", case, check=False).stdout.splitlines()
    ]
    assert [line["path"] for line in lines if line["record"] == "difference"] == ["inner/rain.txt"]
    assert {line["source"]: line["differing"] for line in lines if line["record"] == "audited"} == {
        "card": 1, "card/two.zip": 0
    }  # fmt: skip


def test_an_image_is_held_against_its_own_digest_and_a_changed_byte_is_found(sauveterre, case, disk, tmp_path):
    sauveterre("exhibit", "add", disk, "--digest", "md5:" + "0" * 32, "-w", case)

    processed = sauveterre("process", "-w", case).stdout

    assert processed.count("Finding: exhibit 1: the medium is not what it should be: its MD5") == 2
    lines = [json.loads(line) for line in sauveterre("exhibit", "list", "--json", "-w", case).stdout.splitlines()]
    readings = {(one["phase"], one["subject"], one["algorithm"], one["stated_by"]): one["agrees"]
                for one in lines if one["record"] == "reading"}  # fmt: skip
    assert readings["before", "medium", "md5", "container"] is True
    assert readings["before", "medium", "md5", "examiner"] is False
    assert readings["after", "medium", "md5", "container"] is True
    assert readings["after", "medium", "sha256", "earlier reading"] is True
    second = next(one for one in lines if one["record"] == "crosscheck")
    assert (second["reader"], second["agrees"], second["sampled"]) == ("libfsext", True, second["digests_agreeing"])
    known = tmp_path / "known"
    sauveterre("exhibit", "export", 1, "--hashdeep", known, "-w", case)
    assert b",./media/inner/rain.txt\n" in known.read_bytes()
    assert b"two.zip!" not in known.read_bytes()
    files = tmp_path / "files"
    lines = [json.loads(line) for line in sauveterre("evidence", "extract", disk, "--to", files).stdout.splitlines()]
    assert lines[-1] == {"record": "extraction", "folder": str(files), "processed": 8, "partial": 0, "failed": 0,
                         "skipped": 3}  # fmt: skip
    assert audited(".", known, "-l", cwd=files).returncode == 0
    assert sauveterre("evidence", "extract", disk, "--to", files, check=False).returncode == 2
    (files / "media" / "inner" / "rain.txt").write_bytes(b"Rain on rain.txt")
    assert audited(".", known, "-l", cwd=files).returncode == 1

    data = bytearray(disk.read_bytes())
    data[len(data) // 2] ^= 1
    disk.write_bytes(data)
    ran = sauveterre("exhibit", "audit", 1, "-w", case, check=False)
    assert ran.returncode == 13
    assert "could not be read from end to end at the last audit" in " ".join(ran.stdout.split())
