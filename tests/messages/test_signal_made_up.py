"""Frames of every field that the tables know, made up with a fixed seed, against what the twins' tables say of them.

The cases that others made hold most of the format and not all of it: here every kind of message, update and edit
carries every field in turn, and an edit may have whatever a message has.
"""

import hashlib
import random
from itertools import count

import pytest
from tests.messages.test_signal_twins import expected, found, named
from tests.messages.twin_tree import Node

from sauveterre.messages.signal.schema import SCHEMA
from sauveterre.records.problem import Problem

PEOPLE, CHATS = (1, 2, 3, 4), (20, 21)
ACIS = [bytes([digit]) * 16 for digit in (0xAA, 0xBB, 0xCC, 0xDD, 0xEE)]
ONE_OF = {
    "ChatItem": (
        ("incoming", "outgoing", "directionless"),
        ("standardMessage", "contactMessage", "stickerMessage", "remoteDeletedMessage", "adminDeletedMessage",
         "paymentNotification", "giftBadge", "viewOnceMessage", "directStoryReplyMessage", "poll", "updateMessage"),
    ),
    "SendStatus": (("pending", "sent", "delivered", "read", "viewed", "skipped", "failed"),),
    "DirectStoryReplyMessage": (("textReply", "emoji"),),
    "BodyRange": (("mentionAci", "style"),),
    "PinDetails": (("pinExpiresAtTimestamp", "pinNeverExpires"),),
    "TransactionDetails": (("transaction", "failedTransaction"),),
    "LearnedProfileChange": (("e164", "username"),),
    "Invitee": (("inviteeAci", "inviteePni"),),
    "Contact": (("registered", "notRegistered"),),
    "Recipient": (("contact", "group", "distributionList", "callLink", "self", "releaseNotes"),),
    "DistributionListItem": (("deletionTimestamp", "distributionList"),),
    "ChatUpdateMessage": (tuple(SCHEMA.by_name["ChatUpdateMessage"]),),
    "GroupUpdate": (tuple(SCHEMA.by_name["GroupUpdate"]),),
}  # fmt: skip
ALWAYS = {
    "dateSent", "targetSentTimestamp", "packId", "contentType", "pointer", "url", "value", "updates", "previousE164",
    "e164", "type", "state", "direction", "masterKey", "rootKey", "aci", "member", "role", "privacyMode",
}  # fmt: skip
NEVER = {"ChatItem": {"revisions"}}
LENGTHS = {
    "packId": 16, "plaintextHash": 32, "localKey": 64, "inviteePni": 16, "masterKey": 32, "distributionId": 16,
    "pni": 16,
}  # fmt: skip
WORDS = ("rain", "Film night", "two\nlines", "é 🌧", "a note: with a colon")
FRAMES = [
    {"account": {"givenName": "Owen"}},
    {"recipient": {"id": 1, "self": {}}},
    *({"recipient": {"id": n, "contact": {"aci": ACIS[n]}}} for n in PEOPLE[1:]),
    {"recipient": {"id": 10, "group": {"masterKey": b"\5" * 32, "snapshot": {"version": 1}}}},
    {"chat": {"id": 20, "recipientId": 10}},
    {"chat": {"id": 21, "recipientId": 2}},
]


class Maker:
    """Makes messages that are as the format says, of any known fields; remembers which."""

    def __init__(self, seed):
        self.chance, self.made, self.time = random.Random(seed), set(), count(1_700_000_000_000, 7_777)

    def message(self, kind, **given):
        fields = dict(given)
        groups = ONE_OF.get(kind, ())
        chosen = {
            next((name for name in names if name in fields), None) or self.chance.choice(names) for names in groups
        }
        left_out = {name for names in groups for name in names} - chosen
        for row in SCHEMA.messages[kind].values():
            if row.name in fields or row.name in left_out or row.name in NEVER.get(kind, ()):
                continue
            is_needed = row.name in chosen | ALWAYS or row.name.endswith("Id")
            if is_needed or self.chance.random() < 0.6:
                self.made.add(f"{kind}.{row.name}")
                several = range(self.chance.choice((1, 1, 2)) if row.repeated else 1)
                values = [self.value(row) for _ in several]
                fields[row.name] = values if row.repeated else values[0]
        return fields

    def part(self, name, kind="ChatUpdateMessage"):
        """One of the alternatives of a message, made."""
        self.made.add(f"{kind}.{name}")
        return {name: self.value(SCHEMA.by_name[kind][name])}

    def value(self, row):
        if row.kind in SCHEMA.messages:
            return self.message(row.kind)
        if row.kind in SCHEMA.enums:
            return self.chance.randrange(1, len(SCHEMA.enums[row.kind]))
        if row.kind == "bool":
            return True
        if row.kind == "string":
            return "https://example.org/film" if row.name == "url" else self.chance.choice(WORDS)
        if row.kind == "bytes":
            return self.bytes_of(row.name)
        return self.number(row.name)

    def bytes_of(self, name):
        if name == "inviteeServiceId":
            return self.chance.choice((b"\1", b"")) + self.chance.choice(ACIS)
        if name.endswith("Aci") or name in ("userId", "addedByUserId"):
            return self.chance.choice(ACIS)
        if name == "aci":
            return self.chance.choice(ACIS)
        return self.chance.randbytes(LENGTHS.get(name, 20))

    def number(self, name):
        if name == "chatId":
            return self.chance.choice(CHATS)
        if name.endswith(("Id", "Ids")) and name not in ("stickerId", "callId"):
            return self.chance.choice(PEOPLE)
        if name.startswith("date") or "imestamp" in name or name == "expireStartDate":
            return next(self.time)
        return self.chance.choice((1, 7, 1_500, 60_000, 3_600_000))


def people(maker):
    """Recipients of every kind, each with a chat, or with a call where it is a call link."""
    for number in range(30, 130):
        recipient = maker.message("Recipient", id=number)
        yield {"recipient": recipient}
        kind = ("adHocCall", "AdHocCall") if "callLink" in recipient else ("chat", "Chat")
        yield {
            kind[0]: maker.message(kind[1], **({} if "callLink" in recipient else {"id": number}), recipientId=number)
        }


def edited(maker):
    """A message with one or two earlier versions, each of any kind that is no update."""
    kinds = [name for name in ONE_OF["ChatItem"][1] if name != "updateMessage"]
    top = maker.message("ChatItem", **one(maker, kinds))
    same = {"chatId": top["chatId"], "authorId": top["authorId"]}
    earlier = [maker.message("ChatItem", **same, **one(maker, kinds)) for _ in range(maker.chance.choice((1, 2)))]
    return {**top, "revisions": earlier}


def one(maker, kinds):
    return maker.part(maker.chance.choice(kinds), "ChatItem")


def items(maker):
    """Messages of every kind, edits, updates of every kind, and every kind of group update."""
    kinds = ONE_OF["ChatItem"][1]
    for _ in range(20):
        yield from (maker.message("ChatItem", **one(maker, [kind])) for kind in kinds)
        yield from (edited(maker) for _ in range(4))
    for _ in range(9):
        for name in SCHEMA.by_name["ChatUpdateMessage"]:
            yield maker.message("ChatItem", updateMessage=maker.message("ChatUpdateMessage", **maker.part(name)))
        for name in SCHEMA.by_name["GroupUpdate"]:
            change = {"updates": [maker.message("GroupUpdate", **maker.part(name, "GroupUpdate"))]}
            yield maker.message("ChatItem", updateMessage={"groupChange": change})


def reachable(kind, seen):
    if kind in SCHEMA.messages and kind not in seen:
        seen.add(kind)
        for row in SCHEMA.messages[kind].values():
            reachable(row.kind, seen)
    return seen


@pytest.mark.parametrize("seed", range(3))
def test_frames_of_any_fields_are_told_as_their_meaning_says(kit, tmp_path, seed):
    maker = Maker(seed)
    made = [{"account": maker.message("AccountData")}, *FRAMES[1:], *people(maker)]
    frames = [*made, *({"chatItem": item} for item in items(maker))]
    data = kit.stream(frames)
    records = kit.read(tmp_path, data)
    trees = [Node(named(frame, "Frame")) for frame in frames]
    said, told = expected(Node(kit.info), trees, hashlib.sha256(data).hexdigest()), found(records[1:])

    assert [record.what for record in records if isinstance(record, Problem)] == []
    assert sorted((told - said).elements()) == sorted((said - told).elements())


@pytest.mark.parametrize(("kind", "unmade"), [("ChatItem", {"ChatItem.revisions"}), ("Recipient", {"Recipient.id"})])
def test_what_is_made_up_has_every_field_that_there_can_be(kind, unmade):
    maker = Maker(0)
    list(items(maker))
    list(people(maker))
    fields = {f"{kind}.{name}" for kind in reachable(kind, set()) for name in SCHEMA.by_name[kind]}

    assert fields - maker.made == unmade
