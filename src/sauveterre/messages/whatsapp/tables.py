"""The tables and columns that are read, under plain names, each with the names that it has had.

Current schema: ``message``, ``chat``, ``jid`` and what hangs on them; old schema: ``messages``, ``chat_list``,
``group_participants``; between the two both are there and share their row numbers.
"""

from collections.abc import Iterator, Mapping

from sauveterre.errors import UnreadableSource
from sauveterre.messages.database import Database, Row, quoted
from sauveterre.messages.whatsapp.media import path_in
from sauveterre.messages.whatsapp.values import text, whole

Columns = Mapping[str, tuple[str, ...]]

MESSAGE: Columns = {
    "chat": ("chat_row_id", "key_remote_jid"),
    "from_me": ("from_me", "key_from_me"),
    "key": ("key_id",),
    "sender": ("sender_jid_row_id", "remote_resource"),
    "status": ("status",),
    "flags": ("origination_flags",),
    "sent": ("timestamp",),
    "received": ("received_timestamp",),
    "server": ("receipt_server_timestamp",),
    "kind": ("message_type", "media_wa_type"),
    "text": ("text_data", "data"),
    "forwarded": ("forwarded",),
    "caption": ("media_caption",),
    "file_name": ("media_name",),
    "media_type": ("media_mime_type",),
    "size": ("media_size",),
    "hash": ("media_hash",),
    "blob": ("thumb_image",),
    "quoted": ("quoted_row_id",),
    "latitude": ("latitude",),
    "longitude": ("longitude",),
}
BESIDE: Mapping[str, Columns] = {
    "message_media": {
        "file_path": ("file_path",),
        "media_type": ("mime_type",),
        "size": ("file_length", "file_size"),
        "file_name": ("media_name",),
        "hash": ("file_hash",),
        "caption": ("media_caption",),
    },
    "message_system": {"action": ("action_type",)},
    "message_system_group": {"is_me_joined": ("is_me_joined",)},
    "message_system_chat_participant": {"user": ("user_jid_row_id",)},
    "message_system_value_change": {"old": ("old_data",)},
    "message_system_number_change": {"old": ("old_jid_row_id",), "new": ("new_jid_row_id",)},
    "message_system_block_contact": {"is_blocked": ("is_blocked",)},
    "message_quoted": {"chat": ("chat_row_id",), "key": ("key_id",)},
    "message_revoked": {"key": ("revoked_key_id",), "admin": ("admin_jid_row_id",)},
    "message_edit_info": {"key": ("original_key_id",)},
    "message_forwarded": {"score": ("forward_score",)},
    "message_group_invite": {
        "group": ("group_jid_row_id",),
        "admin": ("admin_jid_row_id",),
        "name": ("group_name",),
        "code": ("invite_code",),
    },
    "message_ephemeral": {"seconds": ("duration",)},
    "message_ephemeral_setting": {"seconds": ("setting_duration",)},
    "message_location": {
        "latitude": ("latitude",),
        "longitude": ("longitude",),
        "name": ("place_name",),
        "address": ("place_address",),
    },
    "message_vcard": {"card": ("vcard",)},
    "message_poll_option": {"name": ("option_name",), "votes": ("vote_total",)},
    "message_text": {"url": ("url",)},
    "receipt_user": {
        "user": ("receipt_user_jid_row_id",),
        "delivered": ("receipt_timestamp",),
        "read": ("read_timestamp",),
        "viewed": ("played_timestamp",),
    },
}
"""Tables whose rows hang on a message by ``message_row_id``."""
YEAR_2100 = 4_102_444_800_000
"""In milliseconds: no device wrote later."""
MOST_ROWS = 10_000
"""Rows of one table on one message: more are left out, and said."""


class Beside:
    """The rows of one table, handed out as the messages that they hang on pass by in order of their number."""

    def __init__(self, database: Database, table: str) -> None:
        """Begin at the front of the table; nothing is ever handed out where it is missing."""
        self.table = table
        self.fault = ""
        """What stopped the reading of the table, or what of it was left out; empty while all is well."""
        columns = {"message": ("message_row_id",), **BESIDE[table]}
        there = "message_row_id" in database.tables.get(table, ())
        self._rows = database.rows(table, columns, order=("message",)) if there else iter(())
        self._next = self._step()

    def _step(self) -> Row | None:
        try:
            return next(self._rows, None)
        except UnreadableSource as error:
            self.fault = f"not all of the table {self.table} can be read: {error}"
            return None

    def take(self, number: int) -> list[Row]:
        """Return the rows of a message; rows of messages before it are passed over."""
        found: list[Row] = []
        while self._next is not None and whole(self._next["message"]) <= number:
            if self._next["message"] == number:
                if len(found) < MOST_ROWS:
                    found.append(self._next)
                else:
                    self.fault = f"message {number} has over {MOST_ROWS} rows in {self.table}: the rest is left out"
            self._next = self._step()
        return found


def reactions(database: Database) -> Iterator[Row]:
    """Yield the reactions in order of the messages that they are to."""
    needs = {
        "message_add_on": {"_id", "parent_message_row_id", "from_me", "sender_jid_row_id"},
        "message_add_on_reaction": {"message_add_on_row_id", "reaction"},
    }
    if any(not columns <= set(database.tables.get(table, ())) for table, columns in needs.items()):
        return
    has_time = "sender_timestamp" in database.tables["message_add_on_reaction"]
    at = "r.sender_timestamp" if has_time else "NULL"
    names = ("rowid", "message", "from_me", "sender", "reaction", "at")
    statement = (
        f"SELECT a._id, a.parent_message_row_id, a.from_me, a.sender_jid_row_id, r.reaction, {at} "  # noqa: S608
        "FROM message_add_on a JOIN message_add_on_reaction r ON r.message_add_on_row_id = a._id "
        "ORDER BY a.parent_message_row_id, a._id"
    )
    for row in database.query(statement):
        yield dict(zip(names, row, strict=True))


def messages(database: Database) -> Iterator[tuple[str, Row]]:
    """Yield each message row with the name of its table: the current one, then what stands in the old one alone."""
    if "message" in database.tables and "chat_row_id" in database.tables["message"]:
        for row in database.rows("message", MESSAGE):
            yield "message", row
    if "messages" in database.tables:
        moved = "_id" in database.tables.get("message", ()) and "_id" in database.tables["messages"]
        where = "_id NOT IN (SELECT _id FROM message WHERE status IS NOT -1)" if moved else ""
        if moved and "status" not in database.tables["message"]:
            where = "_id NOT IN (SELECT _id FROM message)"
        for row in database.rows("messages", MESSAGE, where=where):
            yield "messages", row


def last_written(database: Database) -> int:
    """Return the latest time by the device's own clock that a message or call states, in milliseconds; 0 for none.

    Where no row states such a time, the latest time of a message by any clock.
    """
    own = (("message", "received_timestamp"), ("messages", "received_timestamp"), ("call_log", "timestamp"))
    latest = max(_latest(database, table, column) for table, column in own)
    return latest or max(_latest(database, table, "timestamp") for table in ("message", "messages"))


def _latest(database: Database, table: str, column: str) -> int:
    if column not in database.tables.get(table, ()):
        return 0
    statement = f"SELECT max({quoted(column)}) FROM {quoted(table)} WHERE {quoted(column)} < {YEAR_2100}"  # noqa: S608
    return max([0, *(whole(value) for (value,) in database.query(statement))])


def media_rows(database: Database) -> Iterator[tuple[str, int, str, str]]:
    """Yield each row that names a media file: table, row, path and digest as stated."""
    columns = {"path": ("file_path",), "hash": ("file_hash",)}
    for row in database.rows("message_media", columns):
        if path := text(row["path"]):
            yield "message_media", row["rowid"], path, text(row["hash"])
    if "thumb_image" in database.tables.get("messages", ()):
        columns = {"blob": ("thumb_image",), "hash": ("media_hash",)}
        for row in database.rows("messages", columns, where="thumb_image IS NOT NULL"):
            if isinstance(row["blob"], bytes) and (path := path_in(row["blob"])):
                yield "messages", row["rowid"], path, text(row["hash"])
