"""What other tables say of interactions: files, reactions, edits and deletions, looked up for some hundred at once."""

from collections.abc import Iterator
from typing import Any

from sauveterre.errors import UnreadableSource
from sauveterre.messages.database import Database, Row
from sauveterre.messages.signal.ios import media
from sauveterre.messages.signal.ios.items import COLUMNS, TABLE, Beside
from sauveterre.messages.signal.loose import number_of, text_of
from sauveterre.messages.signal.talks import People

BATCH_ROWS, BATCH_BYTES = 500, 8 << 20
_REACTIONS = {
    "message": ("uniqueMessageId",), "emoji": ("emoji",), "aci": ("reactorUUID",), "phone": ("reactorE164",),
    "sent": ("sentAtTimestamp",),
}  # fmt: skip
_DELETIONS = {"message": ("interactionId",), "author": ("deleteAuthorId", "adminDeleteAuthorId")}


class Edits:
    """Which interactions are versions of which, held as numbers, and which tables beside them are damaged."""

    def __init__(self, database: Database) -> None:
        """Read the table of edits; what stands in damage in it is missing."""
        self.faults: dict[str, UnreadableSource] = {}
        self._past: dict[int, list[int]] = {}
        self._latest: dict[int, int] = {}
        columns = {"latest": ("latestRevisionId",), "past": ("pastRevisionId",)}
        try:
            for row in database.rows_around_damage("EditRecord", columns):
                latest, past = number_of(row["latest"]), number_of(row["past"])
                if past not in self._latest and past != latest:
                    self._past.setdefault(latest, []).append(past)
                    self._latest[past] = latest
        except UnreadableSource as error:
            self.faults["EditRecord"] = error

    def versions(self, number: int) -> tuple[int, list[int]] | None:
        """Return the present version of an interaction, and the earlier ones; None where there is only one."""
        latest = self._latest.get(number, number)
        return (latest, self._past[latest]) if latest in self._past else None


def batches(database: Database) -> Iterator[list[Row]]:
    """Yield the interactions in their order, some hundred at once; raise ``UnreadableSource`` at damage."""
    batch, size, failure = list[Row](), 0, None
    try:
        for row in database.rows_around_damage(TABLE, COLUMNS):
            batch.append(row)
            size += sum(len(value) for value in row.values() if isinstance(value, str | bytes))
            if len(batch) >= BATCH_ROWS or size >= BATCH_BYTES:
                yield batch
                batch, size = [], 0
    except UnreadableSource as error:
        failure = error
    yield batch
    if failure is not None:
        raise failure


def gather(database: Database, people: People, edits: Edits, batch: list[Row]) -> dict[int, Beside]:
    """Return what other tables say of a batch, by the number of the interaction."""
    found = {row["rowid"]: Beside() for row in batch}
    by_name = {text_of(row["uniqueId"]): row["rowid"] for row in batch}
    _files(database, edits.faults, found)
    _old_files(database, edits.faults, found, by_name)
    for row in _rows(database, edits.faults, "model_OWSReaction", _REACTIONS, "uniqueMessageId", tuple(by_name)):
        if (number := by_name.get(text_of(row["message"]))) is not None:
            found[number].reactions.append(row)
    for row in _rows(database, edits.faults, "AdminDelete", _DELETIONS, "interactionId", tuple(found)):
        if (one := found.get(number_of(row["message"]))) is not None:
            one.deleted_by = people.recipients.get(number_of(row["author"]))
    for number, one in found.items():
        if (versions := edits.versions(number)) is not None:
            _version(database, edits.faults, one, number, *versions)
    return found


_Faults = dict[str, UnreadableSource]


def _rows(
    database: Database, faults: _Faults, table: str, columns: Any, name: str, values: tuple[Any, ...]
) -> Iterator[Row]:
    """Yield the rows of a table that belong to a batch; one that is damaged is not asked again."""
    if values and table not in faults and name in database.tables.get(table, frozenset()):
        where = f"{name} IN ({', '.join('?' * len(values))})"
        try:
            yield from database.rows(table, columns, where=where, values=values)
        except UnreadableSource as error:
            faults[table] = error


def _files(database: Database, faults: _Faults, found: dict[int, Beside]) -> None:
    ties = list(_rows(database, faults, media.REFERENCES, media.REFERENCE_COLUMNS, "ownerRowId", tuple(found)))
    wanted = tuple({number_of(tie["attachment"]) for tie in ties})
    columns = media.COLUMNS[media.NEW]
    files = {row["rowid"]: row for row in _rows(database, faults, media.NEW, columns, "id", wanted)}
    for tie in sorted(ties, key=media.in_order):
        file, one = files.get(number_of(tie["attachment"])), found.get(number_of(tie["message"]))
        if file is not None and one is not None:
            role = media.ROLES.get(number_of(tie["kind"]), "attachment")
            place = (media.REFERENCES, tie["rowid"])
            one.files.append(media.Carried(role, text_of(tie["name"]), media.NEW, file, place))


def _old_files(database: Database, faults: _Faults, found: dict[int, Beside], by_name: dict[str, int]) -> None:
    columns = media.COLUMNS[media.OLD]
    for row in _rows(database, faults, media.OLD, columns, "albumMessageId", tuple(by_name)):
        if (number := by_name.get(text_of(row["message"]))) is not None:
            place = (media.OLD, row["rowid"])
            carried = media.Carried("attachment", text_of(row["name"]), media.OLD, row, place)
            found[number].files.append(carried)


def _version(database: Database, faults: _Faults, one: Beside, number: int, latest: int, past: list[int]) -> None:
    """Say which version an interaction is; versions are in the order of their times."""
    numbers = (latest, *past[:500])
    columns = {"sent": ("timestamp",)}
    rows = _rows(database, faults, TABLE, columns, "id", numbers)
    sent = sorted((number_of(row["sent"]), row["rowid"]) for row in rows)
    earlier = [rowid for _, rowid in sent if rowid != latest]
    one.first = sent[0][0] if sent else 0
    one.is_past = number != latest
    one.revision = earlier.index(number) if number in earlier else len(earlier)
