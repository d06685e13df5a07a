"""Each device's view of the timeline, as the frames of its Signal backup."""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sauveterre.scenarios.cast import (
    ADMIN_2,
    BARE,
    EXPORT_OWNER,
    FRAMES_OWNER,
    REINSTALLED,
    REPORTED,
    Account,
    Cast,
    Room,
)
from sauveterre.scenarios.pictures import Album
from sauveterre.scenarios.protobuf import Message
from sauveterre.scenarios.signal_writer import Backup, StoredMedia
from sauveterre.scenarios.timeline import Change, Post, Timeline

SELF, RELEASE_NOTES, MY_STORY, FIRST_CONTACT, FIRST_GROUP = 1, 2, 3, 10, 300


@dataclass(frozen=True, slots=True)
class Device:
    """A seized device with Signal on it."""

    exhibit: str
    owner: int
    rooms: tuple[str, ...]
    made_at: datetime
    """When its backup was made: it shows nothing later."""
    holds_media: bool = True
    states_numbers: bool = True
    """Whether its contacts show their phone numbers."""

    @property
    def until(self) -> int:
        """``made_at`` in milliseconds since 1970."""
        return int(self.made_at.timestamp() * 1000)


DEVICES = (
    Device("01", REPORTED, ("film", "recipes", "garden"), datetime(2026, 5, 9, 6, 30, tzinfo=UTC)),
    Device("03", ADMIN_2, ("recipes", "weather", "choir"), datetime(2026, 5, 11, 7, 5, tzinfo=UTC)),
    Device("05", EXPORT_OWNER, ("film", "weather"), datetime(2026, 5, 12, 9, 15, tzinfo=UTC), states_numbers=False),
    Device("06", FRAMES_OWNER, ("film", "weather"), datetime(2026, 5, 12, 11, 45, tzinfo=UTC), holds_media=False),
)


class Teller:
    """Tells one device's history in frames. Received times, local keys and lost files are its own."""

    def __init__(self, device: Device, cast: Cast, line: Timeline, album: Album, rng: random.Random) -> None:
        """Take the world and the device that saw a part of it."""
        self.device = device
        self.cast = cast
        self.line = line
        self.album = album
        self._rng = rng
        self._media: dict[int, StoredMedia | None] = {}
        self._chats: dict[str, int] = {}
        owner = device.owner
        self.rooms = [cast.rooms[name] for name in device.rooms]
        self._since = {name: line.stays[name][owner].start for name in device.rooms}
        self._posts = [post for post in line.posts if self._sees(post)]
        known = {account for room in self.rooms for account in room.everyone} - BARE
        known |= {peer for post in self._posts for peer in _peers(post.room)}
        self.contacts = sorted(known - {owner})

    def backup(self) -> Backup:
        """Return all that the device's backup holds."""
        info: Message = {
            "version": 1, "backupTimeMs": self.device.until, "mediaRootBackupKey": self._rng.randbytes(32),
            "currentAppVersion": "Android 8.2.1", "firstAppVersion": "Android 7.40.0",
        }  # fmt: skip
        frames = [*self._preamble(), *self._groups(), *self._chat_frames(), *self._items()]
        media = tuple(media for media in self._media.values() if media is not None)
        return Backup(self._account(self.device.owner).aci.bytes, info, frames, media, self.device.made_at)

    def posts(self) -> list[Post]:
        """Return the posts that the device shows."""
        return self._posts

    def changes(self) -> list[Change]:
        """Return the changes that the device shows."""
        return [
            change for change in self.line.changes
            if change.room in self._since and self._since[change.room] <= change.at <= self.device.until
        ]  # fmt: skip

    def stated_numbers(self) -> list[int]:
        """Return the accounts whose phone number a row of this device states."""
        return [index for index in self.contacts if self._states_number(self._account(index))]

    def _account(self, index: int) -> Account:
        return self.cast.accounts[index]

    def _sees(self, post: Post) -> bool:
        if post.at > self.device.until:
            return False
        if post.room.startswith("direct:"):
            return self.device.owner in _peers(post.room)
        return post.room in self._since and post.at >= self._since[post.room]

    def _states_number(self, account: Account) -> bool:
        if not account.phone or (not self.device.states_numbers and account.index % 3):
            return False
        old = REINSTALLED.get(account.index)
        return old is None or old not in self.contacts

    def _recipient(self, index: int) -> int:
        return SELF if index == self.device.owner else FIRST_CONTACT + index

    def _preamble(self) -> Iterator[Message]:
        owner = self._account(self.device.owner)
        name = {"givenName": owner.given, "familyName": owner.family}
        yield {"account": {"profileKey": self._rng.randbytes(32), **name}}
        yield {"recipient": {"id": SELF, "self": {}}}
        yield {"recipient": {"id": RELEASE_NOTES, "releaseNotes": {}}}
        story = {"name": "My Story", "allowReplies": True, "privacyMode": "ALL"}
        wrapped = {"distributionId": bytes(16), "distributionList": story}
        yield {"recipient": {"id": MY_STORY, "distributionList": wrapped}}
        for index in self.contacts:
            yield {"recipient": {"id": FIRST_CONTACT + index, "contact": self._contact(self._account(index))}}

    def _contact(self, account: Account) -> Message:
        contact: dict[str, Any] = {"aci": account.aci.bytes}
        if self._states_number(account):
            contact["e164"] = int(account.phone)
        contact |= {"registered": {}, "profileSharing": True, "profileGivenName": account.given}
        contact["profileFamilyName"] = account.family
        if account.index % 7 == 3:
            contact["systemGivenName"] = f"{account.given} from the club"
        return contact

    def _groups(self) -> Iterator[Message]:
        for number, room in enumerate(self.rooms):
            group = {"masterKey": room.master_key, "whitelisted": True, "snapshot": self._snapshot(room)}
            yield {"recipient": {"id": FIRST_GROUP + number, "group": group}}

    def _snapshot(self, room: Room) -> Message:
        changes = [c for c in self.line.changes if c.room == room.name and c.at <= self.device.until]
        admins = administrators(changes)
        members = [
            {
                "userId": self._account(index).aci.bytes,
                "role": "ADMINISTRATOR" if index in admins else "DEFAULT",
                "joinedAtVersion": stay.revision,
            }
            for index, stay in sorted(self.line.stays[room.name].items())
            if self.line.inside(room.name, index, self.device.until)
        ]
        linked = any(change.kind == "link_enabled" for change in changes)
        access = {"attributes": "MEMBER", "members": "MEMBER"}
        return {
            "title": {"title": room.title},
            "accessControl": {**access, "addFromInviteLink": "ANY" if linked else "UNSATISFIABLE"},
            "version": max(change.revision for change in changes),
            "members": members,
            "inviteLinkPassword": room.link_password if linked else b"",
            "description": {"descriptionText": room.description},
        }

    def _chat_frames(self) -> Iterator[Message]:
        recipients = {room.name: FIRST_GROUP + number for number, room in enumerate(self.rooms)}
        for post in self._posts:
            if post.room.startswith("direct:"):
                (peer,) = _peers(post.room) - {self.device.owner}
                recipients[post.room] = self._recipient(peer)
        for number, (name, recipient) in enumerate(recipients.items(), start=1):
            self._chats[name] = number
            yield {"chat": {"id": number, "recipientId": recipient, "expireTimerVersion": 1}}

    def _items(self) -> Iterator[Message]:
        happenings: list[Change | Post] = [*self.changes(), *self._posts]
        for happening in sorted(happenings, key=lambda one: one.at):
            base = {"chatId": self._chats[happening.room], "dateSent": happening.at}
            if isinstance(happening, Change):
                yield {"chatItem": {**base, "authorId": SELF, **self._change(happening)}}
            else:
                yield {"chatItem": {**base, "authorId": self._recipient(happening.author), **self._post(happening)}}

    def _change(self, change: Change) -> Message:
        update = {"groupChange": {"updates": [self._update(change)]}}
        return {"directionless": {}, "updateMessage": update}

    def _update(self, change: Change) -> Message:
        actor = b"" if change.actor is None else self._account(change.actor).aci.bytes
        target = b"" if change.target is None else self._account(change.target).aci.bytes
        granted = change.kind == "promoted"
        updates: dict[str, Message] = {
            "created": {"groupCreationUpdate": {"updaterAci": actor}},
            "link_enabled": {"groupInviteLinkEnabledUpdate": {"updaterAci": actor}},
            "added": {"groupMemberAddedUpdate": {"updaterAci": actor, "newMemberAci": target}},
            "joined_by_link": {"groupMemberJoinedByLinkUpdate": {"newMemberAci": target}},
            "request_approved": {
                "groupJoinRequestApprovalUpdate": {"requestorAci": target, "updaterAci": actor, "wasApproved": True}
            },
            "invite_accepted": {"groupInvitationAcceptedUpdate": {"inviterAci": actor, "newMemberAci": target}},
            "left": {"groupMemberLeftUpdate": {"aci": target}},
            "removed": {"groupMemberRemovedUpdate": {"removerAci": actor, "removedAci": target}},
        }
        role = {"updaterAci": actor, "memberAci": target, "wasAdminStatusGranted": granted}
        return updates.get(change.kind, {"groupAdminStatusUpdate": role})

    def _post(self, post: Post) -> Message:
        item: dict[str, Any] = {}
        received = post.at + self._rng.randrange(400, 90_000)
        if post.expires_ms:
            item |= {"expireStartDate": received, "expiresInMs": post.expires_ms}
        if post.author == self.device.owner:
            item["outgoing"] = {"sendStatus": self._send_status(post), "dateReceived": post.at}
        else:
            details = {"dateReceived": received, "dateServerSent": post.at + 150, "read": True, "sealedSender": True}
            item["incoming"] = details
        if post.fate == "deleted":
            return {**item, "remoteDeletedMessage": {}}
        if post.fate == "admin_deleted":
            return {**item, "adminDeletedMessage": {"adminId": self._recipient(self._admin_at(post))}}
        return {**item, "standardMessage": self._standard(post)}

    def _admin_at(self, post: Post) -> int:
        changes = [change for change in self.line.changes if change.room == post.room and change.at <= post.at]
        return min(administrators(changes))

    def _send_status(self, post: Post) -> list[Message]:
        peers = _peers(post.room) or set(self.line.stays.get(post.room, {}))
        inside = [
            peer for peer in sorted(peers - {self.device.owner})
            if peer in self.contacts
            and (post.room.startswith("direct:") or self.line.inside(post.room, peer, post.at))
        ]  # fmt: skip
        ways = ("read", "read", "delivered", "sent")
        return [
            {
                "recipientId": self._recipient(peer),
                "timestamp": post.at + 60_000,
                ways[peer % 4]: {"sealedSender": True},
            }
            for peer in inside
        ]

    def _standard(self, post: Post) -> Message:
        message: dict[str, Any] = {}
        if post.quotes and post.quotes >= self._since.get(post.room, 0):
            author = self._recipient(post.quoted_author)
            message["quote"] = {"targetSentTimestamp": post.quotes, "authorId": author, "text": {"body": "…"}}
        if post.text:
            message["text"] = {"body": post.text}
        if post.pictures:
            message["attachments"] = [self._attachment(number) for number in post.pictures]
        if post.preview:
            url = post.text[post.text.index("https://") :]
            message["linkPreview"] = [{"url": url, "title": "A page of the valley"}]
        if post.reactions:
            message["reactions"] = [
                {
                    "emoji": emoji, "authorId": self._recipient(fan),
                    "sentTimestamp": post.at + 120_000 * order, "sortOrder": order,
                }
                for order, (fan, emoji) in enumerate(post.reactions, start=1)
            ]  # fmt: skip
        return message

    def _attachment(self, number: int) -> Message:
        data = self.album.shared[number]
        media = self.stored(number, data)
        digest = hashlib.sha256(data).digest()
        locator: dict[str, Any] = {"key": self._rng.randbytes(64), "plaintextHash": digest, "size": len(data)}
        if media is not None:
            locator["localKey"] = media.local_key
        pointer = {"contentType": "image/jpeg", "fileName": f"picture-{number:03d}.jpg", "locatorInfo": locator}
        return {"pointer": pointer, "flag": "NONE", "wasDownloaded": media is not None}

    def stored(self, number: int, data: bytes) -> StoredMedia | None:
        """Return the device's own copy of a picture, or None where it never downloaded it or lost it."""
        if number not in self._media:
            kept = self.device.holds_media and number % 23 != int(self.device.exhibit) % 23
            damaged = self.device.exhibit == "03" and len(self._media) == 5
            self._media[number] = StoredMedia(data, self._rng.randbytes(64), damaged) if kept else None
        return self._media[number]


def administrators(changes: list[Change]) -> set[int]:
    """Return who is an administrator after these changes of one group."""
    admins: set[int] = set()
    for change in changes:
        if change.kind == "created" and change.actor is not None:
            admins.add(change.actor)
        elif change.kind == "promoted" and change.target is not None:
            admins.add(change.target)
        elif change.kind in ("demoted", "left", "removed") and change.target is not None:
            admins.discard(change.target)
    return admins


def _peers(room: str) -> set[int]:
    kind, _, pair = room.partition(":")
    return {int(index) for index in pair.split("|")} if kind == "direct" else set()
