"""Whose device this is: stated by the application's settings, by a row of the database, inferred, or unknown."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from sauveterre.errors import SauveterreError
from sauveterre.messages.database import Database
from sauveterre.messages.whatsapp.jids import PHONE_SERVER, bare, is_person
from sauveterre.messages.whatsapp.store import MOST_SETTINGS, Store, settings_paths
from sauveterre.records.provenance import Provenance

_DIGITS = re.compile(r"[1-9][0-9]{4,14}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Owner:
    """The device's own account."""

    address: str
    """Empty where it could not be told."""
    basis: str
    """settings, row, inferred, or empty."""
    name: str = ""
    """The name that its user gave it."""
    where: Provenance | None = None
    """The row or setting that says so."""


def whose(store: Store, database: Database, jids: Mapping[int, str], phones: Mapping[str, str]) -> Owner:
    """Return the device's own account by the strongest statement that there is."""
    name, name_at = _push_name(store, database)
    for path in settings_paths(store):
        settings = _settings(store, path)
        address = _registered(settings)
        if address:
            return Owner(address, "settings", settings.get("push_name", "") or name, store.beside(path, "map/string"))
    address, rowid = _joined(database, jids, phones)
    if address:
        return Owner(address, "row", name, store.provenance("message_system_group", rowid))
    address = _by_elimination(database, jids, phones)
    return Owner(address, "inferred" if address else "", name, name_at)


def _settings(store: Store, path: str) -> dict[str, str]:
    """Return the texts of a settings file; nothing of one that is no such file."""
    try:
        with store.tree.open(path) as stream:
            data = stream.read(MOST_SETTINGS + 1)
        if len(data) > MOST_SETTINGS:
            return {}
        root = ElementTree.fromstring(data)
    except (SauveterreError, OSError, ParseError, DefusedXmlException, ValueError, LookupError):
        return {}
    return {row.get("name", ""): row.text or "" for row in root.iter("string")}


def _registered(settings: Mapping[str, str]) -> str:
    """Return the address under which the application is registered."""
    stated = settings.get("registration_jid", "")
    address = bare(stated) or (f"{stated}@{PHONE_SERVER}" if _DIGITS.fullmatch(stated) else "")
    digits = settings.get("cc", "") + settings.get("ph", "")
    if not address and settings.get("cc") and settings.get("ph") and _DIGITS.fullmatch(digits):
        address = f"{digits}@{PHONE_SERVER}"
    return address if is_person(address) else ""


def _push_name(store: Store, database: Database) -> tuple[str, Provenance | None]:
    columns = {"key": ("key",), "value": ("value",)}
    for row in database.rows("props", columns, where="key = 'user_push_name'" if _has_key(database) else ""):
        if row["key"] == "user_push_name" and isinstance(row["value"], str):
            return row["value"], store.provenance("props", row["rowid"])
    return "", None


def _has_key(database: Database) -> bool:
    return "key" in database.tables.get("props", ())


def _joined(database: Database, jids: Mapping[int, str], phones: Mapping[str, str]) -> tuple[str, int]:
    """Return who was added alone by the rows that say *this device was added*, where they agree on one, and a row."""
    needs = {
        "message_system_group": {"message_row_id", "is_me_joined"},
        "message_system_chat_participant": {"message_row_id", "user_jid_row_id"},
    }
    if any(not columns <= set(database.tables.get(table, ())) for table, columns in needs.items()):
        return "", 0
    statement = (
        "SELECT g.rowid, max(p.user_jid_row_id) FROM message_system_group g JOIN message_system_chat_participant p "
        "ON p.message_row_id = g.message_row_id WHERE g.is_me_joined = 1 GROUP BY g.rowid HAVING count(*) = 1"
    )
    rows = {_phone(jids, phones, user): rowid for rowid, user in database.query(statement)}
    rows.pop("", None)
    return next(iter(rows.items())) if len(rows) == 1 else ("", 0)


def _by_elimination(database: Database, jids: Mapping[int, str], phones: Mapping[str, str]) -> str:
    """Return who alone is in every group that this device writes in, and never wrote to it, if there is one."""
    needs = {"message": {"chat_row_id", "from_me", "sender_jid_row_id", "message_type"}, "chat": {"_id", "jid_row_id"}}
    needs["group_participant_user"] = {"group_jid_row_id", "user_jid_row_id"}
    if any(not columns <= set(database.tables.get(table, ())) for table, columns in needs.items()):
        return ""
    wrote = database.query(
        "SELECT DISTINCT c.jid_row_id FROM message m JOIN chat c ON c._id = m.chat_row_id "
        "WHERE m.from_me = 1 AND m.message_type IS NOT 7"
    )
    groups = {group for (group,) in wrote if jids.get(group, "").endswith("@g.us")}
    senders = "SELECT DISTINCT sender_jid_row_id FROM message WHERE from_me = 0"
    others = {_phone(jids, phones, row) for row in _firsts(database, senders)}
    others |= {_phone(jids, phones, row) for row in _firsts(database, "SELECT jid_row_id FROM chat")}
    inside: Counter[str] = Counter()
    for group, user in set(database.query("SELECT group_jid_row_id, user_jid_row_id FROM group_participant_user")):
        if group in groups:
            inside[_phone(jids, phones, user)] += 1
    left = [address for address, count in inside.items() if address and count == len(groups) and address not in others]
    return left[0] if len(left) == 1 and groups else ""


def _firsts(database: Database, statement: str) -> Iterable[object]:
    return (value for (value,) in database.query(statement))


def _phone(jids: Mapping[int, str], phones: Mapping[str, str], row: object) -> str:
    raw = jids.get(row, "") if isinstance(row, int) else ""
    address = phones.get(raw, raw)
    return address if is_person(address) else ""
