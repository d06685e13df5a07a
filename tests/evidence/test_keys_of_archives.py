"""Encrypted ZIP and 7z archives, made by other programs and opened with the keys that are given."""

import io
import random
import re
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.errors import Locked, SauveterreError
from sauveterre.evidence import zip_encryption
from sauveterre.evidence.origin import StreamOrigin
from sauveterre.evidence.readers import seven_zip, zip_archive
from sauveterre.records.limits import Limits

FILES = {"rain.txt": b"Rain by noon.\n" * 9_000, "films.bin": random.Random(1).randbytes(70_001)}
PASSWORD = "rain at noon"
ZIPS = {
    "old": ["-tzip", "-mem=ZipCrypto"],
    "AES-256": ["-tzip", "-mem=AES256"],
    "AES-128 stored": ["-tzip", "-mem=AES128", "-mx0"],
    "AES-192 LZMA": ["-tzip", "-mem=AES192", "-mm=LZMA"],
}
SEVEN = {"7z": [], "7z stored": ["-mx0"], "7z names": ["-mhe=on"], "7z each": ["-ms=off"]}


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """Make every archive once, by 7-Zip."""
    if shutil.which("7z") is None:
        pytest.skip("no 7z here: install 7-Zip to test against what it makes")
    folder = tmp_path_factory.mktemp("archives")
    for name, data in FILES.items():
        (folder / name).write_bytes(data)
    made = {}
    for name, options in {**ZIPS, **SEVEN}.items():
        path = folder / f"{name}.archive"
        kind = [] if name in ZIPS else ["-t7z"]
        command = ["7z", "a", f"-p{PASSWORD}", *kind, *options, path, *FILES]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        made[name] = path.read_bytes()
    return made


def read(name, data, *keys):
    reader = zip_archive if name in ZIPS else seven_zip
    found = {}
    with reader.open(StreamOrigin(io.BytesIO(data), "id", 0, b"", keys), Limits()) as container:
        for entry in container.entries():
            assert (entry.failure, entry.size) == ("", len(FILES[entry.path.decode()]))
            try:
                with container.open(entry) as stream:
                    found[entry.path.decode()] = stream.read()
            except SauveterreError as error:
                found[entry.path.decode()] = error
    return found


@pytest.mark.parametrize("name", [*ZIPS, *SEVEN])
def test_the_right_key_among_others_opens_it(archives, name):
    assert read(name, archives[name], "sunshine", PASSWORD, "hail") == FILES


@pytest.mark.parametrize("keys", [(), ("sunshine",)], ids=["none", "wrong"])
@pytest.mark.parametrize("name", [*ZIPS, *SEVEN])
def test_without_it_everything_is_locked_and_says_what_opens_it(archives, name, keys):
    words = "no key was given" if not keys else r"none of the keys given \(1\) opens it"
    if name == "7z names":
        with pytest.raises(Locked, match=words):
            read(name, archives[name], *keys)
        return
    found = read(name, archives[name], *keys)
    assert set(found) == set(FILES)
    for error in found.values():
        assert isinstance(error, Locked)
        assert re.search(words, str(error))
        assert "`sauveterre key add`" in str(error)


def test_a_wrong_key_that_passes_the_check_of_one_byte_is_doubted_and_the_right_one_preferred(tmp_path):
    if shutil.which("zip") is None:
        pytest.skip("no zip here: install Info-ZIP to test against what it makes")
    (tmp_path / "fog.txt").write_bytes(b"Fog. " * 400)
    subprocess.run(["zip", "-q", "-P", "rain", "a.zip", "fog.txt"], cwd=tmp_path, check=True)
    made = (tmp_path / "a.zip").read_bytes()
    for number in range(5_000):
        with zip_archive.open(StreamOrigin(io.BytesIO(made), "id", 0, b"", (f"w{number}",)), Limits()) as container:
            [entry] = container.entries()
            try:
                stream = container.open(entry)
            except Locked:
                continue
            with pytest.raises(Locked, match="passed its check gives is not right"):
                stream.read()
            break
    with zip_archive.open(StreamOrigin(io.BytesIO(made), "id", 0, b"", (f"w{number}", "rain")), Limits()) as container:
        [entry] = container.entries()
        assert container.open(entry).read() == b"Fog. " * 400


def test_damage_below_aes_is_damage_and_not_a_wrong_key(archives):
    data = bytearray(archives["AES-256"])
    data[data.index(b"films.bin") + 5_000] ^= 1
    found = read("AES-256", bytes(data), PASSWORD)
    assert found["rain.txt"] == FILES["rain.txt"]
    assert "does not have the proof of its encryption" in str(found["films.bin"])
    assert not isinstance(found["films.bin"], Locked)


@given(st.binary(min_size=1, max_size=300), st.binary(max_size=300), st.binary(max_size=20))
def test_machine_code_undoes_the_old_encryption_as_python_does(first, second, password):
    slow, fast = zip_encryption._Old(password), zip_encryption._Old(password)
    assert fast.plain_fast(first) == slow.plain(first)
    assert fast.plain(second) == slow.plain_fast(second)


def test_a_large_member_is_undone_by_machine_code(archives, monkeypatch):
    monkeypatch.setattr(zip_encryption, "LARGE_BYTES", 1)
    assert read("old", archives["old"], PASSWORD) == FILES
