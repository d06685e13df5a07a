"""Writes a profile of Signal Desktop: ``config.json``, the database under SQLCipher with its log, and the files.

Tables after public descriptions of Signal Desktop, as they are now (columns and a table of attachments) and as they
were before (all in json, ``uuid`` in place of ``aci``); keys sealed as Chromium seals them.
"""

import base64
import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sauveterre.scenarios.cast import Account, Room
from sauveterre.scenarios.devices import Teller, administrators
from sauveterre.scenarios.signal_writer import sealed
from sauveterre.scenarios.sqlcipher_file import database_and_log, keyed
from sauveterre.scenarios.timeline import Change, Post

NOW, BEFORE = 1430, 88
"""Schema versions: with columns and a table of attachments, and with json alone."""
SCHEMA_NOW = """
CREATE TABLE items (id TEXT PRIMARY KEY, json TEXT);
CREATE TABLE sessions (id TEXT PRIMARY KEY, conversationId TEXT, json TEXT, ourServiceId TEXT);
CREATE TABLE conversations (id TEXT PRIMARY KEY, json TEXT, active_at INTEGER, type TEXT, members TEXT, name TEXT,
  profileName TEXT, profileFamilyName TEXT, profileFullName TEXT, e164 TEXT, serviceId TEXT, groupId TEXT);
CREATE TABLE messages (rowid INTEGER PRIMARY KEY ASC, id TEXT UNIQUE, json TEXT, conversationId TEXT, type TEXT,
  body TEXT, sent_at INTEGER, received_at INTEGER, received_at_ms INTEGER, timestamp INTEGER,
  serverTimestamp INTEGER, source TEXT,
  sourceServiceId TEXT,
  expireTimer INTEGER, isErased INTEGER, isViewOnce INTEGER, storyId TEXT, hasAttachments INTEGER);
CREATE TABLE message_attachments (messageId TEXT NOT NULL, editHistoryIndex INTEGER NOT NULL,
  attachmentType TEXT NOT NULL, orderInMessage INTEGER NOT NULL,
  conversationId TEXT, sentAt INTEGER, size INTEGER, contentType TEXT, path TEXT,
  plaintextHash TEXT, localKey TEXT, fileName TEXT, version INTEGER,
  PRIMARY KEY (messageId, editHistoryIndex, attachmentType, orderInMessage)) STRICT;
CREATE TABLE callsHistory (callId TEXT PRIMARY KEY, peerId TEXT, ringerId TEXT, startedById TEXT, mode TEXT, type TEXT,
  direction TEXT, status TEXT, timestamp INTEGER, endedTimestamp INTEGER);
CREATE TABLE callLinks (roomId TEXT PRIMARY KEY, rootKey BLOB, adminKey BLOB, name TEXT, restrictions INTEGER);
CREATE TABLE storyDistributions (id TEXT PRIMARY KEY, name TEXT, deletedAtTimestamp INTEGER);
CREATE VIRTUAL TABLE messages_fts USING fts5(body);
"""
SCHEMA_BEFORE = """
CREATE TABLE items (id STRING PRIMARY KEY ASC, json TEXT);
CREATE TABLE conversations (id STRING PRIMARY KEY ASC, json TEXT, active_at INTEGER, type STRING, members TEXT,
  name TEXT, profileName TEXT, uuid TEXT, e164 TEXT, groupId TEXT);
CREATE TABLE messages (rowid INTEGER PRIMARY KEY ASC, id STRING UNIQUE, json TEXT, sent_at INTEGER,
  conversationId STRING, received_at INTEGER, source STRING, sourceUuid STRING, type STRING, body TEXT);
"""
Json = dict[str, Any]


@dataclass(slots=True)
class Profile:
    """What a profile holds, before it is written."""

    version: int
    rows: dict[str, list[Json]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    """By path in the profile's folder."""

    def row(self, table: str, **columns: object) -> None:
        """Add a row."""
        self.rows.setdefault(table, []).append(columns)


def written(profile: Profile, key: bytes, config: bytes) -> dict[str, bytes]:
    """Return the files of a profile by path; the last of its messages stand in the database's log alone.

    An empty key leaves the database plain, as a copy that somebody decrypted.
    """
    settings = [*keyed(key), f"PRAGMA user_version = {profile.version}"]
    schema = SCHEMA_NOW if profile.version == NOW else SCHEMA_BEFORE
    database, log = database_and_log("db.sqlite", settings, schema, profile.rows, "messages")
    return {"config.json": config, "sql/db.sqlite": database, "sql/db.sqlite-wal": log, **profile.files}


def config_with(key: bytes, way: str, secret: str, rng: random.Random) -> bytes:
    """Return ``config.json``: the key in the clear (``plain``) or sealed as on ``macos``, ``linux`` or ``windows``.

    ``secret`` is what the key store holds; for Windows the hex of the key that DPAPI protects.
    """
    if way == "plain":
        return json.dumps({"key": key.hex()}).encode()
    plain = key.hex().encode()
    if way == "windows":
        nonce = rng.randbytes(12)
        return json.dumps(
            {"encryptedKey": (b"v10" + nonce + AESGCM(bytes.fromhex(secret)).encrypt(nonce, plain, None)).hex()}
        ).encode()
    rounds = 1003 if way == "macos" else 1
    derived = hashlib.pbkdf2_hmac("sha1", secret.encode(), b"saltysalt", rounds, 16)
    encryptor = Cipher(algorithms.AES(derived), modes.CBC(b" " * 16)).encryptor()
    text = encryptor.update(plain + b"\x10" * 16) + encryptor.finalize()
    prefix = {"macos": b"v10", "linux": b"v11", "basic_text": b"v10"}[way]
    settings = {"encryptedKey": (prefix + text).hex()}
    if way != "macos":
        settings["safeStorageBackend"] = "basic_text" if way == "basic_text" else "gnome_libsecret"
    return json.dumps(settings).encode()


def told(teller: Teller, rng: random.Random, version: int = NOW) -> Profile:
    """Return what the profile of a device's own Desktop holds."""
    return _Telling(teller, rng, version).profile


class _Telling:
    def __init__(self, teller: Teller, rng: random.Random, version: int) -> None:
        self.teller, self.rng = teller, rng
        self.profile = Profile(version)
        self.is_new = version == NOW
        self.service = "serviceId" if self.is_new else "uuid"
        self.aci = "aci" if self.is_new else "uuid"
        self.ids = {index: self._uuid() for index in (teller.device.owner, *teller.contacts)}
        self.talks = {room.name: self._uuid() for room in teller.rooms}
        self._items()
        self._people()
        for room in teller.rooms:
            self._group(room)
        happenings: list[Change | Post] = [*teller.changes(), *teller.posts()]
        for happening in sorted(happenings, key=lambda one: one.at):
            self._change(happening) if isinstance(happening, Change) else self._post(happening)

    def _uuid(self) -> str:
        return str(UUID(bytes=self.rng.randbytes(16), version=4))

    def _account(self, index: int) -> Account:
        return self.teller.cast.accounts[index]

    def _items(self) -> None:
        owner = self._account(self.teller.device.owner)
        values = {"uuid_id": f"{owner.aci}.2", "number_id": f"{owner.phone}.2", "version": "8.1.0"}
        for name, value in values.items():
            self.profile.row("items", id=name, json=json.dumps({"id": name, "value": value}))
        if self.is_new:
            self.profile.row("storyDistributions", id=str(UUID(int=0)), name="My Story")

    def _people(self) -> None:
        numbered = set(self.teller.stated_numbers())
        for index, identifier in self.ids.items():
            account = self._account(index)
            data: Json = {self.service: str(account.aci), "profileSharing": True}
            columns: Json = {self.service: str(account.aci), "profileName": account.given}
            data |= {"profileName": account.given, "profileFamilyName": account.family}
            if index in numbered or (index == self.teller.device.owner and account.phone):
                columns["e164"] = data["e164"] = account.phone
            if account.index % 7 == 3:
                data["systemGivenName"] = f"{account.given} from the club"
            self.profile.row("conversations", id=identifier, type="private", json=json.dumps(data), **columns)

    def _group(self, room: Room) -> None:
        teller, identifier = self.teller, self.talks[room.name]
        changes = [one for one in teller.line.changes if one.room == room.name and one.at <= teller.device.until]
        admins = administrators(changes)
        members = [
            {
                self.aci: str(self._account(index).aci),
                "role": 2 if index in admins else 1,
                "joinedAtVersion": stay.revision,
            }
            for index, stay in sorted(teller.line.stays[room.name].items())
            if teller.line.inside(room.name, index, teller.device.until)
        ]
        linked = any(change.kind == "link_enabled" for change in changes)
        data: Json = {
            "groupVersion": 2, "masterKey": _base64(room.master_key), "membersV2": members, "name": room.title,
            "description": room.description, "revision": max(change.revision for change in changes),
            "accessControl": {"attributes": 2, "members": 2, "addFromInviteLink": 1 if linked else 4},
            "groupInviteLinkPassword": _base64(room.link_password) if linked else None,
        }  # fmt: skip
        group = _base64(hashlib.sha256(b"group id" + room.master_key).digest())
        columns = {"id": identifier, "type": "group", "name": room.title, "groupId": group, "active_at": changes[-1].at}
        self.profile.row("conversations", json=json.dumps(data), **columns)

    def _talk(self, room: str) -> str:
        if not room.startswith("direct:"):
            return self.talks[room]
        first, second = (int(index) for index in room.removeprefix("direct:").split("|"))
        return self.ids[second if first == self.teller.device.owner else first]

    def _row(self, identifier: str, columns: Json, data: Json) -> None:
        """Write a message: filled columns as they are now, or the same in json as it was before."""
        there = ("conversationId", "type", "body", "sent_at", "source")
        if self.is_new:
            self.profile.row("messages", id=identifier, json=json.dumps(data), **columns)
            return
        plain = {name: value for name, value in columns.items() if name in there}
        if "sourceServiceId" in columns:
            plain["sourceUuid"] = columns["sourceServiceId"]
        plain["received_at"] = columns["received_at_ms"]
        rest = {name: value for name, value in columns.items() if name not in plain and name != "sourceServiceId"}
        self.profile.row("messages", id=identifier, json=json.dumps({**data, **rest}), **plain)

    def _change(self, change: Change) -> None:
        data: Json = {"groupV2Change": {"details": [self._detail(change)]}}
        actor = change.target if change.kind in _OWN else change.actor
        if actor is not None:
            data["groupV2Change"]["from"] = str(self._account(actor).aci)
        columns = {"conversationId": self.talks[change.room], "type": "group-v2-change", "sent_at": change.at}
        self._row(self._uuid(), {**columns, "timestamp": change.at, "received_at_ms": change.at + 100}, data)

    def _detail(self, change: Change) -> Json:
        detail: Json = {"type": _DETAILS[change.kind]}
        if change.target is not None:
            detail[self.aci] = str(self._account(change.target).aci)
        if change.kind in ("promoted", "demoted"):
            detail["newPrivilege"] = 2 if change.kind == "promoted" else 1
        if change.kind == "link_enabled":
            detail["privilege"] = 1
        if change.kind == "invite_accepted" and change.actor is not None:
            detail["inviter"] = str(self._account(change.actor).aci)
        return detail

    def _post(self, post: Post) -> None:
        is_own = post.author == self.teller.device.owner
        received = post.at if is_own else post.at + self.rng.randrange(400, 90_000)
        columns: Json = {"conversationId": self._talk(post.room), "type": "outgoing" if is_own else "incoming"}
        columns |= {"sent_at": post.at, "timestamp": post.at, "received_at_ms": received, "body": post.text or None}
        columns["sourceServiceId"] = str(self._account(post.author).aci)
        if not is_own:
            columns["serverTimestamp"] = post.at + 150
        if post.expires_ms:
            columns["expireTimer"] = post.expires_ms // 1000
        identifier, data = self._uuid(), self._content(post)
        if is_own:
            data["sendStateByConversationId"] = dict(self._states(post))
        self._row(identifier, columns, data)
        if self.is_new and not post.fate:
            for order, number in enumerate(post.pictures):
                file = self._file(number)
                place = {"messageId": identifier, "editHistoryIndex": -1, "attachmentType": "attachment"}
                self.profile.row("message_attachments", **place, orderInMessage=order, **file)

    def _content(self, post: Post) -> Json:
        if post.fate:
            changes = [one for one in self.teller.line.changes if one.room == post.room and one.at <= post.at]
            data: Json = {"deletedForEveryone": True}
            if post.fate == "admin_deleted":
                data["deletedForEveryoneByAdminAci"] = str(self._account(min(administrators(changes))).aci)
            return data
        data = {}
        if not self.is_new:
            data["attachments"] = [self._file(number) for number in post.pictures]
        if self._shows(post):
            author = "authorAci" if self.is_new else "authorUuid"
            data["quote"] = {"id": post.quotes, author: str(self._account(post.quoted_author).aci), "text": "…"}
        if post.preview:
            data["preview"] = [{"url": post.text[post.text.index("https://") :], "title": "A page of the valley"}]
        data["reactions"] = [
            {
                "emoji": emoji,
                "fromId": self.ids[fan],
                "targetTimestamp": post.at,
                "timestamp": post.at + 120_000 * order,
            }
            for order, (fan, emoji) in enumerate(post.reactions, start=1)
        ]
        return data

    def _shows(self, post: Post) -> bool:
        """Say whether the message that a post answers is one that this device saw."""
        stay = self.teller.line.stays.get(post.room, {}).get(self.teller.device.owner)
        return post.quotes > 0 and (stay is None or post.quotes >= stay.start)

    def _states(self, post: Post) -> Iterator[tuple[str, Json]]:
        for index, identifier in self.ids.items():
            if post.room.startswith("direct:"):
                is_there = str(index) in post.room.removeprefix("direct:").split("|")
            else:
                is_there = self.teller.line.inside(post.room, index, post.at)
            if is_there:
                yield identifier, {"status": STATES[index % 4], "updatedAt": post.at + 60_000}

    def _file(self, number: int) -> Json:
        data = self.teller.album.shared[number]
        media = self.teller.stored(number, data)
        digest = hashlib.sha256(data).hexdigest()
        row: Json = {"size": len(data), "contentType": "image/jpeg", "fileName": f"picture-{number:03d}.jpg"}
        row["plaintextHash"] = digest
        if media is None:
            return row
        path = f"{digest[:2]}/{media.name}"
        if self.is_new:
            key, padded = media.local_key, data + bytes(len(data) % 97)
            file = sealed(padded, aes_key=key[:32], mac_key=key[32:], iv=self.rng.randbytes(16))
            row |= {"path": path, "version": 2, "localKey": _base64(key)}
        else:
            file, path = data, path.replace("/", "\\")
            row |= {"path": path, "version": 1}
        if media.damaged:
            file = file[:40] + bytes([file[40] ^ 1]) + file[41:]
        self.profile.files.setdefault("attachments.noindex/" + path.replace("\\", "/"), file)
        return row


STATES = ("Read", "Viewed", "Delivered", "Sent")
_OWN = ("invite_accepted", "left", "joined_by_link")
_DETAILS = {
    "created": "create", "link_enabled": "group-link-add", "added": "member-add", "promoted": "member-privilege",
    "joined_by_link": "member-add-from-link", "request_approved": "member-add-from-admin-approval",
    "invite_accepted": "member-add-from-invite", "left": "member-remove", "removed": "member-remove",
    "demoted": "member-privilege",
}  # fmt: skip


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
