"""Who is who on an iPhone: the device's own account, everyone whom Signal knows, and the conversations."""

import struct
from collections.abc import Iterator

from sauveterre.messages.database import Database, Row
from sauveterre.messages.signal.context import RELEASE_NOTES, SERVICE, moment
from sauveterre.messages.signal.ios.archive import NotArchive, unarchived
from sauveterre.messages.signal.ios.groups import FULL, INVITED, Model, address, model_of
from sauveterre.messages.signal.links import safe_text
from sauveterre.messages.signal.loose import bytes_of, number_of, service_text, text_of
from sauveterre.messages.signal.rows import Memory, RowLeaf
from sauveterre.messages.signal.talks import People, Talk
from sauveterre.records.group import EventKind, Group, GroupEvent, GroupKind, MemberSnapshot, Role

OWN_VALUES = {
    "TSStorageRegisteredUUIDKey": "aci",
    "TSStorageRegisteredNumberKey": "e164",
    "TSAccountManager_RegisteredPNIKey": "pni",
}
"""Kept of the device's own account, by the key of its row."""
OWN_PROFILE = "kLocalProfileUniqueId"
RECIPIENTS, PROFILES, ACCOUNTS, NICKNAMES, USERNAMES, THREADS = (
    "model_SignalRecipient", "model_OWSUserProfile", "model_SignalAccount", "NicknameRecord", "UsernameLookupRecord",
    "model_TSThread",
)  # fmt: skip
THREAD_COLUMNS = {
    name: (name,)
    for name in ("recordType", "uniqueId", "contactPhoneNumber", "contactUUID", "groupModel", "name",
                 "shouldThreadBeVisible")
}  # fmt: skip
GROUP, STORY, NOTES = 26, 72, 80
"""Record types of threads; any other is one with a person."""


def read_owner(database: Database, memory: Memory) -> tuple[RowLeaf, bool]:
    """Tell whose telephone it is, from what Signal keeps of its own account; say whether it does."""
    stated: list[tuple[RowLeaf, str, str]] = []
    columns = {"key": ("key", "KEY"), "value": ("value", "VALUE")}
    names = ", ".join(f"'{name}'" for name in OWN_VALUES)
    for row in database.rows("keyvalue", columns, where=f"key IN ({names})"):
        kind, value = OWN_VALUES.get(text_of(row["key"]), ""), _plain_text(row["value"])
        stable_id = f"e164:{value}" if kind == "e164" and value.startswith("+") else service_text(value)
        if kind and stable_id and kind != "e164":
            stable_id = f"{kind}:{stable_id.partition(':')[2]}"
        if kind and stable_id:
            stated.append((RowLeaf(memory, "keyvalue", row["rowid"]), kind, stable_id.partition(":")[2]))
    stated.sort(key=lambda one: ("aci", "pni", "e164").index(one[1]))
    memory.owner = f"{stated[0][1]}:{stated[0][2]}" if stated else f"self:sha256:{memory.digest}"
    leaf = RowLeaf(memory, "keyvalue", 0)
    for inner, kind, value in stated:
        inner.records = leaf.records
        inner.identifier(inner.account(memory.owner), kind, value)
    leaf.account(memory.owner)
    return leaf, bool(stated)


def _plain_text(value: object) -> str:
    if isinstance(value, bytes):
        try:
            return text_of(unarchived(value))
        except NotArchive:
            return value.decode("utf-8", "replace")
    return text_of(value)


def read_recipients(database: Database, people: People) -> Iterator[RowLeaf]:
    """Tell everyone whom Signal knows, with the identifiers that one row states together."""
    columns = {"phone": ("recipientPhoneNumber",), "aci": ("recipientUUID",), "pni": ("pni",)}
    for row in database.rows_around_damage(RECIPIENTS, columns):
        leaf, stated = RowLeaf(people.memory, RECIPIENTS, row["rowid"]), _stated(row)
        if stated:
            account = _account(people, stated)
            leaf.account(account)
            people.recipients[row["rowid"]] = account
            for kind, value in stated:
                people.accounts.setdefault(f"{kind}:{value}", account)
                leaf.identifier(account, kind, value)
        yield leaf


def _stated(row: Row) -> list[tuple[str, str]]:
    found = [one for name in ("aci", "pni") if (one := service_text(row[name]))]
    if row["pni"] and not service_text(row["pni"]) and len(bytes_of(row["pni"])) == 16:
        found.append(address({"backingUuid": b"\x01" + row["pni"]}) or "")
    stated = [(one.partition(":")[0], one.partition(":")[2]) for one in found if one]
    phone = text_of(row["phone"])
    return [*stated, ("e164", phone)] if phone.startswith("+") else stated


def _account(people: People, stated: list[tuple[str, str]]) -> str:
    ids = [f"{kind}:{value}" for kind, value in stated]
    return people.memory.owner if people.memory.owner in ids else ids[0]


def read_names(database: Database, people: People, table: str) -> Iterator[RowLeaf]:
    """Tell how everyone is called in one table: profiles, the address book, nicknames or usernames."""
    columns, names = NAMES[table]
    for row in database.rows_around_damage(table, columns):
        leaf = RowLeaf(people.memory, table, row["rowid"])
        account = _named(people, row)
        for kind, parts in names if account else ():
            leaf.identifier(leaf.account(account or ""), kind, " ".join(text_of(row[part]) for part in parts))
        yield leaf


def _named(people: People, row: Row) -> str | None:
    """Return the account that a row of names is about."""
    if row.get("phone") == OWN_PROFILE or row.get("unique") == OWN_PROFILE:
        return people.memory.owner
    if row.get("recipient") is not None:
        return people.recipients.get(number_of(row["recipient"]))
    packed = row.get("packed")
    stable_id = address({"backingUuid": packed}) if isinstance(packed, bytes) else None
    stable_id = stable_id or service_text(row.get("aci"))
    phone = text_of(row.get("phone"))
    if stable_id is None and phone.startswith("+"):
        stable_id = f"e164:{phone}"
    return people.accounts.get(stable_id, stable_id) if stable_id else None


_BOTH = {"aci": ("recipientUUID", "serviceIdString"), "phone": ("recipientPhoneNumber", "phoneNumber")}
_Columns = dict[str, tuple[str, ...]]
NAMES: dict[str, tuple[_Columns, tuple[tuple[str, tuple[str, ...]], ...]]] = {
    PROFILES: (
        {**_BOTH, "unique": ("uniqueId",), "given": ("profileName", "givenName"), "family": ("familyName",),
         "username": ("username",)},
        (("profile_name", ("given", "family")), ("username", ("username",))),
    ),
    ACCOUNTS: (
        {**_BOTH, "given": ("givenName",), "family": ("familyName",), "nick": ("nickname",)},
        (("contact_name", ("given", "family")), ("nickname", ("nick",))),
    ),
    NICKNAMES: (
        {"recipient": ("recipientRowID",), "given": ("givenName",), "family": ("familyName",)},
        (("nickname", ("given", "family")),),
    ),
    USERNAMES: ({"packed": ("aci",), "username": ("username",)}, (("username", ("username",)),)),
}  # fmt: skip
"""By table: its columns, and which kinds of name are made of which of them."""


def read_thread(people: People, row: Row) -> RowLeaf:
    """Tell one conversation."""
    leaf, kind = RowLeaf(people.memory, THREADS, row["rowid"]), number_of(row["recordType"])
    name = text_of(row["uniqueId"])
    if name in people.talks:
        leaf.problem("a thread with an id that another has; the first is used")
    elif row["groupModel"] is not None or kind == GROUP:
        people.talks[name] = _group(people, leaf, row)
    elif kind == STORY:
        people.talks[name] = Talk(_story(people, leaf, row), None)
    else:
        people.talks[name] = _person(people, leaf, row, is_notes=kind == NOTES)
        if number_of(row["shouldThreadBeVisible"]):
            people.talk(leaf, name)
    return leaf


def _person(people: People, leaf: RowLeaf, row: Row, *, is_notes: bool) -> Talk:
    aci, phone = service_text(row["contactUUID"]), text_of(row["contactPhoneNumber"])
    stable_id = aci or (f"e164:{phone}" if phone.startswith("+") else None)
    if is_notes:
        stable_id = RELEASE_NOTES
    if stable_id is None:
        leaf.problem("a conversation of two does not say with whom")
        stable_id = people.memory.local_id("thread", text_of(row["uniqueId"]))
    account = people.accounts.get(stable_id, stable_id)
    first, second = sorted([people.memory.owner, leaf.account(account)])
    return Talk(f"direct:{first}|{second}", account)


def _story(people: People, leaf: RowLeaf, row: Row) -> str:
    identifier = text_of(row["uniqueId"]).lower()
    group = f"list:{identifier}" if len(identifier) == 36 else people.memory.local_id("list", identifier)
    if group not in people.told:
        people.told.add(group)
        title = safe_text(text_of(row["name"])) or "My Story"
        leaf.add(Group(SERVICE, group, title, GroupKind.DISTRIBUTION_LIST, leaf.provenance(), terminated=False))
    return group


def model_in(leaf: RowLeaf, value: object, place: str) -> Model | None:
    """Return the group model in a column, with its faults told as problems."""
    try:
        model = model_of(unarchived(value))
    except (NotArchive, struct.error) as error:
        leaf.problem(f"the group model cannot be read: {error}", place)
        return None
    if model is None:
        leaf.problem("the column holds no group model", place)
        return None
    for fault in model.faults:
        leaf.problem(fault, place)
    return model


def _group(people: People, leaf: RowLeaf, row: Row) -> Talk:
    model = model_in(leaf, row["groupModel"], "groupModel")
    group = model.group if model is not None else None
    group = group or people.memory.local_id("group", text_of(row["uniqueId"]))
    if group in people.told:
        leaf.problem("a group that another thread is, too; what the first says of it is used")
        return Talk(group, None)
    people.told.add(group)
    is_new = model is not None and model.is_new
    leaf.add(
        Group(
            service=SERVICE,
            stable_id=group,
            title=safe_text(model.title) if model else "",
            kind=GroupKind.GROUP,
            provenance=leaf.provenance(),
            revision=model.revision if model else None,
            description=safe_text(model.description) if model else "",
            announcement_only=model.announcement_only if model and is_new else None,
            link_state=model.link_state if model and is_new else "unknown",
            terminated=model.terminated if model and is_new else None,
        )
    )
    return Talk(group, None)


def read_members(people: People, row: Row) -> RowLeaf:
    """Tell who is in a group, once all interactions were read.

    The newest time among them is the snapshot's; for a group that the owner is no longer in, that of its own rows.
    """
    leaf, talk = RowLeaf(people.memory, THREADS, row["rowid"]), people.talks.get(text_of(row["uniqueId"]))
    if row["groupModel"] is None or talk is None:
        return leaf
    try:
        model = model_of(unarchived(row["groupModel"]))
    except (NotArchive, struct.error):
        return leaf
    if model is not None:
        mine = model.members.get(people.memory.owner)
        is_inside = mine is not None and mine.kind in (FULL, INVITED)
        snapshot(people, leaf, talk.group, model, people.memory.latest if is_inside else talk.latest)
    return leaf


def snapshot(people: People, leaf: RowLeaf, group: str, model: Model, milliseconds: int) -> None:
    """Tell everyone whom a state of a group lists, as it was at a time."""
    at = moment(milliseconds)
    if at is None:
        leaf.problem_once(f"snapshot time {group}", "who is in this group is not told, as no row dates it")
        return
    for count, (account, member) in enumerate(sorted(model.members.items())):
        place, stable_id = leaf.provenance(f"member {count}"), people.accounts.get(account, account)
        inviter = leaf.account(member.inviter) if member.inviter else None
        leaf.account(stable_id)
        leaf.add(MemberSnapshot(group, stable_id, member.role, at, place, None, inviter, model.is_new))
    for account, banned in sorted(model.banned.items()):
        place = leaf.provenance("banned")
        leaf.add(MemberSnapshot(group, leaf.account(account), Role.BANNED, at, place))
        if banned:
            detail = "dated by the group's state in this database"
            leaf.add(GroupEvent(group, EventKind.BANNED, None, account, moment(banned), str(banned), place, detail))
