"""WhatsApp's text exports: the same group told in twelve dialects comes back whole from each."""

from collections import defaultdict
from datetime import UTC, datetime

import pytest
from tests.messages.conftest import FolderTree
from tests.messages.told_world import tellers

from sauveterre.messages.readers import whatsapp_text as reader
from sauveterre.messages.stores import find_stores
from sauveterre.messages.whatsapp.links import safe
from sauveterre.records.account import Account, AccountIdentifier
from sauveterre.records.group import Group, GroupEvent, GroupKind
from sauveterre.records.message import Attachment, Link, Message
from sauveterre.records.problem import Problem
from sauveterre.records.store import StoreInfo
from sauveterre.scenarios import whatsapp_text_writer as writer

ORDERS = {"american": "month, day, year", "american brackets": "month, day, year", "hungarian": "year, month, day"}


def read(folder):
    tree = FolderTree(folder)
    (location,) = find_stores(tree)
    found = defaultdict(list)
    for record in reader.read(tree, location, None):
        found[type(record)].append(record)
    return found, tree, location


@pytest.fixture(params=writer.DIALECTS, ids=lambda dialect: dialect.name)
def export(request, tmp_path):
    """(dialect, teller, room, records, tree, location) of the weather group, as one of its administrators sees it."""
    teller = tellers()[1]
    writer.tell(teller, "weather", tmp_path, request.param)
    return (request.param, teller, "weather", *read(tmp_path))


def account(teller, index, records):
    """The account that a name must be."""
    name = writer.called(teller, index)
    if name.startswith("+"):
        return "e164:" + name.replace(" ", "")
    digest = records[StoreInfo][0].provenance.source.removeprefix("sha256:")
    return f"name:{digest}:{name.lstrip('~' + writer.NARROW)}"


def posts(teller, room):
    return [post for post in teller.posts() if post.room == room]


def test_every_message_comes_back_in_its_order(export):
    dialect, teller, room, records, _, _ = export
    true = [
        (
            account(teller, post.author, records),
            safe(post.text) if not post.fate else "",
            "by_author" if post.fate else "no",
            dialect.stamp(datetime.fromtimestamp(post.at / 1000, UTC)),
        )
        for post in posts(teller, room)
    ]
    found = [(one.sender, one.body, one.deleted, one.sent_raw) for one in records[Message]]
    assert found == true
    assert len(found) > 40
    assert {one.sent_at for one in records[Message]} == {None}
    assert len({one.key for one in records[Message]}) == len(found)
    assert records[Problem] == []


def test_what_happened_in_the_group_comes_back_with_who_did_it(export):
    _, teller, room, records, _, _ = export
    owner = f"self:{records[StoreInfo][0].provenance.source}"
    true = []
    for change in teller.changes():
        kind = {"request_approved": "added", "invite_accepted": "joined_by_link"}.get(change.kind, change.kind)
        if change.room != room or kind == "link_enabled":
            continue
        actor, target = (
            None if one is None else account(teller, one, records) for one in (change.actor, change.target)
        )
        if kind in ("promoted", "demoted"):
            if change.target == teller.device.owner:
                true.append((kind, None, owner))
        else:
            true.append((kind, target if kind in ("joined_by_link", "left") else actor, target))
    true.append(("renamed", account(teller, 1, records), None))
    found = [(str(one.kind), one.actor, one.target) for one in records[GroupEvent]]
    assert found[0] == ("updated", None, None)
    assert found[1:] == true
    title = teller.cast.rooms[room].title
    assert [one.detail for one in records[GroupEvent] if str(one.kind) in ("created", "renamed")] == [
        title,
        writer.new_name(title),
    ]


def test_the_group_the_dialect_and_whose_it_is(export):
    dialect, teller, room, records, _, _ = export
    (group,) = records[Group]
    title = teller.cast.rooms[room].title
    assert group.kind is GroupKind.GROUP
    assert group.title == (writer.new_name(title) if dialect.file_name == "_chat.txt" else title)
    (info,) = records[StoreInfo]
    assert info.kind == f"whatsapp_text.{'brackets' if dialect.has_brackets else 'dashes'}"
    (said,) = [note for note in info.notes if note.startswith("Its dates are written")]
    assert ORDERS.get(dialect.name, "day, month, year") in said
    first = min(post.at for post in [*posts(teller, room), *[c for c in teller.changes() if c.room == room]])
    assert datetime.fromtimestamp(first / 1000, UTC).strftime("%Y-%m-%d %H:%M") in said
    owners = [one.stable_id for one in records[Account] if one.is_owner]
    assert owners in ([], [f"self:{info.provenance.source}"])


def test_names_are_what_this_telephone_says(export):
    _, teller, room, records, _, _ = export
    stated = {(one.account, one.type, one.value) for one in records[AccountIdentifier]}
    for post in posts(teller, room):
        name = writer.called(teller, post.author)
        kind = "e164" if name.startswith("+") else "profile_name" if name.startswith("~") else "contact_name"
        value = name.replace(" ", "") if kind == "e164" else name.lstrip("~" + writer.NARROW)
        assert (account(teller, post.author, records), kind, value) in stated
    assert len({one.stable_id for one in records[Account]}) == len(records[Account])


def test_files_beside_the_export_are_attachments(export):
    _, teller, room, _, tree, location = export
    min(path for path in tree.root.iterdir() if path.suffix == ".jpg").unlink()
    records, _, _ = read(tree.root)
    named = {
        f"IMG-20260501-WA{post.pictures[0]:04d}.jpg": post.pictures[0] for post in posts(teller, room) if post.pictures
    }
    assert {one.file_name for one in records[Attachment]} == set(named)
    there = {one.file_name: one.path for one in records[Attachment] if one.path is not None}
    assert 0 < len(there) < len(named)
    entries = {entry.path.decode(): entry for entry in reader.attachments(tree, location, None)}
    assert set(there.values()) == set(entries)
    for name, path in there.items():
        with reader.open_attachment(tree, location, None, entries[path]) as stream:
            assert stream.read() == teller.album.shared[named[name]]


def test_links_are_told_without_secrets_and_lines_named(export):
    _, teller, room, records, _, _ = export
    with_link = [post for post in posts(teller, room) if "https://" in post.text]
    assert len({one.message for one in records[Link]}) >= len(with_link) > 0
    lines = [int(one.provenance.locator.removeprefix("line ")) for one in records[Message]]
    assert lines == sorted(set(lines))
