"""A small part of the invented operation as Signal for Android stores it, and what must be read from it."""

import base64
import hashlib
import random
import uuid
from dataclasses import dataclass
from functools import cache, cached_property

from tests.messages.conftest import FolderTree

from sauveterre.messages.readers import signal_android
from sauveterre.messages.signal.links import safe_text
from sauveterre.records.group import EventKind, Role
from sauveterre.records.store import StoreLocation
from sauveterre.scenarios import android_writer
from sauveterre.scenarios.android_rows import RECEIVED, SENT, AndroidStore, AndroidTeller
from sauveterre.scenarios.cast import make_cast
from sauveterre.scenarios.devices import DEVICES, Teller, administrators
from sauveterre.scenarios.pictures import Album
from sauveterre.scenarios.protobuf import binary
from sauveterre.scenarios.timeline import make_timeline

KEY, ATTACHMENT_KEY = "3c" * 32, bytes(range(32))
SECRETS = f"{KEY}:{ATTACHMENT_KEY.hex()}"
DIGITS = "01234 56789 01234 56789 01234 56789"
BACKUP = "signal-2026-05-09-06-30-00.backup"
DATABASE = f"{android_writer.APP}/databases/signal.db"


@dataclass
class World:
    """One device's store, and the timeline that it is a view of."""

    teller: Teller
    store: AndroidStore

    @property
    def accounts(self):
        return self.teller.cast.accounts

    def account(self, index):
        return None if index is None else self.accounts[index].stable_id

    def group(self, name):
        if name.startswith("direct:"):
            pair = sorted(self.account(int(one)) for one in name.removeprefix("direct:").split("|"))
            return f"direct:{pair[0]}|{pair[1]}"
        return self.teller.cast.rooms[name].stable_id

    def key(self, post):
        return f"{self.group(post.room)}|{self.account(post.author)}|{post.at}"

    def events(self):
        """(group, kind, actor, target, time) of every change that the device shows."""
        found = set()
        for change in self.teller.changes():
            group, kind = self.group(change.room), EventKind(change.kind)
            actor, target = self.account(change.actor), self.account(change.target)
            by_self = change.kind in ("joined_by_link", "left", "invite_accepted")
            found.add((group, kind, target if by_self else actor, target, change.at))
            if change.kind == "created":
                initial = self.teller.cast.rooms[change.room].initial[1:]
                found |= {(group, EventKind.ADDED, actor, self.account(one), change.at) for one in initial}
        return found

    def members(self):
        """(group, account, role) at the time of the last thing received."""
        until, line = self.teller.device.until, self.teller.line
        found = set()
        for room in self.teller.rooms:
            admins = administrators([c for c in line.changes if c.room == room.name and c.at <= until])
            for index in line.stays[room.name]:
                if line.inside(room.name, index, until):
                    role = Role.ADMIN if index in admins else Role.MEMBER
                    found.add((room.stable_id, self.account(index), role))
        return found

    def messages(self, *, lasting=False):
        """(key, direction, body, deleted, deleted by) of every post, those left out that are to disappear."""
        return {
            (
                self.key(post),
                "out" if post.author == self.teller.device.owner else "in",
                safe_text(post.text),
                {"": "no", "deleted": "by_author", "admin_deleted": "by_admin"}[post.fate],
                self.deleter(post),
            )
            for post in self.posts(lasting=lasting)
        }

    def posts(self, *, lasting=False):
        return [post for post in self.teller.posts() if not (lasting and post.expires_ms)]

    def deleter(self, post):
        if post.fate == "deleted":
            return self.account(post.author)
        if post.fate == "admin_deleted":
            before = [c for c in self.teller.line.changes if c.room == post.room and c.at <= post.at]
            return self.account(min(administrators(before)))
        return None

    def reactions(self):
        return {
            (self.key(post), self.account(fan), emoji, post.at + 120_000 * order)
            for post in self.posts()
            for order, (fan, emoji) in enumerate(post.reactions, start=1)
        }

    def attachments(self):
        return sorted(
            (self.key(post), order, hashlib.sha256(self.teller.album.shared[picture]).hexdigest())
            for post in self.posts()
            if not post.fate
            for order, picture in enumerate(post.pictures)
        )

    @cached_property
    def latest(self):
        return max(row["date_received"] for row in self.store.tables["message"])


@cache
def world(exhibit=0):
    """Return the store of one of the devices; nobody may change it."""
    rng = random.Random(71)
    cast = make_cast(rng)
    line = make_timeline(cast, rng, talk=30, per_supplier=4)
    album = Album(shared=[rng.randbytes(300 + number) for number in range(line.pictures)])
    teller = Teller(DEVICES[exhibit], cast, line, album, random.Random(3))
    return World(teller, AndroidTeller(teller, random.Random(5)).store())


def write_backup(folder, store, version=1):
    (folder / BACKUP).write_bytes(android_writer.backup_file(store, DIGITS, random.Random(9), version))
    return StoreLocation("signal_android_backup", BACKUP, needs_key=True)


def write_device(folder, store):
    for path, data in android_writer.device_files(store, KEY, ATTACHMENT_KEY).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return StoreLocation("signal_android", DATABASE, needs_key=True)


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


def milliseconds(moment):
    return None if moment is None else round(moment.timestamp() * 1000)


GROUP_KEY, ANA, BEN = bytes(range(32, 64)), b"\xaa" * 16, b"\xbb" * 16
T = 1_770_000_000_000


def service(raw):
    return str(uuid.UUID(bytes=raw))


def tiny():
    """A store of a few rows: the owner, two people, a group, a conversation of two, one file."""
    store = AndroidStore(settings={"account.aci": service(b"\x11" * 16)})
    store.add("recipient", _id=1, aci=service(b"\x11" * 16), pni=None, e164=None, group_id=None)
    store.add("recipient", _id=2, aci=service(ANA), e164="+33639980102")
    store.add("recipient", _id=3, aci=service(BEN), e164="+33639980103")
    store.add("recipient", _id=9, group_id="__signal_group__v2__!00")
    members = [{"aci": ANA, "role": "ADMINISTRATOR"}, {"aci": b"\x11" * 16, "role": "DEFAULT", "joinedAtRevision": 2}]
    state = {"title": "Film club", "revision": 4, "members": members}
    store.add(
        "groups", group_id="__signal_group__v2__!00", recipient_id=9, title="Film club", master_key=GROUP_KEY,
        revision=4, decrypted_group=binary("DecryptedGroup", state),
    )  # fmt: skip
    store.add("thread", _id=1, recipient_id=9)
    store.add("thread", _id=2, recipient_id=2)
    message(store, 10, sender=2, body="rain at noon")
    message(store, 20, sender=1, body="a film at nine", quote_id=T + 10, quote_author=2, quote_body="rain")
    message(store, 30, sender=2, thread=2, body="soup")
    store.add("reaction", message_id=1, author_id=3, emoji="🌧", date_sent=T + 11, date_received=T + 12)
    data = bytes(range(200))
    digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
    store.files[1] = data
    store.add(
        "attachment", message_id=1, content_type="image/png", data_file="/app_parts/part1.mms", data_size=len(data),
        data_random=b"\x05" * 32, data_hash_start=None, data_hash_end=digest, file_name="cloud.png", quote=0,
        sticker_id=-1, display_order=0,
    )  # fmt: skip
    return store


def message(store, number, *, sender, thread=1, kind=None, **row):
    """Add a message at ``T + number``; return its row's number."""
    kind = (SENT if sender == 1 else RECEIVED) if kind is None else kind
    values = {
        "date_sent": T + number, "date_received": T + number + 1, "date_server": -1, "thread_id": thread,
        "from_recipient_id": sender, "to_recipient_id": 1, "type": kind, "body": None, "expires_in": 0,
        "message_extras": None, "deleted_by": None, "latest_revision_id": None,
    }  # fmt: skip
    store.add("message", **{**values, **row})
    return len(store.tables["message"])


def read_store(folder, store):
    """Write a store as a telephone's files and return all records."""
    location = write_device(folder, store)
    return list(signal_android.read(FolderTree(folder), location, SECRETS))
