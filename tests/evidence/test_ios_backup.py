"""The writer below follows the format's description, by another route than the reader."""

import hashlib
import io
import plistlib
import sqlite3
import struct
import zipfile
from datetime import UTC, datetime
from plistlib import UID

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from hypothesis import given, settings
from hypothesis import strategies as st

from sauveterre.errors import Locked, SauveterreError, UnreadableSource
from sauveterre.evidence.origin import StreamOrigin
from sauveterre.evidence.readers import zip_archive
from sauveterre.evidence.tree import ContainerTree
from sauveterre.evidence.trees import ios_backup
from sauveterre.media.sandbox import Sandbox
from sauveterre.pipeline.inspection import Inspected, inspect
from sauveterre.records.entry import Cause, EntryKind
from sauveterre.records.limits import Limits

PASSWORD = "umbrella und Regen"
CLASS_KEYS = {number: bytes([number]) * 32 for number in (1, 2, 3, 4, 11)}
MEDIA, HOME = "CameraRollDomain", "HomeDomain"
FILES = [  # domain, path, flags, content, mode
    (MEDIA, "Media/DCIM/100APPLE/IMG_0001.JPG", 1, b"\xff\xd8\xff\xe0 drawn sky" * 900, 0o100644),
    (MEDIA, "Media/DCIM", 2, None, 0o040755),
    (HOME, "Library/SMS/sms.db", 1, bytes(range(256)) * 33, 0o100600),
    (HOME, "Library/Nebel.txt", 1, b"fog in the morning\n", 0o100600),
    (HOME, "Library/empty", 1, b"", 0o100600),
    (HOME, "Library/link", 4, None, 0o120755),
    ("AppDomain-org.example.wetter", "Documents/Schnee & Eis.txt", 1, b"0123456789abcdef" * 4, 0o100600),
]


def file_id(domain, path):
    return hashlib.sha1(f"{domain}-{path}".encode()).hexdigest()


def cbc(key, data):
    fill = 16 - len(data) % 16
    context = Cipher(algorithms.AES(key), modes.CBC(bytes(16))).encryptor()
    return context.update(data + bytes([fill]) * fill) + context.finalize()


def archived(path, content, mode, key=None, **more):
    """A keyed archive of an MBFile."""
    values = {"$class": UID(2), "RelativePath": UID(3), "Size": len(content or b""), "Mode": mode, "UserID": 501,
              "LastModified": 1_700_000_000, "Birth": 1_600_000_000, "LastStatusChange": 1_700_000_100,
              "ProtectionClass": 3, **more}  # fmt: skip
    objects = ["$null", values, {"$classname": "MBFile", "$classes": ["MBFile", "NSObject"]}, path]
    if mode >> 12 == 0o12:
        values["Target"] = UID(len(objects))
        objects.append("../elsewhere")
    if key is not None:
        values["EncryptionKey"] = UID(len(objects))
        objects += [{"$class": UID(len(objects) + 1), "NS.data": key}, {"$classname": "NSMutableData"}]
    top = {"$version": 100000, "$archiver": "NSKeyedArchiver", "$top": {"root": UID(1)}, "$objects": objects}
    return plistlib.dumps(top, fmt=plistlib.FMT_BINARY)


def keybag(password, *, old=False):
    salt, first = b"S" * 20, b"D" * 20
    secret = password.encode()
    if not old:
        secret = hashlib.pbkdf2_hmac("sha256", secret, first, 300, 32)
    key = hashlib.pbkdf2_hmac("sha1", secret, salt, 200, 32)
    tags = [(b"VERS", 4), (b"TYPE", 1), (b"UUID", b"u" * 16), (b"HMCK", b"h" * 40), (b"WRAP", 1)]
    tags += [(b"SALT", salt), (b"ITER", 200)] + ([] if old else [(b"DPWT", 1), (b"DPIC", 300), (b"DPSL", first)])
    for number, class_key in CLASS_KEYS.items():
        tags += [(b"UUID", bytes([number]) * 16), (b"CLAS", number), (b"WRAP", 2), (b"KTYP", 0)]
        tags += [(b"WPKY", aes_key_wrap(key, class_key))]
    tags += [(b"UUID", b"d" * 16), (b"CLAS", 9), (b"WRAP", 1), (b"KTYP", 0), (b"WPKY", b"x" * 40)]
    packed = [(tag, struct.pack(">I", value) if isinstance(value, int) else value) for tag, value in tags]
    return b"".join(tag + struct.pack(">I", len(value)) + value for tag, value in packed)


def sealed(number, key):
    return struct.pack("<I", number) + aes_key_wrap(CLASS_KEYS[number], key)


def database(path, rows):
    with sqlite3.connect(path) as made:
        made.execute(
            "CREATE TABLE Files (fileID TEXT PRIMARY KEY, domain TEXT, relativePath TEXT, flags INTEGER, file BLOB)"
        )
        made.executemany("INSERT INTO Files VALUES (?, ?, ?, ?, ?)", rows)
    made.close()
    return path.read_bytes()


def backup(folder, *, password=None, old=False, flat=False, files=FILES, number=3):
    """Write a backup; return its files by name."""
    rows, stored = [], {}
    for count, (domain, path, flags, content, mode) in enumerate(files):
        name, key = file_id(domain, path), None
        if content is not None:
            place = name if flat else f"{name[:2]}/{name}"
            stored[place] = content
            if password:
                key = bytes([count + 100]) * 32
                stored[place] = cbc(key, content)
        record = archived(path, content, mode, None if key is None else sealed(number, key))
        rows.append((name, domain, path, flags, record))
    manifest = database(folder / "made.db", rows)
    properties = {"IsEncrypted": password is not None, "Version": "10.0", "Lockdown": {}}
    if password:
        properties["BackupKeyBag"] = keybag(password, old=old)
    if password and not old:
        manifest = cbc(b"M" * 32, manifest)
        properties["ManifestKey"] = sealed(4, b"M" * 32)
    plists = {"Manifest.plist": plistlib.dumps(properties, fmt=plistlib.FMT_BINARY),
              "Info.plist": plistlib.dumps({"Device Name": "phone"})}  # fmt: skip
    return {"Manifest.db": manifest, **plists, **stored}


def tree_of(files, folder="Backup/0001"):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(f"{folder}/{name}".strip("/"), data)
    return ContainerTree(zip_archive.open(StreamOrigin(buffer, "sha256:zip"), Limits()), "sha256:zip")


def opened(files, *keys, folder="Backup/0001"):
    tree = tree_of(files, folder)
    (location,) = ios_backup.find(tree)
    return ios_backup.open(tree, location, keys, Limits())


TRUTH = {f"{domain}/{path}".encode(): content for domain, path, _, content, _ in FILES if content is not None}


def contents(container, content_of):
    return {path: content for path, content in content_of(container) if isinstance(content, bytes)}


@pytest.mark.parametrize("options", [{}, {"flat": True}, {"password": PASSWORD}, {"password": PASSWORD, "old": True}])
@pytest.mark.parametrize("folder", ["", "Backup/0001"])
def test_every_listed_file_has_its_path_and_content(tmp_path, content_of, options, folder):
    container = opened(backup(tmp_path, **options), "wrong", PASSWORD, folder=folder)
    assert contents(container, content_of) == TRUTH
    assert container.problems == []
    for entry in container.entries():
        assert container.entry_at(entry.locator) == entry
        assert entry.provenance.source == "sha256:zip"


def test_what_the_manifest_states_is_kept(tmp_path):
    by_path = {entry.path: entry for entry in opened(backup(tmp_path)).entries()}
    fog = by_path[b"HomeDomain/Library/Nebel.txt"]
    assert (fog.size, fog.kind, fog.allocated) == (19, EntryKind.FILE, True)
    assert fog.modified == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert fog.created == datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC)
    assert fog.changed == datetime(2023, 11, 14, 22, 15, tzinfo=UTC)
    assert fog.locator == f"row 4 file {file_id(HOME, 'Library/Nebel.txt')}"
    link = by_path[b"HomeDomain/Library/link"]
    assert (link.kind, link.size) == (EntryKind.SYMLINK, None)
    assert "symbolic link to ../elsewhere" in link.refusal
    assert b"CameraRollDomain/Media/DCIM" not in by_path


def test_the_need_for_a_key_is_known_before_opening(tmp_path):
    tree = tree_of(backup(tmp_path, password=PASSWORD))
    (location,) = ios_backup.find(tree)
    assert (location.reader, location.root, location.needs_key) == ("ios_backup", "Backup/0001", True)
    for keys, words in [((), "no password was given"), (("rain",), "none of the passwords")]:
        with pytest.raises(Locked, match=words):
            ios_backup.open(tree, location, keys, Limits())


def test_other_folders_hold_no_backup():
    assert list(ios_backup.find(tree_of({"Manifest.db": b"", "other": b""}))) == []
    assert list(ios_backup.find(tree_of({"Manifest.plist": b"", "Info.plist": b""}))) == []


def test_missing_and_nameless_contents_are_told(tmp_path):
    files = backup(tmp_path)
    gone = file_id(HOME, "Library/Nebel.txt")
    del files[f"{gone[:2]}/{gone}"]
    files |= {f"{n % 256:02x}/{n % 256:02x}{n:038x}": b"?" for n in range(103)}
    container = opened(files)
    (failed,) = [entry for entry in container.entries() if entry.failure]
    assert failed.path == b"HomeDomain/Library/Nebel.txt"
    assert gone in failed.failure
    assert failed.cause is Cause.UNREADABLE
    assert len(container.problems) == 101
    assert "does not name: Backup/0001/00/00000" in container.problems[0].what
    assert "103 contents" in container.problems[-1].what


@pytest.mark.parametrize("password", [None, PASSWORD])
@pytest.mark.parametrize("size", [0, 5, 60])
def test_a_content_of_another_size_comes_whole_and_says_so(tmp_path, before_damage, password, size):
    files = backup(tmp_path, password=password)
    name = file_id("AppDomain-org.example.wetter", "Documents/Schnee & Eis.txt")
    files[f"{name[:2]}/{name}"] = files[f"{name[:2]}/{name}"][:size]
    container = opened(files, PASSWORD)
    (entry,) = [entry for entry in container.entries() if entry.locator.endswith(name)]
    got, error = before_damage(container.open(entry))
    whole = size // 16 * 16 if password else size
    assert got == (b"0123456789abcdef" * 4)[:whole]
    assert isinstance(error, UnreadableSource)


def test_keys_of_classes_that_are_not_there_fail_their_files(tmp_path, content_of):
    CLASS_KEYS[7] = b"7" * 32
    try:
        files = backup(tmp_path, password=PASSWORD, number=7)
    finally:
        del CLASS_KEYS[7]
    properties = plistlib.loads(files["Manifest.plist"])
    properties["BackupKeyBag"] = keybag(PASSWORD)
    files["Manifest.plist"] = plistlib.dumps(properties)
    container = opened(files, PASSWORD)
    failures = [entry.failure for entry in container.entries() if entry.kind is EntryKind.FILE]
    assert len(failures) == 5
    assert all("protection class 7" in failure for failure in failures)


def test_a_row_whose_record_is_damaged_is_listed_all_the_same(tmp_path, content_of):
    files = backup(tmp_path)
    path = tmp_path / "made.db"
    with sqlite3.connect(path) as made:
        made.execute("UPDATE Files SET file = x'00', fileID = 'nothing' WHERE rowid = 1")
        made.execute("UPDATE Files SET file = ? WHERE rowid = 3", (plistlib.dumps({"$objects": [], "$top": {}}),))
        made.execute("UPDATE Files SET domain = x'ff00', relativePath = 7, flags = 'x' WHERE rowid = 4")
    made.close()
    container = opened({**files, "Manifest.db": path.read_bytes()})
    first, third, fourth = list(container.entries())[:3]
    assert (first.size, first.modified) == (None, None)
    assert "no property list" in first.note
    assert "nothing" in first.failure
    assert "keyed archive without an object" in third.note
    assert (fourth.path, fourth.kind) == (b"\xff\x00/7", EntryKind.FILE)
    assert contents(container, content_of)[b"HomeDomain/Library/SMS/sms.db"] == bytes(range(256)) * 33
    assert len(container.problems) == 1


def test_a_write_ahead_log_beside_the_manifest_counts(tmp_path):
    files = backup(tmp_path)
    writer = sqlite3.connect(tmp_path / "made.db")
    writer.execute("PRAGMA journal_mode = WAL")
    bare = (tmp_path / "made.db").read_bytes()
    writer.execute("DELETE FROM Files WHERE rowid > 1")
    writer.commit()
    log = (tmp_path / "made.db-wal").read_bytes()
    writer.close()
    assert len(list(opened({**files, "Manifest.db": bare, "Manifest.db-wal": log}).entries())) == 1
    assert len(list(opened({**files, "Manifest.db": bare}).entries())) == 6


ENDLESS = (
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) "
    "SELECT x AS rowid, 'a' AS fileID, 'b' AS domain, 'c' AS relativePath, 1 AS flags, '' AS file FROM n"
)


@pytest.mark.parametrize(
    ("sql", "words"),
    [(f"CREATE VIEW Files AS {ENDLESS}", "for ever"), ("CREATE TABLE Other (x)", "no such table")],
)
def test_a_hostile_manifest_ends_in_a_problem(tmp_path, sql, words):
    with sqlite3.connect(tmp_path / "hostile.db") as made:
        made.execute(sql)
    made.close()
    container = opened({"Manifest.db": (tmp_path / "hostile.db").read_bytes(), "Info.plist": b""})
    assert len(list(container.entries())) < 10
    assert any(words in problem.what for problem in container.problems)


def test_nothing_is_left_in_scratch(tmp_path, monkeypatch):
    files = backup(tmp_path)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    container = opened(files)
    assert list(scratch.iterdir()) == []
    assert len(list(container.entries())) == 6


@pytest.mark.parametrize("outer", ["phone.zip", "phone"])
def test_a_backup_in_another_source_is_opened_from_end_to_end(tmp_path, outer):
    target = tmp_path / outer
    with zipfile.ZipFile(tmp_path / "phone.zip", "w") as archive:
        for name, data in backup(tmp_path, password=PASSWORD).items():
            archive.writestr(f"b/{name}", data)
    if outer == "phone":
        zipfile.ZipFile(tmp_path / "phone.zip").extractall(target)
    with Sandbox(workers=1, limits=Limits()) as sandbox:
        found = [each for each in inspect(target, sandbox, Limits(), (PASSWORD,)) if isinstance(each, Inspected)]
    digests = {
        each.entry.path: each.processed.fingerprint.digests.sha256
        for each in found
        if each.source in ("phone.zip!b", "phone/b") and each.processed.fingerprint is not None
    }
    assert digests == {path: hashlib.sha256(content).hexdigest() for path, content in TRUTH.items()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return backup(folder), backup(tmp_path_factory.mktemp("sealed"), password=PASSWORD)


@settings(max_examples=120, deadline=None)
@given(data=st.data(), which=st.sampled_from(["Manifest.db", "Manifest.plist"]), encrypted=st.booleans())
def test_any_damage_ends_in_our_own_words(whole, content_of, data, which, encrypted):
    files = dict(whole[encrypted])
    content = bytearray(files[which])
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    files[which] = bytes(content[: data.draw(st.integers(0, len(content)))] if data.draw(st.booleans()) else content)
    try:
        container = opened(files, PASSWORD)
        content_of(container)
    except SauveterreError as error:
        assert len(str(error)) > 20
