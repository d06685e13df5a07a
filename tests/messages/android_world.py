"""A small part of the invented operation as Signal for Android stores it, and what must be read from it."""

import hashlib
import random
from dataclasses import dataclass
from functools import cache, cached_property

from sauveterre.messages.signal.links import safe_text
from sauveterre.records.group import EventKind, Role
from sauveterre.records.store import StoreLocation
from sauveterre.scenarios import android_writer
from sauveterre.scenarios.android_rows import AndroidStore, AndroidTeller
from sauveterre.scenarios.cast import make_cast
from sauveterre.scenarios.devices import DEVICES, Teller, administrators
from sauveterre.scenarios.pictures import Album
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
