"""Signal on iOS: what an invented iPhone tells equals what was invented, and what a backup of it tells."""

import base64
import hashlib
import random
from dataclasses import asdict

import pytest
from tests.messages.signal_world import (
    MemoryTree,
    of,
    stable,
    tellers,
    told_changes,
    told_messages,
    true_changes,
    true_members,
    true_messages,
    true_reactions,
    under,
)

from sauveterre.errors import Locked, UnreadableSource
from sauveterre.messages.readers import signal_backup, signal_ios
from sauveterre.messages.stores import find_stores
from sauveterre.records.account import Account, AccountIdentifier
from sauveterre.records.group import Group, GroupEvent, MemberSnapshot
from sauveterre.records.message import Attachment, Delivery, Link, Message, Reaction
from sauveterre.records.problem import Problem
from sauveterre.scenarios import signal_ios_writer as writer
from sauveterre.scenarios.signal_writer import encrypted_folder, recovery_key

ROOT = "private/var/mobile/Containers/Shared/AppGroup/1B"
KEY = bytes(range(100, 148))
HEX = KEY.hex()
DEVICES = range(4)


def made(number=0, is_new=True, key=KEY):
    files = writer.written(writer.told(tellers()[number], random.Random(f"phone {number}"), is_new=is_new), key)
    return MemoryTree(under(ROOT, files))


def location(tree):
    [found] = find_stores(tree)
    return found


def records_of(tree, key=HEX):
    return list(signal_ios.read(tree, location(tree), key))


@pytest.mark.parametrize("is_new", [True, False])
@pytest.mark.parametrize("number", DEVICES)
def test_a_phone_tells_what_was_invented(number, is_new):
    teller, tree = tellers()[number], made(number, is_new)
    records = records_of(tree)
    messages = told_messages(of(records, Message))
    if not is_new:  # a version that knows no administrators who delete
        truth = {(*row[:6], "by_author" if row[6] == "by_admin" else row[6], *row[7:]) for row in true_messages(teller)}
    else:
        truth = true_messages(teller)

    assert of(records, Problem) == []
    assert messages == truth
    assert len(of(records, Message)) == len(teller.posts())
    assert told_changes(of(records, GroupEvent)) == true_changes(teller)
    last = max(s.at for s in of(records, MemberSnapshot))
    final = {(s.group, s.account, str(s.role)) for s in of(records, MemberSnapshot) if s.at == last}
    assert final == {row[:3] for row in true_members(teller)}
    assert {(r.message, r.account, r.emoji, r.at) for r in of(records, Reaction)} == true_reactions(teller)
    assert [a.stable_id for a in of(records, Account) if a.is_owner] == [stable(teller, teller.device.owner)]
    assert len(of(records, Account)) == len({a.stable_id for a in of(records, Account)})
    assert len(of(records, Group)) == len({g.stable_id for g in of(records, Group)})


@pytest.mark.parametrize("number", DEVICES)
def test_a_phone_and_its_backup_tell_the_same(number):
    teller = tellers()[number]
    key = recovery_key(random.Random(3))
    backup = MemoryTree(encrypted_folder(teller.backup(), key, random.Random(4)))
    [place] = find_stores(backup)
    there, here = list(signal_backup.read(backup, place, key)), records_of(made(number))

    def facts(records, kind, *without):
        rows = [asdict(record) for record in of(records, kind)]
        dropped = ("provenance", *without)
        return {tuple((k, str(v)) for k, v in row.items() if k not in dropped) for row in rows}

    lists = {fact for fact in facts(there, Group) if ("kind", "distribution_list") in fact}
    assert facts(here, Message, "received_at", "server_at") == facts(there, Message, "received_at", "server_at")
    dated = {fact for fact in facts(there, GroupEvent, "detail") if ("at", "None") not in fact}
    assert dated
    assert facts(here, GroupEvent, "detail") >= dated
    assert facts(here, Group) == facts(there, Group) - lists  # made by the backup alone
    assert facts(here, Reaction) == facts(there, Reaction)
    assert facts(here, Link) == facts(there, Link)
    assert facts(here, Attachment, "path") == facts(there, Attachment, "path")
    assert facts(here, AccountIdentifier) >= facts(there, AccountIdentifier)


def test_what_the_owner_sent_is_told_with_everyone_who_got_it():
    teller, records = tellers()[0], records_of(made(0))
    ways = ("read", "viewed", "delivered", "sent")
    by_account = {stable(teller, index): ways[index % 4] for index in teller.contacts}
    deliveries = of(records, Delivery)

    assert {d.message for d in deliveries} == {m.key for m in of(records, Message) if m.direction == "out"}
    assert all(by_account[d.account] == d.status for d in deliveries)


def test_a_list_of_members_of_the_first_state_is_a_snapshot_of_its_time():
    teller, records = tellers()[1], records_of(made(1, is_new=False))
    [choir] = [room for room in teller.rooms if room.name == "choir"]
    first = min(s.at for s in of(records, MemberSnapshot) if s.group == choir.stable_id)
    seen = {s.account for s in of(records, MemberSnapshot) if s.group == choir.stable_id and s.at == first}

    assert seen == {stable(teller, index) for index in choir.initial}


@pytest.mark.parametrize("is_new", [True, False])
def test_files_come_out_as_they_went_in(is_new):
    teller, tree = tellers()[0], made(0, is_new)
    place = location(tree)
    entries = list(signal_ios.attachments(tree, place, KEY.hex()))
    found = set()
    for entry in entries:
        with signal_ios.open_attachment(tree, place, KEY.hex(), entry) as stream:
            found.add(hashlib.sha256(stream.read()).hexdigest())
    records = of(list(signal_ios.read(tree, place, KEY.hex())), Attachment)
    kept = {teller.stored(n, teller.album.shared[n]) for post in teller.posts() for n in post.pictures} - {None}

    assert found == {hashlib.sha256(media.data).hexdigest() for media in kept}
    assert {record.path for record in records if record.path} == {entry.path.decode() for entry in entries}
    assert all(record.sha256 for record in records) == is_new
    assert any(record.path is None for record in records)


def test_a_file_that_is_damaged_or_gone_is_never_handed_out():
    tree = made(0)
    place = location(tree)
    first, second, *_ = list(signal_ios.attachments(tree, place, KEY.hex()))
    path = f"{ROOT}/{first.path.decode().removeprefix('attachments/')}"
    tree.files[path] = tree.files[path][:-1] + b"x"
    with pytest.raises(UnreadableSource, match="checksum"):
        signal_ios.open_attachment(tree, place, KEY.hex(), first)
    gone = MemoryTree({p: d for p, d in tree.files.items() if second.path.decode().partition("/")[2] not in p})
    with pytest.raises(UnreadableSource, match="list the attachments again"):
        signal_ios.open_attachment(gone, place, KEY.hex(), second)


@pytest.mark.parametrize("key", [KEY.hex(), KEY.hex().upper(), f" {base64.b64encode(KEY).decode()}\n"])
def test_the_key_is_taken_as_hex_or_base64(key):
    tree = made(3)
    assert location(tree).needs_key
    assert told_messages(of(records_of(tree, key), Message)) == true_messages(tellers()[3])


def test_a_decrypted_copy_needs_no_key():
    tree = made(3, key=b"")
    assert not location(tree).needs_key
    assert told_messages(of(records_of(tree, None), Message)) == true_messages(tellers()[3])


@pytest.mark.parametrize(
    ("key", "what"),
    [
        (None, "enter the 48 bytes"),
        ("  ", "enter the 48 bytes"),
        ("ab" * 30, "has 48 bytes"),
        ("xyz", "has 48 bytes"),
        ("00" * 48, "does not open with the key given"),
        (base64.b64encode(bytes(48)).decode(), "does not open with the key given"),
    ],
)
def test_a_key_that_is_missing_malformed_or_wrong_leaves_the_database_locked(key, what):
    tree = made(3)
    for use in (signal_ios.read, signal_ios.attachments):
        with pytest.raises(Locked, match=what) as caught:
            list(use(tree, location(tree), key))
        assert not (key or "").strip() or key not in str(caught.value)


def test_rows_that_stand_in_the_log_alone_are_read_and_its_absence_is_said():
    tree = made(0)
    whole = records_of(tree)
    del tree.files[f"{ROOT}/grdb/signal.sqlite-wal"]
    cut = records_of(tree)

    assert 0 < len(of(cut, Message)) < len(of(whole, Message))
    assert "was read with the database" in " ".join(whole[0].notes)
    assert "No log lay beside the database" in " ".join(cut[0].notes)
    assert {record.provenance.path for record in whole} == {f"{ROOT}/grdb/signal.sqlite"}
