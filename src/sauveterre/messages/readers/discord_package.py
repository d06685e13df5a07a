"""Discord's data package: what the service hands its user on request, as a folder (or the archive around it).

It holds the owner's own messages and nobody else's. What is read, what is not, and what a package leaves out stands in
``docs/formats.md``. Format facts: public descriptions of packages.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO

from sauveterre.errors import UnreadableSource
from sauveterre.messages.discord.channels import tell_channel, tell_log_entry, tell_server
from sauveterre.messages.discord.layout import Layout, layout, roots
from sauveterre.messages.discord.messages import Rows, table_rows, tell_message
from sauveterre.messages.discord.people import MEMBERS, account_of, number, tell_known, tell_owner
from sauveterre.messages.exports.json_items import Fault, Item, items
from sauveterre.messages.exports.rows import Export, Row, digest_of
from sauveterre.records.entry import Entry
from sauveterre.records.message_reader import MessageRecord
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance
from sauveterre.records.store import StoreInfo, StoreLocation
from sauveterre.records.tree import Tree

NAME = "discord_package"
VERSION = 1
_NOTES = (
    "A data package holds the messages of its owner only: what others wrote in the same conversations is not in it.",
    "It lists no members and states no roles; who is in a server or a conversation of several is not told.",
    "Files are stated as addresses; the files themselves are not in the package.",
    "Messages that were deleted before the package was made are not in it, and earlier texts of changed ones are not "
    "either. That a message is missing does not mean that it was deleted.",
    "Times are those that the ids of messages carry, by the service's clock.",
)
_NO_OWNER = "The package holds no readable account/user.json: whose messages these are is not stated."


def find(tree: Tree) -> Iterator[StoreLocation]:
    """Find packages by the names of their files: a folder of channels, one of them with messages."""
    for root in roots(tree.paths()):
        yield StoreLocation(NAME, root, needs_key=False)


def read(
    tree: Tree,
    location: StoreLocation,
    key: str | None,  # noqa: ARG001 - none is needed
) -> Iterator[MessageRecord]:
    """Yield the records of a package: its owner, its servers, then channel by channel. No key is needed.

    Raises ``UnreadableSource`` when there is no package; damage inside becomes ``Problem`` records.
    """
    package = _Package(tree, layout(tree.paths(), location.root))
    if not package.layout.channels:
        raise UnreadableSource(f"{location.root or 'the source'} is no data package of Discord: it holds no channels")
    yield from package.records()


class _Package:
    """A package while it is read; all of its files share what was told."""

    def __init__(self, tree: Tree, where: Layout) -> None:
        self.tree, self.layout = tree, where
        self.export = Export("discord", NAME, where.first, "")

    def records(self) -> Iterator[MessageRecord]:
        owner, faults = self._owner()
        first = digest_of(self.tree, self.layout.first)
        whose = owner or f"self:sha256:{first}"
        self.export = replace(self.export, digest=first, owner=whose)
        top = self.export.row(())
        notes = _NOTES if owner else (*_NOTES, _NO_OWNER)
        top.add(StoreInfo(NAME, "", None, "", notes, top.provenance()))
        top.account(whose)
        yield from (*top.records, *faults)
        if owner:
            for row, part in self._items(self.layout.account, *MEMBERS):
                if isinstance(part, Item) and part.pattern == "relationships/*":
                    tell_known(row, part.value)
                elif isinstance(part, Item):
                    tell_owner(row, owner, part)
                yield from row.records
        yield from self._servers()
        yield from self._channels()

    def _owner(self) -> tuple[str | None, list[MessageRecord]]:
        """Return the account of the owner, and why it is not known."""
        if not self.layout.account:
            return None, []
        for row, part in self._items(self.layout.account, "id"):
            if isinstance(part, Fault):
                return None, list(row.records)
            if (found := account_of(part.value)) is not None:
                return found, []
        what = "the account's own file states no id"
        return None, [Problem(Provenance(self.tree.identity, self.layout.account, "/id", NAME), what)]

    def _items(self, path: str, *patterns: str) -> Iterator[tuple[Row, Item | Fault]]:
        """Yield the values of one JSON file, each with the row that it becomes; a fault is written already."""
        try:
            export = replace(self.export, path=path, digest=digest_of(self.tree, path))
            with self.tree.open(path) as stream:
                for found in items(stream, *patterns):
                    row = export.row(found.path)
                    if isinstance(found, Fault):
                        row.problem(found.what)
                    yield row, found
        except (UnreadableSource, OSError) as error:
            row = self.export.row(())
            row.add(Problem(Provenance(self.tree.identity, path, "file", NAME), f"the file cannot be read: {error}"))
            yield row, Fault((), "unreadable")

    def _servers(self) -> Iterator[MessageRecord]:
        if self.layout.servers:
            for row, part in self._items(self.layout.servers, "*"):
                if isinstance(part, Item) and (server := number(part.path[-1])) and isinstance(part.value, str):
                    tell_server(row, server, part.value)
                yield from row.records
        for server, files in self.layout.guilds.items():
            if "guild.json" in files:
                for row, part in self._items(files["guild.json"], "name"):
                    if isinstance(part, Item) and isinstance(part.value, str):
                        tell_server(row, server, part.value)
                    yield from row.records
            if "audit-log.json" in files:
                yield from self._log(server, files["audit-log.json"])

    def _log(self, server: int, path: str) -> Iterator[MessageRecord]:
        for row, part in self._items(path, "*"):
            if isinstance(part, Item) and isinstance(part.value, dict):
                tell_server(row, server, "")
                tell_log_entry(row, server, part.value)
            yield from row.records

    def _channels(self) -> Iterator[MessageRecord]:
        names: dict[int, str] = {}
        if self.layout.index:
            for row, part in self._items(self.layout.index, "*"):
                channel = number(part.path[-1]) if isinstance(part, Item) else None
                if channel in self.layout.channels and isinstance(part, Item) and isinstance(part.value, str):
                    names[channel] = part.value
                yield from row.records
        for stated, files in self.layout.channels.items():
            yield from self._channel(stated, files, names.get(stated, ""))

    def _channel(self, stated: int, files: dict[str, str], name: str) -> Iterator[MessageRecord]:
        content: dict[str, Any] = {}
        row = replace(self.export, path=next(iter(files.values()))).row(())
        if "channel.json" not in files:
            what = "no channel.json lies beside the messages"
            row.add(Problem(Provenance(self.tree.identity, row.export.path, "file", NAME), what))
        for found, part in self._items(files["channel.json"], "") if "channel.json" in files else ():
            if isinstance(part, Item) and isinstance(part.value, dict):
                row, content = found, part.value
            else:
                yield from found.records
        channel = tell_channel(row, stated, content, name)
        yield from row.records
        rows = Rows(channel)
        if "messages.json" in files:
            yield from self._from_json(files["messages.json"], rows)
        elif "messages.csv" in files:
            yield from self._from_table(files["messages.csv"], rows)

    def _from_json(self, path: str, rows: Rows) -> Iterator[MessageRecord]:
        for row, part in self._items(path, "*"):
            if isinstance(part, Item) and isinstance(part.value, dict):
                tell_message(row, rows, part.value)
            elif isinstance(part, Item):
                row.problem("a message is expected here")
            yield from row.records

    def _from_table(self, path: str, rows: Rows) -> Iterator[MessageRecord]:
        try:
            export = replace(self.export, path=path, digest=digest_of(self.tree, path))
            with self.tree.open(path) as stream:
                for line, stored in table_rows(stream):
                    row = export.row((), f"line {line}")
                    if isinstance(stored, str):
                        row.problem(stored)
                    else:
                        tell_message(row, rows, stored)
                    yield from row.records
        except (UnreadableSource, OSError) as error:
            what = f"the file cannot be read: {error}"
            yield Problem(Provenance(self.tree.identity, path, "file", NAME), what)


def attachments(
    tree: Tree,  # noqa: ARG001 - a package holds no files
    location: StoreLocation,  # noqa: ARG001
    key: str | None,  # noqa: ARG001
) -> Iterator[Entry]:
    """List nothing: a package states addresses, and holds no files."""
    yield from ()


def open_attachment(
    tree: Tree,  # noqa: ARG001 - a package holds no files
    location: StoreLocation,
    key: str | None,  # noqa: ARG001
    entry: Entry,
) -> BinaryIO:
    """Raise ``UnreadableSource``: a package holds no files."""
    raise UnreadableSource(f"{location.root or 'the package'} holds no file {entry.locator}: it states addresses only")
