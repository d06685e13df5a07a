"""The invented world, told as a report for three apps and read back: equal to the timeline, row for row."""

import hashlib
import io
import random
import zipfile
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.origin import StreamOrigin
from sauveterre.evidence.readers import ufdr
from sauveterre.evidence.tree import ContainerTree
from sauveterre.messages.readers import cellebrite_ufdr as reader
from sauveterre.messages.signal.links import safe_text
from sauveterre.messages.ufdr.names import account_of, group_of, key_of
from sauveterre.network.timeline import administrators, timeline
from sauveterre.records.account import Account, AccountIdentifier
from sauveterre.records.group import EventKind, Group, GroupEvent, GroupKind, MemberSnapshot
from sauveterre.records.limits import Limits
from sauveterre.records.message import Attachment, Delivery, Link, Message
from sauveterre.records.problem import Problem
from sauveterre.records.store import StoreInfo
from sauveterre.scenarios.cast import make_cast
from sauveterre.scenarios.devices import DEVICES, Teller
from sauveterre.scenarios.devices import administrators as admins_after
from sauveterre.scenarios.timeline import make_timeline
from sauveterre.scenarios.ufdr_writer import PASSWORD, SIGNAL, SILENT_ROOMS, TELEGRAM, WHATSAPP, ReportWriter

KINDS = {
    "created": "created", "added": "added", "joined_by_link": "joined", "request_approved": "joined",
    "invite_accepted": "joined", "left": "left", "removed": "removed", "promoted": "promoted", "demoted": "demoted",
    "link_enabled": "updated",
}  # fmt: skip
BY_THEMSELVES = {"joined", "left"}
CASES = [(WHATSAPP, 0, False), (SIGNAL, 1, True), (TELEGRAM, 2, False), (WHATSAPP, 3, True)]


class MemoryTree:
    identity = "folder:drawn"

    def __init__(self, files):
        self.files = files

    def paths(self):
        return list(self.files)

    def open(self, path):
        if path not in self.files:
            raise UnreadableSource(f"{path} is not among the files of this tree")
        return io.BytesIO(self.files[path])


def moment(milliseconds):
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0].source}-{DEVICES[case[1]].exhibit}")
def told(request):
    app, number, files_last = request.param
    rng = random.Random(17)
    cast = make_cast(rng)
    line = make_timeline(cast, rng, talk=24, per_supplier=2)
    album = SimpleNamespace(shared=[random.Random(n).randbytes(60 + n) for n in range(line.pictures)])
    teller = Teller(DEVICES[number], cast, line, album, random.Random(3))
    writer = ReportWriter(teller, app, random.Random(4))
    files = writer.files(files_last=files_last)
    tree = MemoryTree(files)
    [location] = reader.find(tree)
    records = list(reader.read(tree, location, None))
    service = app.source.lower()
    return SimpleNamespace(
        app=app, teller=teller, writer=writer, tree=tree, location=location, records=records, service=service,
        person=lambda index: account_of(service, app.person(cast.accounts[index])).id,
        rooms={room.name: group_of(service, app.group(room, n)) for n, room in enumerate(teller.rooms)},
        raw={room.name: app.group(room, n) for n, room in enumerate(teller.rooms)},
        of=lambda kind: [record for record in records if isinstance(record, kind)],
    )  # fmt: skip


def group_name(told, room):
    if not room.startswith("direct:"):
        return told.rooms[room]
    ends = sorted(told.person(int(index)) for index in room.removeprefix("direct:").split("|"))
    return f"direct:{ends[0]}|{ends[1]}"


def key(told, post):
    owner = told.teller.device.owner
    raw = told.raw.get(post.room)
    if raw is None:
        peer = next(int(one) for one in post.room.removeprefix("direct:").split("|") if int(one) != owner)
        raw = told.app.person(told.teller.cast.accounts[peer])
    identifier = told.app.message(post, raw)
    return key_of(told.service, group_name(told, post.room), told.person(post.author), moment(post.at), identifier)


def test_every_message_is_there_as_it_was(told):
    posts, owner = told.teller.posts(), told.teller.device.owner
    by_time = {(post.room, post.at): post for post in posts}
    expected = {}
    for post in posts:
        quoted = by_time.get((post.room, post.quotes)) if post.quotes else None
        expected[key(told, post)] = (
            group_name(told, post.room), told.person(post.author), "out" if post.author == owner else "in",
            moment(post.at), safe_text(post.text), "on_device" if post.fate == "deleted" else "no",
            key(told, quoted) if quoted else None,
        )  # fmt: skip
    found = {
        one.key: (one.group, one.sender, one.direction, one.sent_at, one.body, one.deleted, one.reply_to)
        for one in told.of(Message)
    }
    assert len(found) == len(told.of(Message)) == len(posts) > 50
    assert found == expected
    assert any(one.deleted == "on_device" and "deleted_state Deleted" in one.provenance.locator
               for one in told.of(Message)) or not any(post.fate == "deleted" for post in posts)  # fmt: skip


def test_every_change_is_an_event_once_and_nobody_is_said_to_have_done_it_to_another(told):
    expected = []
    for change in told.teller.changes():
        kind = KINDS[change.kind]
        person = change.target if change.target is not None else change.actor
        named = None if person is None else told.person(person)
        target = named if kind not in ("created",) else None
        actor = named if kind in BY_THEMSELVES else None
        expected.append((told.rooms[change.room], kind, actor, target, moment(change.at)))
    events = [event for event in told.of(GroupEvent) if event.kind is not EventKind.CALL]
    found = [(event.group, event.kind.value, event.actor, event.target, event.at) for event in events]
    assert sorted(found, key=str) == sorted(expected, key=str)
    assert len(found) > 8
    for event in events:
        assert event.at_raw in event.detail
        assert event.provenance.locator.startswith("model ")
        if event.kind is EventKind.UPDATED:
            assert event.detail.startswith("InviteLinkRevived; ")


def test_participants_and_administrators_are_as_marked(told):
    teller, line = told.teller, told.teller.line
    until = teller.device.until
    expected = set()
    for room in teller.rooms:
        changes = [change for change in line.changes if change.room == room.name and change.at <= until]
        admins = set() if room.name in SILENT_ROOMS else admins_after(changes)
        for index in room.everyone:
            if line.inside(room.name, index, until):
                role = "admin" if index in admins else "member"
                group = told.rooms[room.name]
                expected.add((group, told.person(index), role, room.name not in SILENT_ROOMS))
    snapshots = told.of(MemberSnapshot)
    assert {(one.group, one.account, one.role.value, one.role_stated) for one in snapshots} == expected
    assert len(snapshots) == len(expected)
    assert {one.at for one in snapshots} == {teller.device.made_at}


def test_the_timeline_of_a_groups_administrators_is_what_the_report_can_state(told):
    line = timeline(told.of(GroupEvent), told.of(MemberSnapshot), told.of(Account))
    found = administrators(line.roles)
    for room in told.teller.rooms:
        seen = [change for change in told.teller.changes() if change.room == room.name]
        moved = {told.person(change.target) for change in seen if change.kind in ("promoted", "demoted")}
        snapshots = [one for one in told.of(MemberSnapshot) if one.group == told.rooms[room.name]]
        marked = {one.account for one in snapshots if one.role.value == "admin"}
        assert set(found.get(told.rooms[room.name], ())) == marked | moved
    assert line.contradictions == ()


def test_what_the_sender_knows_of_receipt(told):
    expected = []
    for post in told.teller.posts():
        for index in told.writer.recipients(post):
            delivered, read = told.writer.dates(post, index)
            dated = [("delivered", delivered), ("read", read)]
            stated = [(status, moment(at)) for status, at in dated if at is not None]
            if not stated and post.room.startswith("direct:"):
                stated = [("sent", None)]
            expected += [(key(told, post), told.person(index), *one) for one in stated]
    found = [(one.message, one.account, one.status, one.at) for one in told.of(Delivery)]
    assert sorted(found, key=str) == sorted(expected, key=str)


def test_attachments_lead_to_their_files_by_the_listed_digests(told):
    album = told.teller.album.shared
    expected = []
    for post in told.teller.posts():
        for ordinal, number in enumerate(post.pictures):
            path = f"files/Image/picture-{number:03d}.jpg"
            held = path if path in told.tree.files else None
            expected.append((key(told, post), ordinal, hashlib.sha256(album[number]).hexdigest(), held))
    found = [(one.message, one.ordinal, one.sha256, one.path) for one in told.of(Attachment)]
    assert sorted(found, key=str) == sorted(expected, key=str)
    entries = list(reader.attachments(told.tree, told.location, None))
    assert {entry.path.decode() for entry in entries} == {path for *_, path in expected if path}
    assert len({entry.locator for entry in entries}) == len(entries)
    for entry in entries:
        with reader.open_attachment(told.tree, told.location, None, entry) as stream:
            assert stream.read() == album[int(entry.path.decode()[-7:-4])]


def test_people_and_names_are_as_this_device_has_them(told):
    owner = told.person(told.teller.device.owner)
    accounts = told.of(Account)
    assert [one.stable_id for one in accounts if one.is_owner] == [owner]
    assert len({one.stable_id for one in accounts}) == len(accounts)
    names = {(one.account, one.value) for one in told.of(AccountIdentifier) if one.type == "contact_name"}
    cast = told.teller.cast.accounts
    assert names == {(told.person(n), f"{cast[n].given} from the club") for n in told.teller.contacts}
    stated = {(one.account, one.value) for one in told.of(AccountIdentifier) if one.type == "e164"}
    assert {(told.person(n), cast[n].phone) for n in told.teller.contacts if cast[n].phone} <= stated
    calls = [event for event in told.of(GroupEvent) if event.kind is EventKind.CALL]
    assert [(call.actor, call.target) for call in calls] == [(owner, told.person(n)) for n in told.teller.contacts[:3]]


def test_conversations_and_links_are_as_the_apps_call_them_and_no_secret_is_told(told):
    groups = told.of(Group)
    shared = {one.stable_id: one.title for one in groups if one.kind is GroupKind.GROUP}
    assert shared == {told.rooms[room.name]: room.title for room in told.teller.rooms}
    if told.app is SIGNAL:
        assert told.rooms == {room.name: room.stable_id for room in told.teller.rooms}
        assert all(raw not in repr(told.records) for raw in told.raw.values())
    invites = [link for link in told.of(Link) if link.kind == "group_invite"]
    wanted = [post for post in told.teller.posts() if "signal.group" in post.text]
    recipes = told.teller.cast.rooms["recipes"].stable_id
    assert [link.group for link in invites] == [recipes] * len(wanted)
    assert PASSWORD in told.tree.files["report.xml"].decode()
    assert PASSWORD not in repr(told.records)
    assert "lavender-tin-whistle" not in repr(told.records)


def test_the_store_says_what_it_leaves_out_and_what_was_not_read(told):
    info, *others = told.records
    assert isinstance(info, StoreInfo)
    assert (info.kind, info.version, info.app_version) == (reader.NAME, "5.4.0.0", "10.1")
    assert len(info.notes) == 4
    assert not any(isinstance(one, StoreInfo) for one in others)
    problems = [problem.what for problem in told.of(Problem)]
    assert problems[-1] == "models of these types are not read: Cookie 1"
    assert [what for what in problems[:-1] if "InviteLinkRevived" not in what] == []


def test_a_package_gives_the_same_through_the_reader_of_packages(told):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, data in told.tree.files.items():
            archive.writestr(path, data)
    with ufdr.open(StreamOrigin(buffer, "sha256:1", len(buffer.getvalue())), Limits()) as container:
        tree = ContainerTree(container, "sha256:1")
        [location] = reader.find(tree)
        records = list(reader.read(tree, location, None))
        held = [one.path for one in records if isinstance(one, Attachment) and one.path]
        assert len(held) == len([one for one in told.of(Attachment) if one.path])
        assert all(path.startswith("/data/media/0/Pictures/drawn & kept/") for path in held)
        entries = list(reader.attachments(tree, location, None))
        for entry in entries[:2]:
            with reader.open_attachment(tree, location, None, entry) as stream:
                assert stream.read() in told.teller.album.shared
    assert [type(one) for one in records] == [type(one) for one in told.records]
    assert [one.key for one in records if isinstance(one, Message)] == [one.key for one in told.of(Message)]
