"""The invented world as data packages, read back: the owner's own messages and nothing else; odd and damaged ones."""

import hashlib
import json
from datetime import UTC, datetime

import pytest

from sauveterre.errors import SauveterreError, UnreadableSource
from sauveterre.messages.discord.channels import moment_of
from sauveterre.messages.readers import discord_package
from sauveterre.messages.signal.links import links_in, safe_text
from sauveterre.messages.stores import find_stores
from sauveterre.records.account import Account, AccountIdentifier
from sauveterre.records.group import EventKind, Group, GroupEvent, GroupKind, MemberSnapshot
from sauveterre.records.message import Attachment, Link, Message
from sauveterre.records.problem import Problem
from sauveterre.records.store import StoreInfo, StoreLocation
from sauveterre.scenarios.discord_writer import HOST, SERVER, channel, message, user, write_discord

CHANNEL, OWNER = 900_000_000_000_000_001, 800_000_000_000_000_001
FOLDER = f"package/messages/c{CHANNEL}"
LOCATION = StoreLocation("discord_package", "package", needs_key=False)


def stable(index):
    return f"discord:{user(index)}"


def group_id(room):
    if room.startswith("direct:"):
        return "direct:" + "|".join(sorted(stable(int(one)) for one in room[7:].split("|")))
    return f"discord:{channel(room)}"


def moment(milliseconds):
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


@pytest.fixture(scope="module", params=[False, True], ids=["json", "tables"])
def packages(request, tellers, kit, tmp_path_factory):
    """Each device's package, in one of both forms, with the records in it."""
    found = []
    for teller in tellers:
        folder = tmp_path_factory.mktemp("discord")
        write_discord(folder / "package", teller, as_tables=request.param)
        tree = kit.tree(folder)
        locations = find_stores(tree)
        found.append((teller, tree, locations, list(discord_package.read(tree, LOCATION, None))))
    return found


def own(teller):
    return [post for post in teller.posts() if post.author == teller.device.owner and not post.fate]


def test_it_is_found_and_says_that_it_holds_own_messages_only(packages, kit):
    for teller, _, locations, records in packages:
        assert locations == ([LOCATION] if own(teller) or teller.device.rooms else [])
        assert isinstance(records[0], StoreInfo)
        assert any("its owner only" in note for note in records[0].notes)
        assert kit.whats(records) == []
        assert kit.of(records, MemberSnapshot) == []


def test_every_own_message_is_read(packages, kit):
    total = 0
    for teller, _, _, records in packages:
        found = [(m.key, m.group, m.sender, m.direction, m.sent_at, m.body) for m in kit.of(records, Message)]
        expected = [
            (
                f"discord:{channel(post.room)}|{message(post)}", group_id(post.room), stable(post.author), "out",
                moment(post.at), safe_text(post.text),
            )
            for post in own(teller)
        ]  # fmt: skip
        assert sorted(found) == sorted(expected)
        total += len(found)
    assert total > 20


def test_links_and_files_are_addresses_without_their_secrets(packages, kit):
    for teller, tree, _, records in packages:
        numbers = [number for post in own(teller) for number in post.pictures]
        assert sorted(one.file_name for one in kit.of(records, Attachment)) == sorted(
            f"picture-{number:03d}.jpg" for number in numbers
        )
        assert {one.path for one in kit.of(records, Attachment)} <= {None}
        links = kit.of(records, Link)
        files = [one for one in links if one.url.startswith(HOST)]
        assert {one.credential for one in files} == {
            hashlib.sha256(f"ex=1&hm=abc{number}".encode()).hexdigest() for number in numbers
        }
        assert "hm=" not in str(links)
        others = [(one.url, one.credential) for one in links if one not in files]
        expected = [(link.url, link.credential) for post in own(teller) for link in links_in(post.text)]
        assert sorted(map(str, others)) == sorted(map(str, expected))
        assert list(discord_package.attachments(tree, LOCATION, None)) == []


def test_groups_servers_and_people(packages, kit):
    for teller, _, _, records in packages:
        groups = {one.stable_id: one for one in kit.of(records, Group)}
        assert groups[f"discord:{SERVER}"].kind is GroupKind.COMMUNITY
        assert groups[f"discord:{SERVER}"].title == "The valley"
        for room in teller.device.rooms:
            assert groups[group_id(room)].title == room
            assert groups[group_id(room)].description == f"in the server The valley (discord:{SERVER})"
        assert {one.kind for one in groups.values() if one.stable_id.startswith("direct:")} <= {GroupKind.DIRECT}
        [owner] = [one.stable_id for one in kit.of(records, Account) if one.is_owner]
        assert owner == stable(teller.device.owner)
        stated = {(one.account, one.type, one.value) for one in kit.of(records, AccountIdentifier)}
        account = teller.cast.accounts[teller.device.owner]
        assert (owner, "username", f"{account.given.lower()}{account.index}") in stated
        assert ((owner, "e164", account.phone) in stated) == bool(account.phone)
        for index in teller.contacts[:5]:
            assert (stable(index), "profile_name", teller.cast.accounts[index].given) in stated


def package(messages, channel_json=None, **files):
    """Return the files of a small package: ``messages`` as a value, or as the bytes of a table."""
    stated = {"id": str(CHANNEL), "type": "GROUP_DM", "recipients": []} if channel_json is None else channel_json
    name = "csv" if isinstance(messages, bytes) else "json"
    return {
        f"{FOLDER}/channel.json": json.dumps(stated).encode(),
        f"{FOLDER}/messages.{name}": messages if isinstance(messages, bytes) else json.dumps(messages).encode(),
        "package/account/user.json": json.dumps({"id": str(OWNER)}).encode(),
        **{f"package/{path}": json.dumps(value).encode() for path, value in files.items()},
    }


def read(kit, files):
    return list(discord_package.read(kit.Tree(files), LOCATION, None))


ROW = {"ID": 1_234_567_890_123_456_789, "Timestamp": "2026-01-01 00:00:00", "Contents": "fog", "Attachments": ""}


def test_a_time_that_is_not_in_the_id_is_told_once(kit):
    records = read(kit, package([ROW, {**ROW, "ID": ROW["ID"] + 1}]))

    assert {m.sent_at.date().isoformat() for m in kit.of(records, Message)} == {"2024-04-29"}
    assert len(kit.of(records, Problem)) == 1


def test_an_id_carries_its_time():
    """The example of the service's own documentation."""
    assert moment_of(175_928_847_299_117_063) == datetime(2016, 4, 30, 11, 18, 25, 796_000, tzinfo=UTC)


def test_ids_that_repeat_are_read_once(kit):
    records = read(kit, package([ROW, ROW, {**ROW, "ID": "x"}]))

    assert len(kit.of(records, Message)) == 2
    assert len({m.key for m in kit.of(records, Message)}) == 2


def test_a_log_of_a_server_tells_who_put_out_whom(kit):
    entry = {
        "id": str(ROW["ID"]),
        "user_id": str(OWNER),
        "target_id": str(OWNER + 5),
        "action_type": 20,
        "reason": "spam",
    }
    files = package([ROW], **{f"servers/{SERVER}/audit-log.json": [entry, {**entry, "action_type": 72}]})
    events = [(e.group, e.kind, e.actor, e.target, e.detail) for e in kit.of(read(kit, files), GroupEvent)]

    assert events == [
        (f"discord:{SERVER}", EventKind.REMOVED, f"discord:{OWNER}", f"discord:{OWNER + 5}", "action 20; reason: spam"),
        (f"discord:{SERVER}", EventKind.UPDATED, f"discord:{OWNER}", None, "action 72; reason: spam"),
    ]


def test_numbers_for_types_and_one_recipient(kit):
    files = package([ROW], {"id": str(CHANNEL), "type": 1, "recipients": [str(OWNER + 1)]})
    [group] = kit.of(read(kit, files), Group)

    assert (group.kind, group.stable_id) == (GroupKind.DIRECT, f"direct:discord:{OWNER}|discord:{OWNER + 1}")


def test_whose_it_is_may_not_be_stated(kit):
    files = package([ROW])
    del files["package/account/user.json"]
    records = read(kit, files)
    [owner] = [one for one in kit.of(records, Account) if one.is_owner]

    assert owner.stable_id.startswith("self:sha256:")
    assert any("is not stated" in note for note in records[0].notes)


def test_rows_of_a_table_that_break(kit):
    table = b'ID,Timestamp,Contents,Attachments\n1,2\n%d,,"a\nb",\n3,x,"c"d,\n' % ROW["ID"]
    records = read(kit, package(table + b"4,x,\xff,\n"))

    assert [(m.body, m.provenance.locator) for m in kit.of(records, Message)] == [
        ("a\nb", "line 4"),
        ("\ufffd", "line 6"),
    ]
    assert [place for place, _ in kit.whats(records)] == ["line 2", "line 5"]


@pytest.mark.parametrize("piece", [b"x", b'"x\n",'])
def test_a_table_of_one_endless_row_ends(kit, piece):
    records = read(kit, package(b"ID,Timestamp,Contents,Attachments\n" + piece * (9_000_000 // len(piece))))

    assert kit.of(records, Message) == []
    assert kit.whats(records)


@pytest.mark.parametrize("as_tables", [False, True])
def test_cut_or_flipped_anywhere(kit, tellers, tmp_path, as_tables):
    write_discord(tmp_path / "package", tellers[0], as_tables=as_tables)
    files = kit.tree(tmp_path).files
    for path in sorted(files, key=lambda path: -len(files[path]))[:4]:
        for _, data in kit.damaged(files[path], 50, seed=9):
            records, error = kit.attempt(discord_package, kit.Tree({**files, path: data}), LOCATION)
            assert error is None
            assert records


@pytest.mark.parametrize("value", [None, 5, "x", [], {}, [[]], True, {"id": {"id": {}}}, 1 << 70])
def test_values_of_another_sort(kit, value):
    names = ("account/user.json", "messages/index.json", "servers/index.json", f"servers/{SERVER}/guild.json",
             f"servers/{SERVER}/audit-log.json")  # fmt: skip
    for name in names:
        assert read(kit, package([ROW], **{name: value}))
        assert read(
            kit, package([ROW], **{name: [value], "account/user.json": {"id": value, "relationships": [value]}})
        )
    assert read(kit, package(value, value))
    for name in ROW:
        assert read(kit, package([{**ROW, name: value}, value]))
    for name in ("id", "type", "name", "guild", "recipients"):
        assert read(kit, package([ROW], {"id": str(CHANNEL), name: value}))


def test_a_package_without_its_description_of_a_channel(kit):
    files = package([ROW])
    del files[f"{FOLDER}/channel.json"]
    records = read(kit, files)

    assert [m.group for m in kit.of(records, Message)] == [f"discord:{CHANNEL}"]
    assert "no channel.json" in kit.whats(records)[0][1]


def test_a_file_that_cannot_be_opened_is_told(kit):
    class Broken(kit.Tree):
        def open(self, path):
            if path.endswith("messages.json"):
                raise UnreadableSource(f"{path} is behind a bad sector: copy it again")
            return super().open(path)

    records = list(discord_package.read(Broken(package([ROW])), LOCATION, None))
    assert [one.provenance.path for one in kit.of(records, Problem)] == [f"{FOLDER}/messages.json"]


def test_what_is_no_package_is_refused(kit):
    tree = kit.Tree({"package/messages/c1/channel.json": b"{}", "a.json": b"{}"})

    assert list(discord_package.find(tree)) == []
    with pytest.raises(SauveterreError, match="no data package"):
        list(discord_package.read(tree, LOCATION, None))
    with pytest.raises(SauveterreError, match="addresses only"):
        discord_package.open_attachment(tree, LOCATION, None, type("Entry", (), {"locator": "file x"}))


def test_it_is_found_at_the_top_and_in_large_letters(kit):
    one = {f"Messages/c{CHANNEL}/channel.json": b"{}", f"Messages/c{CHANNEL}/messages.json": b"[]"}
    assert [each.root for each in discord_package.find(kit.Tree(one))] == [""]
    assert list(discord_package.read(kit.Tree(one), StoreLocation("discord_package", "", needs_key=False), None))
