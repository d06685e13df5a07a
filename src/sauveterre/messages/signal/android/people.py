"""Who is who and which conversation is which: recipients, groups, lists, call links and threads.

Each row is told as the frame of format 2 that says the same, so that ids, names and roles mean the same in both.
"""

import hashlib
import re
from collections.abc import Iterator
from uuid import UUID

from sauveterre.messages.database import Row
from sauveterre.messages.protobuf import Fields, Malformed
from sauveterre.messages.signal.android.reading import Reading
from sauveterre.messages.signal.android.state import decoded, snapshot
from sauveterre.messages.signal.android.tables import Beside, blob, number, text
from sauveterre.messages.signal.context import SERVICE, Leaf, Peer
from sauveterre.messages.signal.links import safe_text
from sauveterre.messages.signal.people import read_chat, read_recipient
from sauveterre.records.group import Group, GroupKind, MemberSnapshot, Role
from sauveterre.records.message_reader import MessageRecord

_PHONE = re.compile(r"\+[0-9]{3,18}")
_OLD_GROUP = re.compile(r"__textsecure_group__!([0-9a-fA-F]{2,64})")
MOST_MEMBERS = 10_000


def uuid_bytes(value: object) -> bytes:
    """Return the 16 bytes of an ACI or PNI as text; empty for anything else."""
    try:
        return UUID(text(value).removeprefix("PNI:")).bytes
    except ValueError:
        return b""


def stable_id(reading: Reading, row: Row) -> str:
    """Return the account that a row of the table of recipients stands for."""
    for kind in ("aci", "pni"):
        if any(found := uuid_bytes(row[kind])):
            return f"{kind}:{UUID(bytes=found)}"
    if _PHONE.fullmatch(text(row["e164"])):
        return f"e164:{text(row['e164'])}"
    return reading.context.local_id("recipient", number(row["id"]))


def read_accounts(reading: Reading) -> Iterator[MessageRecord]:
    """Tell all accounts."""
    for row in reading.tables.rows("recipient"):
        if row["group"] is None and row["list"] is None and row["room"] is None:
            yield from _account(reading, row)


def read_call_links(reading: Reading) -> Iterator[MessageRecord]:
    """Tell all call links."""
    for row in reading.tables.rows("call_link"):
        yield from _call_link(reading, row)


def read_chats(reading: Reading) -> Iterator[MessageRecord]:
    """Tell all conversations in which there are messages; those first that no other row describes."""
    for row in reading.tables.rows("recipient"):
        if number(row["id"]) not in reading.context.peers:
            yield from _undescribed(reading, row)
    for row in reading.tables.rows("thread"):
        leaf = reading.leaf("thread", row)
        read_chat(leaf, {"id": number(row["id"]), "recipientId": number(row["recipient"])})
        yield from leaf.records


def _account(reading: Reading, row: Row) -> list[MessageRecord]:
    leaf, one = reading.leaf("recipient", row), number(row["id"])
    if one and one == reading.release_notes:
        read_recipient(leaf, {"id": one, "releaseNotes": {}})
        return leaf.records
    phone = text(row["e164"])
    contact: Fields = {
        "aci": uuid_bytes(row["aci"]),
        "pni": uuid_bytes(row["pni"]),
        "e164": int(phone) if _PHONE.fullmatch(phone) else 0,
        "username": text(row["username"]),
        "profileGivenName": text(row["profile_given"]),
        "profileFamilyName": text(row["profile_family"]),
        "systemGivenName": text(row["contact_given"]) or text(row["contact"]),
        "systemFamilyName": text(row["contact_family"]) if row["contact_given"] else "",
        "systemNickname": text(row["contact_nickname"]),
        "nickname": {"given": text(row["nickname_given"]), "family": text(row["nickname_family"])},
    }
    account = stable_id(reading, row)
    if one == reading.owner_number and account != reading.context.owner:
        leaf.context.peers[one] = Peer(leaf.account(reading.context.owner), is_account=True)
    else:
        read_recipient(leaf, {"id": one, "contact": contact})
    if phone and not contact["e164"]:
        leaf.identifier(account, "phone", phone)
    reading.numbers.setdefault(account, one)
    return leaf.records


def read_groups(reading: Reading) -> Iterator[MessageRecord]:
    """Tell all groups, with who is in them."""
    members = _membership(reading)
    for row in reading.tables.rows("groups"):
        leaf, key = reading.leaf("groups", row), blob(row["master_key"])
        state: Fields = {}
        try:
            state = snapshot(decoded(blob(row["state"]), "State")) if row["state"] else {}
        except Malformed as error:
            leaf.problem(f"the state of the group cannot be read: {error}")
        if len(key) == 32 and state:
            read_recipient(leaf, {"id": number(row["recipient"]), "group": {"masterKey": key, "snapshot": state}})
        else:
            _stateless(leaf, row, key)
        peer = leaf.context.peers.get(number(row["recipient"]))
        if not state and peer is not None and not peer.is_account:
            _silent_members(leaf, peer.id, members.get(text(row["group"]), []) or _listed(row))
        yield from leaf.records


def _membership(reading: Reading) -> dict[str, list[int]]:
    """Return who is in which group, for the groups whose state cannot say it."""
    found: dict[str, list[int]] = {}
    for row in reading.tables.rows("group_membership"):
        found.setdefault(text(row["group"]), []).append(number(row["recipient"]))
    return found


def _listed(row: Row) -> list[int]:
    return [number(one) for one in text(row["members"]).split(",")[:MOST_MEMBERS] if one]


def _stateless(leaf: Leaf, row: Row, key: bytes) -> None:
    """Tell a group of which the store holds no state: of the first kind, of MMS, or one that was never loaded."""
    one, old = number(row["recipient"]), _OLD_GROUP.fullmatch(text(row["group"]))
    if len(key) == 32:
        group = hashlib.sha256(key).hexdigest()
    else:
        group = f"gv1:{old[1].lower()}" if old else leaf.context.local_id("group", number(row["id"]))
        if key:
            leaf.problem(f"the group of recipient {one} has a key of {len(key)} bytes, not 32")
    leaf.add(Group(SERVICE, group, safe_text(text(row["title"])), GroupKind.GROUP, leaf.provenance()))
    leaf.context.peers.setdefault(one, Peer(group, is_account=False))


def _silent_members(leaf: Leaf, group: str, members: list[int]) -> None:
    at = leaf.context.taken_at
    for count, one in enumerate(members[:MOST_MEMBERS]):
        account = leaf.recipient(one, "a member of a group")
        if account is not None and at is not None:
            where = leaf.provenance(f"member {count}")
            leaf.add(MemberSnapshot(group, account, Role.MEMBER, at, where, role_stated=False))


def read_lists(reading: Reading) -> Iterator[MessageRecord]:
    """Tell all distribution lists."""
    members = Beside(reading.tables.rows("distribution_list_member", order=("list", "id")), "list")
    for row in reading.tables.rows("distribution_list"):
        leaf = reading.leaf("distribution_list", row)
        shown = {
            "name": text(row["name"]),
            "privacyMode": number(row["privacy"]) + 1,
            "memberRecipientIds": [number(member["recipient"]) for member in members.of(number(row["id"]))],
        }
        data: Fields = {"distributionId": uuid_bytes(row["list"]), "distributionList": shown}
        if number(row["deleted"]) > 0:
            data["deletionTimestamp"] = number(row["deleted"])
        read_recipient(leaf, {"id": number(row["recipient"]), "distributionList": data})
        yield from leaf.records


def _call_link(reading: Reading, row: Row) -> list[MessageRecord]:
    leaf = reading.leaf("call_link", row)
    data: Fields = {
        "rootKey": blob(row["root_key"]),
        "adminKey": blob(row["admin_key"]),
        "name": text(row["name"]),
        "restrictions": number(row["restrictions"]) + 1,
    }
    read_recipient(leaf, {"id": number(row["recipient"]), "callLink": data})
    return leaf.records


def _undescribed(reading: Reading, row: Row) -> list[MessageRecord]:
    """Tell a conversation that has a row among the recipients and none of its own."""
    leaf, one = reading.leaf("recipient", row), number(row["id"])
    group = leaf.context.local_id("recipient", one)
    leaf.problem(f"recipient {one} is a conversation that no other row describes")
    leaf.add(Group(SERVICE, group, "", GroupKind.GROUP, leaf.provenance()))
    leaf.context.peers[one] = Peer(group, is_account=False)
    return leaf.records
