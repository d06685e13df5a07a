"""What the fuzzer starts from: a small part of the invented operation, told by the scenarios' writers at run time."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Any
from xml.etree import ElementTree

PIECES = 12
"""How many small backups are made of a large one."""
ITEMS = 4
"""Messages and changes in each."""
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
    return world


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
