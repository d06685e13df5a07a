"""Single events of Matrix rooms: levels, comings and goings, changes, deletions, odd rooms, damage."""

import json

import pytest

from sauveterre.errors import SauveterreError
from sauveterre.messages.matrix.files import candidates
from sauveterre.messages.matrix.levels import Levels, levels_in
from sauveterre.messages.readers import matrix_json
from sauveterre.records.account import Account
from sauveterre.records.group import EventKind, Group, GroupEvent, MemberSnapshot, Role
from sauveterre.records.message import Attachment, Link, Message, Reaction
from sauveterre.records.problem import Problem
from sauveterre.records.store import StoreInfo, StoreLocation
from sauveterre.scenarios.matrix_writer import write_matrix

ANA, BEN, CLEO = "@ana:valley.example", "@ben:valley.example", "@cleo:valley.example"
LOCATION = StoreLocation("matrix_json", "export.json", needs_key=False)


def event(kind, sender=ANA, number=1, **fields):
    row = {"type": kind, "sender": sender, "event_id": f"${number}", "room_id": "!r:valley.example"}
    return {**row, "origin_server_ts": 1_777_622_400_000 + number, "content": {}, **fields}


def member(sender, target, membership, number, before=None, **content):
    unsigned = {"prev_content": {"membership": before}} if before else {}
    content = {"membership": membership, **content}
    return event("m.room.member", sender, number, state_key=target, content=content, unsigned=unsigned)


def power(users, number, sender=ANA, before=None, **more):
    unsigned = {"prev_content": before} if before else {}
    return event("m.room.power_levels", sender, number, content={"users": users, **more}, unsigned=unsigned)


def text(body, number, sender=ANA, **more):
    return event("m.room.message", sender, number, content={"msgtype": "m.text", "body": body, **more})


@pytest.fixture
def room(kit):
    def read(*events, **header):
        whole = {"room_name": "Film club", "topic": "", "exported_by": ANA, **header, "messages": list(events)}
        return kit.read(matrix_json, "export.json", whole)

    return read


def happened(records):
    return [(e.kind, e.actor, e.target) for e in records if isinstance(e, GroupEvent)]


def who(user):
    return f"mxid:{user}"


CASES = [
    (BEN, "join", None, EventKind.JOINED), (BEN, "join", "leave", EventKind.JOINED),
    (BEN, "join", "invite", EventKind.INVITE_ACCEPTED), (BEN, "leave", "join", EventKind.LEFT),
    (BEN, "leave", "invite", EventKind.INVITE_DECLINED), (BEN, "leave", "knock", EventKind.REQUEST_CANCELLED),
    (BEN, "knock", "leave", EventKind.JOIN_REQUESTED), (ANA, "invite", None, EventKind.INVITED),
    (ANA, "leave", "join", EventKind.REMOVED), (ANA, "leave", "ban", EventKind.UNBANNED),
    (ANA, "leave", "invite", EventKind.INVITE_REVOKED), (ANA, "leave", "knock", EventKind.REQUEST_DENIED),
    (ANA, "ban", "join", EventKind.BANNED),
]  # fmt: skip


@pytest.mark.parametrize(("sender", "after", "before", "kind"), CASES)
@pytest.mark.parametrize("is_stated", [True, False])
def test_comings_and_goings(room, kit, sender, after, before, kind, is_stated):
    rows = [member(sender, BEN, after, 2, before if is_stated else None)]
    if before and not is_stated:
        rows.insert(0, member(ANA if before in ("invite", "ban") else BEN, BEN, before, 1))
    records = room(*rows)

    assert happened(records)[-1] == (kind, who(sender), who(BEN))
    assert kit.whats(records) == []


def test_a_new_name_is_no_coming_in(room):
    assert happened(room(member(BEN, BEN, "join", 1, "join", displayname="Ben H."))) == []


def test_levels_are_the_history_of_roles(room, kit):
    records = room(
        event("m.room.create", number=1, content={"room_version": "10"}),
        member(ANA, ANA, "join", 2), member(BEN, BEN, "join", 3), member(CLEO, CLEO, "join", 4),
        power({ANA: 100}, 5), power({ANA: 100, BEN: 50, CLEO: 100}, 6), power({ANA: 100, BEN: 0, CLEO: 50}, 7, CLEO),
    )  # fmt: skip
    roles = [one for one in happened(records) if one[0] in (EventKind.PROMOTED, EventKind.DEMOTED)]
    assert roles == [(EventKind.PROMOTED, who(ANA), who(CLEO)), (EventKind.DEMOTED, who(CLEO), who(CLEO))]
    shown = [(one.account, one.role, one.provenance.locator) for one in kit.of(records, MemberSnapshot)]
    assert shown == [
        (who(BEN), Role.MODERATOR, "/messages/5"), (who(BEN), Role.MEMBER, "/messages/6"),
        (who(CLEO), Role.MODERATOR, "/messages/6"),
    ]  # fmt: skip
    details = [e.detail for e in kit.of(records, GroupEvent) if e.target == who(BEN) and e.kind is EventKind.SETTINGS]
    assert details == [
        "made moderator: level 0 before, 50 now; moderators have 50 or more",
        "no longer moderator: level 50 before, 0 now; moderators have 50 or more",
    ]
    assert any("to remove 50, to ban 50" in e.detail for e in kit.of(records, GroupEvent))


def test_a_room_of_which_the_beginning_is_missing_shows_who_has_which_level(room, kit):
    records = room(power({ANA: 100, BEN: 50, CLEO: 0}, 5))

    assert [(one.account, one.role) for one in kit.of(records, MemberSnapshot)] == [
        (who(ANA), Role.ADMIN), (who(BEN), Role.MODERATOR),
    ]  # fmt: skip
    assert EventKind.PROMOTED not in [kind for kind, _, _ in happened(records)]


def test_levels_before_are_taken_from_the_row(room, kit):
    records = room(power({ANA: 100, BEN: 100}, 5, before={"users": {ANA: 100}}))

    assert (EventKind.PROMOTED, who(ANA), who(BEN)) in happened(records)
    assert [(one.account, one.role) for one in kit.of(records, MemberSnapshot)] == [(who(ANA), Role.ADMIN)]


def test_a_level_for_one_who_is_not_in_counts_from_coming_in(room):
    records = room(
        event("m.room.create", number=1), member(ANA, BEN, "invite", 2), power({ANA: 100, BEN: 100}, 3),
        member(BEN, BEN, "join", 4), member(BEN, BEN, "leave", 5), member(BEN, BEN, "join", 6),
    )  # fmt: skip
    kinds = [(kind, actor) for kind, actor, target in happened(records) if target == who(BEN)]

    assert kinds == [
        (EventKind.INVITED, who(ANA)), (EventKind.SETTINGS, who(ANA)), (EventKind.INVITE_ACCEPTED, who(BEN)),
        (EventKind.PROMOTED, None), (EventKind.LEFT, who(BEN)), (EventKind.JOINED, who(BEN)),
        (EventKind.PROMOTED, None),
    ]  # fmt: skip


def test_the_level_of_everybody_counts(room, kit):
    records = room(
        event("m.room.create", number=1), member(BEN, BEN, "join", 2), power({ANA: 100}, 3, users_default=100)
    )
    assert (EventKind.PROMOTED, who(ANA), who(BEN)) in happened(records)


def test_a_room_may_ask_less_of_its_moderators():
    levels = levels_in({"users": {ANA: "30", BEN: 29}, "ban": 30, "kick": 0, "redact": 60}, frozenset())

    assert levels.moderates_from == 30
    assert [levels.role(user) for user in (ANA, BEN, CLEO)] == [Role.MODERATOR, Role.MEMBER, Role.MEMBER]
    assert Levels({ANA: 10_000}).role(ANA) is Role.ADMIN


def test_from_version_12_the_creators_stand_above_all(room, kit):
    content = {"room_version": "12", "additional_creators": [BEN]}
    records = room(event("m.room.create", number=1, content=content), member(BEN, BEN, "join", 2), power({}, 3))

    assert [(one.account, one.role) for one in kit.of(records, MemberSnapshot)] == [
        (who(ANA), Role.OWNER), (who(BEN), Role.OWNER),
    ]  # fmt: skip
    assert EventKind.DEMOTED not in [kind for kind, _, _ in happened(records)]


def test_changes_of_a_message_are_its_versions(room, kit):
    def change(body, number, sender=ANA):
        related = {"rel_type": "m.replace", "event_id": "$1"}
        return text(
            f"* {body}",
            number,
            sender,
            **{"m.new_content": {"msgtype": "m.text", "body": body}, "m.relates_to": related},
        )

    records = room(text("rain", 1), change("sleet", 2), change("theft", 3, BEN), change("snow", 4))

    assert [(m.key.rpartition("$")[2], m.body, m.revision) for m in kit.of(records, Message)] == [
        ("1|r0", "rain", 0), ("1|r1", "sleet", 1), ("1", "snow", 2),
    ]  # fmt: skip
    assert [place for place, _ in kit.whats(records)] == ["/messages/2"]


def test_who_deleted_a_message(room, kit):
    records = room(
        text("rain", 1), text("fog", 2, BEN), event("m.room.redaction", ANA, 3, redacts="$1"),
        event("m.room.redaction", ANA, 4, content={"redacts": "$2"}),
        event("m.room.message", BEN, 5, unsigned={"redacted_because": {"sender": BEN}}),
        event("m.room.message", BEN, 6),
    )  # fmt: skip

    assert [(m.body, m.kind, m.deleted, m.deleted_by) for m in kit.of(records, Message)] == [
        ("rain", "text", "by_author", who(ANA)), ("fog", "text", "by_admin", who(ANA)),
        ("", "deleted", "by_author", who(BEN)), ("", "empty", "no", None),
    ]  # fmt: skip


def test_what_stays_encrypted_is_counted(room, kit):
    records = room(
        event("m.room.encrypted", number=1), {**event("m.room.encrypted", number=2), "decrypted": text("fog", 2)}
    )

    assert any("1 events are encrypted" in note for note in kit.of(records, StoreInfo)[0].notes)
    assert [(m.kind, m.body) for m in kit.of(records, Message)] == [("encrypted", ""), ("text", "fog")]


def test_answers_and_addresses_behind_words(room, kit):
    formatted = (
        f'<a href="https://matrix.to/#/{BEN}">Ben</a>: <a href="https://films.example.org/a?b=1&amp;c=2">this</a>'
    )
    related = {"m.in_reply_to": {"event_id": "$1"}}
    body = f"> <{BEN}> fog\n> and rain\n\nBen: this"
    records = room(text(body, 2, formatted_body=formatted, **{"m.relates_to": related}))
    [message] = kit.of(records, Message)

    assert (message.body, message.reply_to) == ("Ben: this", "mx:!r:valley.example|$1")
    assert [link.url for link in kit.of(records, Link)] == ["https://films.example.org/a?b=1&c=2"]


def test_an_answer_in_a_thread_belongs_to_its_beginning(room, kit):
    related = {"rel_type": "m.thread", "event_id": "$9", "is_falling_back": True, "m.in_reply_to": {"event_id": "$8"}}

    assert kit.of(room(text("fog", 1, **{"m.relates_to": related})), Message)[0].reply_to.endswith("|$9")


def test_who_exported_may_be_known_by_name_only(room, kit):
    records = room(text("fog", 1), exported_by="Ana Hill")
    [owner] = [one for one in kit.of(records, Account) if one.is_owner]

    assert owner.stable_id.startswith("self:sha256:")
    assert kit.of(records, Message)[0].direction == "none"


def test_a_file_is_told_only_where_one_fits(kit):
    content = {"msgtype": "m.image", "body": "a.jpg", "url": "mxc://x/y"}
    one = event("m.room.message", number=0, content=content, origin_server_ts=1_777_622_451_000)
    fits = "images/a-1.5.2026 at 10-00-51.jpg"
    others = {
        "images/a-1.5.2026 at 10-00-52.jpg",
        "images/a-7.5.2026 at 10-00-51.jpg",
        "images/b-1.5.2026 at 10-00-51.jpg",
    }
    assert candidates(one, frozenset({fits, *others}), "") == [fits]

    for count, path in ((1, fits), (2, None)):
        rows = [{**one, "event_id": f"${number}"} for number in range(count)]
        whole = {"room_name": "x", "topic": "", "messages": rows}
        tree = kit.Tree({"export.json": json.dumps(whole).encode(), fits: b"p"})
        told = kit.of(list(matrix_json.read(tree, LOCATION, None)), Attachment)
        assert [each.path for each in told] == [path] * count


def test_an_event_that_repeats_or_belongs_elsewhere_is_told(room, kit):
    records = room(text("fog", 1), text("rain", 1), {**text("sleet", 2), "room_id": "!other:x"})

    assert [m.body for m in kit.of(records, Message)] == ["fog"]
    assert [place for place, _ in kit.whats(records)] == ["/messages/1", "/messages/2"]


def test_changes_that_turn_in_a_circle(room, kit):
    def change(number, target):
        return text(
            "x",
            number,
            **{"m.new_content": {"body": "y"}, "m.relates_to": {"rel_type": "m.replace", "event_id": target}},
        )

    records = room(change(1, "$2"), change(2, "$1"), change(3, "$3"))
    assert len(kit.of(records, Message)) == 3


@pytest.mark.parametrize("value", [None, 5, "x", [], {}, [[]], True, {"a": {"b": {}}}, 1 << 70])
@pytest.mark.parametrize(
    "name", ["type", "sender", "content", "origin_server_ts", "event_id", "room_id", "state_key", "unsigned"]
)
@pytest.mark.parametrize(
    "kind", ["m.room.message", "m.room.member", "m.room.power_levels", "m.reaction", "m.room.create"]
)
def test_a_value_of_another_sort(room, kit, kind, name, value):
    assert kit.of(room({**event(kind, state_key=BEN), name: value}, value), Group)


@pytest.mark.parametrize(
    "value", [None, 5, [], {}, "x", {"users": 5}, {"users": {"x": 1, ANA: None, BEN: "nine", CLEO: 1e9}}]
)
@pytest.mark.parametrize(
    "kind", ["m.room.power_levels", "m.room.create", "m.room.member", "m.room.pinned_events", "m.poll.start"]
)
def test_a_content_of_another_sort(room, kit, kind, value):
    inner = value if isinstance(value, dict) else {}
    content = {
        "membership": value,
        "m.poll.start": value,
        "pinned": value,
        "room_version": value,
        "body": value,
        **inner,
    }
    records = room(event("m.room.create", number=1), event(kind, number=2, state_key=BEN, content=content))
    assert kit.of(records, GroupEvent)


def test_a_reaction_that_names_nothing(room, kit):
    records = room(
        event("m.reaction", number=1), event("m.reaction", BEN, 2, unsigned={"redacted_because": {"sender": BEN}})
    )

    assert kit.of(records, Reaction) == []
    assert len(kit.of(records, Problem)) == 1


def test_cut_or_flipped_anywhere(kit, tellers, tmp_path):
    written = write_matrix(tmp_path, tellers[0], "garden").read_bytes()
    for sort, data in kit.damaged(written, 200, seed=5):
        records, error = kit.attempt(matrix_json, kit.Tree({"export.json": data}), LOCATION)
        assert sort == "flipped" or error or kit.of(records, Problem)
        assert all(record.provenance.path == "export.json" for record in records)


def test_long_names_stay_within_what_an_identifier_may_be(room):
    long_id = "$" + "x" * 5_000
    rows = [{**text("fog", 1), "event_id": long_id}, event("m.room.message", f"@{'y' * 5_000}:x", 2)]
    for record in room(*rows, exported_by="z" * 5_000):
        for name in ("stable_id", "account", "actor", "group", "sender"):
            assert len(getattr(record, name, None) or "") <= 300
        assert len(getattr(record, "key", "")) <= 900


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"7", b'{"room": 1}', b"\xff" * 99])
def test_what_is_no_export_is_refused(kit, data):
    tree = kit.Tree({"export.json": data})

    assert list(matrix_json.find(tree)) == []
    with pytest.raises(SauveterreError, match=r"export\.json"):
        list(matrix_json.read(tree, LOCATION, None))
