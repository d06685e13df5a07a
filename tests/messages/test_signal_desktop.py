"""Signal Desktop: what an invented profile tells equals what was invented, and what the telephone's backup tells."""

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
    told_members,
    told_messages,
    true_changes,
    true_members,
    true_messages,
    true_reactions,
    under,
)

from sauveterre.errors import Locked, UnreadableSource
from sauveterre.messages.readers import signal_backup, signal_desktop
from sauveterre.messages.stores import find_stores
from sauveterre.records.account import Account, AccountIdentifier
from sauveterre.records.group import Group, GroupEvent, MemberSnapshot
from sauveterre.records.message import Attachment, Delivery, Link, Message, Reaction
from sauveterre.records.problem import Problem
from sauveterre.scenarios import signal_desktop_writer as writer
from sauveterre.scenarios.signal_writer import encrypted_folder, recovery_key

ROOT = "home/.config/Signal"
KEY = bytes(range(32))
DEVICES = range(4)
VERSIONS = (writer.NOW, writer.BEFORE)


def made(number=0, version=writer.NOW, way="plain", secret=""):
    rng = random.Random(f"desktop {number}")
    files = writer.written(writer.told(tellers()[number], rng, version), KEY, writer.config_with(KEY, way, secret, rng))
    return MemoryTree(under(ROOT, files))


def location(tree):
    [found] = find_stores(tree)
    return found


def records_of(tree, key=None):
    return list(signal_desktop.read(tree, location(tree), key))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("number", DEVICES)
def test_a_profile_tells_what_was_invented(number, version):
    teller, tree = tellers()[number], made(number, version)
    records = records_of(tree)

    assert of(records, Problem) == []
    assert told_messages(of(records, Message)) == true_messages(teller)
    assert len(of(records, Message)) == len(teller.posts())
    assert told_changes(of(records, GroupEvent)) == true_changes(teller)
    assert told_members(of(records, MemberSnapshot)) == true_members(teller)
    assert {(r.message, r.account, r.emoji, r.at) for r in of(records, Reaction)} == true_reactions(teller)
    assert [a.stable_id for a in of(records, Account) if a.is_owner] == [stable(teller, teller.device.owner)]
    assert len(of(records, Account)) == len({a.stable_id for a in of(records, Account)})
    assert len(of(records, Group)) == len({g.stable_id for g in of(records, Group)})


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("number", DEVICES)
def test_a_profile_and_a_backup_of_the_same_person_tell_the_same(number, version):
    teller = tellers()[number]
    key = recovery_key(random.Random(3))
    backup = MemoryTree(encrypted_folder(teller.backup(), key, random.Random(4)))
    [place] = find_stores(backup)
    there, here = list(signal_backup.read(backup, place, key)), records_of(made(number, version))

    def facts(records, kind, *without):
        rows = [asdict(record) for record in of(records, kind)]
        dropped = ("provenance", *without)
        return {tuple((k, str(v)) for k, v in row.items() if k not in dropped) for row in rows}

    assert facts(here, Message, "received_at", "server_at") == facts(there, Message, "received_at", "server_at")
    dated = {fact for fact in facts(there, GroupEvent, "detail") if ("at", "None") not in fact}
    assert dated
    assert facts(here, GroupEvent, "detail") >= dated
    assert without_lists(facts(here, Group)) == without_lists(facts(there, Group))
    lists = {(g.stable_id, g.title) for g in of(there, Group) if g.kind == "distribution_list"}
    assert {(g.stable_id, g.title) for g in of(here, Group)} >= (lists if version == writer.NOW else set())
    assert facts(here, Reaction) == facts(there, Reaction)
    assert facts(here, Link) == facts(there, Link)
    assert facts(here, Attachment, "path") == facts(there, Attachment, "path")
    assert facts(here, MemberSnapshot, "at", "joined_at_revision") == facts(
        there, MemberSnapshot, "at", "joined_at_revision"
    )
    contacts = {i for i in facts(there, AccountIdentifier) if "release" not in str(i)}
    assert facts(here, AccountIdentifier) >= contacts


def without_lists(groups):
    return {fact for fact in groups if ("kind", "distribution_list") not in fact}


def test_what_the_owner_sent_is_told_with_everyone_who_got_it():
    teller, records = tellers()[0], records_of(made(0))
    ways = ("read", "viewed", "delivered", "sent")
    by_account = {stable(teller, index): ways[index % 4] for index in teller.contacts}
    deliveries = of(records, Delivery)
    own = {m.key for m in of(records, Message) if m.direction == "out"}

    assert {d.message for d in deliveries} == own
    assert all(by_account[d.account] == d.status for d in deliveries)


def test_provenance_leads_to_the_very_row():
    records = records_of(made(0))
    places = [record.provenance.locator for record in records]

    assert all(record.provenance.path == f"{ROOT}/sql/db.sqlite" for record in records)
    tables = {"schema", "items", "conversations", "messages", "message_attachments", "storyDistributions"}
    assert {place.split()[0] for place in places} == tables
    assert all(e.provenance.locator.endswith("$.groupV2Change.details[0]") for e in of(records, GroupEvent))
    assert any(s.provenance.locator.endswith("$.membersV2[0]") for s in of(records, MemberSnapshot))


def test_rows_that_stand_in_the_log_alone_are_read_and_its_absence_is_said():
    tree = made(0)
    whole = records_of(tree)
    del tree.files[f"{ROOT}/sql/db.sqlite-wal"]
    cut = records_of(tree)

    assert 0 < len(of(cut, Message)) < len(of(whole, Message))
    assert "was read with the database" in " ".join(whole[0].notes)
    assert "No log lay beside the database" in " ".join(cut[0].notes)


@pytest.mark.parametrize("version", VERSIONS)
def test_files_come_out_as_they_went_in(version):
    teller, tree = tellers()[0], made(0, version)
    place = location(tree)
    entries = list(signal_desktop.attachments(tree, place, None))
    found = set()
    for entry in entries:
        with signal_desktop.open_attachment(tree, place, None, entry) as stream:
            found.add(hashlib.sha256(stream.read()).hexdigest())
    records = of(list(signal_desktop.read(tree, place, None)), Attachment)
    kept = {teller.stored(n, teller.album.shared[n]) for post in teller.posts() for n in post.pictures} - {None}

    assert found == {hashlib.sha256(media.data).hexdigest() for media in kept}
    assert {record.path for record in records if record.path} == {entry.path.decode() for entry in entries}
    assert all(record.sha256 for record in records)
    assert any(record.path is None for record in records)
    assert len({entry.locator for entry in entries}) == len(entries)


def test_a_file_that_is_damaged_gone_or_another_is_never_handed_out():
    tree = made(0)
    place = location(tree)
    first, second, third, *_ = list(signal_desktop.attachments(tree, place, None))
    for entry, change in ((first, lambda data: data[:50]), (second, lambda data: data[:-1] + bytes([data[-1] ^ 1]))):
        path = f"{ROOT}/attachments.noindex/{entry.path.decode().removeprefix('attachments/')}"
        tree.files[path] = change(tree.files[path])
        with pytest.raises(UnreadableSource, match="checksum"):
            signal_desktop.open_attachment(tree, place, None, entry)
    gone = MemoryTree({p: d for p, d in tree.files.items() if third.path.decode().partition("/")[2] not in p})
    with pytest.raises(UnreadableSource, match="list the attachments again"):
        signal_desktop.open_attachment(gone, place, None, third)


def test_a_plain_file_whose_digest_is_another_is_not_handed_out():
    tree = made(0, writer.BEFORE)
    place = location(tree)
    first, *_ = list(signal_desktop.attachments(tree, place, None))
    tree.files[f"{ROOT}/attachments.noindex/{first.path.decode().removeprefix('attachments/')}"] = b"another"

    with pytest.raises(UnreadableSource, match="digest the row states"):
        signal_desktop.open_attachment(tree, place, None, first)


SECRET = "c2VjcmV0IG9mIGEga2V5Y2hhaW4="
DPAPI = "ab" * 32
WAYS = [
    ("plain", "", None), ("plain", "", KEY.hex()), ("macos", SECRET, SECRET), ("linux", SECRET, f" {SECRET}\n"),
    ("windows", DPAPI, DPAPI), ("windows", DPAPI, "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s="),
    ("basic_text", "peanuts", "basic_text"), ("macos", SECRET, KEY.hex().upper()), ("windows", DPAPI, KEY.hex()),
]  # fmt: skip


@pytest.mark.parametrize(("way", "secret", "key"), WAYS)
def test_every_way_to_keep_the_key_is_opened_with_what_was_given(way, secret, key):
    tree = made(3, way=way, secret=secret)

    assert location(tree).needs_key == (way != "plain")
    assert told_messages(of(records_of(tree, key), Message)) == true_messages(tellers()[3])


@pytest.mark.parametrize(
    ("way", "secret", "key", "what"),
    [
        ("macos", SECRET, None, "encrypted: enter the 64 hex digits"),
        ("basic_text", "peanuts", None, "enter the 64 hex digits"),
        ("basic_text", "peanuts", "", "enter the 64 hex digits"),
        ("basic_text", "peanuts", "wrong", "opens neither"),
        ("macos", SECRET, "another secret", "opens neither"),
        ("linux", SECRET, "basic_text", "opens neither"),
        ("windows", DPAPI, "short", "opens neither"),
        ("windows", DPAPI, "cd" * 32, "does not open with the key given"),
        ("plain", "", "00" * 32, "does not open with the key given"),
        ("macos", SECRET, "1" * 63, "opens neither"),
    ],
)
def test_a_key_that_is_missing_malformed_or_wrong_leaves_the_profile_locked(way, secret, key, what):
    tree = made(3, way=way, secret=secret)
    for use in (signal_desktop.read, signal_desktop.attachments):
        with pytest.raises(Locked, match=what) as caught:
            list(use(tree, location(tree), key))
        assert "peanuts" not in str(caught.value)
        assert key is None or len(key) < 10 or key not in str(caught.value)
