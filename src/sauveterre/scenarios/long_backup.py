"""A backup of as many messages as one likes, written as it is told: for measuring, in memory that does not grow.

One owner, six groups of eight people, made-up talk about the weather: one message in five is the owner's own with a
receipt of each member, one in ten has a reaction, one in twenty a picture that is not there, one in thirty a link, and
one in a hundred is a change of the group.
"""

import hashlib
import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sauveterre.scenarios.protobuf import Message
from sauveterre.scenarios.signal_writer import Snapshot, write_snapshot

MADE_AT = datetime(2026, 5, 12, 9, 15, tzinfo=UTC)
SELF, FIRST_CONTACT, FIRST_GROUP = 1, 10, 100
GROUPS, MEMBERS = 6, 8
BEGIN = 1_700_000_000_000
STEP = 60_000
_TALK = (
    "rain", "before", "noon", "the", "wind", "turns", "north", "again", "clouds", "over", "hill", "and", "river",
    "slowly", "frost", "in", "garden", "warmer", "tomorrow", "at", "seven", "fog", "so", "bring", "a", "coat",
)  # fmt: skip


def write_long_backup(folder: Path, key: str, messages: int, seed: int = 5) -> None:
    """Write an encrypted backup of that many messages into a folder."""
    rng = random.Random(seed)
    people = [uuid.UUID(int=rng.getrandbits(128), version=4).bytes for _ in range(GROUPS * MEMBERS)]
    info: Message = {
        "version": 1,
        "backupTimeMs": int(MADE_AT.timestamp() * 1000),
        "currentAppVersion": "Android 8.2.1",
    }
    frames = _frames(people, messages, rng)
    write_snapshot(folder, Snapshot(people[0], info, frames, MADE_AT), key, random.Random(seed))


def _frames(people: list[bytes], messages: int, rng: random.Random) -> Iterator[Message]:
    yield {"account": {"profileKey": rng.randbytes(32), "givenName": "Wren", "familyName": "Marsh"}}
    yield {"recipient": {"id": SELF, "self": {}}}
    for number, aci in enumerate(people[1:], start=1):
        contact = {"aci": aci, "registered": {}, "profileGivenName": f"Neighbour {number}"}
        yield {"recipient": {"id": FIRST_CONTACT + number, "contact": contact}}
    for group in range(GROUPS):
        members = [{"userId": people[one], "role": "DEFAULT"} for one in members_of(group)]
        snapshot = {"title": {"title": f"Weather {group}"}, "version": 3, "members": members}
        master = hashlib.sha256(f"group {group}".encode()).digest()
        yield {"recipient": {"id": FIRST_GROUP + group, "group": {"masterKey": master, "snapshot": snapshot}}}
    for group in range(GROUPS):
        yield {"chat": {"id": group + 1, "recipientId": FIRST_GROUP + group}}
    for number in range(messages):
        yield {"chatItem": _item(people, number, rng)}


def talk(rng: random.Random) -> str:
    """Return a few words about the weather."""
    return " ".join(rng.choices(_TALK, k=rng.randrange(3, 20)))


def members_of(group: int) -> list[int]:
    """Return who is in a group: the owner, and neighbours of whom no two groups share any."""
    return [0, *range(group * MEMBERS + 1, min((group + 1) * MEMBERS, GROUPS * MEMBERS))]


def _item(people: list[bytes], number: int, rng: random.Random) -> Message:
    group, sent = number % GROUPS, BEGIN + number * STEP
    others = members_of(group)[1:]
    author = rng.choice(others)
    base: dict[str, Any] = {"chatId": group + 1, "dateSent": sent}
    if number % 100 == 50:
        change = {"groupAdminStatusUpdate": {
            "updaterAci": people[0], "memberAci": people[author], "wasAdminStatusGranted": number % 200 == 50,
        }}  # fmt: skip
        update = {"groupChange": {"updates": [change]}}
        return {**base, "authorId": SELF, "directionless": {}, "updateMessage": update}
    if number % 5 == 0:
        status = [{"recipientId": FIRST_CONTACT + one, "timestamp": sent + 900, "read": {}} for one in others]
        base |= {"authorId": SELF, "outgoing": {"sendStatus": status, "dateReceived": sent}}
    else:
        details = {"dateReceived": sent + 700, "dateServerSent": sent + 150, "read": True, "sealedSender": True}
        base |= {"authorId": FIRST_CONTACT + author, "incoming": details}
    return {**base, "standardMessage": _standard(number, sent, FIRST_CONTACT + author, rng)}


def _standard(number: int, sent: int, fan: int, rng: random.Random) -> Message:
    words = talk(rng)
    message: dict[str, Any] = {"text": {"body": words}}
    if number % 30 == 7:
        message["text"] = {"body": f"{words} https://weather.example/{number}"}
    if number % 20 == 3:
        digest = hashlib.sha256(number.to_bytes(8, "big")).digest()
        locator = {"plaintextHash": digest, "localKey": digest * 2, "size": 4096 + number % 977}
        pointer = {"contentType": "image/jpeg", "fileName": f"sky-{number}.jpg", "locatorInfo": locator}
        message["attachments"] = [{"pointer": pointer, "wasDownloaded": True}]
    if number % 10 == 1:
        message["reactions"] = [{"emoji": "☔", "authorId": fan, "sentTimestamp": sent + 5_000, "sortOrder": 1}]
    return message
