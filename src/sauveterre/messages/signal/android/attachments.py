"""Rows of attachments as file pointers of format 2, sorted by what they are to their message."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sauveterre.messages.database import Row
from sauveterre.messages.protobuf import Fields, Malformed
from sauveterre.messages.signal.android.reading import row_name
from sauveterre.messages.signal.android.state import from_base64
from sauveterre.messages.signal.android.tables import number, text
from sauveterre.messages.signal.context import HELD, ROW

LONG_TEXT = "text/x-signal-plain"


@dataclass(slots=True)
class Files:
    """The file pointers of one message."""

    attachments: list[Fields] = field(default_factory=list)
    quoted: list[Fields] = field(default_factory=list)
    previews: list[Fields] = field(default_factory=list)
    """Link previews, each with its image where it has one."""
    longtext: Fields | None = None
    sticker: Fields | None = None
    sticker_emoji: str = ""


def by_role(
    rows: Iterable[Row],
    table: str,
    held: Callable[[Row], str | None],
    previews: list[dict[str, Any]],
) -> Files:
    """Sort a message's attachments; images of previews are those that their JSON names."""
    files = Files()
    images: dict[int, Fields] = {}
    of_previews = {_row_of(one.get("attachmentId")) for one in previews}
    for row in rows:
        pointer = _pointer(row, table, held)
        if number(row["id"]) in of_previews:
            images[number(row["id"])] = pointer
        elif number(row["quote"]) > 0:
            files.quoted.append(pointer)
        elif row["sticker"] is not None and number(row["sticker"]) >= 0:
            files.sticker, files.sticker_emoji = pointer, text(row["sticker_emoji"])
        elif text(row["media_type"]) == LONG_TEXT and files.longtext is None:
            files.longtext = pointer
        else:
            files.attachments.append(pointer)
    for one in previews:
        image = images.get(_row_of(one.get("attachmentId")))
        files.previews.append({"url": text(one.get("url")), **({"image": image} if image else {})})
    return files


def sha256_of(row: Row) -> bytes:
    """Return the SHA-256 of the plain bytes that a row states; empty when it states none."""
    for column in ("hash", "hash_before"):
        try:
            digest = from_base64(row[column])
        except Malformed:
            continue
        if len(digest) == 32:
            return digest
    return b""


def _pointer(row: Row, table: str, held: Callable[[Row], str | None]) -> Fields:
    locator: Fields = {"plaintextHash": sha256_of(row)}
    if row["size"] is not None and number(row["size"]) >= 0:
        locator["size"] = number(row["size"])
    return {
        ROW: row_name(table, row),
        HELD: held(row),
        "contentType": text(row["media_type"]),
        "fileName": text(row["name"]),
        "locatorInfo": locator,
    }


def _row_of(stated: object) -> int:
    """Return the row that the JSON of a preview names."""
    return number(stated.get("rowId")) if isinstance(stated, Mapping) else 0
