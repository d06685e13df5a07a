"""A profile of Signal Desktop of as many messages as one likes, written row by row: for measuring.

The talk is that of ``long_backup``: six groups of eight; one message in five is the owner's own, with a state for each
member, and one in ten has a reaction.
"""

import base64
import hashlib
import json
import random
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2 as sqlcipher

from sauveterre.scenarios.long_backup import BEGIN, GROUPS, MEMBERS, STEP, members_of, talk
from sauveterre.scenarios.signal_desktop_writer import NOW, SCHEMA_NOW

_MESSAGE = (
    "INSERT INTO messages (id, json, conversationId, type, sent_at, timestamp, received_at_ms, body, sourceServiceId) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_CONVERSATION = "INSERT INTO conversations (id, json, type, name, groupId, serviceId) VALUES (?, ?, ?, ?, ?, ?)"


def write_long_profile(folder: Path, key: bytes, messages: int, seed: int = 5) -> None:
    """Write a profile whose database is under a key of 32 bytes into a folder."""
    rng = random.Random(seed)
    people = [str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(GROUPS * MEMBERS)]
    (folder / "sql").mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"key": key.hex()}))
    with closing(sqlcipher.connect(str(folder / "sql" / "db.sqlite"), isolation_level=None)) as database:
        database.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        database.execute(f"PRAGMA user_version = {NOW}")
        database.executescript(SCHEMA_NOW)
        database.execute("BEGIN")
        database.execute("INSERT INTO items VALUES ('uuid_id', ?)", [json.dumps({"value": f"{people[0]}.1"})])
        database.executemany(_CONVERSATION, _conversations(people))
        database.executemany(_MESSAGE, (_message(people, number, rng) for number in range(messages)))
        database.execute("COMMIT")


def _conversations(people: list[str]) -> Iterator[tuple[Any, ...]]:
    for number, aci in enumerate(people):
        yield f"person-{number}", "{}", "private", None, None, aci
    for group in range(GROUPS):
        master = hashlib.sha256(f"group {group}".encode()).digest()
        members = [{"aci": people[one], "role": 1, "joinedAtVersion": 1} for one in members_of(group)]
        data = {
            "groupVersion": 2, "masterKey": base64.b64encode(master).decode(), "membersV2": members, "revision": 3,
            "name": f"Weather {group}",
        }  # fmt: skip
        yield f"group-{group}", json.dumps(data), "group", f"Weather {group}", f"{group}", None


def _message(people: list[str], number: int, rng: random.Random) -> tuple[Any, ...]:
    group, sent = number % GROUPS, BEGIN + number * STEP
    others = members_of(group)[1:]
    author = rng.choice(others)
    data: dict[str, Any] = {}
    is_own = number % 5 == 0
    if is_own:
        data["sendStateByConversationId"] = {f"person-{one}": {"status": "Read", "updatedAt": sent} for one in others}
    if number % 10 == 1:
        data["reactions"] = [{"emoji": "☔", "fromId": f"person-{author}", "timestamp": sent + 5_000}]
    kind, source = ("outgoing", people[0]) if is_own else ("incoming", people[author])
    body = talk(rng)
    return f"m-{number}", json.dumps(data), f"group-{group}", kind, sent, sent, sent + 700, body, source
