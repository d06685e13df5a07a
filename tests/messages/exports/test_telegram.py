"""The invented world as Telegram exports, read back: every message, event, picture and link."""

from datetime import UTC, datetime

import pytest

from sauveterre.messages.readers import telegram_json
from sauveterre.messages.signal.links import links_in, safe_text
from sauveterre.messages.stores import find_stores
from sauveterre.network.timeline import timeline
from sauveterre.records.account import Account, AccountIdentifier
from sauveterre.records.group import EventKind, Group, GroupEvent, GroupKind, MemberSnapshot, Role
from sauveterre.records.message import Attachment, Link, Message, Reaction
from sauveterre.records.store import StoreInfo
from sauveterre.scenarios.cast import NAMESAKES
from sauveterre.scenarios.telegram_writer import channel, user, write_telegram


def stable(index):
    return f"tg:{user(index)}"


def group_id(teller, room):
    if room.startswith("direct:"):
        return "direct:" + "|".join(sorted(stable(int(one)) for one in room[7:].split("|")))
    return f"tg:channel{channel(teller, room)}"


def second(milliseconds):
    return datetime.fromtimestamp(milliseconds // 1000, UTC)


@pytest.fixture(scope="module")
def exports(tellers, kit, tmp_path_factory):
    """Each device with the tree of its export and the records in it."""
    found = []
    for teller in tellers:
        folder = tmp_path_factory.mktemp("telegram")
        write_telegram(folder, teller)
        tree = kit.tree(folder)
        [location] = find_stores(tree)
        found.append((teller, tree, location, list(telegram_json.read(tree, location, None))))
    return found


def shown(teller):
    return [post for post in teller.posts() if not post.fate]


def test_it_begins_with_what_it_leaves_out_and_has_no_problem(exports, kit):
    for _, _, location, records in exports:
        assert (location.reader, location.root, location.needs_key) == ("telegram_json", "result.json", False)
        assert isinstance(records[0], StoreInfo)
        assert records[0].kind == "telegram_json.full"
        assert any("no administrators" in note for note in records[0].notes)
        assert kit.whats(records) == []


def test_every_message_is_read(exports, kit):
    for teller, _, _, records in exports:
        expected = []
        for post in shown(teller):
            pictures = max(1, len(post.pictures))
            for count in range(pictures):
                out = post.author == teller.device.owner
                expected.append(
                    (
                        group_id(teller, post.room), stable(post.author), "out" if out else "in", second(post.at),
                        str(post.at // 1000), safe_text(post.text) if count == 0 else "",
                        "photo" if post.pictures else "text",
                    )
                )  # fmt: skip
        found = [
            (m.group, m.sender, m.direction, m.sent_at, m.sent_raw, m.body, m.kind) for m in kit.of(records, Message)
        ]
        assert sorted(found) == sorted(expected)
        assert len(found) > 60
        assert all(m.server_at == m.sent_at and m.deleted == "no" for m in kit.of(records, Message))


def test_one_message_has_one_key_on_every_device_and_no_two_share_one(exports, kit):
    by_key = {}
    for teller, _, _, records in exports:
        keys = [m.key for m in kit.of(records, Message)]
        assert len(keys) == len(set(keys))
        for message in kit.of(records, Message):
            by_key.setdefault(message.key, []).append(
                (teller.device.exhibit, message.sender, message.sent_at, message.body)
            )
    assert all(len({one[1:] for one in seen}) == 1 for seen in by_key.values())
    assert max(len(seen) for seen in by_key.values()) >= 3


def test_a_chat_of_two_has_the_same_keys_on_both_sides(tellers, kit):
    sides = []
    for owner, other, start in ((1, 2, 500), (2, 1, 80)):
        rows = [(0, 1, 100), (1, 2, 100), (2, 1, 100), (4, 1, 160)]
        messages = [
            {"id": start + step, "type": "message", "date_unixtime": str(at), "from_id": f"user{sender}", "text": "fog"}
            for step, sender, at in rows
        ]
        chat = {"name": "x", "type": "personal_chat", "id": other, "messages": messages}
        whole = {"about": "Telegram", "personal_information": {"user_id": owner}, "chats": {"list": [chat]}}
        records = kit.read(telegram_json, "result.json", whole)
        sides.append([message.key for message in kit.of(records, Message)])
    group = "direct:tg:user1|tg:user2"
    assert sides[0] == sides[1]
    assert sides[0] == [
        f"{group}|tg:user1|100",
        f"{group}|tg:user2|100",
        f"{group}|tg:user1|100|2",
        f"{group}|tg:user1|160",
    ]


def test_every_change_that_is_exported_is_read(exports, kit):
    for teller, _, _, records in exports:
        expected = []
        for change in teller.changes():
            kinds = {
                "created": (EventKind.CREATED, change.actor, None),
                "added": (EventKind.ADDED, change.actor, change.target),
                "invite_accepted": (EventKind.ADDED, change.actor, change.target),
                "joined_by_link": (EventKind.JOINED_BY_LINK, change.target, change.target),
                "request_approved": (EventKind.REQUEST_APPROVED, change.target, change.target),
                "left": (EventKind.LEFT, change.target, change.target),
                "removed": (EventKind.REMOVED, change.actor, change.target),
            }.get(change.kind)  # fmt: skip
            if kinds is None:
                continue
            kind, actor, target = kinds
            told = None if target is None else stable(target)
            if (kind, target) == (EventKind.LEFT, NAMESAKES[0]):
                kind = EventKind.REMOVED  # two accounts of this chat bear the name: the row does not say which
            if kind in (EventKind.ADDED, EventKind.REMOVED):
                account = teller.cast.accounts[target]
                told = f"{account.given} {account.family}"
            expected.append((group_id(teller, change.room), kind, stable(actor), told, second(change.at)))
        names = {
            one.account: one.value for one in kit.of(records, AccountIdentifier) if one.account.startswith("name:")
        }
        found = [(e.group, e.kind, e.actor, names.get(e.target, e.target), e.at) for e in kit.of(records, GroupEvent)]
        assert sorted(map(str, found)) == sorted(map(str, expected))
        assert len(found) > 15
        assert kit.of(records, MemberSnapshot) == []


def test_nobody_is_an_administrator_but_by_making_the_group(exports, kit):
    for teller, _, _, records in exports:
        line = timeline(kit.of(records, GroupEvent), kit.of(records, MemberSnapshot), kit.of(records, Account))
        made = {
            (group_id(teller, change.room), stable(change.actor))
            for change in teller.changes() if change.kind == "created"
        }  # fmt: skip
        roles = {(one.group, one.account) for one in line.roles if one.role is Role.ADMIN}
        assert roles == made
        assert list(line.contradictions) == []


def test_reactions_replies_and_links(exports, kit):
    for teller, _, _, records in exports:
        messages = {m.key: m for m in kit.of(records, Message)}
        reactions = sorted((messages[r.message].sent_at, r.account, r.emoji) for r in kit.of(records, Reaction))
        assert reactions == sorted(
            (second(post.at), stable(fan), emoji) for post in shown(teller) for fan, emoji in post.reactions
        )
        visible = {(post.room, post.at): post for post in shown(teller)}
        answers = {
            (second(post.at), second(post.quotes)) for post in shown(teller) if (post.room, post.quotes) in visible
        }
        found = {(m.sent_at, messages[m.reply_to].sent_at) for m in messages.values() if m.reply_to in messages}
        assert found == answers
        assert answers or teller.device.exhibit != "01"
        expected = [
            (second(post.at), link.url, link.group, link.credential)
            for post in shown(teller) for link in links_in(post.text)
        ]  # fmt: skip
        links = [(messages[one.message].sent_at, one.url, one.group, one.credential) for one in kit.of(records, Link)]
        assert sorted(map(str, links)) == sorted(map(str, expected))
        assert "lavender" not in "".join(m.body for m in messages.values())


def test_pictures_are_entries_and_those_left_out_are_told(exports, kit):
    for teller, tree, location, records in exports:
        pictures = [number for post in shown(teller) for number in post.pictures]
        told = kit.of(records, Attachment)
        assert len(told) == len(pictures)
        kept = {number for number in pictures if teller.stored(number, teller.album.shared[number]) is not None}
        entries = list(telegram_json.attachments(tree, location, None))
        contents = {telegram_json.open_attachment(tree, location, None, entry).read() for entry in entries}
        assert contents == {teller.album.shared[number] for number in kept}
        assert {one.path for one in told if one.path} == {entry.path.decode() for entry in entries}
        assert len([one for one in told if one.path is None]) == len([n for n in pictures if n not in kept])


def test_the_owner_and_the_address_book(exports, kit):
    for teller, _, _, records in exports:
        [owner] = [one.stable_id for one in kit.of(records, Account) if one.is_owner]
        assert owner == stable(teller.device.owner)
        stated = {
            (one.account, one.value) for one in kit.of(records, AccountIdentifier)
            if one.type == "e164" and one.account != owner
        }  # fmt: skip
        assert stated == {(stable(index), teller.cast.accounts[index].phone) for index in teller.stated_numbers()}
        named = {one.account for one in kit.of(records, AccountIdentifier) if one.type == "contact_name"}
        assert named == {stable(index) for index in teller.contacts}


def test_groups_and_conversations(exports, kit):
    for teller, _, _, records in exports:
        groups = {one.stable_id: one for one in kit.of(records, Group)}
        assert len(groups) == len(kit.of(records, Group))
        for room in teller.device.rooms:
            assert groups[group_id(teller, room)].title == teller.cast.rooms[room].title
            assert groups[group_id(teller, room)].kind is GroupKind.GROUP
        assert {one for one in groups if one.startswith("direct:")} == {
            group_id(teller, post.room) for post in shown(teller) if post.room.startswith("direct:")
        }


def test_one_chat_alone(tellers, kit, tmp_path):
    teller = tellers[0]
    for room, owner in (("film", None), ("direct:0|17", stable(0))):
        folder = tmp_path / room.replace("|", "-").replace(":", "-")
        write_telegram(folder, teller, chat=room)
        [location] = find_stores(kit.tree(folder))
        records = list(telegram_json.read(kit.tree(folder), location, None))
        assert records[0].kind == "telegram_json.chat"
        assert kit.whats(records) == []
        assert [one.stable_id for one in kit.of(records, Account) if one.is_owner] == ([owner] if owner else [])
        assert {m.group for m in kit.of(records, Message)} == {group_id(teller, room)}
        assert {m.direction for m in kit.of(records, Message)} == ({"in", "out"} if owner else {"none"})
