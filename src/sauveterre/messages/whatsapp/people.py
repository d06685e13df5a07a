"""Who is who and in what: chats, contacts, lists of members, those who left, calls."""

from collections.abc import Iterator

from sauveterre.errors import UnreadableSource
from sauveterre.messages.database import Database, Row
from sauveterre.messages.whatsapp.context import Chat, Context
from sauveterre.messages.whatsapp.jids import (
    BROADCAST_SERVER,
    CHANNEL_SERVER,
    GROUP_SERVER,
    SERVICE,
    STATUS,
    account_id,
    bare,
    is_person,
    number,
    server,
)
from sauveterre.messages.whatsapp.links import code_digest, safe
from sauveterre.messages.whatsapp.owner import Owner
from sauveterre.messages.whatsapp.values import moment, text, whole
from sauveterre.records.group import EventKind, Group, GroupEvent, GroupKind, MemberSnapshot, Role
from sauveterre.records.provenance import Provenance

COMMUNITY = 1
"""``chat.group_type`` of a group of groups."""
ROLES = {0: Role.MEMBER, 1: Role.ADMIN, 2: Role.OWNER}
KINDS = {
    GROUP_SERVER: GroupKind.GROUP,
    CHANNEL_SERVER: GroupKind.CHANNEL,
    BROADCAST_SERVER: GroupKind.DISTRIBUTION_LIST,
}
OUTCOMES = {0: "", 1: "", 2: "missed or refused", 3: "not available", 4: "missed", 5: "accepted"}
NOT_CALLED = "-1"
"""What the first row of the old tables has in place of an address: it stands for nothing."""


def read_chats(context: Context, database: Database) -> Iterator[None]:
    """Tell every chat: a group, community, channel or list, or a conversation of two; yields after each row."""
    communities = _communities(database)
    facts = _group_facts(context)
    columns = {
        "jid": ("jid_row_id", "key_remote_jid"),
        "subject": ("subject",),
        "type": ("group_type",),
    }
    for table in ("chat", "chat_list"):
        for row in database.rows(table, columns):
            if row["jid"] == NOT_CALLED:
                continue
            where = context.store.provenance(table, row["rowid"])
            address = context.address(row["jid"])
            if not address:
                context.problem(where, "the chat leads to no address that the database holds")
                yield
                continue
            community = whole(row["type"]) == COMMUNITY or row["jid"] in communities
            chat = _chat(context, row, address, where, is_community=community, facts=facts.get(address, {}))
            context.chats.setdefault(row["rowid"] if table == "chat" else address, chat)
            context.chats.setdefault(address, chat)
            yield


def _chat(context: Context, row: Row, address: str, where: Provenance, *, is_community: bool, facts: Row) -> Chat:
    if is_person(address):
        chat = context.direct(context.account(account_id(address), where))
        context.account(context.owner, where)
    else:
        kind = GroupKind.COMMUNITY if is_community else KINDS.get(server(address), GroupKind.GROUP)
        chat = Chat(f"jid:{address}", kind)
    if chat.group not in context.known:
        context.known.add(chat.group)
        announcements = facts.get("announcements")
        context.add(
            Group(
                service=SERVICE,
                stable_id=chat.group,
                title=safe(text(row["subject"]) or ("Status updates" if address == STATUS else "")),
                kind=chat.kind,
                provenance=where,
                description=safe(text(facts.get("description"))),
                announcement_only=None if announcements is None else bool(whole(announcements)),
            )
        )
    return chat


def _communities(database: Database) -> set[object]:
    """Return the rows of the addresses of communities."""
    parents = database.rows("parent_group_participants", {"group": ("parent_group_jid_row_id",)})
    return {row["group"] for row in parents}


def _contacts(context: Context) -> Iterator[tuple[str, Row, Provenance]]:
    """Yield the rows of ``wa.db`` that tell of people and groups: table, row, place."""
    if not context.store.contacts:
        return
    tables = {
        "wa_contacts": {
            "jid": ("jid",),
            "contact_name": ("display_name",),
            "profile_name": ("wa_name",),
            "nickname": ("nickname",),
            "number": ("number",),
        },
        "wa_group_descriptions": {"jid": ("jid",), "description": ("description",)},
        "wa_group_admin_settings": {
            "jid": ("jid",),
            "creator": ("creator_jid",),
            "announcements": ("announcement_group",),
        },
        "wa_vnames": {"jid": ("jid",), "profile_name": ("verified_name",)},
    }
    with Database(context.store.tree, context.store.contacts) as database:
        for table, columns in tables.items():
            for row in database.rows(table, columns):
                where = context.store.beside(context.store.contacts, f"{table} rowid {row['rowid']}")
                yield table, row, where


def read_contacts(context: Context) -> Iterator[None]:
    """Tell the people of ``wa.db`` and the names that this device gives them; yields after each row."""
    for table, row, where in _contacts(context):
        address = context.address(row["jid"])
        if table in ("wa_contacts", "wa_vnames") and is_person(address):
            account = context.account(account_id(address), where)
            for kind in ("contact_name", "profile_name", "nickname"):
                context.identifier(account, kind, text(row.get(kind)), where)
            if (stated := text(row.get("number"))).startswith("+"):
                context.identifier(account, "e164", "+" + "".join(c for c in stated if c.isdecimal()), where)
        yield


def _group_facts(context: Context) -> dict[str, Row]:
    """Return description, setting and creator of each group that ``wa.db`` tells of."""
    facts: dict[str, Row] = {}
    try:
        for table, row, _ in _contacts(context):
            if table.startswith("wa_group"):
                facts.setdefault(bare(text(row["jid"])), {}).update(row)
    except UnreadableSource as error:
        context.problem(context.store.whole(), f"what wa.db tells of groups cannot be read whole: {error}")
    return facts


def read_creators(context: Context) -> Iterator[None]:
    """Tell who created a group by ``wa.db``, where no row of the history does: it states no time."""
    for table, row, where in _contacts(context):
        group = f"jid:{bare(text(row['jid']))}"
        if table == "wa_group_admin_settings" and group in context.known and group not in context.created:
            actor = context.person(row["creator"], where)
            if actor is not None:
                detail = "stated beside the group's settings, without a time"
                context.add(GroupEvent(group, EventKind.CREATED, actor, None, None, "", where, detail))
        yield


def read_members(context: Context, database: Database) -> Iterator[None]:
    """Tell who is in which group with which role, by the lists of members; yields after each row."""
    columns = {
        "group": ("group_jid_row_id", "gjid"),
        "user": ("user_jid_row_id", "jid"),
        "rank": ("rank", "admin"),
        "pending": ("pending",),
    }
    for table in ("group_participant_user", "group_participants"):
        told = set[str]()
        for row in database.rows(table, columns):
            where = context.store.provenance(table, row["rowid"])
            group = _group(context, row, where)
            account = context.owner if row["user"] == "" else context.person(row["user"], where)
            if group and account:
                told.add(group)
                _member(context, group, context.account(account, where), row, where)
            elif group:
                context.problem(where, "the list of members names nobody here that the database holds")
            yield
        if told:
            return


def _group(context: Context, row: Row, where: Provenance) -> str:
    """Return the group of a row in a list of members, told where no chat did."""
    address = context.address(row["group"])
    if not address or is_person(address):
        context.problem_once(where, "a list of members belongs to no group that the database holds")
        return ""
    group = f"jid:{address}"
    if group not in context.known:
        context.known.add(group)
        context.add(Group(SERVICE, group, "", KINDS.get(server(address), GroupKind.GROUP), where))
    return group


def _member(context: Context, group: str, account: str, row: Row, where: Provenance) -> None:
    rank, stated = row["rank"], row["rank"] in ROLES
    if whole(row["pending"]):
        context.problem_once(where, "some are marked as pending in lists of members: they are not told as members")
    elif context.taken_at is None:
        context.problem_once(where, "no row states a usable time: who is in which group is not told")
    else:
        if not stated:
            context.problem_once(where, f"rank {rank!r:.40} is not known; members of it are told without a role")
        role = ROLES[rank] if stated else Role.MEMBER
        context.add(MemberSnapshot(group, account, role, context.taken_at, where, role_stated=stated))


def read_community_members(context: Context, database: Database) -> Iterator[None]:
    """Tell who is in a community: a list without roles."""
    columns = {"group": ("parent_group_jid_row_id",), "user": ("user_jid_row_id",)}
    for row in database.rows("parent_group_participants", columns):
        where = context.store.provenance("parent_group_participants", row["rowid"])
        group, account = _group(context, row, where), context.person(row["user"], where)
        if group and account and context.taken_at is not None:
            context.add(MemberSnapshot(group, account, Role.MEMBER, context.taken_at, where, role_stated=False))
        yield


def read_past_members(context: Context, database: Database) -> Iterator[None]:
    """Tell who left or was removed, where no system row did already."""
    columns = {
        "group": ("group_jid_row_id",),
        "user": ("user_jid_row_id",),
        "left": ("is_leave",),
        "at": ("timestamp",),
    }
    for row in database.rows("group_past_participant_user", columns):
        where = context.store.provenance("group_past_participant_user", row["rowid"])
        group, account, at = _group(context, row, where), context.person(row["user"], where), whole(row["at"])
        seconds = range(at // 1000 - 5, at // 1000 + 6)
        if group and account and not any((group, account, second) in context.exits for second in seconds):
            by_itself = bool(whole(row["left"]))
            kind = EventKind.LEFT if by_itself else EventKind.REMOVED
            actor = account if by_itself else None
            detail = "by the list of past members"
            context.add(GroupEvent(group, kind, actor, account, moment(at), str(at), where, detail))
        yield


def read_invitations(context: Context, database: Database) -> Iterator[None]:
    """Remember which group each invitation's code leads to; yields after each row."""
    columns = {"group": ("group_jid_row_id",), "code": ("invite_code",)}
    for row in database.rows("message_group_invite", columns):
        address = context.address(row["group"])
        if address and (code := text(row["code"])):
            context.invitations[code_digest(code)] = f"jid:{address}"
        yield


def read_calls(context: Context, database: Database) -> Iterator[None]:
    """Tell the calls: in a group, or between the device's own account and another."""
    columns = {
        "peer": ("jid_row_id",),
        "from_me": ("from_me",),
        "at": ("timestamp",),
        "video": ("video_call",),
        "seconds": ("duration",),
        "result": ("call_result",),
        "group": ("group_jid_row_id",),
    }
    for row in database.rows("call_log", columns):
        where = context.store.provenance("call_log", row["rowid"])
        peer, owner = context.person(row["peer"], where), context.account(context.owner, where)
        caller, called = (owner, peer) if whole(row["from_me"]) else (peer, owner)
        if whole(row["group"]) <= 0 and server(context.address(row["peer"])) == GROUP_SERVER:
            row["group"] = row["peer"]
        group = _group(context, row, where) if whole(row["group"]) > 0 else ""
        if group:
            called = None
        elif peer is not None:
            group = _told(context, peer, where).group
        else:
            context.problem_once(where, "a call names nobody that the database holds")
        if group:
            at = whole(row["at"])
            context.add(GroupEvent(group, EventKind.CALL, caller, called, moment(at), str(at), where, _call(row)))
        yield


def _call(row: Row) -> str:
    word = "video call" if whole(row["video"]) else "audio call"
    length = f"{whole(row['seconds'])} s" if whole(row["seconds"]) > 0 else ""
    return ", ".join(part for part in (word, OUTCOMES.get(whole(row["result"]), ""), length) if part)


def _told(context: Context, peer: str, where: Provenance) -> Chat:
    chat = context.direct(peer)
    if chat.group not in context.known:
        context.known.add(chat.group)
        context.add(Group(SERVICE, chat.group, "", GroupKind.DIRECT, where))
    return chat


def read_owner(context: Context, owner: Owner) -> Iterator[None]:
    """Tell the device's own account, as one of this database, and what the row or setting says that names it."""
    context.account(context.owner, context.store.whole())
    where = owner.where or context.store.whole()
    context.identifier(context.owner, "e164", number(owner.address), where)
    context.identifier(context.owner, "profile_name", owner.name, where)
    yield


def read_hidden(context: Context, database: Database) -> Iterator[None]:
    """Tell which hidden address (``@lid``) is which account's, and the names under them; yields after each row."""
    for row in database.rows("jid_map", {"lid": ("lid_row_id",)}):
        where, hidden = context.store.provenance("jid_map", row["rowid"]), context.jids.get(row["lid"], "")
        if hidden in context.phones and (account := context.person(row["lid"], where)):
            context.identifier(account, "lid", hidden, where)
        yield
    columns = {"lid": ("lid_row_id",), "profile_name": ("display_name",), "username": ("username",)}
    for row in database.rows("lid_display_name", columns):
        where = context.store.provenance("lid_display_name", row["rowid"])
        if account := context.person(row["lid"], where):
            for kind in ("profile_name", "username"):
                context.identifier(account, kind, text(row[kind]), where)
        yield
