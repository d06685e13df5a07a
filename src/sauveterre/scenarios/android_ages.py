"""A store of Signal for Android as an older version of the app would hold it: columns and tables under their old names.

Each step leads from one version of the schema to the one before; a store of version 150 has gone through all of them.
"""

import base64
from collections.abc import Callable
from dataclasses import replace

from sauveterre.scenarios.android_rows import GROUP_CHANGE, AndroidStore, Row

Tables = dict[str, list[Row]]
_BASE = 0x1F
_OUT = frozenset({2, 11, 21, 22, 23, 24, 25, 26})


def aged(store: AndroidStore, version: int) -> AndroidStore:
    """Return the store as this version of the schema holds it; the rows are copies."""
    tables = {table: [dict(row) for row in rows] for table, rows in store.tables.items()}
    for since, step in STEPS:
        if version < since:
            step(tables)
    return replace(store, tables=tables, version=version)


def _rename(table: str, **names: str) -> Callable[[Tables], None]:
    """Return a step that gives columns their older names."""

    def step(tables: Tables) -> None:
        rows = tables.get(table, [])
        tables[table] = [{names.get(name, name): value for name, value in row.items()} for row in rows]

    return step


def _deletion(tables: Tables) -> None:
    """Keep only that a message was deleted: administrators could not yet."""
    for row in tables["message"]:
        row["remote_deleted"] = int(row.pop("deleted_by", None) is not None)


def _digests(tables: Tables) -> None:
    for row in tables.get("attachment", []):
        row["data_hash"] = row.pop("data_hash_end")
        del row["data_hash_start"]


def _extras(tables: Tables) -> None:
    """Put what a change of a group is about into the body, without the two wrappers around it."""
    for row in tables["message"]:
        extras = row.pop("message_extras", None)
        if extras and row["type"] & GROUP_CHANGE == GROUP_CHANGE:
            row["body"] = base64.b64encode(_inner(_inner(extras))).decode()


def _inner(data: bytes) -> bytes:
    """Return what the one field of a message holds."""
    length = at = shift = 0
    while True:
        at += 1
        length |= (data[at] & 0x7F) << shift
        shift += 7
        if data[at] < 0x80:
            return data[at + 1 : at + 1 + length]


def _parts(tables: Tables) -> None:
    names = {"message_id": "mid", "content_type": "ct", "data_file": "_data"}
    rows = tables.pop("attachment", [])
    tables["part"] = [{names.get(name, name): value for name, value in row.items()} for row in rows]


def _other_side(tables: Tables) -> None:
    """Name the other side alone: the sender of what came in, the conversation of what went out."""
    for row in tables["message"]:
        sender, to = row.pop("from_recipient_id"), row.pop("to_recipient_id")
        row["recipient_id"] = to if row["type"] & _BASE in _OUT else sender


def _multimedia(tables: Tables) -> None:
    tables["mms"] = tables.pop("message")


def _member_lists(tables: Tables) -> None:
    members: dict[str, list[str]] = {}
    for row in tables.pop("group_membership", []):
        members.setdefault(row["group_id"], []).append(str(row["recipient_id"]))
    for row in tables["groups"]:
        row["members"] = ",".join(members.get(row["group_id"], []))


def _short_messages(tables: Tables) -> None:
    """Move the messages between two to a table of their own, numbered on their own."""
    groups = {row["_id"] for row in tables["recipient"] if row.get("group_id")}
    in_groups = {row["_id"] for row in tables["thread"] if row["recipient_id"] in groups}
    short = [row for row in tables["mms"] if row["thread_id"] not in in_groups]
    numbers = {row["_id"]: number for number, row in enumerate(short, start=1)}
    tables["mms"] = [row for row in tables["mms"] if row["_id"] not in numbers]
    dropped = ("quote_id", "quote_author", "quote_body", "link_previews", "expires_in")
    tables["sms"] = [
        {**{name: value for name, value in row.items() if name not in dropped}, "_id": numbers[row["_id"]]}
        for row in short
    ]
    for row in tables["sms"]:
        row["date"] = row.pop("date_received")
    for row in tables.get("reaction", []):
        row["is_mms"] = int(row["message_id"] not in numbers)
        row["message_id"] = numbers.get(row["message_id"], row["message_id"])


STEPS: tuple[tuple[int, Callable[[Tables], None]], ...] = (
    (290, _deletion),
    (222, _digests),
    (217, _extras),
    (215, _parts),
    (
        211,
        _rename(
            "message",
            has_delivery_receipt="delivery_receipt_count",
            has_read_receipt="read_receipt_count",
            viewed="viewed_receipt_count",
        ),
    ),
    (
        201,
        _rename(
            "recipient",
            e164="phone",
            system_joined_name="system_display_name",
            profile_given_name="signal_profile_name",
        ),
    ),
    (200, _rename("recipient", aci="uuid")),
    (185, _other_side),
    (174, _multimedia),
    (172, _member_lists),
    (168, _short_messages),
    (
        166,
        _rename(
            "mms",
            date_sent="date",
            type="msg_box",
            recipient_id="address",
            message_ranges="ranges",
            link_previews="previews",
        ),
    ),
    (166, _rename("sms", recipient_id="address")),
    (166, _rename("thread", recipient_id="thread_recipient_id")),
)
"""Each with the first version that has the newer form, newest first."""
