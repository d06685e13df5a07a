"""Encrypted backups of WhatsApp's database: the right key opens them, everything else is one clear sentence."""

import random
import zlib

import pytest
from tests.messages import whatsapp_world as world
from tests.messages.conftest import FolderTree
from tests.messages.told_world import tellers

from sauveterre.errors import LimitExceeded, Locked, SauveterreError, UnreadableSource
from sauveterre.messages.readers import whatsapp_android as reader
from sauveterre.messages.whatsapp import sealed
from sauveterre.records.message import Message
from sauveterre.records.store import StoreInfo, StoreLocation
from sauveterre.scenarios import whatsapp_seal as seal
from sauveterre.scenarios import whatsapp_writer as writer

ROOT, NONCE = bytes(range(32)), bytes(range(100, 116))
KEY_FILE = seal.key_file(bytes(range(32, 64)), b"S" * 32, b"G" * 16)
NAME = "Databases/msgstore.db.crypt15"


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain")
    writer.tell(tellers()[2], folder)
    return (folder / writer.FOLDER / "msgstore.db").read_bytes()


def read(folder, data, key, name=NAME):
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)
    return list(reader.read(FolderTree(folder), StoreLocation(reader.NAME, name, needs_key=True), key))


@pytest.mark.parametrize(("flag", "digest"), [(True, True), (False, True), (True, False)])
def test_crypt15_opens_with_the_key_of_64_digits(database, tmp_path, flag, digest):
    data = seal.crypt15(database, ROOT, NONCE, flag=flag, digest=digest)
    records = read(tmp_path, data, " ".join(ROOT.hex()[at : at + 4] for at in range(0, 64, 4)))
    assert {one.key for one in records if isinstance(one, Message)} == set(world.true_messages(tellers()[2]))
    assert any("opened with the key given" in note for note in records[0].notes)
    assert isinstance(records[0], StoreInfo)
    assert records[0].provenance.path == NAME
    tree = FolderTree(tmp_path)
    (location,) = reader.find(tree)
    assert location.needs_key
    assert list(reader.attachments(tree, location, ROOT.hex())) == []


def test_crypt14_opens_with_the_key_file(database, tmp_path):
    data = seal.crypt14(database, KEY_FILE, NONCE)
    name = "Databases/msgstore-2026-05-01.1.db.crypt14"
    for key in (KEY_FILE.hex(), KEY_FILE[27:].hex(), KEY_FILE[-32:].hex()):
        assert any(isinstance(one, Message) for one in read(tmp_path, data, key, name))


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        (None, "is an encrypted backup of WhatsApp: a crypt15 backup opens with the 64-digit key"),
        (None, "a crypt14 backup opens with files/key from there in hexadecimal$"),
        ("", "is an encrypted backup of WhatsApp"),
        ("soup", "is no key of 64 hexadecimal digits"),
        ("ab" * 31, "is no key of 64 hexadecimal digits"),
        ("ab" * 32, "does not open with the key given, or it is damaged"),
    ],
)
def test_any_other_key_is_locked_and_never_repeated(database, tmp_path, key, sentence):
    with pytest.raises(Locked, match=sentence) as raised:
        read(tmp_path, seal.crypt15(database, ROOT, NONCE), key)
    assert not key or key not in str(raised.value)
    with pytest.raises(Locked):
        list(reader.attachments(FolderTree(tmp_path), StoreLocation(reader.NAME, NAME, needs_key=True), key))


def test_what_is_inside_must_be_a_database(tmp_path):
    with pytest.raises(UnreadableSource, match="holds no database"):
        read(tmp_path, seal.crypt15(b"PK\x03\x04 soup", ROOT, NONCE), ROOT.hex())


def test_cut_and_flipped_at_two_hundred_places(database, tmp_path):
    data, chance = seal.crypt15(database[:40_000], ROOT, NONCE), random.Random(6)
    for count in range(400):
        spoilt = bytearray(data[: chance.randrange(len(data))] if count % 2 else data)
        if not count % 2:
            spoilt[chance.randrange(len(data) - 16)] ^= 1 << chance.randrange(8)
        try:
            read(tmp_path, bytes(spoilt), ROOT.hex())
        except SauveterreError as error:
            assert "msgstore.db" in str(error)
        else:
            assert spoilt[:2] != data[:2] or count % 2 == 0


def test_a_header_of_noise_is_refused(tmp_path):
    for seed in range(100):
        with pytest.raises((UnreadableSource, Locked)):
            read(tmp_path, random.Random(seed).randbytes(seed * 7), ROOT.hex())


def test_what_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sealed, "MOST_BYTES", 1 << 21)
    with pytest.raises(LimitExceeded, match="unpacks to more than"):
        read(tmp_path, seal.crypt15(bytes(1 << 23), ROOT, NONCE), ROOT.hex())
    assert len(zlib.compress(bytes(1 << 23))) < 1 << 15


def test_nothing_of_it_stays_behind(database, tmp_path, monkeypatch):
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    with pytest.raises(Locked):
        read(tmp_path, seal.crypt15(database, ROOT, NONCE), "cd" * 32)
    read(tmp_path, seal.crypt15(database, ROOT, NONCE), ROOT.hex())
    assert list((tmp_path / "scratch").iterdir()) == []
