"""The one mapping of Signal's Android tables, whichever way they came here: a backup's statements, or the database."""

from collections.abc import Callable, Iterator, Mapping
from uuid import UUID

from sauveterre.errors import UnreadableSource
from sauveterre.messages.database import Database, Row
from sauveterre.messages.signal.android.calls import read_calls
from sauveterre.messages.signal.android.messages import read_messages
from sauveterre.messages.signal.android.people import (
    read_accounts,
    read_call_links,
    read_chats,
    read_groups,
    read_lists,
    stable_id,
    uuid_bytes,
)
from sauveterre.messages.signal.android.reading import Origin, Reading
from sauveterre.messages.signal.android.tables import MESSAGE_TABLES, Tables, number, text
from sauveterre.messages.signal.android.types import Type
from sauveterre.messages.signal.context import Context, moment
from sauveterre.records.message_reader import MessageRecord
from sauveterre.records.problem import Problem

NOTES = (
    "The database states no time of its own: who is in a group, and with which role, is dated by the last thing that "
    "the device received.",
    "That a message is missing does not mean that it was deleted: what had disappeared before is not there.",
    "What happened in a group is told only from the time at which the owner joined it.",
)
OWNER_NOTES = {
    "stated": "The owner's account is stated by the store itself.",
    "sent": "The owner's account is the one that the database names as the sender of what was sent from this device.",
    "": "The store does not say whose it is; the owner may also appear as another account among a group's members.",
}
Settings = Mapping[str, object]
"""Values that the app keeps beside its tables: ``account.aci`` and the like."""
ACI_NAMES = ("account.aci", "pref_local_uuid")
PHONE_NAMES = ("account.e164", "pref_local_number")
RELEASE_NOTES_NAME = "releasechannel.recipient_id"
SETTINGS_READ = frozenset({*ACI_NAMES, *PHONE_NAMES, RELEASE_NOTES_NAME})
PLAUSIBLE_MS = range(1_262_304_000_000, 4_102_444_800_000)
"""When a message can have been received: 2010 to 2099."""


def begin(
    database: Database, origin: Origin, settings: Settings, held: Callable[[Row], str | None]
) -> tuple[Reading, str]:
    """Return a reading and how its owner is known; raise ``UnreadableSource`` when there is no table of messages."""
    tables = Tables(database)
    if not tables.first_there(MESSAGE_TABLES):
        raise UnreadableSource(f"{origin.path} holds no table of messages: it is no database of Signal for Android")
    context = Context(origin, "", "", moment(_latest(tables)))
    reading = Reading(tables, context, held)
    reading.release_notes = number(settings.get(RELEASE_NOTES_NAME))
    basis = _find_owner(reading, settings)
    return reading, basis


def _latest(tables: Tables) -> int:
    """Return when the device received what it received last, by its own clock."""
    latest = 0
    for table in MESSAGE_TABLES:
        try:
            latest = max(latest, tables.newest(table, "received", PLAUSIBLE_MS))
        except UnreadableSource:
            latest = max(latest, _latest_before_damage(tables, table))
    return latest


def _latest_before_damage(tables: Tables, table: str) -> int:
    latest = 0
    try:
        for row in tables.rows(table, only=("id", "received")):
            if number(row["received"]) in PLAUSIBLE_MS:
                latest = max(latest, number(row["received"]))
    except UnreadableSource:
        return latest
    return latest


def _find_owner(reading: Reading, settings: Settings) -> str:
    context = reading.context
    aci = next(filter(None, (uuid_bytes(settings.get(name)) for name in ACI_NAMES)), b"")
    phone = next(filter(None, (text(settings.get(name)) for name in PHONE_NAMES)), "")
    context.owner = f"aci:{UUID(bytes=aci)}" if aci else f"self:sha256:{context.store.digest}"
    try:
        sender = _own_sender(reading)
        for row in reading.tables.rows("recipient"):
            if aci:
                is_own = uuid_bytes(row["aci"]) == aci
            else:
                is_own = number(row["id"]) == sender if sender else bool(phone) and text(row["e164"]) == phone
            if is_own:
                reading.owner_number, context.owner = number(row["id"]), stable_id(reading, row)
                return "stated" if aci or not sender else "sent"
    except UnreadableSource:  # told when the table is read for what is in it
        return "stated" if aci else ""
    return "stated" if aci else ""


def _own_sender(reading: Reading) -> int:
    """Return the recipient that the first message sent from this device names as its sender; 0 where none does."""
    for table in MESSAGE_TABLES:
        if reading.tables.has(table, "from"):
            for row in reading.tables.rows(table, only=("id", "from", "type")):
                if Type(number(row["type"])).direction == "outgoing" and number(row["from"]) > 0:
                    return number(row["from"])
    return 0


_SECTIONS: tuple[tuple[str, Callable[[Reading], Iterator[MessageRecord]]], ...] = (
    ("accounts", read_accounts),
    ("groups", read_groups),
    ("lists", read_lists),
    ("call links", read_call_links),
    ("conversations", read_chats),
    ("messages", read_messages),
    ("calls", read_calls),
)
"""In the order that makes each known before it is named."""


def tell(reading: Reading) -> Iterator[MessageRecord]:
    """Yield all records; a table that cannot be read to its end is one problem, and the next is read."""
    for what, read in _SECTIONS:
        try:
            yield from read(reading)
        except UnreadableSource as error:
            where = reading.context.store.provenance(0, what)
            yield Problem(where, f"the {what} are not read to their end: {error}")
