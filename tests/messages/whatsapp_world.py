"""A small world, told as WhatsApp's databases, and what every device must then show of it."""

import hashlib

from sauveterre.scenarios import whatsapp_writer as writer
from sauveterre.scenarios.devices import administrators

SCHEMAS = (writer.CURRENT_SCHEMA, writer.TRANSITIONAL, writer.OLD_SCHEMA)


def account(teller, index):
    """The stable id of an account, None for nobody."""
    return None if index is None else f"jid:{writer.address(teller.cast.accounts[index])}"


def group(teller, room):
    """The stable id of a conversation."""
    if room.startswith("direct:"):
        one, other = sorted(account(teller, int(index)) for index in room[7:].split("|"))
        return f"direct:{one}|{other}"
    return f"jid:{writer.group_address(teller.cast.rooms[room])}"


def key(teller, post_at, room):
    return f"{group(teller, room)}|{writer.key_id(post_at)}"


def true_messages(teller):
    """Key -> what is true of each message that the device shows."""
    return {
        key(teller, post.at, post.room): {
            "group": group(teller, post.room),
            "sender": account(teller, post.author),
            "sent": post.at if post.author == teller.device.owner else post.at // 1000 * 1000,
            "text": post.text,
            "deleted": {"deleted": "by_author", "admin_deleted": "by_admin"}.get(post.fate, "no"),
            "reply": key(teller, post.quotes, post.room) if post.quotes else None,
        }
        for post in teller.posts()
    }


def true_events(teller, kinds):
    """(group, kind, actor, target, ms) of each change that the format can state; -1 for a time that is not stated."""
    words = {"request_approved": "added"}
    owner = teller.device.owner
    seen = [
        change for change in teller.changes()
        if change.kind in kinds and (change.kind not in ("promoted", "demoted") or change.target == owner)
    ]  # fmt: skip
    created = {change.room for change in seen if change.kind == "created"}
    beside = [
        (group(teller, room.name), "created", account(teller, room.initial[0]), None, -1)
        for room in teller.rooms
        if room.name not in created
    ]
    return sorted(
        [
            *beside,
            *(
                (
                    group(teller, change.room),
                    words.get(change.kind, change.kind),
                    account(teller, _actor(change)),
                    account(teller, change.target),
                    change.at,
                )
                for change in seen
            ),
        ],
        key=str,
    )


def _actor(change):
    alone = change.kind in ("left", "joined_by_link", "invite_accepted")
    return change.target if alone else change.actor


def true_members(teller):
    """(group, account, role) of everyone inside when the device was last written."""
    found = set()
    for room in teller.rooms:
        until = teller.device.until
        admins = administrators([c for c in teller.line.changes if c.room == room.name and c.at <= until])
        for index in teller.line.stays[room.name]:
            if teller.line.inside(room.name, index, until):
                role = ("owner" if index == room.initial[0] else "admin") if index in admins else "member"
                found.add((group(teller, room.name), account(teller, index), role))
    return found


def true_files(teller):
    """Key -> SHA-256 of the picture of each message with one."""
    return {
        key(teller, post.at, post.room): hashlib.sha256(teller.album.shared[post.pictures[0]]).hexdigest()
        for post in teller.posts()
        if post.pictures
    }
