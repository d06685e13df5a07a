"""Tells what a device saw as an export of Telegram Desktop: ``result.json`` with its pictures beside it.

The same people and groups, under Telegram's ids: numbers just under 2**52, which nobody holds. What Telegram does not
export is not written: lists of members, administrators, and messages that were deleted.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from sauveterre.scenarios.devices import Teller
from sauveterre.scenarios.timeline import Change, Post

FIRST_USER = 4_503_599_627_000_000
FIRST_CHANNEL = 4_503_599_626_000_000
EXPORTER_ZONE = timezone(timedelta(hours=2))
_LINK = re.compile(r"(https?://\S+)", re.IGNORECASE)
_ACTIONS = {
    "created": "create_channel", "added": "invite_members", "invite_accepted": "invite_members",
    "joined_by_link": "join_group_by_link", "request_approved": "join_group_by_request", "left": "remove_members",
    "removed": "remove_members",
}  # fmt: skip
"""By kind of change: what the export calls it. Whatever is not here leaves no row."""
Row = dict[str, Any]


def user(index: int) -> str:
    """Return the id of an account as rows of the export state it."""
    return f"user{FIRST_USER + index}"


def channel(teller: Teller, room: str) -> int:
    """Return the number of a group, which every member's telephone knows it by."""
    return FIRST_CHANNEL + list(teller.cast.rooms).index(room)


def write_telegram(folder: Path, teller: Teller, *, chat: str = "") -> Path:
    """Write an export into a folder: of the whole account, or of one chat (a group's name, or ``direct:A|B``)."""
    return _Writer(folder, teller).write(chat)


def numbers(teller: Teller, room: str) -> dict[int, int]:
    """Return the number of the first message of each moment of a conversation, by milliseconds since 1970.

    Groups are numbered for all; a conversation of two is numbered by each device for itself.
    """
    counted: dict[int, int] = {}
    number = 1 if room in teller.cast.rooms else 9_000 * int(teller.device.exhibit)
    for one in _happenings(teller, room):
        counted[one.at] = number
        number += max(1, len(one.pictures)) if isinstance(one, Post) else 1
    return counted


def _happenings(teller: Teller, room: str) -> list[Change | Post]:
    found: list[Change | Post] = [post for post in teller.line.posts if post.room == room]
    found += [change for change in teller.line.changes if change.room == room and change.kind in _ACTIONS]
    return sorted(found, key=lambda one: one.at)


class _Writer:
    def __init__(self, folder: Path, teller: Teller) -> None:
        self.folder = folder
        self.teller = teller
        self.numbers = {room: numbers(teller, room) for room in self._rooms()}

    def write(self, chat: str) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        told = self._chat(chat) if chat else self._account()
        path = self.folder / "result.json"
        path.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
        return path

    def _rooms(self) -> list[str]:
        return list(dict.fromkeys([*self.teller.device.rooms, *(post.room for post in self.teller.posts())]))

    def _account(self) -> Row:
        owner = self.teller.cast.accounts[self.teller.device.owner]
        return {
            "about": "Here is the data you requested from Telegram.",
            "personal_information": {
                "user_id": FIRST_USER + owner.index, "first_name": owner.given, "last_name": owner.family,
                "phone_number": owner.phone, "username": f"@{owner.given.lower()}{owner.index}",
            },
            "contacts": {"about": "Contacts", "list": [self._contact(index) for index in self.teller.contacts]},
            "chats": {"about": "Chats", "list": [self._chat(room) for room in self._rooms()]},
            "left_chats": {"about": "Left chats", "list": []},
        }  # fmt: skip

    def _contact(self, index: int) -> Row:
        account = self.teller.cast.accounts[index]
        stated = account.phone if index in self.teller.stated_numbers() else ""
        row = {"user_id": FIRST_USER + index, "first_name": account.given, "last_name": account.family}
        return {**row, "phone_number": stated, **_times(self.teller.device.until)}

    def _chat(self, room: str) -> Row:
        rows = [row for one in self._seen(room) for row in self._rows(one)]
        if room in self.teller.cast.rooms:
            name, sort, number = self.teller.cast.rooms[room].title, "private_supergroup", channel(self.teller, room)
        else:
            (peer,) = {int(one) for one in room[7:].split("|")} - {self.teller.device.owner}
            name, sort, number = self._name(peer), "personal_chat", FIRST_USER + peer
        return {"name": name, "type": sort, "id": number, "messages": rows}

    def _seen(self, room: str) -> list[Change | Post]:
        found: list[Change | Post] = [post for post in self.teller.posts() if post.room == room and not post.fate]
        found += [one for one in self.teller.changes() if one.room == room and one.kind in _ACTIONS]
        return sorted(found, key=lambda one: one.at)

    def _name(self, index: int) -> str:
        account = self.teller.cast.accounts[index]
        return f"{account.given} {account.family}"

    def _rows(self, one: Change | Post) -> Iterator[Row]:
        number = self.numbers[one.room][one.at]
        if isinstance(one, Change):
            yield {
                "id": number,
                "type": "service",
                **_times(one.at),
                **self._change(one),
                "text": "",
                "text_entities": [],
            }
            return
        for count, picture in enumerate(one.pictures or (None,)):
            row = {"id": number + count, "type": "message", **_times(one.at), **self._who(one.author, "from")}
            if count == 0 and one.quotes in self.numbers[one.room]:
                row["reply_to_message_id"] = self.numbers[one.room][one.quotes]
            if picture is not None:
                row |= self._picture(picture)
            parts = _parts(one.text) if count == 0 else []
            plain = [part["text"] if part["type"] == "plain" else part for part in parts]
            row |= {"text": plain[0] if len(plain) == 1 and plain[0] == one.text else plain, "text_entities": parts}
            if one.reactions and count == 0:
                row["reactions"] = [self._reaction(one, fan, emoji) for fan, emoji in one.reactions]
            yield row

    def _who(self, index: int, label: str) -> Row:
        return {label: self._name(index), f"{label}_id": user(index)}

    def _change(self, change: Change) -> Row:
        actor = change.target if change.kind in ("left", "joined_by_link", "request_approved") else change.actor
        row = {} if actor is None else self._who(actor, "actor")
        row["action"] = _ACTIONS[change.kind]
        if change.kind == "created":
            row["title"] = self.teller.cast.rooms[change.room].title
        elif row["action"].endswith("_members") and change.target is not None:
            row["members"] = [self._name(change.target)]
        elif change.kind == "joined_by_link":
            row["inviter"] = None
        return row

    def _picture(self, number: int) -> Row:
        data = self.teller.album.shared[number]
        if self.teller.stored(number, data) is None:
            where = "(File not included. Change data exporting settings to download.)"
        else:
            where = f"photos/photo_{number}@05-05-2026_10-00-00.jpg"
            (self.folder / "photos").mkdir(exist_ok=True)
            (self.folder / where).write_bytes(data)
        return {"photo": where, "photo_file_size": len(data), "width": 640, "height": 480}

    def _reaction(self, post: Post, fan: int, emoji: str) -> Row:
        date = _times(post.at + 120_000)["date"]
        return {"type": "emoji", "count": 1, "emoji": emoji, "recent": [{**self._who(fan, "from"), "date": date}]}


def _times(milliseconds: int) -> Row:
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC).astimezone(EXPORTER_ZONE)
    return {"date": moment.strftime("%Y-%m-%dT%H:%M:%S"), "date_unixtime": str(milliseconds // 1000)}


def _parts(text: str) -> list[Row]:
    return [{"type": "link" if _LINK.fullmatch(part) else "plain", "text": part} for part in _LINK.split(text) if part]
