"""The owner's messages in one channel, as JSON or as a table."""

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from posixpath import basename
from typing import Any, BinaryIO
from urllib.parse import unquote

from sauveterre.messages.discord.channels import Channel, moment_of
from sauveterre.messages.discord.people import number
from sauveterre.messages.exports.rows import Row, raw, text_of
from sauveterre.messages.signal.links import safe_text
from sauveterre.records.message import Attachment, Link, Message

MOST_IDS = 1_000_000
MOST_FAULTS = 100
"""Rows of one table that cannot be read; behind them nothing more is."""
LONGEST_LINE = 1 << 20
LONGEST_ROW = 1 << 22
"""In characters, over all of its lines."""
MOST_FILES = 100
"""Of one message."""
_CLOCK = timedelta(seconds=2)


@dataclass(slots=True)
class Rows:
    """The rows of one channel while they are read."""

    channel: Channel
    ids: set[int] = field(default_factory=set)


def table_rows(stream: BinaryIO) -> Iterator[tuple[int, dict[str, str] | str]]:
    """Yield each row of a table with the line on which it ends: by column, or why it cannot be read."""
    lines = _Lines(stream)
    table, header, faults = csv.reader(lines, strict=True), list[str](), 0
    while faults < MOST_FAULTS:
        lines.left = LONGEST_ROW
        try:
            cells = next(table, None)
        except csv.Error as error:
            faults += 1
            yield table.line_num, f"the row cannot be read: {error}"
            continue
        if cells is None:
            return
        if not header:
            header = cells
        elif cells and len(cells) != len(header):
            faults += 1
            yield table.line_num, f"the row has {len(cells)} cells where the table has {len(header)} columns"
        elif cells:
            yield table.line_num, dict(zip(header, cells, strict=True))
    yield table.line_num, f"{faults} rows cannot be read: behind them nothing is"


class _Lines:
    """Lines of a table: none without end, and no row of lines without end."""

    def __init__(self, stream: BinaryIO) -> None:
        self.left = LONGEST_ROW
        """Characters that the row being read may still have."""
        self._text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._text.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self.left -= len(line)
        if self.left < 0:
            raise csv.Error(f"it is longer than {LONGEST_ROW:,} characters")
        return line


def tell_message(row: Row, rows: Rows, stored: dict[str, Any]) -> None:
    """Write one message of the owner, with the files and links in it."""
    snowflake = number(stored.get("ID"))
    written, stamp = text_of(stored, "Timestamp"), moment_of(snowflake)
    stated = _time(written)
    if snowflake is None:
        row.problem("the message states no id: it is not tied to what other devices hold")
    elif snowflake in rows.ids:
        row.problem(f"a message with the id {snowflake} came before; not read again")
        return
    elif len(rows.ids) < MOST_IDS:
        rows.ids.add(snowflake)
    if stamp is not None and stated is not None and abs(stamp - stated) > _CLOCK:
        row.problem_once(
            f"clock {row.export.path}",
            f"the time {raw(written)!r} is not that in the id: the id's is used, here and below",
        )
    local = snowflake if snowflake is not None else f"{row.export.digest[:16]}:{row.locator}"
    key, body = f"discord:{rows.channel.number}|{local}", text_of(stored, "Contents")
    files = text_of(stored, "Attachments").split()
    at = stamp or stated
    row.add(
        Message(
            key=key,
            group=rows.channel.group,
            sender=row.export.owner,
            direction="out",
            sent_at=at,
            sent_raw=raw(written),
            received_at=None,
            body=safe_text(body),
            kind="text" if body else "file" if files else "empty",
            provenance=row.provenance(),
            server_at=at,
        )
    )
    row.links(key, body)
    if len(files) > MOST_FILES:
        row.problem(f"the message names {len(files)} files: the first {MOST_FILES} are told")
    for ordinal, address in enumerate(files[:MOST_FILES]):
        _file(row, key, ordinal, address)


def _file(row: Row, key: str, ordinal: int, address: str) -> None:
    """Write a file, which is an address only; what is behind ``?`` lets anybody fetch it, and is cut out."""
    url, _, secret = address.partition("?")
    name = unquote(basename(url.partition("#")[0]))[:500]
    row.add(Attachment(key, ordinal, "attachment", name, "", None, None, None, row.provenance()))
    credential = hashlib.sha256(secret.encode("utf-8", "backslashreplace")).hexdigest() if secret else None
    row.add(Link(key, safe_text(url), "text", row.provenance(), None, credential))


def _time(written: str) -> datetime | None:
    """Return a stored time; one without zone is UTC, as the service writes it."""
    try:
        found = datetime.fromisoformat(written)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
