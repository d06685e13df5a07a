"""The invented world as Matrix rooms, read back: every message, every administrator's term, who did what to whom."""

from datetime import UTC, datetime

import pytest

from sauveterre.messages.readers import matrix_json
from sauveterre.messages.signal.links import links_in, safe_text
from sauveterre.messages.stores import find_stores
from sauveterre.network.timeline import timeline
from sauveterre.records.account import Account, AccountIdentifier
from sauveterre.records.group import EventKind, Group, GroupEvent, MemberSnapshot, Role
from sauveterre.records.message import Attachment, Link, Message, Reaction
from sauveterre.records.store import StoreInfo
from sauveterre.scenarios.devices import administrators
from sauveterre.scenarios.matrix_writer import event_id, mxid, room_id, write_matrix

CREATED_AND_CHANGED = ("promoted", "demoted")


def moment(milliseconds):
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


@pytest.fixture(scope="module")
def exports(tellers, kit, tmp_path_factory):
    """Each group of each device, with the tree of its export and the records in it."""
    found = []
    for teller in tellers:
        for room in teller.device.rooms:
            folder = tmp_path_factory.mktemp("matrix")
            write_matrix(folder / "Room - Chat Export", teller, room)
            tree = kit.tree(folder)
            [location] = find_stores(tree)
            found.append((teller, room, tree, location, list(matrix_json.read(tree, location, None))))
    return found


@pytest.fixture(scope="module")
def whole(exports):
    """The exports of those who saw their group from its making on."""
    return [one for one in exports if any(c.kind == "created" and c.room == one[1] for c in one[0].changes())]


def posts(teller, room):
    return [post for post in teller.posts() if post.room == room]


def account(teller, index):
    return None if index is None else f"mxid:{mxid(teller, index)}"


def test_it_begins_with_what_it_leaves_out_and_has_no_problem(exports, kit):
    assert len(exports) == 10
    for teller, room, _, location, records in exports:
        assert (location.reader, location.root) == ("matrix_json", "Room - Chat Export/export.json")
        assert isinstance(records[0], StoreInfo)
        assert any("100 and more" in note for note in records[0].notes)
        assert kit.whats(records) == []
        [group] = kit.of(records, Group)
        assert (group.stable_id, group.title) == (f"mx:{room_id(room)}", teller.cast.rooms[room].title)
        assert group.description == teller.cast.rooms[room].description
        owners = [one.stable_id for one in kit.of(records, Account) if one.is_owner]
        assert owners == [account(teller, teller.device.owner)]


def expected_messages(teller, room):
    for post in posts(teller, room):
        changes = [one for one in teller.line.changes if one.room == room and one.at <= post.at]
        by = {"deleted": post.author, "admin_deleted": min(administrators(changes), default=None)}.get(post.fate)
        deleted = {"deleted": "by_author", "admin_deleted": "by_admin"}.get(post.fate, "no")
        if by == post.author:
            deleted = "by_author"
        out = "out" if post.author == teller.device.owner else "in"
        reply = f"mx:{room_id(room)}|{event_id(room, post.quotes, 'm.room.message 0')}" if post.quotes else None
        base = (account(teller, post.author), out, moment(post.at))
        if post.text or not post.pictures:
            kind = "deleted" if post.fate else "text"
            yield (*base, safe_text(post.text), kind, deleted, account(teller, by), reply)
        for number in post.pictures:
            yield (*base, f"picture-{number:03d}.jpg", "photo", "no", None, None)


def test_every_message_is_read(exports, kit):
    fates = set()
    for teller, room, _, _, records in exports:
        found = [
            (m.sender, m.direction, m.sent_at, m.body, m.kind, m.deleted, m.deleted_by, m.reply_to)
            for m in kit.of(records, Message)
        ]
        assert sorted(map(str, found)) == sorted(map(str, expected_messages(teller, room)))
        fates |= {m.deleted for m in kit.of(records, Message)}
    assert {"no", "by_author"} <= fates


def test_one_message_has_one_key_on_every_device(exports, kit):
    seen = {}
    for teller, _, _, _, records in exports:
        keys = [m.key for m in kit.of(records, Message)]
        assert len(keys) == len(set(keys))
        for m in kit.of(records, Message):
            seen.setdefault(m.key, []).append((teller.device.exhibit, (m.sender, m.sent_at, m.body)))
    assert all(len({content for _, content in one}) == 1 for one in seen.values())
    assert max(len(one) for one in seen.values()) >= 3


def test_every_term_of_every_administrator(whole, kit):
    terms = 0
    for teller, room, _, _, records in whole:
        line = timeline(kit.of(records, GroupEvent), kit.of(records, MemberSnapshot), kit.of(records, Account))
        assert list(line.contradictions) == []
        found = [
            (one.account, one.start, one.end, one.granted_by, one.revoked_by)
            for one in line.roles if one.role is Role.ADMIN
        ]  # fmt: skip
        changes = [one for one in teller.changes() if one.room == room]
        expected = []
        for number, change in enumerate(changes):
            holder = {"created": change.actor, "promoted": change.target}.get(change.kind)
            if holder is None:
                continue
            ends = [
                one for one in changes[number:] if one.target == holder and one.kind in ("demoted", "left", "removed")
            ]
            end = moment(ends[0].at) if ends else None
            granted = change.actor if change.kind == "promoted" else None
            revoked = ends[0].actor if ends else None
            expected.append(
                (account(teller, holder), moment(change.at), end, account(teller, granted), account(teller, revoked))
            )
        assert sorted(map(str, found)) == sorted(map(str, expected))
        terms += len(expected)
    assert terms > 6


def test_every_membership(whole, kit):
    for teller, room, _, _, records in whole:
        line = timeline(kit.of(records, GroupEvent), kit.of(records, MemberSnapshot), kit.of(records, Account))
        found = {(one.account, one.start, one.end) for one in line.memberships}
        expected = set()
        for index, stay in teller.line.stays[room].items():
            if stay.start <= teller.device.until:
                ended = stay.end is not None and stay.end <= teller.device.until
                expected.add((account(teller, index), moment(stay.start), moment(stay.end) if ended else None))
        assert found == expected


def test_who_brought_in_and_put_out_whom(exports, kit):
    for teller, room, _, _, records in exports:
        events = [(e.kind, e.actor, e.target, e.at) for e in kit.of(records, GroupEvent)]
        for change in teller.changes():
            if change.room != room:
                continue
            actor, target = account(teller, change.actor), account(teller, change.target)
            at = moment(change.at)
            if change.kind in ("added", "invite_accepted", "request_approved"):
                assert (EventKind.INVITED, actor, target, moment(change.at - 1_000)) in events
                assert (EventKind.INVITE_ACCEPTED, target, target, at) in events
            elif change.kind in ("removed", "promoted", "demoted"):
                assert (EventKind(change.kind), actor, target, at) in events
            elif change.kind == "left":
                assert (EventKind.LEFT, target, target, at) in events
            elif change.kind == "joined_by_link":
                assert (EventKind.JOINED, target, target, at) in events


def test_reactions_and_links(exports, kit):
    for teller, room, _, _, records in exports:
        shown = [post for post in posts(teller, room) if not post.fate]
        reactions = [(one.account, one.emoji, one.at) for one in kit.of(records, Reaction)]
        assert sorted(map(str, reactions)) == sorted(
            str((account(teller, fan), emoji, moment(post.at + 120_000)))
            for post in shown
            for fan, emoji in post.reactions
        )
        links = [(one.url, one.group, one.credential) for one in kit.of(records, Link)]
        expected = [(link.url, link.group, link.credential) for post in shown for link in links_in(post.text)]
        assert sorted(map(str, links)) == sorted(map(str, expected))


def test_pictures_beside_the_export_are_found_by_name_and_time(exports, kit):
    total = 0
    for teller, room, tree, location, records in exports:
        numbers = [number for post in posts(teller, room) if not post.fate for number in post.pictures]
        kept = {number for number in numbers if teller.stored(number, teller.album.shared[number]) is not None}
        told = kit.of(records, Attachment)
        assert [one.size for one in told] == [len(teller.album.shared[int(one.file_name[8:11])]) for one in told]
        assert len(told) == len(numbers)
        entries = list(matrix_json.attachments(tree, location, None))
        for entry in entries:
            [one] = [one for one in told if one.path == entry.path.decode()]
            content = matrix_json.open_attachment(tree, location, None, entry).read()
            assert content == teller.album.shared[int(one.file_name[8:11])]
        assert len(entries) == len([number for number in numbers if number in kept])
        total += len(entries)
    assert total > 20


def test_names_carry_their_time(exports, kit):
    for teller, room, _, _, records in exports:
        names = {one.account: one for one in kit.of(records, AccountIdentifier) if one.type == "profile_name"}
        for change in teller.changes():
            if change.room == room and change.kind == "joined_by_link":
                one = names[account(teller, change.target)]
                person = teller.cast.accounts[change.target]
                assert (one.value, one.valid_from) == (f"{person.given} {person.family}", moment(change.at))
