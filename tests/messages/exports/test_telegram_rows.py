"""Single rows of Telegram exports: every action, old ids, odd texts, files that are not there."""

import json

import pytest

from sauveterre.messages.exports.phones import phone
from sauveterre.messages.readers import telegram_json
from sauveterre.messages.telegram.chats import peer, unix
from sauveterre.messages.telegram.services import ACTIONS, OTHER_ACTIONS
from sauveterre.records.account import Account, AccountIdentifier
from sauveterre.records.group import EventKind, Group, GroupEvent, GroupKind
from sauveterre.records.message import Attachment, Link, Message, Reaction
from sauveterre.records.problem import Problem

ANA = {"from": "Ana", "from_id": "user7"}
ACTOR = {"actor": "Ana", "actor_id": "user7"}


def message(**fields):
    return {"id": 5, "type": "message", "date": "2026-05-01T10:00:00", "date_unixtime": "1777622400", **ANA, **fields}


def service(action, **fields):
    row = {"id": 5, "type": "service", "date": "2026-05-01T10:00:00", "date_unixtime": "1777622400", **ACTOR}
    return {**row, "action": action, **fields}


@pytest.fixture
def chat(kit):
    def read(*rows, sort="private_supergroup", number=44, **more):
        whole = {"name": "Film club", "type": sort, "id": number, "messages": list(rows), **more}
        return kit.read(telegram_json, "result.json", whole)

    return read


@pytest.mark.parametrize("action", sorted(ACTIONS) + sorted(OTHER_ACTIONS))
def test_every_action_is_an_event_of_its_actor(chat, kit, action):
    records = chat(service(action, members=["Ben"], title="New name"))
    events = kit.of(records, GroupEvent)

    assert {event.actor for event in events} == {"tg:user7"}
    assert events[0].kind is ACTIONS.get(action, EventKind.UPDATED)
    assert events[0].provenance.locator == "/messages/0"
    assert kit.whats(records) == []


def test_an_action_that_is_not_known_is_told_once(chat, kit):
    records = chat(service("dance"), service("dance", id=6))

    assert [event.kind for event in kit.of(records, GroupEvent)] == [EventKind.UPDATED] * 2
    assert kit.of(records, GroupEvent)[0].detail == "action: dance"
    assert len(kit.of(records, Problem)) == 1


def test_members_are_named_and_never_taken_for_accounts_of_that_name(chat, kit):
    ben = {"from": "Ben", "from_id": "user8"}
    records = chat(message(**ben), service("invite_members", id=6, members=["Ben", "Cleo"]))
    targets = [event.target for event in kit.of(records, GroupEvent)]

    assert [target.rpartition(":")[2] for target in targets] == ["Ben", "Cleo"]
    assert all(target.startswith("name:") for target in targets)
    assert "tg:user8" in {account.stable_id for account in kit.of(records, Account)}


def test_whoever_removes_the_own_name_left_unless_two_bear_it(chat, kit):
    alone = kit.of(chat(service("remove_members", members=["Ana"])), GroupEvent)
    assert [(event.kind, event.target) for event in alone] == [(EventKind.LEFT, "tg:user7")]

    other = message(**{"from": "Ana", "from_id": "user8"})
    [event] = kit.of(chat(other, service("remove_members", id=6, members=["Ana"])), GroupEvent)
    assert event.kind is EventKind.REMOVED
    assert event.target.startswith("name:")


def test_a_member_whose_account_is_deleted_has_no_name(chat, kit):
    records = chat(service("remove_members", members=[None]))

    assert [(e.kind, e.actor, e.target) for e in kit.of(records, GroupEvent)] == [(EventKind.REMOVED, "tg:user7", None)]
    assert len(kit.of(records, Problem)) == 1


def test_the_creation_names_creator_and_members(chat, kit):
    records = chat(service("create_group", title="Film club", members=["Ana", "Ben"]), sort="private_group")
    events = kit.of(records, GroupEvent)

    assert [event.kind for event in events] == [EventKind.CREATED, EventKind.ADDED]
    assert events[0].detail == "title: Film club"
    assert kit.of(records, Group)[0].stable_id == "tg:chat44"


@pytest.mark.parametrize(
    ("stored", "account"),
    [("user7", "tg:user7"), ("channel7", "tg:channel7"), (7, "tg:user7"), ((1 << 32) + 7, "tg:chat7"),
     ((2 << 32) + 7, "tg:channel7"), (3 << 32, None), ("7", None), (True, None), (None, None), (-7, None)],
)  # fmt: skip
def test_ids_old_and_new(stored, account):
    assert peer(stored) == account


def test_an_old_export_has_numbers_with_their_sort_and_times_without_zone(chat, kit):
    row = {"id": 5, "type": "message", "date": "2019-03-01T10:00:00", "from": "Ana", "from_id": 7, "text": "rain"}
    records = chat(row, number=(2 << 32) + 44)
    [told] = kit.of(records, Message)

    assert kit.of(records, Group)[0].stable_id == "tg:channel44"
    assert (told.key, told.sender) == ("tg:channel44|5", "tg:user7")
    assert (told.sent_at, told.sent_raw) == (None, "2019-03-01T10:00:00")


def test_a_new_number_above_the_32nd_bit_is_left_whole(chat, kit):
    assert kit.of(chat(message(), number=(1 << 32) + 44), Group)[0].stable_id == f"tg:channel{(1 << 32) + 44}"


def test_a_group_that_grew_keeps_its_older_messages_apart(chat, kit):
    keys = [one.key for one in kit.of(chat(message(id=-999_678_450), message(id=1)), Message)]

    assert keys == ["tg:channel44|tg:user7|1777622400", "tg:channel44|1"]


def test_text_in_parts_with_addresses_and_invitations(chat, kit):
    entities = [
        {"type": "plain", "text": "see "},
        {"type": "text_link", "text": "here", "href": "https://recipes.example.org/soup"},
        {"type": "link", "text": "https://t.me/+AbCdEf_0123456"},
    ]
    [told, *links] = kit.of(chat(message(text=["see ", *entities[1:]], text_entities=entities)), Message | Link)

    assert told.body.startswith("see herehttps://t.me/+[credential sha256:")
    assert [(link.url, link.kind) for link in links] == [
        ("https://t.me/+", "group_invite"), ("https://recipes.example.org/soup", "text"),
    ]  # fmt: skip
    assert links[0].credential
    assert "AbCdEf" not in str(links)


def test_what_is_no_text_is_written_out(chat, kit):
    poll = {
        "question": "Soup?",
        "closed": False,
        "answers": [{"text": "Yes", "voters": 3}, {"text": "No", "voters": 0}],
    }
    contact = {"first_name": "Ben", "last_name": "Hill", "phone_number": "+33639980100"}
    rows = [
        message(poll=poll), message(id=6, contact_information=contact),
        message(id=7, location_information={"latitude": 50.5, "longitude": 4.25}),
        message(id=8, file="(File not included. Change data exporting settings.)", media_type="voice_message"),
        message(id=9, photo="photos/a.jpg", self_destruct_period_seconds=30),
        {"id": 10, "type": "unsupported"},
    ]  # fmt: skip
    told = kit.of(chat(*rows), Message)

    assert [(one.kind, one.body) for one in told] == [
        ("poll", "Soup?\n- Yes (3)\n- No (0)"), ("contact", "Ben Hill, +33639980100"), ("location", "50.5, 4.25"),
        ("voice_message", ""), ("self_destruct", ""), ("unsupported", ""),
    ]  # fmt: skip
    assert told[4].expires_in_ms == 30_000


def test_forwards_edits_and_signatures(chat, kit):
    rows = [
        message(forwarded_from="Weather watch", edited="2026-05-01T11:00:00", edited_unixtime="1777626000"),
        message(id=6, forwarded_from=None, **{"from": "Films", "from_id": "channel9", "author": "Cleo"}),
    ]
    records = chat(*rows, sort="public_channel")
    first, second = kit.of(records, Message)

    assert (first.forwarded_from, first.revision) == ("Weather watch", 1)
    assert (second.forwarded_from, second.sender, second.revision) == ("", "tg:channel9", 0)
    assert ("tg:channel9", "signature", "Cleo") in {
        (one.account, one.type, one.value) for one in kit.of(records, AccountIdentifier)
    }
    group = kit.of(records, Group)[0]
    assert (group.kind, group.link_state) == (GroupKind.CHANNEL, "open")


def test_a_reaction_without_a_name_is_not_told_as_somebodys(chat, kit):
    reactions = [{"type": "emoji", "count": 9, "emoji": "🌻", "recent": [{"from": "Ben", "from_id": "user8"}]}]

    assert [(one.account, one.emoji) for one in kit.of(chat(message(reactions=reactions)), Reaction)] == [
        ("tg:user8", "🌻")
    ]


@pytest.mark.parametrize("name", ["../secret.txt", "/etc/hosts", "photos/../../secret.txt", "gone.jpg", "."])
def test_a_file_outside_or_gone_is_a_problem(kit, name):
    chat = {"name": "x", "type": "private_group", "id": 4, "messages": [message(photo=name)]}
    tree = kit.Tree({"a/result.json": json.dumps(chat).encode(), "secret.txt": b"s", "a/photos/p.jpg": b"p"})
    location = telegram_json.StoreLocation("telegram_json", "a/result.json", needs_key=False)
    records = list(telegram_json.read(tree, location, None))

    assert [one.path for one in kit.of(records, Attachment)] == [None]
    assert len(kit.of(records, Problem)) == 1
    assert list(telegram_json.attachments(tree, location, None)) == []


def test_left_chats_saved_messages_and_empty_chats(kit):
    saved = {"type": "saved_messages", "id": 7, "messages": [message(text="list")]}
    whole = {
        "about": "Telegram", "personal_information": {"user_id": 7},
        "chats": {"list": [saved, {"name": "Empty", "type": "private_group", "id": 3, "messages": []}]},
        "left_chats": {"list": [{"name": "Gone", "type": "private_supergroup", "id": 9, "messages": [message()]}]},
    }  # fmt: skip
    records = kit.read(telegram_json, "result.json", whole)

    assert [(one.stable_id, one.title) for one in kit.of(records, Group)] == [
        ("direct:tg:user7|tg:user7", "(saved messages)"), ("tg:chat3", "Empty"), ("tg:channel9", "Gone"),
    ]  # fmt: skip
    assert kit.of(records, Group)[2].provenance.locator == "/left_chats/list/0/messages/0"
    assert kit.whats(records) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [("+33 6 39 98 01 00", ("e164", "+33639980100")), ("0033639980100", ("e164", "+33639980100")),
     ("0639980100", ("phone", "0639980100")), ("", ("phone", ""))],
)  # fmt: skip
def test_telephone_numbers(text, told):
    assert phone(text) == told


@pytest.mark.parametrize("value", ["", "0", "x", None, True, "1" * 13, "-5", 1.5])
def test_what_is_no_time_is_none(value):
    assert unix(value) is None
