"""The encrypted folder: keys, its owner, its media."""

import hashlib
from uuid import UUID

import pytest

from sauveterre.errors import Locked, UnreadableSource
from sauveterre.messages.protobuf import read_varint
from sauveterre.messages.readers import signal_backup
from sauveterre.messages.signal import crypto, media
from sauveterre.messages.stores import find_stores, reader_named
from sauveterre.records.account import Account, AccountIdentifier
from sauveterre.records.group import Group, GroupKind
from sauveterre.records.message import Attachment
from sauveterre.records.problem import Problem

KNOWN_AEP = "dtjs858asj6tv0jzsqrsmj0ubp335pisj98e9ssnss8myoc08drhtcktyawvx45l"
OWNER = b"\x11" * 16
ROOT = "SignalBackups/signal-backup-2026-01-02-03-04-05"
GROUP = {"masterKey": b"\x05" * 32, "snapshot": {"members": [{"userId": OWNER, "role": 2}, {"userId": b"\x22" * 16}]}}
FRAMES = [
    {"account": {"givenName": "Ana"}},
    {"recipient": {"id": 1, "self": {}}},
    {"recipient": {"id": 2, "contact": {"aci": b"\x33" * 16, "e164": 3312345}}},
    {"recipient": {"id": 3, "group": GROUP}},
    {"chat": {"id": 7, "recipientId": 3}},
]


def item(**fields):
    return {"chatItem": {"chatId": 7, "authorId": 1, "dateSent": 1_700_000_000_000, "outgoing": {}, **fields}}


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


def only_location(kit, folder):
    [location] = find_stores(kit.Tree(folder))
    return location


def test_keys_equal_the_known_answers():
    key = crypto.backup_key(KNOWN_AEP)
    identifier = crypto.backup_id(key, bytes.fromhex("659aa5f4a28dfcc11ea1b997537a3d95"))

    assert key.hex() == "ea26a2ddb5dba5ef9e34e1b8dea1f5ae7f255306a6d2d883e542306eaa9fe985"
    assert identifier.hex() == "8a624fbc45379043f39f1391cddc5fe8"
    assert [part.hex() for part in crypto.message_keys(key, identifier)] == [
        "f425e22a607c529717e1e1b29f9fe139f9d1c7e7d01e371c7753c544a3026649",
        "e143f4ad5668d8bfed2f88562f0693f53bda2c0e55c9d71730f30e24695fd6df",
    ]


def test_a_recovery_key_is_read_however_it_was_typed():
    typed = KNOWN_AEP.upper().replace("O", "#").replace("0", "=")
    grouped = "\n".join(typed[at : at + 4] + " " for at in range(0, 64, 4))

    assert crypto.normalise_recovery_key(grouped) == KNOWN_AEP


@pytest.mark.parametrize(
    ("key", "what"),
    [
        (None, "give its recovery key"),
        ("  ", "give its recovery key"),
        ("m" * 63, "has 64 letters and digits; this one has 63"),
        ("m" * 65, "this one has 65"),
        ("é" * 64, "other characters"),
        ("n" * 64, "does not open .*main .*or the file is damaged"),
    ],
)
def test_a_key_that_does_not_fit_leaves_the_store_locked(kit, tmp_path, key, what):
    kit.local_backup(tmp_path, kit.stream(FRAMES))
    location = only_location(kit, tmp_path)

    for use in (signal_backup.read, signal_backup.attachments):
        with pytest.raises(Locked, match=what):
            list(use(kit.Tree(tmp_path), location, key))


def test_reads_an_encrypted_backup_that_others_made(kit, fixtures, tmp_path):
    main = (fixtures / "signal" / "libsignal" / "legacy-account.binproto.encrypted").read_bytes()
    kit.local_backup(tmp_path, b"", main=main)
    location = only_location(kit, tmp_path)
    records = list(signal_backup.read(kit.Tree(tmp_path), location, kit.aep))

    assert (location.root, location.needs_key) == (ROOT, True)
    assert records[0].kind == "signal_backup_v2.folder"
    assert records[0].exported_at.isoformat() == "2024-01-19T19:26:49.729000+00:00"
    assert records[0].provenance.source == f"sha256:{hashlib.sha256(main).hexdigest()}"
    assert records[0].provenance.path == f"{ROOT}/main"
    assert [group.kind for group in of(records, Group)] == [GroupKind.DIRECT]
    assert of(records, Problem) == []


def test_a_changed_byte_of_main_is_noticed_before_anything_is_read(kit, tmp_path):
    snapshot = kit.local_backup(tmp_path, kit.stream(FRAMES))
    data = bytearray((snapshot / "main").read_bytes())
    data[100] ^= 1
    (snapshot / "main").write_bytes(data)

    with pytest.raises(Locked, match="damaged"):
        next(signal_backup.read(kit.Tree(tmp_path), only_location(kit, tmp_path), kit.aep))


@pytest.mark.parametrize("size", [0, 10, 16, 47, 48])
def test_a_main_that_is_too_short_stays_locked(kit, tmp_path, size):
    kit.local_backup(tmp_path, b"", main=bytes(size))

    with pytest.raises(Locked):
        next(signal_backup.read(kit.Tree(tmp_path), only_location(kit, tmp_path), kit.aep))


def test_a_backup_for_signals_servers_is_named_as_such(kit, tmp_path):
    kit.local_backup(tmp_path, b"", main=b"SBACKUP\x01" + bytes(600))

    with pytest.raises(Locked, match="made for Signal's servers"):
        next(signal_backup.read(kit.Tree(tmp_path), only_location(kit, tmp_path), kit.aep))


def test_metadata_of_another_version_or_damaged_is_refused(kit, tmp_path):
    snapshot = kit.local_backup(tmp_path, kit.stream(FRAMES))
    location = only_location(kit, tmp_path)
    for data, what in (
        (kit.metadata(OWNER, version=2), "states version 2"),
        (b"\x12\xff", "damaged"),
        (b"\x08\x01", "lacks"),
    ):
        (snapshot / "metadata").write_bytes(data)
        with pytest.raises(UnreadableSource, match=what):
            next(signal_backup.read(kit.Tree(tmp_path), location, kit.aep))


def test_the_owner_is_proved_among_several_strangers(kit, tmp_path):
    kit.local_backup(tmp_path, kit.stream(FRAMES))
    records = list(signal_backup.read(kit.Tree(tmp_path), only_location(kit, tmp_path), kit.aep))
    owner = f"aci:{UUID(bytes=OWNER)}"

    assert [account.stable_id for account in of(records, Account) if account.is_owner] == [owner]
    assert (owner, "aci", str(UUID(bytes=OWNER))) in [
        (i.account, i.type, i.value) for i in of(records, AccountIdentifier)
    ]
    assert "proved" in " ".join(records[0].notes)
    frames = kit.read(tmp_path, kit.stream(FRAMES))
    assert [a.stable_id for a in of(frames, Account) if a.is_owner] == [f"self:{frames[0].provenance.source}"]
    assert "could not be told" in " ".join(frames[0].notes)


def test_only_the_root_of_a_location_counts(kit, tmp_path):
    kit.local_backup(tmp_path, kit.stream(FRAMES))
    records = list(signal_backup.read(kit.Tree(tmp_path), kit.location(ROOT), kit.aep))

    assert records[0].kind == "signal_backup_v2.folder"
    with pytest.raises(Locked, match="give its recovery key"):
        next(signal_backup.read(kit.Tree(tmp_path), kit.location(ROOT), None))


def test_finds_snapshots_and_passes_over_unfinished_ones(kit, tmp_path):
    kit.local_backup(tmp_path, b"", name="signal-backup-2026-01-01-00-00-00")
    kit.local_backup(tmp_path, b"", name="signal-backup-2026-01-02-00-00-00-tmp")
    kit.local_backup(tmp_path, b"", name="renamed by somebody")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "main").write_bytes(b"x")
    (tmp_path / "other" / "metadata").write_bytes(b"name: weather station")

    roots = [location.root for location in find_stores(kit.Tree(tmp_path))]

    assert roots == ["SignalBackups/renamed by somebody", "SignalBackups/signal-backup-2026-01-01-00-00-00"]
    assert reader_named("signal_backup_v2") is signal_backup


def with_media(kit, folder, contents):
    items = []
    for count, plain in enumerate(contents):
        _, locator = kit.store_medium(folder, plain, local_key=bytes([count + 1]) * 64)
        pointer = {"contentType": "text/plain", "fileName": f"{count}.txt", "locatorInfo": locator}
        items.append(item(standardMessage={"attachments": [{"pointer": pointer}]}))
    kit.local_backup(folder, kit.stream([*FRAMES, *items, *items]))
    return only_location(kit, folder)


CONTENTS = [b"", b"rain on Monday", bytes(range(256)) * 300, b"x" * 65536]


def test_media_come_out_as_they_went_in(kit, tmp_path):
    (tmp_path / "SignalBackups").mkdir()
    location, tree = with_media(kit, tmp_path, CONTENTS), kit.Tree(tmp_path)
    entries = list(signal_backup.attachments(tree, location, kit.aep))
    found = []
    for entry in entries:
        with signal_backup.open_attachment(tree, location, kit.aep, entry) as stream:
            found.append(stream.read())

    assert found == CONTENTS
    assert [entry.size for entry in entries] == [len(content) for content in CONTENTS]
    assert entries[0].path == b"attachments/" + entries[0].locator.removeprefix("media ").encode()
    records = list(signal_backup.read(tree, location, kit.aep))
    assert [a.path for a in of(records, Attachment)] == [entry.path.decode() for entry in entries] * 2
    assert [a.sha256 for a in of(records, Attachment)][:4] == [hashlib.sha256(c).hexdigest() for c in CONTENTS]


def test_a_medium_that_is_missing_or_damaged_is_never_handed_out(kit, tmp_path):
    (tmp_path / "SignalBackups").mkdir()
    location, tree = with_media(kit, tmp_path, CONTENTS), kit.Tree(tmp_path)
    first, second, third, fourth = list(signal_backup.attachments(tree, location, kit.aep))
    path = {
        e.locator: tmp_path / "SignalBackups" / "files" / e.locator[6:8] / e.locator[6:] for e in (first, second, third)
    }
    path[first.locator].write_bytes(b"short")
    data = bytearray(path[second.locator].read_bytes())
    data[20] ^= 1
    path[second.locator].write_bytes(data)
    path[third.locator].write_bytes(kit.seal(b"another content", bytes([3]) * 32, bytes([3]) * 32))

    for entry, what in ((first, "checksum"), (second, "checksum"), (third, "does not hold the bytes")):
        with pytest.raises(UnreadableSource, match=what):
            signal_backup.open_attachment(tree, location, kit.aep, entry)
    path[third.locator].unlink()
    with pytest.raises(UnreadableSource):
        signal_backup.open_attachment(tree, location, kit.aep, third)
    records = list(signal_backup.read(kit.Tree(tmp_path), location, kit.aep))
    assert [a.path is None for a in of(records, Attachment)] == [False, False, True, False] * 2
    with signal_backup.open_attachment(tree, location, kit.aep, fourth) as stream:
        assert stream.read() == CONTENTS[3]


def test_a_cut_packed_stream_ends_in_a_problem_and_not_in_an_error(kit, tmp_path):
    import gzip

    key = crypto.backup_key(kit.aep)
    keys = crypto.message_keys(key, crypto.backup_id(key, OWNER))
    packed = gzip.compress(kit.stream(FRAMES * 50), mtime=0)
    for cut in (3, 15, len(packed) // 2, len(packed) - 1):
        folder = tmp_path / str(cut)
        folder.mkdir()
        kit.local_backup(folder, b"", main=kit.seal(packed[:cut], *keys))
        records = list(signal_backup.read(kit.Tree(folder), only_location(kit, folder), kit.aep))
        assert "breaks off" in " ".join(problem.what for problem in of(records, Problem))


def test_a_decrypted_medium_can_be_read_in_pieces(kit, tmp_path):
    (tmp_path / "SignalBackups").mkdir()
    location, tree = with_media(kit, tmp_path, CONTENTS), kit.Tree(tmp_path)
    entry = list(signal_backup.attachments(tree, location, kit.aep))[2]
    with signal_backup.open_attachment(tree, location, kit.aep, entry) as stream:
        pieces = list(iter(lambda: stream.read(1000), b""))

    assert b"".join(pieces) == CONTENTS[2]
    assert media.entry_path("a") == "attachments/a"
    assert read_varint(b"\x01", 0) == (1, 1)
