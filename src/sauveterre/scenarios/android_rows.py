"""Each device's view of the timeline, as rows of the tables of Signal for Android (schema of 2026).

Rows are told in the order of a table's numbers; older schemas are made of them by ``android_ages``.
"""

import base64
import hashlib
import json
import random
from dataclasses import dataclass, field
from typing import Any

from sauveterre.scenarios.cast import Account, Room
from sauveterre.scenarios.devices import (
    FIRST_CONTACT,
    FIRST_GROUP,
    MY_STORY,
    RELEASE_NOTES,
    SELF,
    Teller,
    administrators,
)
from sauveterre.scenarios.protobuf import Message, binary
from sauveterre.scenarios.timeline import Change, Post

RECEIVED, SENT = 20 | 0xA00000, 23 | 0xA00000
GROUP_CHANGE = 0x10000 | 0x80000
PARTS = "/data/user/0/org.thoughtcrime.securesms/app_parts"
STATUSES = (2, 2, 1, 0)
"""Of a receipt: read, read, delivered, not delivered."""
Row = dict[str, Any]


@dataclass(slots=True)
class AndroidStore:
    """The rows of a device's database by table, and the bytes of its attachments."""

    tables: dict[str, list[Row]] = field(default_factory=dict)
    files: dict[int, bytes] = field(default_factory=dict)
    """Plain bytes by row of the table of attachments; the rest was never downloaded or lost."""
    settings: dict[str, str] = field(default_factory=dict)
    version: int = 298
    """Of the schema."""

    def add(self, table: str, **row: Any) -> None:
        """Add a row; without a number of its own it gets the next."""
        rows = self.tables.setdefault(table, [])
        rows.append({"_id": row.pop("_id", len(rows) + 1), **row})


class AndroidTeller:
    """Tells one device's history in rows."""

    def __init__(self, teller: Teller, rng: random.Random) -> None:
        """Take the device's view of the world."""
        self._teller = teller
        self._rng = rng
        self._store = AndroidStore()
        self._threads: dict[str, int] = {}
        self._accounts = teller.cast.accounts
        self._owner = teller.device.owner

    def store(self) -> AndroidStore:
        """Return all that the device's database holds."""
        self._store.settings = {"account.aci": str(self._accounts[self._owner].aci)}
        self._people()
        for number, room in enumerate(self._teller.rooms):
            self._group(FIRST_GROUP + number, room)
        happenings: list[Change | Post] = [*self._teller.changes(), *self._teller.posts()]
        for happening in sorted(happenings, key=lambda one: one.at):
            thread = self._thread(happening.room)
            if isinstance(happening, Change):
                self._change(thread, happening)
            else:
                self._post(thread, happening)
        return self._store

    def _aci(self, index: int) -> bytes:
        return self._accounts[index].aci.bytes

    def _recipient(self, index: int) -> int:
        return SELF if index == self._owner else FIRST_CONTACT + index

    def _people(self) -> None:
        stated = set(self._teller.stated_numbers())
        self._store.add("recipient", **self._person(SELF, self._accounts[self._owner], phone=False))
        self._store.add("recipient", _id=RELEASE_NOTES)
        self._store.settings["releasechannel.recipient_id"] = str(RELEASE_NOTES)
        self._store.add("recipient", _id=MY_STORY, distribution_list_id=1)
        self._store.add(
            "distribution_list", _id=1, name="My Story", distribution_id="00000000-0000-0000-0000-000000000000",
            recipient_id=MY_STORY, allows_replies=1, deletion_timestamp=0, privacy_mode=2,
        )  # fmt: skip
        for index in self._teller.contacts:
            account = self._accounts[index]
            row = self._person(FIRST_CONTACT + index, account, phone=index in stated)
            self._store.add("recipient", **row)

    def _person(self, number: int, account: Account, *, phone: bool) -> Row:
        joined = f"{account.given} from the club" if account.index % 7 == 3 and number != SELF else None
        return {
            "_id": number, "aci": str(account.aci), "pni": None, "e164": account.phone if phone else None,
            "profile_given_name": account.given, "profile_family_name": account.family,
            "system_joined_name": joined, "profile_key": base64.b64encode(self._rng.randbytes(32)).decode(),
        }  # fmt: skip

    def _group(self, number: int, room: Room) -> None:
        changes = [c for c in self._teller.line.changes if c.room == room.name and c.at <= self._teller.device.until]
        state = self._state(room, changes, self._teller.device.until)
        identifier = f"__signal_group__v2__!{hashlib.sha256(room.master_key[::-1]).hexdigest()}"
        self._store.add("recipient", _id=number, group_id=identifier)
        self._store.add(
            "groups", group_id=identifier, recipient_id=number, title=room.title, master_key=room.master_key,
            revision=state["revision"], decrypted_group=binary("DecryptedGroup", state), active=1,
        )  # fmt: skip
        known = {self._owner, *self._teller.contacts}
        for index in self._teller.line.stays[room.name]:
            if index in known and self._teller.line.inside(room.name, index, self._teller.device.until):
                self._store.add("group_membership", group_id=identifier, recipient_id=self._recipient(index))

    def _state(self, room: Room, changes: list[Change], at: int, pending: tuple[Message, ...] = ()) -> dict[str, Any]:
        admins, linked = administrators(changes), any(change.kind == "link_enabled" for change in changes)
        return {
            "title": room.title,
            "accessControl": {
                "attributes": "MEMBER", "members": "MEMBER", "addFromInviteLink": "ANY" if linked else "UNSATISFIABLE",
            },
            "revision": max(change.revision for change in changes),
            "members": [
                self._member(index, admin=index in admins, revision=stay.revision)
                for index, stay in sorted(self._teller.line.stays[room.name].items())
                if self._teller.line.inside(room.name, index, at)
            ],
            "pending": list(pending),
            "password": room.link_password if linked else b"",
            "description": room.description,
        }  # fmt: skip

    def _member(self, index: int, *, admin: bool, revision: int) -> Message:
        role = "ADMINISTRATOR" if admin else "DEFAULT"
        key = self._rng.randbytes(32)
        return {"aci": self._aci(index), "role": role, "profileKey": key, "joinedAtRevision": revision}

    def _thread(self, name: str) -> int:
        if name not in self._threads:
            recipients = {room.name: FIRST_GROUP + number for number, room in enumerate(self._teller.rooms)}
            if name.startswith("direct:"):
                (peer,) = _peers(name) - {self._owner}
                recipients[name] = self._recipient(peer)
            self._threads[name] = len(self._threads) + 1
            self._store.add("thread", recipient_id=recipients[name], date=0)
        return self._threads[name]

    def _peer(self, thread: int) -> int:
        recipient: int = self._store.tables["thread"][thread - 1]["recipient_id"]
        return recipient

    def _change(self, thread: int, change: Change) -> None:
        by_self = change.kind in ("joined_by_link", "left", "invite_accepted")
        editor = change.target if by_self else change.actor
        is_out = editor == self._owner
        extras = binary("MessageExtras", {"group": {"context": self._context(change, editor)}})
        sender = SELF if is_out else self._known(editor)
        self._message(
            thread, change.at, sender, (SENT if is_out else RECEIVED) | GROUP_CHANGE,
            message_extras=extras, date_received=change.at + 700,
        )  # fmt: skip

    def _known(self, index: int | None) -> int:
        return FIRST_CONTACT + index if index is not None and index in self._teller.contacts else SELF

    def _context(self, change: Change, editor: int | None) -> Message:
        room = self._teller.cast.rooms[change.room]
        so_far = [c for c in self._teller.line.changes if c.room == change.room and c.revision <= change.revision]
        context: dict[str, Any] = {
            "change": {
                "editor": b"" if editor is None else self._aci(editor), "revision": change.revision,
                **self._what(change, room),
            },
            "state": self._state(room, so_far, change.at),
        }  # fmt: skip
        joined_here = change.target == self._owner and change.kind not in ("promoted", "demoted", "left", "removed")
        if change.kind != "created" and not joined_here:
            invited = change.kind == "invite_accepted" and change.target is not None and change.actor is not None
            pending: tuple[Message, ...] = ()
            if invited:
                pending = (self._invitation(change),)
            context["previous"] = self._state(room, so_far[:-1], change.at - 1, pending)
        return context

    def _invitation(self, change: Change) -> Message:
        who = {"serviceId": self._aci(change.target or 0), "role": "DEFAULT"}
        return {**who, "addedByAci": self._aci(change.actor or 0), "timestamp": change.at - 60_000}

    def _what(self, change: Change, room: Room) -> Message:
        if change.kind == "created":
            first = change.actor
            return {"newMembers": [self._member(i, admin=i == first, revision=0) for i in room.initial]}
        if change.kind == "link_enabled":
            return {"newInviteLinkAccess": "ANY", "newInviteLinkPassword": room.link_password}
        target = change.target or 0
        member = self._member(target, admin=False, revision=change.revision)
        role = {"aci": self._aci(target), "role": "ADMINISTRATOR" if change.kind == "promoted" else "DEFAULT"}
        deeds: dict[str, Message] = {
            "added": {"newMembers": [member]},
            "joined_by_link": {"newMembers": [member]},
            "request_approved": {"promoteRequestingMembers": [role]},
            "invite_accepted": {"promotePendingMembers": [member]},
            "left": {"deleteMembers": [self._aci(target)]},
            "removed": {"deleteMembers": [self._aci(target)]},
        }
        return deeds.get(change.kind, {"modifyMemberRoles": [role]})

    def _message(self, thread: int, at: int, sender: int, kind: int, **row: Any) -> int:
        to = self._peer(thread) if sender == SELF else SELF
        values = {"date_server": -1, "body": None, "deleted_by": None, "latest_revision_id": None, "expires_in": 0}
        self._store.add(
            "message", date_sent=at, thread_id=thread, from_recipient_id=sender, to_recipient_id=to, type=kind,
            **{**values, **row},
        )  # fmt: skip
        return len(self._store.tables["message"])

    def _post(self, thread: int, post: Post) -> None:
        is_out = post.author == self._owner
        received = post.at if is_out else post.at + self._rng.randrange(400, 90_000)
        sender = self._recipient(post.author)
        row: Row = {"date_received": received, "expires_in": post.expires_ms, "body": post.text or None}
        if not is_out:
            row["date_server"] = post.at + 150
        if post.fate:
            row["deleted_by"] = sender if post.fate == "deleted" else self._recipient(self._admin_at(post))
        if post.quotes and post.quotes >= self._since(post.room):
            quoted = self._recipient(post.quoted_author)
            row |= {"quote_id": post.quotes, "quote_author": quoted, "quote_body": "…"}
        if post.preview:
            url = post.text[post.text.index("https://") :]
            row["link_previews"] = json.dumps([{"url": url, "title": "A page of the valley", "attachmentId": None}])
        number = self._message(thread, post.at, sender, SENT if is_out else RECEIVED, **row)
        if is_out:
            self._receipts(number, post)
        if not post.fate:
            self._hang(number, post)

    def _hang(self, number: int, post: Post) -> None:
        for order, picture in enumerate(post.pictures):
            self._attachment(number, order, picture)
        for order, (fan, emoji) in enumerate(post.reactions, start=1):
            at = post.at + 120_000 * order
            author = self._recipient(fan)
            self._store.add(
                "reaction", message_id=number, author_id=author, emoji=emoji, date_sent=at, date_received=at
            )

    def _attachment(self, message: int, order: int, picture: int) -> None:
        data = self._teller.album.shared[picture]
        kept = self._teller.stored(picture, data)
        number = len(self._store.tables.get("attachment", [])) + 1
        if kept is not None:
            self._store.files[number] = data
        digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
        self._store.add(
            "attachment", _id=number, message_id=message, content_type="image/jpeg",
            data_file=f"{PARTS}/part{number}.mms" if kept is not None else None, data_size=len(data),
            data_random=self._rng.randbytes(32), data_hash_start=digest, data_hash_end=digest,
            file_name=f"picture-{picture:03d}.jpg", quote=0, sticker_id=-1, display_order=order,
        )  # fmt: skip

    def _receipts(self, message: int, post: Post) -> None:
        if post.room.startswith("direct:"):
            row = self._store.tables["message"][message - 1]
            row |= {
                "has_delivery_receipt": 1,
                "has_read_receipt": 0,
                "viewed": 0,
                "receipt_timestamp": post.at + 60_000,
            }
            return
        stays = self._teller.line.stays[post.room]
        for peer in sorted(set(stays) - {self._owner}):
            if peer in self._teller.contacts and self._teller.line.inside(post.room, peer, post.at):
                self._store.add(
                    "group_receipts", mms_id=message, address=self._recipient(peer), status=STATUSES[peer % 4],
                    timestamp=post.at + 60_000,
                )  # fmt: skip

    def _admin_at(self, post: Post) -> int:
        changes = [change for change in self._teller.line.changes if change.room == post.room and change.at <= post.at]
        return min(administrators(changes))

    def _since(self, room: str) -> int:
        stays = self._teller.line.stays.get(room)
        return 0 if stays is None else stays[self._owner].start


def _peers(room: str) -> set[int]:
    return {int(index) for index in room.partition(":")[2].split("|")}
