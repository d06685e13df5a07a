"""Writes what Signal keeps on an iPhone: the database under SQLCipher with its log, and the files beside it.

Tables after public descriptions, as they are now (updates named one by one, encrypted files) and as they were before
(the group's states before and after, plain files).
"""

import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sauveterre.scenarios.cast import Account, Room
from sauveterre.scenarios.devices import Teller
from sauveterre.scenarios.keyed_archive import Keyed, Thing, archived
from sauveterre.scenarios.signal_groups_ios import GroupState, item_of, keyed_states, state_after
from sauveterre.scenarios.signal_writer import sealed
from sauveterre.scenarios.sqlcipher_file import database_and_log, keyed
from sauveterre.scenarios.timeline import Change, Post

SCHEMA = """
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
CREATE TABLE keyvalue (key TEXT NOT NULL, collection TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (key, collection));
CREATE TABLE model_TSThread (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, recordType INTEGER NOT NULL,
  uniqueId TEXT NOT NULL UNIQUE, creationDate DOUBLE, contactPhoneNumber TEXT, contactUUID TEXT, groupModel BLOB,
  shouldThreadBeVisible INTEGER NOT NULL DEFAULT 1, name TEXT);
CREATE TABLE model_TSInteraction (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, recordType INTEGER NOT NULL,
  uniqueId TEXT NOT NULL UNIQUE, receivedAtTimestamp INTEGER NOT NULL, timestamp INTEGER NOT NULL,
  uniqueThreadId TEXT NOT NULL, attachmentIds BLOB, authorPhoneNumber TEXT, authorUUID TEXT, body TEXT,
  callType INTEGER, configurationDurationSeconds INTEGER, configurationIsEnabled INTEGER, contactShare BLOB,
  createdByRemoteName TEXT,
  expiresInSeconds INTEGER, isViewOnceMessage INTEGER, linkPreview BLOB, messageSticker BLOB, messageType INTEGER,
  quotedMessage BLOB, recipientAddressStates BLOB, serverTimestamp INTEGER, infoMessageUserInfo BLOB,
  wasRemotelyDeleted BOOLEAN, offerType INTEGER, creatorUuid TEXT, eraId TEXT, giftBadge BLOB,
  storyTimestamp INTEGER, storyReactionEmoji TEXT, editState INTEGER);
CREATE TABLE model_OWSReaction (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, recordType INTEGER NOT NULL,
  uniqueId TEXT NOT NULL UNIQUE, emoji TEXT NOT NULL, reactorE164 TEXT, reactorUUID TEXT,
  receivedAtTimestamp INTEGER NOT NULL, sentAtTimestamp INTEGER NOT NULL, uniqueMessageId TEXT NOT NULL);
CREATE TABLE model_SignalRecipient (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, recordType INTEGER NOT NULL,
  uniqueId TEXT NOT NULL UNIQUE, recipientPhoneNumber TEXT, recipientUUID TEXT, pni TEXT);
CREATE TABLE model_OWSUserProfile (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, uniqueId TEXT NOT NULL UNIQUE,
  profileName TEXT, familyName TEXT, recipientPhoneNumber TEXT, recipientUUID TEXT, username TEXT);
CREATE TABLE model_SignalAccount (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, uniqueId TEXT NOT NULL UNIQUE,
  recipientPhoneNumber TEXT, recipientUUID TEXT, givenName TEXT, familyName TEXT, nickname TEXT);
CREATE TABLE model_TSAttachment (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, uniqueId TEXT NOT NULL UNIQUE,
  albumMessageId TEXT, byteCount INTEGER NOT NULL, contentType TEXT NOT NULL, sourceFilename TEXT,
  localRelativeFilePath TEXT);
"""
SCHEMA_NOW = """
CREATE TABLE Attachment (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, sha256ContentHash BLOB, mimeType TEXT NOT NULL,
  unencryptedByteCount INTEGER, encryptionKey BLOB NOT NULL, localRelativeFilePath TEXT);
CREATE TABLE MessageAttachmentReference (ownerType INTEGER NOT NULL, ownerRowId INTEGER NOT NULL,
  attachmentRowId INTEGER NOT NULL, orderInMessage INTEGER, sourceFilename TEXT);
CREATE TABLE EditRecord (id INTEGER PRIMARY KEY AUTOINCREMENT, latestRevisionId INTEGER NOT NULL,
  pastRevisionId INTEGER NOT NULL);
CREATE TABLE NicknameRecord (recipientRowID INTEGER PRIMARY KEY NOT NULL, givenName TEXT, familyName TEXT, note TEXT);
CREATE TABLE UsernameLookupRecord (aci BLOB PRIMARY KEY NOT NULL, username TEXT NOT NULL);
CREATE TABLE AdminDelete (interactionId INTEGER NOT NULL, deleteAuthorId INTEGER NOT NULL);
"""
Row = dict[str, Any]
INFO = "InfoMessageUserInfoKey"


@dataclass(slots=True)
class Phone:
    """What the app group of Signal holds, before it is written."""

    is_new: bool
    rows: dict[str, list[Row]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    """By path in the app group."""

    def row(self, table: str, **columns: object) -> int:
        """Add a row and return its number."""
        rows = self.rows.setdefault(table, [])
        rows.append(columns)
        return len(rows)


def written(phone: Phone, key: bytes) -> dict[str, bytes]:
    """Return the files of the app group by path; the last interactions stand in the database's log alone.

    An empty key leaves the database plain, as a copy that somebody decrypted.
    """
    settings = keyed(key, "PRAGMA cipher_plaintext_header_size = 32")
    schema = SCHEMA + (SCHEMA_NOW if phone.is_new else "")
    database, log = database_and_log("signal.sqlite", settings, schema, phone.rows, "model_TSInteraction")
    return {"grdb/signal.sqlite": database, "grdb/signal.sqlite-wal": log, **phone.files}


def told(teller: Teller, rng: random.Random, *, is_new: bool = True) -> Phone:
    """Return what Signal keeps on a device that is an iPhone."""
    return _Telling(teller, rng, is_new=is_new).phone


class _Telling:
    def __init__(self, teller: Teller, rng: random.Random, *, is_new: bool) -> None:
        self.teller, self.rng = teller, rng
        self.phone = Phone(is_new)
        self.recipients: dict[int, int] = {}
        self.threads: dict[str, str] = {}
        self.states: dict[str, GroupState] = {}
        self.files: dict[int, int] = {}
        self._people()
        for room in teller.rooms:
            self.threads[room.name] = self._uuid()
        self._direct()
        happenings: list[Change | Post] = [*teller.line.changes, *teller.posts()]
        visible = {id(change) for change in teller.changes()}
        for happening in sorted(happenings, key=lambda one: one.at):
            if isinstance(happening, Change):
                self._change(happening, is_seen=id(happening) in visible)
            else:
                self._post(happening)
        for room in teller.rooms:
            self._group(room)

    def _uuid(self) -> str:
        return str(UUID(bytes=self.rng.randbytes(16), version=4)).upper()

    def _account(self, index: int) -> Account:
        return self.teller.cast.accounts[index]

    def _address(self, index: int) -> Thing:
        return Thing("SignalServiceKit.SignalServiceAddress", {"backingUuid": self._account(index).aci})

    def _people(self) -> None:
        phone, owner = self.phone, self._account(self.teller.device.owner)
        phone.row("grdb_migrations", identifier="createInitialSchema")
        values = {"TSStorageRegisteredUUIDKey": str(owner.aci).upper(), "TSStorageRegisteredNumberKey": owner.phone}
        for name, value in values.items():
            packed = value.encode() if phone.is_new else archived(value)
            phone.row("keyvalue", key=name, collection="TSStorageUserAccountCollection", value=packed)
        numbered = set(self.teller.stated_numbers())
        for index in (owner.index, *self.teller.contacts):
            account, is_owner = self._account(index), index == owner.index
            number = account.phone if index in numbered or is_owner else None
            aci = str(account.aci).upper()
            self.recipients[index] = phone.row(
                "model_SignalRecipient", recordType=31, uniqueId=self._uuid(), recipientUUID=aci,
                recipientPhoneNumber=number or None,
            )  # fmt: skip
            phone.row(
                "model_OWSUserProfile", uniqueId="kLocalProfileUniqueId" if is_owner else self._uuid(),
                profileName=account.given, familyName=account.family, recipientUUID=None if is_owner else aci,
                recipientPhoneNumber="kLocalProfileUniqueId" if is_owner else None,
            )  # fmt: skip
            if index % 7 == 3 and not is_owner:
                name = f"{account.given} from the club"
                phone.row("model_SignalAccount", uniqueId=self._uuid(), recipientUUID=aci, givenName=name)

    def _direct(self) -> None:
        for room in dict.fromkeys(post.room for post in self.teller.posts() if post.room.startswith("direct:")):
            first, second = (int(index) for index in room.removeprefix("direct:").split("|"))
            peer = self._account(second if first == self.teller.device.owner else first)
            self.threads[room] = self._uuid()
            columns = {"recordType": 27, "uniqueId": self.threads[room], "contactUUID": str(peer.aci).upper()}
            self.phone.row("model_TSThread", **columns)

    def _group(self, room: Room) -> None:
        model = archived(self._model(room, self.states[room.name]))
        self.phone.row("model_TSThread", recordType=26, uniqueId=self.threads[room.name], groupModel=model)

    def _model(self, room: Room, state: GroupState) -> Thing:
        identifier = hashlib.sha256(b"group id" + room.master_key).digest()
        parameters = b"\x00" + room.master_key + identifier + hashlib.sha512(room.master_key).digest() * 4
        level = 1 if state.linked else 4
        access = Thing("GroupAccess", {"members": 2, "attributes": 2, "addFromInviteLink": level})
        states = keyed_states(state, [account.aci for account in self.teller.cast.accounts])
        membership = Thing("GroupMembership", {"memberStates": states, "bannedMembers": Keyed(())})
        return Thing(
            "SignalServiceKit.TSGroupModelV2",
            {
                "groupId": identifier, "groupName": room.title, "descriptionText": room.description,
                "secretParamsData": parameters[:289], "revision": state.revision, "access": access,
                "membership": membership, "isAnnouncementsOnly": False,
                "inviteLinkPassword": room.link_password if state.linked else None,
            },
        )  # fmt: skip

    def _change(self, change: Change, *, is_seen: bool) -> None:
        room = self.teller.cast.rooms[change.room]
        if change.room not in self.threads or change.at > self.teller.device.until:
            return
        before = self.states.get(change.room)
        before, after = state_after(before, change, room)
        self.states[change.room] = after
        if not is_seen:
            return
        joined = change.target == self.teller.device.owner and change.kind in ("added", "joined_by_link")
        info = (
            self._items(change) if self.phone.is_new else self._models(change, room, None if joined else before, after)
        )
        columns = {"recordType": 10, "messageType": 3, "uniqueId": self._uuid(), "timestamp": change.at}
        columns |= {"receivedAtTimestamp": change.at + 100, "uniqueThreadId": self.threads[change.room]}
        self.phone.row("model_TSInteraction", **columns, infoMessageUserInfo=archived(Keyed(tuple(info.items()))))

    def _items(self, change: Change) -> Row:
        acis = [str(account.aci).upper() for account in self.teller.cast.accounts]
        packed = json.dumps([item_of(change, self.teller.device.owner, acis)]).encode()
        wrapper = Thing("SignalServiceKit.PersistableGroupUpdateItemsWrapper", {"updateItems": packed})
        return {f"{INFO}UpdateMessagesV2": wrapper}

    def _models(self, change: Change, room: Room, before: GroupState | None, after: GroupState) -> Row:
        info: Row = {f"{INFO}NewGroupModel": self._model(room, after)}
        if before is not None:
            info[f"{INFO}OldGroupModel"] = self._model(room, before)
        own = change.kind in ("invite_accepted", "left", "joined_by_link")
        source = change.target if own else change.actor
        if source is not None:
            info[f"{INFO}GroupUpdateSourceAddress"] = self._address(source)
            info[f"{INFO}UpdaterWasLocalUser"] = source == self.teller.device.owner
        return info

    def _post(self, post: Post) -> None:
        is_own = post.author == self.teller.device.owner
        received = post.at if is_own else post.at + self.rng.randrange(400, 90_000)
        columns: Row = {"recordType": 21 if is_own else 19, "uniqueId": self._uuid(), "timestamp": post.at}
        columns |= {
            "receivedAtTimestamp": received,
            "uniqueThreadId": self.threads[post.room],
            "body": post.text or None,
        }
        if not is_own:
            columns["authorUUID"] = str(self._account(post.author).aci).upper()
            columns["serverTimestamp"] = post.at + 150
        else:
            columns["recipientAddressStates"] = archived(Keyed(tuple(self._states(post))))
        columns["expiresInSeconds"] = post.expires_ms // 1000
        columns |= self._content(post)
        number = self.phone.row("model_TSInteraction", **columns)
        if post.fate == "admin_deleted" and self.phone.is_new:
            administrator = min(self.states[post.room].administrators)
            self.phone.row("AdminDelete", interactionId=number, deleteAuthorId=self.recipients[administrator])
        if not post.fate:
            self._attach(post, number, columns["uniqueId"])

    def _content(self, post: Post) -> Row:
        if post.fate:
            return {"wasRemotelyDeleted": 1}
        content: Row = {}
        stay = self.teller.line.stays.get(post.room, {}).get(self.teller.device.owner)
        if post.quotes > 0 and (stay is None or post.quotes >= stay.start):
            author = self._address(post.quoted_author)
            quote = Thing("TSQuotedMessage", {"timestamp": post.quotes, "authorAddress": author, "body": "…"})
            content["quotedMessage"] = archived(quote)
        if post.preview:
            url = post.text[post.text.index("https://") :]
            preview = Thing("SignalServiceKit.OWSLinkPreview", {"urlString": url, "title": "A page of the valley"})
            content["linkPreview"] = archived(preview)
        return content

    def _attach(self, post: Post, number: int, unique: str) -> None:
        for order, picture in enumerate(post.pictures):
            name = f"picture-{picture:03d}.jpg"
            if self.phone.is_new:
                columns = {"ownerType": 0, "ownerRowId": number, "orderInMessage": order, "sourceFilename": name}
                self.phone.row("MessageAttachmentReference", **columns, attachmentRowId=self._file(picture))
            else:
                self._old_file(picture, unique, name)
        for order, (fan, emoji) in enumerate(post.reactions, start=1):
            sent = post.at + 120_000 * order
            columns = {"uniqueMessageId": unique, "emoji": emoji, "reactorUUID": str(self._account(fan).aci).upper()}
            times = {"receivedAtTimestamp": sent + 70, "sentAtTimestamp": sent}
            self.phone.row("model_OWSReaction", recordType=62, uniqueId=self._uuid(), **columns, **times)

    def _file(self, picture: int) -> int:
        if picture not in self.files:
            data = self.teller.album.shared[picture]
            media = self.teller.stored(picture, data)
            key = media.local_key if media is not None else self.rng.randbytes(64)
            row: Row = {"mimeType": "image/jpeg", "unencryptedByteCount": len(data), "encryptionKey": key}
            row["sha256ContentHash"] = hashlib.sha256(data).digest()
            if media is not None:
                row["localRelativeFilePath"] = f"{media.name[:2]}/{media.name}"
                padded = data + bytes(len(data) % 97)
                file = sealed(padded, aes_key=key[:32], mac_key=key[32:], iv=self.rng.randbytes(16))
                file = file[:40] + bytes([file[40] ^ 1]) + file[41:] if media.damaged else file
                self.phone.files[f"attachment_files/{row['localRelativeFilePath']}"] = file
            self.files[picture] = self.phone.row("Attachment", **row)
        return self.files[picture]

    def _old_file(self, picture: int, unique: str, name: str) -> None:
        data = self.teller.album.shared[picture]
        media = self.teller.stored(picture, data)
        row: Row = {"uniqueId": self._uuid(), "albumMessageId": unique, "byteCount": len(data)}
        if media is not None:
            row["localRelativeFilePath"] = f"{media.name}/{name}"
            self.phone.files[f"Attachments/{media.name}/{name}"] = data
        self.phone.row("model_TSAttachment", **row, contentType="image/jpeg", sourceFilename=name)

    def _states(self, post: Post) -> Iterator[tuple[Thing, Thing]]:
        for index in self.teller.contacts:
            if post.room.startswith("direct:"):
                is_there = str(index) in post.room.removeprefix("direct:").split("|")
            else:
                is_there = self.teller.line.inside(post.room, index, post.at)
            if is_there:
                state = {"state": STATES[index % 4], "statusTimestamp": post.at + 60_000, "wasSentByUD": True}
                yield self._address(index), Thing("TSOutgoingMessageRecipientState", state)


STATES = (6, 7, 5, 3)
"""Read, viewed, delivered, sent."""
