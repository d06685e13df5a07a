"""All that the message stores of one path state, told while it is read, and the intervals that follow from it."""

from collections.abc import Iterator
from pathlib import Path

from sauveterre.errors import UnknownFormat, UnreadableSource
from sauveterre.media.sandbox import Sandbox
from sauveterre.messages.stores import find_stores
from sauveterre.network.contradiction import Contradiction
from sauveterre.network.timeline import timeline
from sauveterre.pipeline.listing import scratch_file
from sauveterre.pipeline.messages import records_of
from sauveterre.pipeline.opener import shared_opener
from sauveterre.pipeline.record_file import read_records, write_records
from sauveterre.pipeline.roots import root_source
from sauveterre.records.account import Account
from sauveterre.records.group import GroupEvent, Membership, MemberSnapshot, RoleInterval
from sauveterre.records.limits import Limits
from sauveterre.records.message_reader import MessageRecord
from sauveterre.records.source import Source, Step

Told = MessageRecord | Membership | RoleInterval | Contradiction


def read_messages(path: Path, sandbox: Sandbox, limits: Limits, keys: tuple[str, ...]) -> Iterator[Told]:
    """Yield what every store in a folder, archive or file states, while a child reads it; then memberships and roles.

    Of what was told, only who was in which group is held. A single file is looked at within its folder. Raises
    ``UnknownFormat`` when there is no store, ``Locked`` when one does not open.
    """
    file = scratch_file(sandbox.scratch)
    events: list[GroupEvent] = []
    snapshots: list[MemberSnapshot] = []
    accounts: list[Account] = []
    try:
        done = sandbox.submit(_read, path, limits, keys, file, seconds=limits.reading_clocks())
        told = 0
        for told, record in enumerate(read_records(file, done.done), start=1):  # noqa: B007 - the last is the count
            if isinstance(record, GroupEvent):
                events.append(record)
            elif isinstance(record, MemberSnapshot):
                snapshots.append(record)
            elif isinstance(record, Account):
                accounts.append(record)
            yield record
        if done.result() != told:
            raise UnreadableSource(f"{path} was not read whole: {told:,} records of {done.result():,}; read it again")
    finally:
        file.unlink(missing_ok=True)
    line = timeline(events, snapshots, accounts)
    yield from line.memberships
    yield from line.roles
    yield from line.contradictions


def _read(path: Path, limits: Limits, keys: tuple[str, ...], file: Path) -> int:
    """Inside the child: write what all stores state to a file, and return how many records that is."""
    source, only = _around(path)
    stores = [
        store for store in find_stores(shared_opener(limits, keys).tree(source)) if only is None or store.root == only
    ]
    if not stores:
        raise UnknownFormat(f"{path} holds no message store that is known; `docs/formats.md` lists what is read")
    below = [source.child(Step(store.reader, store.root), source.identity) for store in stores]
    return write_records(file, (record for one in below for record in records_of(one, limits, keys)))


def _around(path: Path) -> tuple[Source, str | None]:
    """Return the source to look in, and the one file of it that was named."""
    try:
        return root_source(path)[0], None
    except UnknownFormat:
        return root_source(path.absolute().parent)[0], path.name
