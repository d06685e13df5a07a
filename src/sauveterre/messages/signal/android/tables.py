"""The tables of Signal for Android and the names that their columns have had, newest first.

Numbers of schema versions: see ``docs/formats.md``. What a version does not have comes as None; nothing is told of a
table that is not here. Names are facts about the schema, from public descriptions of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from sauveterre.errors import UnreadableSource
from sauveterre.messages.database import Database, Row

Columns = Mapping[str, Sequence[str]]
FRAME = "frame"
"""Of a backup's row: the column, added here, that says which frame the row came in."""
MOST_BESIDE = 10_000
"""Most rows of one table that hang on one message; a group has 1,000 members."""

_MESSAGE: Columns = {
    "id": ("_id",),
    "sent": ("date_sent", "date"),
    "received": ("date_received",),
    "server": ("date_server",),
    "thread": ("thread_id",),
    "from": ("from_recipient_id",),
    "to": ("to_recipient_id",),
    "peer": ("recipient_id", "address"),
    "type": ("type", "msg_box"),
    "body": ("body",),
    "expires": ("expires_in",),
    "receipt_at": ("receipt_timestamp",),
    "was_delivered": ("has_delivery_receipt", "delivery_receipt_count"),
    "was_read": ("has_read_receipt", "read_receipt_count"),
    "was_viewed": ("viewed", "viewed_receipt_count"),
    "quote_id": ("quote_id",),
    "quote_author": ("quote_author",),
    "quote_body": ("quote_body",),
    "contacts": ("shared_contacts",),
    "previews": ("link_previews", "previews"),
    "view_once": ("view_once", "reveal_duration"),
    "reactions": ("reactions",),
    "deleted": ("remote_deleted",),
    "deleted_by": ("deleted_by",),
    "ranges": ("message_ranges", "ranges"),
    "story": ("story_type", "is_story"),
    "story_parent": ("parent_story_id",),
    "latest": ("latest_revision_id",),
    "extras": ("message_extras",),
    "pinned_at": ("pinned_at",),
    "pinned_until": ("pinned_until",),
}
_SMS: Columns = {**_MESSAGE, "sent": ("date_sent",), "received": ("date_received", "date")}

ATTACHMENT: Columns = {
    "id": ("_id",),
    "unique": ("unique_id",),
    "message": ("message_id", "mid"),
    "media_type": ("content_type", "ct"),
    "file": ("data_file", "_data"),
    "size": ("data_size",),
    "random": ("data_random",),
    "hash": ("data_hash_end", "data_hash"),
    "hash_before": ("data_hash_start",),
    "name": ("file_name",),
    "quote": ("quote",),
    "sticker": ("sticker_id",),
    "sticker_emoji": ("sticker_emoji",),
    "order": ("display_order",),
}

READ: Mapping[str, Columns] = {
    "message": _MESSAGE,
    "mms": _MESSAGE,
    "sms": _SMS,
    "thread": {"id": ("_id",), "recipient": ("recipient_id", "thread_recipient_id", "recipient_ids")},
    "recipient": {
        "id": ("_id",),
        "aci": ("aci", "uuid"),
        "pni": ("pni",),
        "e164": ("e164", "phone"),
        "username": ("username",),
        "group": ("group_id",),
        "list": ("distribution_list_id",),
        "room": ("call_link_room_id",),
        "profile_given": ("profile_given_name", "signal_profile_name"),
        "profile_family": ("profile_family_name",),
        "contact": ("system_joined_name", "system_display_name"),
        "contact_given": ("system_given_name",),
        "contact_family": ("system_family_name",),
        "contact_nickname": ("system_nickname",),
        "nickname_given": ("nickname_given_name",),
        "nickname_family": ("nickname_family_name",),
    },
    "groups": {
        "id": ("_id",),
        "group": ("group_id",),
        "recipient": ("recipient_id",),
        "title": ("title",),
        "master_key": ("master_key",),
        "revision": ("revision",),
        "state": ("decrypted_group",),
        "members": ("members",),
    },
    "group_membership": {"id": ("_id",), "group": ("group_id",), "recipient": ("recipient_id",)},
    "attachment": ATTACHMENT,
    "part": ATTACHMENT,
    "reaction": {
        "id": ("_id",),
        "message": ("message_id",),
        "author": ("author_id",),
        "emoji": ("emoji",),
        "sent": ("date_sent",),
        "of_mms": ("is_mms",),
    },
    "group_receipts": {
        "id": ("_id",),
        "message": ("mms_id", "message_id"),
        "recipient": ("address", "recipient_id"),
        "status": ("status",),
        "at": ("timestamp",),
    },
    "mention": {
        "id": ("_id",),
        "message": ("message_id",),
        "recipient": ("recipient_id",),
        "start": ("range_start",),
        "length": ("range_length",),
    },
    "call": {
        "id": ("_id",),
        "call": ("call_id",),
        "message": ("message_id",),
        "peer": ("peer",),
        "type": ("type",),
        "direction": ("direction",),
        "event": ("event",),
        "at": ("timestamp",),
        "ringer": ("ringer",),
    },
    "call_link": {
        "id": ("_id",),
        "root_key": ("root_key",),
        "room": ("room_id",),
        "admin_key": ("admin_key",),
        "name": ("name",),
        "restrictions": ("restrictions",),
        "recipient": ("recipient_id",),
    },
    "distribution_list": {
        "id": ("_id",),
        "name": ("name",),
        "list": ("distribution_id",),
        "recipient": ("recipient_id",),
        "deleted": ("deletion_timestamp",),
        "privacy": ("privacy_mode",),
    },
    "distribution_list_member": {
        "id": ("_id",),
        "list": ("list_id",),
        "recipient": ("recipient_id",),
        "privacy": ("privacy_mode",),
    },
    "poll": {"id": ("_id",), "message": ("message_id",), "question": ("question",), "ended": ("end_message_id",)},
    "poll_option": {"id": ("_id",), "poll": ("poll_id",), "text": ("option_text",), "order": ("option_order",)},
    "poll_vote": {
        "id": ("_id",),
        "poll": ("poll_id",),
        "option": ("poll_option_id",),
        "voter": ("voter_id",),
        "state": ("vote_state",),
    },
    "key_value": {"key": ("key",), "value": ("value",)},
}
"""All that is read: a backup's other tables are not even kept."""
MOST_TRIES = 5_000
"""Most numbers that are tried behind a place that cannot be read."""
MESSAGE_TABLES = ("message", "mms", "sms")
ATTACHMENT_TABLES = ("attachment", "part")


def kept(table: str) -> frozenset[str]:
    """Return the columns of a table, under any of their names, that are read."""
    return frozenset(name for names in READ.get(table, {}).values() for name in names)


@dataclass(frozen=True, slots=True)
class Gap:
    """Rows that cannot be read: those between two numbers, up to the end of the table where the second is None."""

    after: int
    before: int | None
    why: str


class Tables:
    """The rows of one database under plain names."""

    def __init__(self, database: Database) -> None:
        """Take an open database."""
        self.database = database

    def has(self, table: str, column: str = "") -> bool:
        """Say whether there is such a table, and in it any of the names that this column has had."""
        there = self.database.tables.get(table)
        return there is not None and (not column or any(name in there for name in READ[table][column]))

    def rows(
        self, table: str, order: Sequence[str] = ("id",), where: str = "", only: Sequence[str] = ()
    ) -> Iterator[Row]:
        """Yield a table's rows, or some columns of them; see ``Database.rows``. Nothing where it is not there."""
        columns = {name: names for name, names in READ[table].items() if not only or name in only}
        columns[FRAME] = (FRAME,)
        usable = [name for name in order if self.has(table, name)]
        return self.database.rows(table, columns, order=usable, where=where)

    def rows_past_damage(self, table: str) -> Iterator[Row | Gap]:
        """Yield a table's rows by number; where some cannot be read, a gap and then the rows behind it.

        Raises ``UnreadableSource`` when the rows have no number by which to go on, and for a database under SQLCipher:
        a connection that met a damaged page reads nothing any more.
        """
        last, where = 0, ""
        while True:
            try:
                for row in self.rows(table, where=where):
                    last = number(row["id"])
                    yield row
            except UnreadableSource as error:
                if self.database.is_sealed or not self.has(table, "id"):
                    raise
                for found in self._across(table, last, str(error)):
                    last = last if isinstance(found, Gap) else number(found["id"])
                    yield found
                    if isinstance(found, Gap) and found.before is None:
                        return
                where = f"_id > {last}"
            else:
                return

    def _across(self, table: str, last: int, why: str) -> Iterator[Row | Gap]:
        """Go number by number over a place that cannot be read, up to the first row behind it."""
        is_there = False
        for one in range(last + 1, last + 1 + MOST_TRIES):
            try:
                rows = list(self.rows(table, where=f"_id = {one}"))
            except UnreadableSource:
                is_there = True
                continue
            if rows and is_there:
                yield Gap(last, one, why)
            yield from rows
            if rows and is_there:
                return
            last = one if rows else last
        yield Gap(last, None, why)

    def newest(self, table: str, column: str, within: range) -> int:
        """Return the largest number of a column that lies in a range; 0 where there is none."""
        there = self.database.tables.get(table, frozenset())
        name = next((name for name in READ[table][column] if name in there), None)
        if name is None:
            return 0
        condition = f"typeof({name}) = 'integer' AND {name} BETWEEN {within.start} AND {within.stop}"
        found = self.database.query(f"SELECT max({name}) FROM {table} WHERE {condition}")  # noqa: S608  (own names)
        return next((number(row[0]) for row in found), 0)

    def first_there(self, names: Sequence[str]) -> str:
        """Return the first of these tables that is there; empty for none."""
        return next((name for name in names if self.has(name)), "")


class Beside:
    """Rows that hang on messages, met in step with these: both are read in order of the message's number.

    Where they cannot be read on, ``fault`` says why, and from there on nothing hangs on any message.
    """

    def __init__(self, rows: Iterator[Row], column: str = "message") -> None:
        """Take rows in ascending order of a column; those that name nothing are passed over."""
        self.fault = ""
        self._groups = ((number, rows) for number, rows in groupby(rows, lambda row: row[column]) if is_number(number))
        self._next: tuple[int, Iterator[Row]] | None = None
        self._step()

    def _step(self) -> None:
        try:
            self._next = next(self._groups, None)
        except UnreadableSource as error:
            self._next, self.fault = None, str(error)

    def of(self, number: int) -> list[Row]:
        """Return the rows of one message; numbers must be asked for in ascending order."""
        while self._next is not None and self._next[0] < number:
            self._step()
        if self._next is None or self._next[0] != number:
            return []
        found: list[Row] = []
        try:
            found += (row for _, row in zip(range(MOST_BESIDE), self._next[1], strict=False))
        except UnreadableSource as error:
            self._next, self.fault = None, str(error)
            return found
        self._step()
        return found


def is_number(value: object) -> bool:
    """Say whether a database's value is a whole number (any column may hold anything)."""
    return isinstance(value, int)


def number(value: object) -> int:
    """Return a whole number, read from text too; 0 for anything else."""
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if abs(value) < 2**63 else 0
    if isinstance(value, str) and len(value) < 20 and value.strip().lstrip("-").isdecimal():
        return int(value)
    return 0


def text(value: object) -> str:
    """Return text as any database can hold it; empty for anything else."""
    if not isinstance(value, str):
        return ""
    return value.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")


def blob(value: object) -> bytes:
    """Return bytes; empty for anything else."""
    return value if isinstance(value, bytes) else b""
