"""WhatsApp on Android: everything that a telephone of the made-up operation saw, in every schema, comes back."""

from collections import Counter, defaultdict

import pytest
from tests.messages import whatsapp_world as world
from tests.messages.conftest import FolderTree
from tests.messages.told_world import tellers

from sauveterre.errors import UnreadableSource
from sauveterre.messages.readers import whatsapp_android as reader
from sauveterre.messages.stores import find_stores
from sauveterre.messages.whatsapp.links import safe
from sauveterre.records.account import Account, AccountIdentifier
from sauveterre.records.group import Group, GroupEvent, GroupKind, MemberSnapshot
from sauveterre.records.message import Attachment, Delivery, Link, Message, Reaction
from sauveterre.records.problem import Problem
from sauveterre.records.store import StoreInfo
from sauveterre.scenarios import whatsapp_writer as writer

MAIN = f"{writer.FOLDER}/msgstore.db"
KINDS = (
    "created", "added", "request_approved", "joined_by_link", "invite_accepted", "left", "removed", "promoted",
    "demoted",
)  # fmt: skip


def located(folder, path=MAIN):
    tree = FolderTree(folder)
    (location,) = [one for one in find_stores(tree) if one.root == path]
    return tree, location


def read(folder, path=MAIN):
    found = defaultdict(list)
    for record in reader.read(*located(folder, path), None):
        found[type(record)].append(record)
    return found


def milliseconds(at):
    return None if at is None else round(at.timestamp() * 1000)


def owner_of(records):
    (owner,) = [record for record in records[Account] if record.is_owner]
    return owner.stable_id


@pytest.fixture(scope="module", params=world.SCHEMAS)
def told(request, tmp_path_factory):
    """(schema, [(teller, folder, records)])"""
    found = []
    for teller in tellers():
        folder = tmp_path_factory.mktemp("phone")
        writer.tell(teller, folder, request.param)
        found.append((teller, folder, read(folder)))
    return request.param, found


def test_first_comes_what_the_store_is_and_leaves_out(told):
    schema, devices = told
    for teller, _, records in devices:
        (info,) = records[StoreInfo]
        assert info.kind == f"whatsapp_android.{schema}"
        assert any("changes before only those of this" in note for note in info.notes)
        assert info.notes[-1] == "The owner's account is stated by the settings of the application."
        assert info.provenance.source.startswith("sha256:")
        assert info.provenance.path == MAIN
        assert records[Problem] == []
        assert owner_of(records) == world.account(teller, teller.device.owner)


def test_every_message_comes_back_once(told):
    _, devices = told
    for teller, _, records in devices:
        found = {
            message.key: {
                "group": message.group,
                "sender": message.sender,
                "sent": milliseconds(message.sent_at),
                "text": message.body,
                "deleted": message.deleted,
                "reply": message.reply_to,
            }
            for message in records[Message]
        }
        true = world.true_messages(teller)
        assert len(found) == len(records[Message]) == len(true) > 50
        assert found == {key: one | {"text": safe(one["text"])} for key, one in true.items()}


def test_directions_and_who_deleted(told):
    schema, devices = told
    for teller, _, records in devices:
        owner = owner_of(records)
        for message in records[Message]:
            assert message.direction == ("out" if message.sender == owner else "in")
            if message.deleted == "by_author":
                assert message.deleted_by == message.sender
            elif message.deleted == "by_admin":
                assert (message.deleted_by is None) == (schema == writer.OLD_SCHEMA)
                assert message.deleted_by in (None, *(world.account(teller, index) for index in (1, 2, 3)))
            else:
                assert message.deleted_by is None


def test_every_change_comes_back_with_who_did_it_and_to_whom(told):
    _, devices = told
    for teller, _, records in devices:
        found = sorted(
            (
                (event.group, str(event.kind), event.actor, event.target, milliseconds(event.at) or -1)
                for event in records[GroupEvent]
                if str(event.kind) in KINDS
            ),
            key=str,
        )
        assert found == world.true_events(teller, KINDS)


def test_the_own_role_is_told_with_its_changes(tmp_path):
    teller = tellers()[1]
    writer.tell(teller, tmp_path)
    events = [event for event in read(tmp_path)[GroupEvent] if str(event.kind) in ("promoted", "demoted")]
    assert [(str(event.kind), event.actor, event.target) for event in events] == [
        ("demoted", world.account(teller, 3), world.account(teller, 2))
    ]


def test_everyone_inside_is_listed_with_the_rank(told):
    _, devices = told
    for teller, _, records in devices:
        found = [(one.group, one.account, str(one.role)) for one in records[MemberSnapshot]]
        assert len(found) == len(set(found))
        assert set(found) == world.true_members(teller)
        last = max(one.received_at for one in records[Message])
        changed = max(event.at for event in records[GroupEvent] if event.at)
        assert {one.at for one in records[MemberSnapshot]} == {max(last, changed)}
        assert all(one.role_stated for one in records[MemberSnapshot])


def test_groups_and_conversations(told):
    _, devices = told
    for teller, _, records in devices:
        groups = {one.stable_id: one for one in records[Group]}
        assert len(groups) == len(records[Group])
        for room in teller.rooms:
            one = groups[world.group(teller, room.name)]
            assert (one.title, one.description, one.kind) == (room.title, room.description, GroupKind.GROUP)
            assert one.announcement_only is False
        assert {message.group for message in records[Message]} <= set(groups)


def test_names_and_numbers_are_those_that_rows_state(told):
    schema, devices = told
    for teller, _, records in devices:
        stated = Counter((one.account, one.type, one.value) for one in records[AccountIdentifier])
        for index in teller.contacts:
            account, one = world.account(teller, index), teller.cast.accounts[index]
            assert (account, "e164", f"+{writer.phone(one)}") in stated
            assert (account, "profile_name", f"{one.given} {one.family}") in stated
            assert ((account, "contact_name", f"{one.given} from the club") in stated) == (index % 7 == 3)
            hidden = schema == writer.CURRENT_SCHEMA and writer.is_hidden(one)
            assert ((account, "lid", f"70000{index:010d}@lid") in stated) == hidden
        known = {one.stable_id for one in records[Account]}
        assert len(known) == len(records[Account])
        assert {message.sender for message in records[Message]} <= known
        assert not any(account.endswith("@lid") for account in known)


def test_pictures_are_attachments_that_open_when_the_digest_is_right(told):
    _, devices = told
    for teller, folder, records in devices:
        true = world.true_files(teller)
        assert {one.message: one.sha256 for one in records[Attachment]} == true
        tree, location = located(folder)
        entries = {entry.path.decode(): entry for entry in reader.attachments(tree, location, None)}
        paths = {one.path for one in records[Attachment] if one.path is not None}
        assert paths == set(entries)
        assert (len(paths) > 0) == teller.device.holds_media
        for one in records[Attachment]:
            if one.path is not None:
                with reader.open_attachment(tree, location, None, entries[one.path]) as stream:
                    assert len(stream.read()) == one.size


def test_a_picture_that_was_exchanged_is_not_handed_out(tmp_path):
    writer.tell(tellers()[0], tmp_path)
    tree, location = located(tmp_path)
    entry = next(iter(reader.attachments(tree, location, None)))
    (tmp_path / entry.path.decode().removeprefix("attachments/")).write_bytes(b"a cloud of another day")
    with pytest.raises(UnreadableSource, match="does not hold the bytes whose digest the message states"):
        reader.open_attachment(tree, location, None, entry)


def test_reactions_receipts_and_timers(told):
    schema, devices = told
    if schema == writer.OLD_SCHEMA:
        pytest.skip("the old schema has none of them here")
    for teller, _, records in devices:
        posts = {world.key(teller, post.at, post.room): post for post in teller.posts()}
        true = {
            (key, world.account(teller, fan), emoji, post.at + 120_000 * order)
            for key, post in posts.items()
            for order, (fan, emoji) in enumerate(post.reactions, start=1)
        }
        assert {(one.message, one.account, one.emoji, milliseconds(one.at)) for one in records[Reaction]} == true
        assert {one.key for one in records[Message] if one.expires_in_ms} == {
            k for k, p in posts.items() if p.expires_ms
        }
        owner = owner_of(records)
        own = {
            key for key, post in posts.items() if world.account(teller, post.author) == owner and "direct" not in key
        }
        assert {one.message for one in records[Delivery]} == own
        assert {one.status for one in records[Delivery]} <= {"delivered", "read"}
        for one in records[Delivery]:
            assert milliseconds(one.at) == posts[one.message].at + (60_000 if one.status == "read" else 2_000)


def test_links_carry_no_credential(told):
    _, devices = told
    for teller, _, records in devices:
        texts = {world.key(teller, post.at, post.room): post.text for post in teller.posts()}
        assert {one.message for one in records[Link]} >= {key for key, text in texts.items() if "http" in text}
        assert {one.message for one in records[Link]} <= {key for key, text in texts.items() if "/" in text}
        assert all("#" not in one.url for one in records[Link] if one.credential)


def test_every_record_names_the_row_that_it_comes_from(told):
    schema, devices = told
    table = "message" if schema == writer.CURRENT_SCHEMA else "messages"
    for _, _, records in devices:
        places = [message.provenance.locator for message in records[Message]]
        assert len(set(places)) == len(places)
        assert all(place.startswith(f"{table} rowid ") for place in places)


def test_one_message_has_one_key_on_every_device(told):
    _, devices = told
    seen = Counter(key for _, _, records in devices for key in {one.key for one in records[Message]})
    true = Counter(key for teller, _, _ in devices for key in world.true_messages(teller))
    assert seen == true
    assert max(seen.values()) >= 3
