"""Writes what a device saw as WhatsApp's databases on Android, in three schemas, with media files beside.

The same world is told with WhatsApp's own ids: numbers of country code 999, which is nobody's, hidden addresses for
some, invented ids of groups and messages. Schemas after public descriptions of the tables.
"""

import base64
import hashlib
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sauveterre.scenarios.cast import Account, Room
from sauveterre.scenarios.devices import Teller, administrators
from sauveterre.scenarios.timeline import Change, Post
from sauveterre.scenarios.whatsapp_schema import CONTACTS, CURRENT, OLD

CURRENT_SCHEMA, TRANSITIONAL, OLD_SCHEMA = "current", "transitional", "old"
FOLDER = "data/data/com.whatsapp/databases"
SHARED = "data/media/0/Android/media/com.whatsapp/WhatsApp"
ACTIONS = {
    "created": 11, "added": 12, "request_approved": 12, "left": 13, "removed": 14, "promoted": 15, "demoted": 16,
    "joined_by_link": 20, "link_enabled": 21, "invite_accepted": 52,
}  # fmt: skip
CREATOR, ADMIN, ORDINARY = 2, 1, 0
WITH_NUMBER, HIDDEN, GROUP = 0, 18, 1


def phone(account: Account) -> str:
    """Return the invented number of an account, digits alone."""
    return f"99900000{100 + account.index}"


def address(account: Account) -> str:
    """Return the address of an account."""
    return f"{phone(account)}@s.whatsapp.net"


def group_address(room: Room) -> str:
    """Return the address of a group."""
    digits = int(hashlib.sha256(room.name.encode()).hexdigest()[:10], 16)
    return f"120363{digits:013d}@g.us"


def key_id(at: int) -> str:
    """Return the id of the message of this moment, as its sender's application gave it."""
    return f"3EB0{hashlib.sha256(str(at).encode()).hexdigest()[:18].upper()}"


def picture_path(number: int) -> str:
    """Return where WhatsApp keeps a picture, below its own folder."""
    return f"Media/WhatsApp Images/IMG-20260501-WA{number:04d}.jpg"


def is_hidden(account: Account) -> bool:
    """Say whether the device knows the account by a hidden address first, beside which it states the number."""
    return account.index % 5 == 4


def tell(teller: Teller, folder: Path, schema: str = CURRENT_SCHEMA, *, settings: bool = True) -> None:
    """Write the databases and media of one device below a folder, as an extraction of the telephone holds them.

    ``settings``: whether the application's own settings, which state whose device it is, are among it.
    """
    _Writer(teller, folder, schema, settings).write()


@dataclass(slots=True)
class _Writer:
    teller: Teller
    folder: Path
    schema: str
    settings: bool

    def write(self) -> None:
        databases = self.folder / FOLDER
        databases.mkdir(parents=True)
        with closing(sqlite3.connect(databases / "msgstore.db", isolation_level=None)) as database:
            database.execute("BEGIN")
            scripts = {CURRENT_SCHEMA: (CURRENT,), TRANSITIONAL: (CURRENT, OLD), OLD_SCHEMA: (OLD,)}
            for statement in ";".join(scripts[self.schema]).split(";"):
                database.execute(statement)
            rows = _Rows(database, self.teller, self.schema)
            rows.people()
            rows.chats()
            for number, happening in enumerate(self._happenings(), start=2):
                if isinstance(happening, Change):
                    rows.change(number, happening)
                else:
                    rows.post(number, happening)
            rows.members()
            database.execute("COMMIT")
        self._contacts(databases / "wa.db")
        if self.settings:
            self._settings(databases.parent / "shared_prefs/com.whatsapp_preferences_light.xml")
        self._media()

    def _happenings(self) -> list[Change | Post]:
        happenings: list[Change | Post] = [*self.teller.changes(), *self.teller.posts()]
        return sorted(happenings, key=lambda one: one.at)

    def _contacts(self, path: Path) -> None:
        cast = self.teller.cast
        with closing(sqlite3.connect(path)) as database, database:
            database.executescript(CONTACTS)
            for index in self.teller.contacts:
                account = cast.accounts[index]
                name = f"{account.given} from the club" if index % 7 == 3 else None
                values = (address(account), name, f"{account.given} {account.family}", f"+{phone(account)}")
                database.execute(
                    "INSERT INTO wa_contacts (jid, display_name, wa_name, number) VALUES (?, ?, ?, ?)", values
                )
            for room in self.teller.rooms:
                group, creator = group_address(room), address(cast.accounts[room.initial[0]])
                database.execute("INSERT INTO wa_group_descriptions VALUES (?, ?)", (group, room.description))
                database.execute("INSERT INTO wa_group_admin_settings VALUES (?, ?, 0)", (group, creator))

    def _settings(self, path: Path) -> None:
        owner = self.teller.cast.accounts[self.teller.device.owner]
        path.parent.mkdir()
        path.write_text(
            "<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\n<map>\n"
            f'    <string name="registration_jid">{phone(owner)}</string>\n'
            f'    <string name="push_name">{owner.given} {owner.family}</string>\n</map>\n'
        )

    def _media(self) -> None:
        for number in {number for post in self.teller.posts() for number in post.pictures}:
            data = self.teller.album.shared[number]
            if self.teller.stored(number, data) is not None:
                path = self.folder / SHARED / picture_path(number)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)


class _Rows:
    """The rows of one database. A picture is a message of its own here, as WhatsApp sends it."""

    def __init__(self, database: sqlite3.Connection, teller: Teller, schema: str) -> None:
        self._database = database
        self._teller = teller
        self._schema = schema
        self._jids: dict[str, int] = {}
        self._chats: dict[str, int] = {}

    def _add(self, table: str, **values: object) -> None:
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        self._database.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values()))  # noqa: S608

    def _account(self, index: int) -> Account:
        return self._teller.cast.accounts[index]

    def _jid(self, text: str, kind: int) -> int:
        if text not in self._jids:
            self._jids[text] = len(self._jids) + 1
            user, _, server = text.partition("@")
            self._add("jid", _id=self._jids[text], user=user, server=server, type=kind, raw_string=text)
        return self._jids[text]

    def _who(self, index: int | None) -> int | str | None:
        """Return what names an account in a row: a row of ``jid``, or its address in the old tables."""
        if index is None:
            return None
        account = self._account(index)
        if self._schema != CURRENT_SCHEMA:
            return address(account)
        return self._row_of(index)

    def _row_of(self, index: int) -> int:
        account = self._account(index)
        hidden = f"70000{account.index:010d}@lid"
        return self._jids[hidden] if hidden in self._jids else self._jids[address(account)]

    def people(self) -> None:
        if self._schema == OLD_SCHEMA:
            return
        for index in [self._teller.device.owner, *self._teller.contacts]:
            account = self._account(index)
            row = self._jid(address(account), WITH_NUMBER)
            if self._schema == CURRENT_SCHEMA and is_hidden(account):
                hidden = self._jid(f"70000{account.index:010d}@lid", HIDDEN)
                self._add("jid_map", lid_row_id=hidden, jid_row_id=row)
        for index in {index for room in self._teller.rooms for index in room.everyone}:
            self._jid(address(self._account(index)), WITH_NUMBER)
        owner = self._account(self._teller.device.owner)
        self._add("props", key="user_push_name", value=f"{owner.given} {owner.family}")

    def chats(self) -> None:
        addresses = {room.name: (group_address(room), room.title) for room in self._teller.rooms}
        for post in self._teller.posts():
            if post.room.startswith("direct:"):
                (peer,) = {int(one) for one in post.room[7:].split("|")} - {self._teller.device.owner}
                addresses[post.room] = (address(self._account(peer)), "")
        for number, (name, (jid, subject)) in enumerate(addresses.items(), start=1):
            self._chats[name] = number
            title = subject or None
            if self._schema == OLD_SCHEMA:
                self._add("chat_list", _id=number, key_remote_jid=jid, subject=title)
            else:
                row = self._jid(jid, GROUP if subject else WITH_NUMBER)
                self._add("chat", _id=number, jid_row_id=row, subject=title, group_type=0)
        self._addresses = {name: jid for name, (jid, _) in addresses.items()}
        if self._schema != CURRENT_SCHEMA:
            self._add("messages", _id=1, key_remote_jid="-1", key_from_me=0, key_id="-1", status=-1)
        if self._schema != OLD_SCHEMA:
            self._add("message", _id=1, chat_row_id=-1, from_me=0, key_id="-1", status=-1, sort_id=1)

    def _message(self, number: int, room: str, key: str, at: int, kind: int, **values: object) -> None:
        """Write a message row in whichever table is the one; ``values`` are by the current names of columns."""
        if self._schema == CURRENT_SCHEMA:
            self._add(
                "message", _id=number, chat_row_id=self._chats[room], key_id=key, timestamp=at, message_type=kind,
                sort_id=number, **values,
            )  # fmt: skip
            return
        names = {"from_me": "key_from_me", "sender_jid_row_id": "remote_resource", "text_data": "data"}
        renamed = {names.get(name, name): value for name, value in values.items()}
        row = {"_id": number, "key_remote_jid": self._addresses[room], "key_id": key, "timestamp": at}
        self._add("messages", **{**row, "media_wa_type": str(kind), **renamed})

    def change(self, number: int, change: Change) -> None:
        """Write a system row; where an account acts on itself it stands as sender and as participant."""
        action, owner = ACTIONS[change.kind], self._teller.device.owner
        if change.kind in ("promoted", "demoted") and change.target != owner:
            return  # not recorded: only the own role's changes are
        alone = change.kind in ("left", "joined_by_link", "invite_accepted")
        sender = self._who(change.target if alone else change.actor)
        words = next(room.title for room in self._teller.rooms if room.name == change.room)
        values: dict[str, object] = {"from_me": 1, "sender_jid_row_id": sender, "received_timestamp": change.at}
        if action == ACTIONS["created"]:
            values["text_data"] = words
        is_people = change.target is not None and action not in (15, 16)
        if self._schema != CURRENT_SCHEMA:
            values |= {"status": 6, "media_size": action}
        if self._schema == OLD_SCHEMA and is_people:
            values["thumb_image"] = b"\xac\xed\x00\x05sr\x00\x13java.util.ArrayList" + _java(
                str(self._who(change.target))
            )
        self._message(number, change.room, f"{change.at // 1000}-{number}", change.at, 7, **values)
        if self._schema == OLD_SCHEMA:
            return
        self._add("message_system", message_row_id=number, action_type=action)
        if is_people and change.target is not None:
            self._add("message_system_group", message_row_id=number, is_me_joined=int(change.target == owner))
            row = self._row_of(change.target)
            self._add("message_system_chat_participant", message_row_id=number, user_jid_row_id=row)

    def post(self, number: int, post: Post) -> None:
        """Write a message with what hangs on it. Only the first of its pictures is sent; WhatsApp has one a message."""
        owner, is_group = self._teller.device.owner, not post.room.startswith("direct:")
        mine = post.author == owner
        at = post.at if mine else post.at // 1000 * 1000
        kind = {"deleted": 15, "admin_deleted": 64}.get(post.fate, 1 if post.pictures else 0)
        values: dict[str, object] = {
            "from_me": int(mine),
            "sender_jid_row_id": self._who(post.author) if is_group and not mine else None,
            "received_timestamp": post.at + 900,
        }
        if mine:
            values["receipt_server_timestamp"] = post.at + 150
        if not post.pictures or self._schema == CURRENT_SCHEMA:
            values["text_data"] = post.text or None
        elif self._schema == OLD_SCHEMA:
            values["media_caption"] = post.text or None
        key = key_id(post.at)
        if post.fate and self._schema != OLD_SCHEMA:
            admin = self._row_of(self._admin_at(post)) if post.fate == "admin_deleted" else None
            self._add("message_revoked", message_row_id=number, revoked_key_id=key, admin_jid_row_id=admin)
            key = key_id(-post.at)
        if self._schema == OLD_SCHEMA:
            values |= self._old_details(number, post)
        self._message(number, post.room, key, at, kind, **values)
        if self._schema != OLD_SCHEMA:
            self._details(number, post)

    def _admin_at(self, post: Post) -> int:
        changes = [c for c in self._teller.line.changes if c.room == post.room and c.at <= post.at]
        return min(administrators(changes))

    def _old_details(self, number: int, post: Post) -> dict[str, object]:
        values: dict[str, object] = {}
        if post.quotes:
            self._add(
                "messages_quotes", _id=number, key_remote_jid=self._addresses[post.room], key_id=key_id(post.quotes)
            )
            values["quoted_row_id"] = number
        if post.pictures:
            data = self._teller.album.shared[post.pictures[0]]
            values |= {
                "media_hash": base64.b64encode(hashlib.sha256(data).digest()).decode(),
                "media_size": len(data),
                "media_mime_type": "image/jpeg",
                "thumb_image": b"\xac\xed\x00\x05sr\x00\x12com.whatsapp.Media" + _java(picture_path(post.pictures[0])),
            }
        return values

    def _details(self, number: int, post: Post) -> None:
        chat = self._chats[post.room]
        if post.quotes:
            self._add(
                "message_quoted", message_row_id=number, chat_row_id=chat, parent_message_chat_row_id=chat,
                from_me=0, key_id=key_id(post.quotes),
            )  # fmt: skip
        if post.pictures:
            data = self._teller.album.shared[post.pictures[0]]
            self._add(
                "message_media", message_row_id=number, file_path=picture_path(post.pictures[0]), file_length=len(data),
                mime_type="image/jpeg", file_hash=base64.b64encode(hashlib.sha256(data).digest()).decode(),
                media_caption=post.text or None,
            )  # fmt: skip
        if post.expires_ms:
            self._add("message_ephemeral", message_row_id=number, duration=post.expires_ms // 1000)
        for order, (fan, emoji) in enumerate(post.reactions, start=1):
            mine = fan == self._teller.device.owner
            add_on, sender = number * 100 + order, None if mine else self._row_of(fan)
            self._add(
                "message_add_on", _id=add_on, parent_message_row_id=number, from_me=int(mine), sender_jid_row_id=sender,
                message_add_on_type=56, timestamp=post.at + 120_000 * order,
            )  # fmt: skip
            at = post.at + 120_000 * order
            self._add("message_add_on_reaction", message_add_on_row_id=add_on, reaction=emoji, sender_timestamp=at)
        if post.author == self._teller.device.owner and not post.room.startswith("direct:"):
            for reader in self._teller.line.stays[post.room]:
                if reader != post.author and self._teller.line.inside(post.room, reader, post.at):
                    self._receipt(number, reader, post.at)

    def _receipt(self, number: int, reader: int, at: int) -> None:
        read = at + 60_000 if reader % 2 else None
        self._add(
            "receipt_user", message_row_id=number, receipt_user_jid_row_id=self._row_of(reader),
            receipt_timestamp=at + 2_000, read_timestamp=read,
        )  # fmt: skip

    def members(self) -> None:
        """Write who is in at the end. The creator keeps the highest rank while an administrator."""
        for room in self._teller.rooms:
            until = self._teller.device.until
            admins = administrators([c for c in self._teller.line.changes if c.room == room.name and c.at <= until])
            for index in sorted(self._teller.line.stays[room.name]):
                if self._teller.line.inside(room.name, index, until):
                    rank = (CREATOR if index == room.initial[0] else ADMIN) if index in admins else ORDINARY
                    self._member(room, index, rank)

    def _member(self, room: Room, index: int, rank: int) -> None:
        if self._schema == OLD_SCHEMA:
            jid = "" if index == self._teller.device.owner else address(self._account(index))
            self._add("group_participants", gjid=group_address(room), jid=jid, admin=rank, pending=0)
        else:
            group = self._jids[group_address(room)]
            user = self._row_of(index)
            self._add("group_participant_user", group_jid_row_id=group, user_jid_row_id=user, rank=rank, pending=0)


def _java(text: str) -> bytes:
    """Return a string as Java serialises it."""
    data = text.encode()
    return b"t" + len(data).to_bytes(2, "big") + data
