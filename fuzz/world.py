"""What the fuzzer starts from: a small part of the invented operation, told by the scenarios' writers at run time."""

import json
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

PIECES = 12
"""How many small backups are made of a large one."""
ITEMS = 4
"""Messages and changes in each."""
ROWS = 12
"""Messages of an export, and archived objects."""
CHAT = 4_000
"""Bytes of a text export."""
KEPT = {"modelType": 1, "taggedFiles": 1, "multiModelField": 2}
"""How many of their children these elements of a report keep."""


@dataclass(slots=True)
class World:
    """Inputs by their form."""

    frames: list[bytes] = field(default_factory=list)
    """Whole backups as bare frames."""
    exports: list[bytes] = field(default_factory=list)
    """The same as lines of an export."""
    single: list[bytes] = field(default_factory=list)
    """Single frames."""
    texts: list[bytes] = field(default_factory=list)
    """Texts with links."""
    chats: list[bytes] = field(default_factory=list)
    """Text exports in every dialect, the beginning of each."""
    stores: list[bytes] = field(default_factory=list)
    """WhatsApp's main database, in both of its schemas."""
    telegram: list[bytes] = field(default_factory=list)
    """Telegram's exports of one chat, the last messages left out."""
    matrix: list[bytes] = field(default_factory=list)
    """Matrix's exports of one room, likewise."""
    archives: list[bytes] = field(default_factory=list)
    """Objects as Apple's frameworks archive them, out of Signal on an iPhone."""
    reports: list[bytes] = field(default_factory=list)
    """An extraction program's reports, of which most was left out."""


@cache
def teller(talk: int = 2) -> Any:  # a Teller: the scenarios draw pictures, and the targets need not load what draws
    """Return the teller of one device of a small operation, with pictures that are none."""
    from sauveterre.scenarios.cast import make_cast
    from sauveterre.scenarios.devices import DEVICES, Teller
    from sauveterre.scenarios.pictures import Album
    from sauveterre.scenarios.timeline import make_timeline

    rng = random.Random(1)
    cast = make_cast(rng)
    line = make_timeline(cast, rng, talk=talk, per_supplier=1)
    album = Album(shared=[b"picture %d" % number for number in range(line.pictures)])
    return Teller(DEVICES[0], cast, line, album, rng)


@cache
def made() -> World:
    """Tell the device's history, whole and in small pieces."""
    from sauveterre.scenarios.protobuf import binary, delimited, json_line

    backup, world = teller().backup(), World()
    info = delimited("BackupInfo", backup.info)
    for piece in _pieces(list(backup.frames)):
        world.frames.append(info + b"".join(delimited("Frame", frame) for frame in piece))
        lines = [json_line("BackupInfo", backup.info), *(json_line("Frame", frame) for frame in piece)]
        world.exports.append("\n".join(lines).encode())
    sample = random.Random(2).sample(list(backup.frames), 40)
    world.single += [binary("Frame", frame) for frame in sample]
    posts = [post.text for post in teller().posts() if "/" in post.text]
    world.texts += [text.encode() for text in posts[:40]]
    world.reports += _reports()
    with tempfile.TemporaryDirectory() as folder:
        world.chats += _chats(Path(folder))
        world.stores += _stores(Path(folder))
        world.telegram += _telegram(Path(folder))
        world.matrix += _matrix(Path(folder))
    world.archives += _archives()
    return world


def _chats(folder: Path) -> Iterator[bytes]:
    from sauveterre.scenarios.whatsapp_text_writer import DIALECTS, tell

    for number, dialect in enumerate(DIALECTS):
        written = tell(teller(), teller().device.rooms[0], folder / f"chat-{number}", dialect)
        yield written.read_bytes()[:CHAT].rpartition(b"\n")[0]


def _stores(folder: Path) -> Iterator[bytes]:
    from sauveterre.scenarios.whatsapp_writer import CURRENT_SCHEMA, FOLDER, OLD_SCHEMA, tell

    for schema in (CURRENT_SCHEMA, OLD_SCHEMA):
        tell(teller(), folder / schema, schema)
        yield (folder / schema / FOLDER / "msgstore.db").read_bytes()


def _telegram(folder: Path) -> Iterator[bytes]:
    from sauveterre.scenarios.telegram_writer import write_telegram

    for room in (
        teller().device.rooms[0],
        next(one.room for one in teller().posts() if one.room.startswith("direct:")),
    ):
        yield _shortened(write_telegram(folder / f"telegram {room[:6]}", teller(), chat=room))


def _matrix(folder: Path) -> Iterator[bytes]:
    from sauveterre.scenarios.matrix_writer import write_matrix

    for room in teller().device.rooms:
        yield _shortened(write_matrix(folder / f"matrix {room}", teller(), room))


def _shortened(export: Path) -> bytes:
    whole = json.loads(export.read_text())
    return json.dumps(whole | {"messages": whole["messages"][:ROWS]}, indent=1).encode()


def _archives() -> Iterator[bytes]:
    from sauveterre.scenarios.signal_ios_writer import told

    rows = (row for table in told(teller(), random.Random(1)).rows.values() for row in table)
    blobs = {value for row in rows for value in row.values() if isinstance(value, bytes) and value[:6] == b"bplist"}
    yield from sorted(blobs, key=len)[:: max(1, len(blobs) // ROWS)]


def _reports() -> Iterator[bytes]:
    from sauveterre.scenarios.ufdr_writer import SIGNAL, TELEGRAM, WHATSAPP, ReportWriter

    for app in (WHATSAPP, SIGNAL, TELEGRAM):
        tree = ElementTree.fromstring(ReportWriter(teller(), app, random.Random(1)).files()["report.xml"])
        for element in list(tree.iter()):
            for child in list(element)[KEPT.get(element.tag.rpartition("}")[2], len(element)) :]:
                element.remove(child)
        yield ElementTree.tostring(tree)


def _pieces(frames: list[Any]) -> Iterator[list[Any]]:
    """Yield small backups: who wrote and where, then a few items."""
    start = [frame for frame in frames if "chatItem" not in frame]
    people = {frame["recipient"]["id"]: frame for frame in start if "recipient" in frame}
    chats = {frame["chat"]["id"]: frame for frame in start if "chat" in frame}
    items = [frame for frame in frames if "chatItem" in frame]
    for number in range(PIECES):
        chosen = list(islice(items, number, None, max(1, len(items) // ITEMS)))[:ITEMS]
        rooms = {item["chatItem"]["chatId"] for item in chosen}
        named = {item["chatItem"]["authorId"] for item in chosen} | {
            chats[room]["chat"]["recipientId"] for room in rooms
        }
        yield [start[0], *(people[one] for one in sorted(named)), *(chats[room] for room in sorted(rooms)), *chosen]
