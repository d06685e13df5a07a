"""The targets: a parser, what it is fed, and what it starts from. A new reader is one line in ``TARGETS``."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import databases
import signal_folder
from sauveterre.messages.protobuf import Decoder, Malformed
from sauveterre.messages.readers import (
    cellebrite_ufdr,
    matrix_json,
    signal_backup,
    telegram_json,
    whatsapp_android,
    whatsapp_text,
)
from sauveterre.messages.signal.ios.archive import NotArchive, unarchived
from sauveterre.messages.signal.links import links_in, safe_text
from sauveterre.messages.signal.schema import LOCAL, SCHEMA
from sauveterre.scenarios.whatsapp_writer import FOLDER
from trees import one_file
from world import World


@dataclass(frozen=True, slots=True)
class Target:
    """One parser."""

    name: str
    feed: Callable[[bytes], None]
    """Must return for whatever bytes it is given."""
    seeds: Callable[[World], list[bytes]]
    longest: int = 8_192
    """Bytes of an input."""
    costs: int = 1
    """For how many runs of a quick parser one of these counts."""
    words: Sequence[str] = ()
    """What the format is made of, for the fuzzer to put in."""


def _protobuf(data: bytes) -> None:
    for tables, message in ((SCHEMA, "Frame"), (SCHEMA, "BackupInfo"), (LOCAL, "Metadata")):
        with contextlib.suppress(Malformed):
            Decoder(tables).decode(data, message)


def _links(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    list(links_in(text))
    safe_text(text)


def _archive(data: bytes) -> None:
    with contextlib.suppress(NotArchive):
        unarchived(data)


_msgstore = one_file(whatsapp_android, f"{FOLDER}/msgstore.db")
_FIELDS = sorted({name for table in SCHEMA.by_name.values() for name in table})
_TAGS = ("<model type=", "<field name=", "<value>", "<empty/>", "<multiModelField name=", "<!ENTITY", "&#x0;", "]]>")
_CHAT_WORDS = ('"type": "service"', '"action": "invite_members"', '"from_id": "user1"', '"messages": [', '"text": [')
_ROOM_WORDS = ('"type": "m.room.member"', '"m.room.power_levels"', '"state_key"', '"content": {', '"m.relates_to"')
_LINK_WORDS = ("https://", "sgnl://", "signal.group/", "mega.nz/folder/", "#", "key=", "password=", "@")

TARGETS: tuple[Target, ...] = (
    Target("protobuf", _protobuf, lambda world: world.single, longest=2_048),
    Target("links", _links, lambda world: world.texts, longest=1_024, words=_LINK_WORDS),
    Target("frames", one_file(signal_backup, "main.binproto"), lambda world: world.frames),
    Target("export", one_file(signal_backup, "main.jsonl"), lambda world: world.exports, words=_FIELDS),
    Target(
        "database",
        databases.feed,
        lambda _: databases.seeds(),
        longest=16_384,
        costs=2,
        words=("CREATE TABLE", "message"),
    ),
    Target(
        "ufdr",
        one_file(cellebrite_ufdr, "report.xml"),
        lambda world: world.reports,
        longest=32_768,
        costs=10,
        words=_TAGS,
    ),
    Target("whatsapp_text", one_file(whatsapp_text, "_chat.txt"), lambda world: world.chats, costs=2),
    Target("whatsapp_android", _msgstore, lambda world: world.stores, longest=200_000, costs=20),
    Target(
        "telegram_json",
        one_file(telegram_json, "result.json"),
        lambda world: world.telegram,
        costs=5,
        words=_CHAT_WORDS,
    ),
    Target("matrix_json", one_file(matrix_json, "export.json"), lambda world: world.matrix, costs=5, words=_ROOM_WORDS),
    Target("archive", _archive, lambda world: world.archives, words=("$objects", "$class", "NS.keys", "$top")),
    Target("folder", signal_folder.feed, lambda world: signal_folder.seeds(world.frames)),
)
