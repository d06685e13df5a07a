"""Signal for Android: what was told in rows is read as it was, out of a backup and off the telephone alike."""

import hashlib

import pytest
from tests.messages.android_world import (
    BACKUP,
    DATABASE,
    DIGITS,
    KEY,
    SECRETS,
    milliseconds,
    of,
    world,
    write_backup,
    write_device,
)
from tests.messages.conftest import FolderTree

from sauveterre.errors import Locked, UnreadableSource
from sauveterre.messages.readers import signal_android, signal_android_backup, signal_backup
from sauveterre.messages.stores import find_stores
from sauveterre.records.account import Account, AccountIdentifier
from sauveterre.records.group import Group, GroupEvent, MemberSnapshot
from sauveterre.records.message import Attachment, Delivery, Link, Message, Reaction
from sauveterre.records.problem import Problem
from sauveterre.records.store import StoreInfo, StoreLocation
from sauveterre.scenarios.android_writer import secrets_text
from sauveterre.scenarios.signal_writer import bare_frames


@pytest.fixture(scope="module", params=["backup 0", "backup 1", "device"])
def told(request, tmp_path_factory):
    """(world, records, whether it is a backup, tree, location, key, reader)."""
    folder, one = tmp_path_factory.mktemp("android"), world()
    if request.param == "device":
        reader, key, location = signal_android, SECRETS, write_device(folder, one.store)
    else:
        version = int(request.param[-1])
        reader, key, location = signal_android_backup, DIGITS, write_backup(folder, one.store, version)
    tree = FolderTree(folder)
    assert find_stores(tree) == [location]
    records = list(reader.read(tree, location, key))
    return one, records, request.param != "device", tree, location, key, reader


def test_nothing_is_a_problem_and_the_first_record_says_what_is_left_out(told):
    _, records, is_backup, *_ = told
    assert of(records, Problem) == []
    info = records[0]
    assert isinstance(info, StoreInfo)
    assert info.kind == ("signal_android_backup" if is_backup else "signal_android")
    assert any("does not mean that it was deleted" in note for note in info.notes)
    assert any("were to disappear, and those" in note for note in info.notes) == is_backup


def test_every_message_is_read(told):
    one, records, is_backup, *_ = told
    messages = of(records, Message)
    found = {(m.key, m.direction, m.body, m.deleted, m.deleted_by) for m in messages}
    assert found == one.messages(lasting=is_backup)
    assert len(messages) == len(found)
    by_key = {m.key: m for m in messages}
    received = {row["date_sent"]: row["date_received"] for row in one.store.tables["message"]}
    for post in one.posts(lasting=is_backup):
        message = by_key[one.key(post)]
        assert milliseconds(message.sent_at) == post.at == int(message.sent_raw)
        assert message.expires_in_ms == (post.expires_ms or None)
        assert message.kind == ("deleted" if post.fate else "text")
        assert milliseconds(message.received_at) == received[post.at]
        server = None if message.direction == "out" else post.at + 150
        assert milliseconds(message.server_at) == server


def test_keys_and_answers_are_those_of_the_newer_backup(told, tmp_path):
    one, records, is_backup, *_ = told
    (tmp_path / "new.binproto").write_bytes(bare_frames(one.teller.backup()))
    location = StoreLocation("signal_backup_v2", "new.binproto", needs_key=False)
    newer = of(signal_backup.read(FolderTree(tmp_path), location, None), Message)
    gone = {one.key(post) for post in one.posts() if post.expires_ms} if is_backup else set()
    found = {(m.key, m.reply_to, m.body, m.server_at) for m in of(records, Message)}
    assert found == {(m.key, m.reply_to, m.body, m.server_at) for m in newer if m.key not in gone}


def test_every_change_is_told_with_who_did_it(told):
    one, records, *_ = told
    events = of(records, GroupEvent)
    found = {(e.group, e.kind, e.actor, e.target, milliseconds(e.at)) for e in events}
    assert found == one.events()
    accepted = {e.target: e.detail for e in events if e.kind == "invite_accepted"}
    expected = {
        one.account(c.target): f"invited by {one.account(c.actor)}"
        for c in one.teller.changes()
        if c.kind == "invite_accepted"
    }
    assert accepted.items() >= expected.items()
    assert expected


def test_members_and_administrators_are_those_of_the_state(told):
    one, records, *_ = told
    last = {
        (s.group, s.account, s.role)
        for s in of(records, MemberSnapshot)
        if milliseconds(s.at) == one.latest and " state" not in s.provenance.locator
    }
    assert last == one.members()
    assert all(s.role_stated for s in of(records, MemberSnapshot))


def test_a_group_first_seen_is_shown_as_it_was_then(told):
    one, records, *_ = told
    first = [s for s in of(records, MemberSnapshot) if " state member " in s.provenance.locator]
    rooms = {one.group(room.name) for room in one.teller.rooms}
    assert {s.group for s in first} == rooms
    for room in one.teller.rooms:
        start = one.teller.line.stays[room.name][one.teller.device.owner].start
        inside = {
            one.account(index)
            for index in one.teller.line.stays[room.name]
            if one.teller.line.inside(room.name, index, start)
        }
        at = {s.account: milliseconds(s.at) for s in first if s.group == room.stable_id}
        assert set(at) == inside
        assert set(at.values()) == {start}


def test_groups_and_accounts_are_told_once_with_what_rows_state_of_them(told):
    one, records, *_ = told
    groups = {g.stable_id: g for g in of(records, Group)}
    for room in one.teller.rooms:
        group = groups[room.stable_id]
        assert (group.title, group.description, group.terminated) == (room.title, room.description, False)
        assert group.link_state == ("open" if room.of_interest else "off")
    accounts = of(records, Account)
    assert len({a.stable_id for a in accounts}) == len(accounts)
    assert [a.stable_id for a in accounts if a.is_owner] == [one.account(one.teller.device.owner)]
    numbers = {(i.account, i.value) for i in of(records, AccountIdentifier) if i.type == "e164"}
    assert numbers == {(one.account(i), one.accounts[i].phone) for i in one.teller.stated_numbers()}
    contacts = {i.value for i in of(records, AccountIdentifier) if i.type == "contact_name"}
    assert contacts
    assert all(value.endswith("from the club") for value in contacts)


def test_what_hangs_on_messages_is_read(told):
    one, records, is_backup, *_ = told
    reactions = {(r.message, r.account, r.emoji, milliseconds(r.at)) for r in of(records, Reaction)}
    assert reactions == one.reactions()
    found = sorted((a.message, a.ordinal, a.sha256) for a in of(records, Attachment))
    assert found == one.attachments()
    invitations = [link for link in of(records, Link) if link.kind == "group_invite"]
    assert {link.group for link in invitations} == {one.group("recipes")}
    statuses = {d.status for d in of(records, Delivery)}
    assert statuses == {"sent", "delivered", "read"}
    own = {one.key(post) for post in one.posts(lasting=is_backup) if post.author == one.teller.device.owner}
    assert {d.message for d in of(records, Delivery)} == own


def test_every_place_leads_to_a_row(told):
    _, records, is_backup, tree, location, *_ = told
    digest = hashlib.sha256((tree.root / location.root).read_bytes()).hexdigest()
    assert {r.provenance.source for r in records} == {f"sha256:{digest}"}
    reaction = of(records, Reaction)[0].provenance.locator
    assert reaction.startswith("reaction 1")
    assert ("(frame " in reaction) == is_backup
    message = of(records, Message)[0].provenance.locator
    assert message.split()[0] == "message"


def test_files_are_handed_out_whole_and_only_when_they_are_right(told):
    _, records, _, tree, location, key, reader = told
    entries = list(reader.attachments(tree, location, key))
    held = {a.path: a.sha256 for a in of(records, Attachment) if a.path is not None}
    assert {entry.path.decode() for entry in entries} == set(held)
    assert 0 < len(held) < len(of(records, Attachment))
    for entry in entries:
        with reader.open_attachment(tree, location, key, entry) as stream:
            data = stream.read()
        assert hashlib.sha256(data).hexdigest() == held[entry.path.decode()]
        assert len(data) == entry.size


def test_no_secret_is_in_any_record(told):
    one, records, *_ = told
    text = repr(records)
    for room in one.teller.rooms:
        assert room.master_key.hex() not in text
        assert repr(room.master_key)[2:-1] not in text
        assert room.link_password.hex() not in text
    assert DIGITS.replace(" ", "") not in text
    assert KEY not in text


@pytest.mark.parametrize(
    ("key", "word"),
    [(None, "passphrase of 30 digits"), ("12345", "this one has 5"), ("9" * 30, "does not open"), ("x" * 30, "has 0")],
)
def test_a_backup_stays_locked_without_its_passphrase(tmp_path, key, word):
    location = write_backup(tmp_path, world().store)
    with pytest.raises(Locked, match=word) as raised:
        list(signal_android_backup.read(FolderTree(tmp_path), location, key))
    assert "9999" not in str(raised.value)


@pytest.mark.parametrize(
    ("key", "word"),
    [
        (None, "give its key"),
        ("abc", "64 hex digits"),
        (f"{KEY}:abc", "no attachment key"),
        ("00" * 32, "does not open"),
        ("[]", "hold no key"),
        ("[" * 5_000, "hold no key"),
        (":" + "00" * 32, "give its key"),
    ],
)
def test_a_database_stays_locked_without_its_key(tmp_path, key, word):
    location = write_device(tmp_path, world().store)
    with pytest.raises(Locked, match=word):
        list(signal_android.read(FolderTree(tmp_path), location, key))


def test_the_secrets_of_an_extraction_tool_open_the_same(tmp_path):
    location, tree = write_device(tmp_path, world().store), FolderTree(tmp_path)
    of_tool = secrets_text(KEY, bytes(range(32)))
    assert list(signal_android.read(tree, location, of_tool)) == list(signal_android.read(tree, location, SECRETS))
    without = list(signal_android.read(tree, location, KEY))
    assert all(a.path is None for a in of(without, Attachment))
    assert any("key of the attachments was not given" in note for note in without[0].notes)
    assert list(signal_android.attachments(tree, location, KEY)) == []


def test_a_file_that_was_exchanged_is_not_handed_out(tmp_path):
    location, tree = write_device(tmp_path, world().store), FolderTree(tmp_path)
    entry = next(iter(signal_android.attachments(tree, location, SECRETS)))
    part = tmp_path / DATABASE.replace("databases/signal.db", "app_parts") / entry.path.decode().partition("/")[2]
    part.write_bytes(part.read_bytes()[::-1])
    with pytest.raises(UnreadableSource, match="whose digest the row states"):
        signal_android.open_attachment(tree, location, SECRETS, entry)


def test_a_file_damaged_in_a_backup_is_not_handed_out(tmp_path):
    location, tree = write_backup(tmp_path, world().store), FolderTree(tmp_path)
    entry = next(iter(signal_android_backup.attachments(tree, location, DIGITS)))
    frame = int(entry.provenance.locator.rpartition(" ")[2].rstrip(")"))
    data = bytearray((tmp_path / BACKUP).read_bytes())
    data[frame + 60] ^= 1
    (tmp_path / BACKUP).write_bytes(data)
    fresh = FolderTree(tmp_path)
    with pytest.raises(UnreadableSource, match="fail their own checksum"):
        signal_android_backup.open_attachment(fresh, location, DIGITS, entry)
