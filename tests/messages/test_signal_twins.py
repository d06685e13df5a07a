"""Every case that others made, against its readable twin: the records that the twin must give, field by field.

``twin_*`` derive them from the twin by tables of their own. Nothing here names a case: any other pair of that set will
do. A leaf of a twin either tells something, and then the records of two backups that differ in it alone must differ, or
it is in ``UNTOLD`` with the reason.
"""

import hashlib
import json
from collections import Counter
from dataclasses import MISSING, fields
from fnmatch import fnmatch
from itertools import count

import pytest
from tests.messages import twin_items, twin_updates
from tests.messages.twin_people import People
from tests.messages.twin_tree import Node, aci, at, changed

from sauveterre.messages.protobuf import Decoder, read_varint
from sauveterre.messages.readers import signal_backup
from sauveterre.messages.signal.schema import SCHEMA
from sauveterre.records.account import Account

UNTOLD = {
    "account.accountSettings*": "how the owner's app looks and behaves",
    "account.androidSpecificSettings*": "how the owner's app looks and behaves",
    "account.donationSubscriberData*": "a credential for donations to Signal",
    "account.backupsSubscriberData*": "a credential for paid backups",
    "account.usernameLink*": "a live credential: who has it can write to the owner",
    "account.profileKey": "a live credential",
    "account.svrPin": "a secret that a person remembers",
    "account.avatarUrlPath": "an address on Signal's servers, of no use without the profile key",
    "stickerPack*": "what the owner's app can draw",
    "notificationProfile*": "when the owner's telephone is silent",
    "chatFolder*": "how the owner sorts the list of chats",
    "*avatarColor": "a colour",
    "*.hideStory": "how the owner's app looks",
    "recipient.contact.blocked": "a state without author; the act of blocking is an update",
    "recipient.contact.blockedAtTimestamp": "the act of blocking is an update",
    "recipient.group.blocked": "a state without author; the act of blocking is an update",
    "recipient.group.blockedAtTimestamp": "the act of blocking is an update",
    "recipient.contact.visibility": "how the owner sorts the list of contacts",
    "recipient.contact.registered": "what is usual; that someone is registered no more is told with its time",
    "recipient.contact.profileKey": "a live credential",
    "recipient.contact.profileSharing": "a setting of the owner's app",
    "recipient.contact.identityKey": "a key that proves no more than the ACI",
    "recipient.contact.identityState": "the act of verifying is an update",
    "recipient.contact.keyTransparency": "a cache of the app",
    "recipient.contact.note": "private notes of the owner stay in the sealed source: identifiers go to partners",
    "recipient.group.whitelisted": "a setting of the owner's app",
    "recipient.group.storySendMode": "a setting of the owner's app",
    "recipient.group.snapshot.avatarUrl": "an address on Signal's servers, of no use without the master key",
    "recipient.group.snapshot.inviteLinkPassword": "a live credential",
    "*.membersPendingProfileKey.member.[jlr]*": "role, revision and label of one who is not in yet",
    "chat.archived": "how the owner sorts the list of chats",
    "chat.pinnedOrder": "how the owner sorts the list of chats",
    "chat.muteUntilMs": "a setting of the owner's app",
    "chat.markedUnread": "how the owner sorts the list of chats",
    "chat.dontNotifyForMentionsIfMuted": "a setting of the owner's app",
    "chat.expireTimerVersion": "a counter by which apps agree on the timer",
    "chat.style*": "colours and wallpaper",
    "adHocCall.state": "has one value",
    "*.sealedSender": "how a message went through Signal's servers",
    "*.sortOrder": "the order in which reactions are drawn",
    "*.voteCount": "a counter by which apps tell a voter's newer vote from the older",
    "chatItem.updateMessage.*Call.read": "whether the owner looked at the note about a call",
    "*.locatorInfo.key": "a live credential",
    "*.locatorInfo.localKey": "a key of the file; used to open it",
    "*.locatorInfo.transit*": "an address on Signal's servers",
    "*.locatorInfo.mediaTierCdnNumber": "an address on Signal's servers",
    "*.locatorInfo.encryptedDigest": "of bytes that only Signal's servers have",
    "*.incrementalMac": "for the download from Signal's servers",
    "*.incrementalMacChunkSize": "for the download from Signal's servers",
    "*.blurHash": "a picture in thirty letters: it stays in the sealed source",
    "*.clientUuid": "a name within the app",
    "*.sticker.packKey": "a live credential",
    "*.receiptCredentialPresentation": "a live credential",
    "*.mobileCoinIdentification*": "keys of a payment",
    "*.transaction.transaction": "the payment as its ledger keeps it, with its keys",
    "*.transaction.receipt": "the payment's proof, with its keys",
}

TRIES = 12
"""In how many places a leaf is changed before it counts as one that tells nothing: one chat may hold no message."""


def is_untold(path):
    return any(fnmatch(path, pattern) for pattern in UNTOLD)


def trees(path, kit):
    """The frames of a twin, without the header; and the header."""
    info, *rest = kit.parse_text(path.with_suffix(".txtproto").read_text(encoding="utf-8"))
    return Node(info[1]), [Node(frame[1]) for frame in rest]


def owner_of(frames, digest):
    """The one member whom nobody calls a contact, if of all who are in or act in a group it is the only one."""
    contacts, members, involved = set(), set(), set()
    for frame in frames:
        person = frame.node("recipient")
        contacts.add(person.node("contact").values.get("aci"))
        members |= {m.values.get("userId") for m in person.node("group").node("snapshot").values.get("members", [])}
        change = frame.node("chatItem").node("updateMessage").node("groupChange")
        for update in change.values.get("updates", []):
            involved |= {inner.values.get("updaterAci") for inner in update.values.values()}
    strangers = {raw for raw in members | involved if raw and any(raw)} - contacts
    [stranger] = strangers if len(strangers) == 1 else [None]
    return aci(stranger) if stranger in members and stranger else f"self:sha256:{digest}"


def expected(info, frames, digest, unit="frame", first=1):
    people = People(digest, owner_of(frames, digest), at(info.number("backupTimeMs")))
    tellers = {
        "account": people.own, "recipient": people.recipient, "chat": people.chat, "adHocCall": people.call_by_link,
        "chatItem": lambda item: (twin_updates if item.has("updateMessage") else twin_items).tell(people, item),
    }  # fmt: skip
    for number, frame in enumerate(frames, start=first):
        people.frame = f"{unit} {number}"
        for kind, node in frame.values.items():
            if kind in tellers:
                tellers[kind](node)
    return Counter(plain(row.kind, row.place, row.fields) for row in people.rows)


def plain(kind, place, values):
    """A record as text: all its fields, and its place; for an account only the frame that tells it first."""
    place = " ".join(place.split()[:2]) if kind is Account else place
    values = {f.name: f.default for f in fields(kind) if f.default is not MISSING} | values
    return f"{kind.__name__} at {place}: " + ", ".join(f"{name}={values[name]!r}" for name in sorted(values))


def found(records):
    """The reader's records in the same form."""
    rows = Counter()
    for record in records:
        values = {f.name: getattr(record, f.name) for f in fields(record) if f.name != "provenance"}
        rows[plain(type(record), record.provenance.locator, values)] += 1
    return rows


@pytest.fixture(scope="module")
def twins(cases, kit):
    """Each case as (path, header, frames, digest, records)."""
    read = []
    for path in cases:
        info, frames = trees(path, kit)
        records = list(signal_backup.read(kit.Tree(path.parent), kit.location(path.name), None))
        read.append((path, info, frames, hashlib.sha256(path.read_bytes()).hexdigest(), records))
    return read


def test_every_record_is_what_the_twin_says_and_there_is_no_other(twins):
    for path, info, frames, digest, records in twins:
        said, told = expected(info, frames, digest), found(records[1:])
        assert sorted((told - said).elements()) == sorted((said - told).elements()), path.name


@pytest.mark.parametrize("name", ["canonical-backup.binproto", "canonical-backup.takeout-export.expected.jsonl"])
def test_the_backup_of_the_format_s_own_makers_is_what_its_export_says(fixtures, kit, tmp_path, name):
    folder = fixtures / "signal" / "libsignal"
    lines = map(json.loads, (folder / "canonical-backup.takeout-export.expected.jsonl").read_text().splitlines())
    kinds = ("Frame" if number else "BackupInfo" for number in count())
    info, *frames = (
        named(Decoder(SCHEMA).from_json(line, kind), kind) for kind, line in zip(kinds, lines, strict=False)
    )
    data = (folder / name).read_bytes()
    digest, unit, first = hashlib.sha256(data).hexdigest(), *(("line", 2) if name.endswith("l") else ("frame", 1))
    records = list(signal_backup.read(kit.Tree(folder), kit.location(name), None))

    assert expected(Node(info), [Node(frame) for frame in frames], digest, unit, first) == found(records[1:])


def named(value, message):
    """Decoded fields with the names of their enum values, as a twin has them."""
    told = {}
    for name, held in value.items():
        row = SCHEMA.by_name[message][name]
        if row.kind in SCHEMA.messages:
            inner = [("", named(one, row.kind)) for one in (held if row.repeated else [held])]
            told[name] = inner if row.repeated else inner[0]
        elif row.kind in SCHEMA.enums:
            told[name] = next(word for word, number in SCHEMA.enums[row.kind].items() if number == held)
        else:
            told[name] = held
    return told


def test_every_leaf_of_every_twin_is_compared_or_untold_with_its_reason(twins):
    missed, stale, compared = Counter(), Counter(), Counter()
    for _, info, frames, digest, _ in twins:
        expected(info, frames, digest)
        for frame in frames:
            for path, _, _, is_seen in frame.leaves():
                compared[path] += is_seen
                missed[path] += not is_seen and not is_untold(path)
                stale[path] += is_seen and is_untold(path)
    assert +missed == {}
    assert +stale == {}, "told, and yet on the list"
    assert len(+compared) > 200
    assert all(UNTOLD.values()), "each has a reason"


def decoded(path, kit):
    """The frames of a backup as the decoder gives them, header first."""
    data, at, frames = path.read_bytes(), 0, []
    while at < len(data):
        length, at = read_varint(data, at)
        frames.append(Decoder(SCHEMA).decode(data[at : at + length], "Frame" if frames else "BackupInfo"))
        at += length
    return frames


def places(fields, path=""):
    """Yield (path, the message that holds it, its name) of every leaf that is set."""
    for name, value in list(fields.items()):
        inner, here = value if isinstance(value, list) else [value], f"{path}.{name}".lstrip(".")
        if all(isinstance(one, dict) and one for one in inner):
            for one in inner:
                yield from places(one, here)
        elif value != {}:
            yield here, fields, name


def test_a_backup_that_differs_in_one_told_leaf_gives_other_records(cases, kit, tmp_path):
    tries, telling = Counter(), set()
    for path in cases:
        info, *frames = decoded(path, kit)
        whole = None
        for frame in frames:
            for where, holder, name in places(frame):
                if where in telling or tries[where] >= TRIES or is_untold(where):
                    continue
                tries[where] += 1
                whole = whole or told_by(kit, tmp_path, info, frames)
                kept = holder.pop(name)
                without = told_by(kit, tmp_path, info, frames)
                holder[name] = changed(kept)
                if {whole} != {without, told_by(kit, tmp_path, info, frames)}:
                    telling.add(where)
                holder[name] = kept
    assert set(tries) - telling == set()
    assert len(tries) > 200


def told_by(kit, folder, info, frames):
    """What the reader says of these frames; accounts of which only the digest of the file tells are one."""
    records = kit.read(folder, kit.stream(frames, info))
    digest = records[0].provenance.source.removeprefix("sha256:")
    return "\n".join(map(str, records)).replace(digest, "FILE").replace(digest[:16], "FILE")
