"""Tells what a device's owner wrote as a data package of Discord: own messages, and nobody else's.

The same people and groups, under ids that count from the operation's own days; each group is a channel of one server.
Addresses of files are of a domain that does not exist.
"""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sauveterre.scenarios.devices import Teller
from sauveterre.scenarios.timeline import CREATED, DAY, START, Post

FIRST_MS = 1_420_070_400_000
HOST = "https://cdn.files.example/attachments"


def snowflake(milliseconds: int, low: int) -> int:
    """Return an id of a moment; ``low`` parts those of one millisecond."""
    return (milliseconds - FIRST_MS) << 22 | low


def user(index: int) -> int:
    """Return the id of an account."""
    return snowflake(START - 300 * DAY + index * 1_000, index)


SERVER = snowflake(START - DAY, 1)


def channel(room: str) -> int:
    """Return the id of a channel, which everybody knows it by."""
    if room in CREATED:
        return snowflake(START + CREATED[room] * DAY, 7)
    first, second = (int(one) for one in room[7:].split("|"))
    return snowflake(START - 200 * DAY, first * 100 + second)


def message(post: Post) -> int:
    """Return the id of a message."""
    return snowflake(post.at, 3)


def write_discord(folder: Path, teller: Teller, *, as_tables: bool = False) -> Path:
    """Write a package into a folder, with messages as JSON or as tables (as older packages have them)."""
    _Writer(folder, teller, as_tables=as_tables).write()
    return folder


class _Writer:
    def __init__(self, folder: Path, teller: Teller, *, as_tables: bool) -> None:
        self.folder, self.teller, self.as_tables = folder, teller, as_tables
        self.own = [post for post in teller.posts() if post.author == teller.device.owner and not post.fate]

    def write(self) -> None:
        account = self.teller.cast.accounts[self.teller.device.owner]
        known = [self._relation(index) for index in self.teller.contacts[:5]]
        own: dict[str, Any] = {
            "id": str(user(account.index)), "username": f"{account.given.lower()}{account.index}", "discriminator": "0",
            "global_name": account.given, "email": f"{account.given.lower()}@example.org",
            "phone": account.phone or None,
            "relationships": known,
        }  # fmt: skip
        self._json("account/user.json", own)
        rooms = list(dict.fromkeys([*self.teller.device.rooms, *(post.room for post in self.own)]))
        self._json("messages/index.json", {str(channel(room)): self._title(room) for room in rooms})
        self._json("servers/index.json", {str(SERVER): "The valley"})
        self._json(f"servers/{SERVER}/guild.json", {"id": str(SERVER), "name": "The valley"})
        for room in rooms:
            self._channel(room)

    def _json(self, name: str, value: object) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")

    def _relation(self, index: int) -> dict[str, Any]:
        account = self.teller.cast.accounts[index]
        person = {"id": str(user(index)), "username": f"{account.given.lower()}{index}", "discriminator": "0"}
        return {"id": str(user(index)), "type": 1, "nickname": None, "user": {**person, "global_name": account.given}}

    def _title(self, room: str) -> str:
        if room in self.teller.cast.rooms:
            return f"{room} in The valley"
        return "Direct Message with somebody#0"

    def _channel(self, room: str) -> None:
        stated: dict[str, Any] = {"id": str(channel(room)), "type": "GUILD_TEXT", "name": room}
        stated["guild"] = {"id": str(SERVER), "name": "The valley"}
        if room.startswith("direct:"):
            stated = {"id": str(channel(room)), "type": "DM"}
            stated["recipients"] = [str(user(int(one))) for one in room[7:].split("|")]
        folder = f"messages/c{channel(room)}"
        self._json(f"{folder}/channel.json", stated)
        rows = [self._message(post) for post in reversed(self.own) if post.room == room]
        if not self.as_tables:
            self._json(f"{folder}/messages.json", rows)
            return
        text = io.StringIO()
        table = csv.DictWriter(text, ["ID", "Timestamp", "Contents", "Attachments"])
        table.writeheader()
        table.writerows(rows)
        (self.folder / folder / "messages.csv").write_bytes(text.getvalue().encode())

    def _message(self, post: Post) -> dict[str, Any]:
        moment = datetime.fromtimestamp(post.at / 1000, UTC)
        written = moment.isoformat(sep=" ") if self.as_tables else moment.strftime("%Y-%m-%d %H:%M:%S")
        files = [
            f"{HOST}/{channel(post.room)}/{number}/picture-{number:03d}.jpg?ex=1&hm=abc{number}"
            for number in post.pictures
        ]
        return {"ID": message(post), "Timestamp": written, "Contents": post.text, "Attachments": " ".join(files)}
