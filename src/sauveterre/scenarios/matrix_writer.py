"""Tells what a device saw of one conversation as a Matrix room, exported from Element as JSON.

The same people and groups, under Matrix ids of servers that do not exist. All that happened in the group is state of
the room: levels tell who administers it, and the sender of each event who did it.
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sauveterre.scenarios.cast import Room
from sauveterre.scenarios.devices import Teller, administrators
from sauveterre.scenarios.timeline import Change, Post

SERVER = "valley.example"
Event = dict[str, Any]


def mxid(teller: Teller, index: int) -> str:
    """Return the Matrix id of an account."""
    account = teller.cast.accounts[index]
    return f"@{account.given}.{account.family}.{index}:{SERVER}".lower()


def room_id(room: str) -> str:
    """Return the id of a room; every member's program knows it by that."""
    return f"!{room.replace(':', '-').replace('|', '-')}:{SERVER}"


def event_id(room: str, at: int, part: object) -> str:
    """Return the id of an event, which is the same for everybody."""
    digest = hashlib.sha256(f"{room} {at} {part}".encode()).digest()
    return f"${base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def write_matrix(folder: Path, teller: Teller, room: str) -> Path:
    """Write ``export.json`` of one group, or of ``direct:A|B``, with the pictures that the device holds."""
    return _Writer(folder, teller, room).write()


class _Writer:
    def __init__(self, folder: Path, teller: Teller, room: str) -> None:
        self.folder, self.teller, self.room = folder, teller, room
        self.group = teller.cast.rooms.get(room)

    def write(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        creator = self.group.initial[0] if self.group else min(int(one) for one in self.room[7:].split("|"))
        told = {
            "room_name": self.group.title if self.group else "Two of us",
            "room_creator": self._name(creator),
            "topic": self.group.description if self.group else "",
            "export_date": self.teller.device.made_at.strftime("%-m/%-d/%Y"),
            "exported_by": mxid(self.teller, self.teller.device.owner),
            "messages": list(self._events()),
        }
        path = self.folder / "export.json"
        path.write_text(json.dumps(told, ensure_ascii=False, indent=2), encoding="utf-8")
        return path

    def _name(self, index: int) -> str:
        account = self.teller.cast.accounts[index]
        return f"{account.given} {account.family}"

    def _events(self) -> Iterator[Event]:
        happenings: list[Change | Post] = [one for one in self.teller.changes() if one.room == self.room]
        happenings += [one for one in self.teller.posts() if one.room == self.room]
        for one in sorted(happenings, key=lambda one: one.at):
            yield from self._change(one) if isinstance(one, Change) else self._post(one)

    def _event(self, kind: str, sender: int, at: int, content: Event, part: object = 0) -> Event:
        return {
            "type": kind, "sender": mxid(self.teller, sender), "content": content, "origin_server_ts": at,
            "unsigned": {"age": 1000}, "event_id": event_id(self.room, at, f"{kind} {part}"),
            "room_id": room_id(self.room),
        }  # fmt: skip

    def _state(self, kind: str, sender: int, at: int, content: Event, key: str = "") -> Event:
        return {**self._event(kind, sender, at, content, key), "state_key": key}

    def _member(self, sender: int, target: int, at: int, membership: str) -> Event:
        content = {"membership": membership, "displayname": self._name(target)}
        return self._state("m.room.member", sender, at, content, mxid(self.teller, target))

    def _power(self, sender: int, at: int) -> Event:
        """Write who has which level from this moment on, and what was so before."""
        changes = [one for one in self.teller.line.changes if one.room == self.room and one.at <= at]
        event = self._state("m.room.power_levels", sender, at, self._levels(changes))
        before = [one for one in changes if one.at < at]
        return {**event, "unsigned": {"prev_content": self._levels(before)}} if before else event

    def _levels(self, changes: list[Change]) -> Event:
        users = {
            mxid(self.teller, one.target): 0 for one in changes if one.kind == "demoted" and one.target is not None
        }
        users |= {mxid(self.teller, index): 100 for index in sorted(administrators(changes))}
        return {
            "users": users, "users_default": 0, "events": {"m.room.power_levels": 100}, "state_default": 50,
            "ban": 50, "kick": 50, "redact": 50, "invite": 0,
        }  # fmt: skip

    def _change(self, change: Change) -> Iterator[Event]:
        at, actor, target = change.at, change.actor, change.target
        if change.kind == "created" and actor is not None and self.group is not None:
            yield from self._creation(self.group, at, actor)
        elif change.kind == "link_enabled" and actor is not None:
            yield self._state("m.room.join_rules", actor, at, {"join_rule": "public"})
        elif change.kind in ("promoted", "demoted") and actor is not None and target is not None:
            yield self._power(actor, at)
        elif change.kind in ("left", "removed") and target is not None:
            yield self._member(target if actor is None else actor, target, at, "leave")
        elif target is not None:
            if change.kind == "request_approved":
                yield self._member(target, target, at - 2_000, "knock")
            if actor is not None:
                yield self._member(actor, target, at - 1_000, "invite")
            yield self._member(target, target, at, "join")

    def _creation(self, group: Room, at: int, creator: int) -> Iterator[Event]:
        yield self._state("m.room.create", creator, at, {"room_version": "10", "creator": mxid(self.teller, creator)})
        yield self._member(creator, creator, at, "join")
        yield self._power(creator, at)
        yield self._state("m.room.name", creator, at, {"name": group.title})
        for member in group.initial[1:]:
            yield self._member(member, member, at, "join")

    def _post(self, post: Post) -> Iterator[Event]:
        if post.fate:
            yield self._deleted(post)
            return
        if post.text or not post.pictures:
            yield self._event("m.room.message", post.author, post.at, self._text(post))
        for number in post.pictures:
            yield self._picture(post, number)
        for fan, emoji in post.reactions:
            related = {"rel_type": "m.annotation", "event_id": self._id(post.at), "key": emoji}
            yield self._event("m.reaction", fan, post.at + 120_000, {"m.relates_to": related}, fan)

    def _id(self, at: int) -> str:
        return event_id(self.room, at, "m.room.message 0")

    def _text(self, post: Post) -> Event:
        content: Event = {"msgtype": "m.text", "body": post.text}
        if post.quotes:
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": self._id(post.quotes)}}
            content["body"] = f"> <{mxid(self.teller, post.quoted_author)}> …\n\n{post.text}"
        return content

    def _deleted(self, post: Post) -> Event:
        by = post.author
        if post.fate == "admin_deleted":
            by = min(
                administrators([one for one in self.teller.line.changes if one.room == post.room and one.at <= post.at])
            )
        because = self._event("m.room.redaction", by, post.at + 5_000, {})
        return {**self._event("m.room.message", post.author, post.at, {}), "unsigned": {"redacted_because": because}}

    def _picture(self, post: Post, number: int) -> Event:
        data = self.teller.album.shared[number]
        name = f"picture-{number:03d}"
        if self.teller.stored(number, data) is not None:
            moment = datetime.fromtimestamp(post.at // 1000, UTC)
            (self.folder / "images").mkdir(exist_ok=True)
            (self.folder / "images" / f"{name}-{moment.strftime('%-m-%-d-%Y at %-I-%M-%S %p')}.jpg").write_bytes(data)
        content = {
            "msgtype": "m.image", "body": f"{name}.jpg", "url": f"mxc://{SERVER}/{name}",
            "info": {"mimetype": "image/jpeg", "size": len(data), "w": 640, "h": 480},
        }  # fmt: skip
        return self._event("m.room.message", post.author, post.at, content, f"picture {number}")
