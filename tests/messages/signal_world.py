"""The invented operation as the tests of Signal's databases see it: a small world, and what must be read of it."""

import io
import random
from datetime import UTC, datetime
from functools import cache

from sauveterre.errors import UnreadableSource
from sauveterre.messages.signal.links import safe_text
from sauveterre.records.message import Link, Message
from sauveterre.scenarios import village
from sauveterre.scenarios.village import SMALL


class MemoryTree:
    """A tree over files in memory."""

    identity = "folder:memory"

    def __init__(self, files):
        self.files = dict(files)

    def paths(self):
        return list(self.files)

    def open(self, path):
        if path not in self.files:
            raise UnreadableSource(f"{path}: no such file")
        return io.BytesIO(self.files[path])


def under(root, files):
    return {f"{root}/{path}": data for path, data in files.items()}


@cache
def tellers():
    """What each device of the small operation has to tell; the backups are made first, so that files are settled."""
    world = village._invent(1, SMALL, random.Random(1))
    for teller in world.tellers:
        teller.backup()
    return world.tellers


def of(records, kind):
    """Return the records of a kind; what another message quotes is no message of its own here."""
    return [record for record in records if isinstance(record, kind) and not _is_beside(record)]


def _is_beside(record):
    kind = str(getattr(record, "kind", ""))
    return isinstance(record, Message | Link) and kind.startswith(("quote", "details", "mention", "sticker_pack"))


def at(milliseconds):
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def stable(teller, index):
    return None if index is None else teller.cast.accounts[index].stable_id


def group_of(teller, room):
    if not room.startswith("direct:"):
        return teller.cast.rooms[room].stable_id
    pair = sorted(stable(teller, int(index)) for index in room.removeprefix("direct:").split("|"))
    return "direct:" + "|".join(pair)


def true_messages(teller):
    """Key, sender, direction, time, body, kind, deletion, timer and answer of every message, as invented."""
    found = set()
    for post in teller.posts():
        group, sender = group_of(teller, post.room), stable(teller, post.author)
        direction = "out" if post.author == teller.device.owner else "in"
        since = 0 if post.room.startswith("direct:") else teller.line.stays[post.room][teller.device.owner].start
        answered = (
            f"{group}|{stable(teller, post.quoted_author)}|{post.quotes}" if post.quotes >= max(since, 1) else None
        )
        deleted = {"deleted": "by_author", "admin_deleted": "by_admin"}.get(post.fate, "no")
        kind = "deleted" if post.fate else "text"
        body = "" if post.fate else safe_text(post.text)
        key = f"{group}|{sender}|{post.at}"
        found.add((key, sender, direction, at(post.at), body, kind, deleted, post.expires_ms or None, answered))
    return found


def told_messages(messages):
    return {
        (m.key, m.sender, m.direction, m.sent_at, m.body, m.kind, m.deleted, m.expires_in_ms, m.reply_to)
        for m in messages
    }


_SELF = ("left", "joined_by_link", "invite_accepted")


def true_changes(teller):
    """Group, kind, actor, target and time of every change, as invented."""
    return {
        (
            group_of(teller, one.room), one.kind, stable(teller, one.target if one.kind in _SELF else one.actor),
            stable(teller, one.target), at(one.at),
        )
        for one in teller.changes()
    }  # fmt: skip


def told_changes(events):
    return {(e.group, str(e.kind), e.actor, e.target, e.at) for e in events}


def true_members(teller):
    """Group, account, role and revision of everyone who was in at the end."""
    found = set()
    for room in teller.rooms:
        changes = [one for one in teller.line.changes if one.room == room.name and one.at <= teller.device.until]
        admins = village_administrators(changes)
        for index, stay in teller.line.stays[room.name].items():
            if teller.line.inside(room.name, index, teller.device.until):
                role = "admin" if index in admins else "member"
                found.add((room.stable_id, stable(teller, index), role, stay.revision))
    return found


def village_administrators(changes):
    from sauveterre.scenarios.devices import administrators

    return administrators(changes)


def told_members(snapshots):
    return {(s.group, s.account, str(s.role), s.joined_at_revision) for s in snapshots}


def true_reactions(teller):
    return {
        (f"{group_of(teller, post.room)}|{stable(teller, post.author)}|{post.at}", stable(teller, fan), emoji,
         at(post.at + 120_000 * order))
        for post in teller.posts()
        for order, (fan, emoji) in enumerate(post.reactions, start=1)
        if not post.fate
    }  # fmt: skip
