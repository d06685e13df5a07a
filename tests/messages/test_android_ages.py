"""Older schemas of Signal for Android: the same is read under every name that a column or table has had."""

import pytest
from tests.messages.android_world import (
    DIGITS,
    SECRETS,
    milliseconds,
    of,
    service,
    tiny,
    world,
    write_backup,
    write_device,
)
from tests.messages.conftest import FolderTree

from sauveterre.messages.readers import signal_android, signal_android_backup
from sauveterre.records.account import Account, AccountIdentifier
from sauveterre.records.group import GroupEvent, MemberSnapshot, Role
from sauveterre.records.message import Attachment, Delivery, Link, Message, Reaction
from sauveterre.records.problem import Problem
from sauveterre.scenarios.android_ages import STEPS, aged

OWNER = service(b"\x11" * 16)
VERSIONS = sorted({since - 1 for since, _ in STEPS})


def told(records):
    """What records say, apart from where they were found."""
    return {
        "events": sorted(
            (e.group, e.kind, e.actor or "", e.target or "", milliseconds(e.at), e.detail)
            for e in of(records, GroupEvent)
        ),
        "members": {(s.group, s.account, s.role, milliseconds(s.at)) for s in of(records, MemberSnapshot)},
        "accounts": {(a.stable_id, a.is_owner) for a in of(records, Account)},
        "names": {(i.account, i.type, i.value) for i in of(records, AccountIdentifier)},
        "reactions": {(r.message, r.account, r.emoji, milliseconds(r.at)) for r in of(records, Reaction)},
        "attachments": sorted((a.message, a.ordinal, a.sha256, a.file_name, a.path) for a in of(records, Attachment)),
        "links": {(x.message, x.url, x.kind, x.group) for x in of(records, Link)},
        "deliveries": {(d.message, d.account, d.status) for d in of(records, Delivery)},
    }


def messages(records, *, who=True):
    deleters = {m.key: (m.deleted, m.deleted_by) for m in of(records, Message)} if who else {}
    return {
        (m.key, m.direction, m.body, m.kind, m.reply_to, m.expires_in_ms, m.deleted != "no", deleters.get(m.key))
        for m in of(records, Message)
    }


@pytest.fixture(scope="module")
def newest(tmp_path_factory):
    folder = tmp_path_factory.mktemp("newest")
    location = write_device(folder, world().store)
    return list(signal_android.read(FolderTree(folder), location, SECRETS))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_telephone_with_an_older_schema_is_read_alike(tmp_path, newest, version):
    location = write_device(tmp_path, aged(world().store, version))
    records = list(signal_android.read(FolderTree(tmp_path), location, SECRETS))
    assert of(records, Problem) == []
    assert told(records) == told(newest)
    assert messages(records, who=False) == messages(newest, who=False)


def test_before_administrators_could_delete_a_deletion_is_the_authors(tmp_path):
    location = write_device(tmp_path, aged(world().store, 289))
    records = list(signal_android.read(FolderTree(tmp_path), location, SECRETS))
    assert {m.deleted for m in of(records, Message)} == {"no", "by_author"}


def test_an_old_backup_is_read_alike(tmp_path):
    location = write_backup(tmp_path, aged(world().store, 165), 0)
    records = list(signal_android_backup.read(FolderTree(tmp_path), location, DIGITS))
    assert of(records, Problem) == []
    assert len(of(records, Message)) >= len(world().posts(lasting=True))


def test_the_owner_is_the_sender_of_what_was_sent_where_the_settings_are_silent(tmp_path):
    store = tiny()
    store.settings = {}
    location = write_device(tmp_path, store)
    records = list(signal_android.read(FolderTree(tmp_path), location, SECRETS))
    assert [a.stable_id for a in of(records, Account) if a.is_owner] == [f"aci:{OWNER}"]
    assert any("names as the sender" in note for note in records[0].notes)


def test_an_owner_whom_nothing_names_gets_an_account_of_the_store(tmp_path):
    store = aged(tiny(), 184)
    store.settings = {}
    location = write_device(tmp_path, store)
    records = list(signal_android.read(FolderTree(tmp_path), location, SECRETS))
    (owner,) = [a.stable_id for a in of(records, Account) if a.is_owner]
    assert owner.startswith("self:sha256:")
    assert {m.sender for m in of(records, Message) if m.direction == "out"} == {owner}


def test_a_group_without_a_state_has_its_members_and_is_silent_on_roles(tmp_path):
    for version in (298, 160):
        store = tiny()
        store.tables["groups"][0]["decrypted_group"] = None
        for number in (1, 2, 3):
            store.add("group_membership", group_id="__signal_group__v2__!00", recipient_id=number)
        location = write_device(tmp_path, aged(store, version))
        records = list(signal_android.read(FolderTree(tmp_path), location, SECRETS))
        found = of(records, MemberSnapshot)
        assert len(found) == 3
        assert {(s.role, s.role_stated) for s in found} == {(Role.MEMBER, False)}
