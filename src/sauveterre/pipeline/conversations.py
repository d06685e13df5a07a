"""Everything that the message stores of one path state, with the intervals that follow from it."""

from pathlib import Path
from typing import Any

from sauveterre.errors import UnknownFormat
from sauveterre.messages.stores import find_stores
from sauveterre.network.timeline import timeline
from sauveterre.pipeline.messages import read_store
from sauveterre.pipeline.opener import shared_opener
from sauveterre.pipeline.roots import root_source
from sauveterre.records.account import Account
from sauveterre.records.group import GroupEvent, MemberSnapshot
from sauveterre.records.limits import Limits
from sauveterre.records.source import Source, Step


def read_messages(path: Path, limits: Limits, keys: tuple[str, ...]) -> list[Any]:
    """Read every store in a folder, archive or file: the records as read, then memberships and roles.

    A single file is looked at within its folder. Raises ``UnknownFormat`` when there is no store, ``Locked``
    when one does not open.
    """
    source, only = _around(path)
    stores = [
        store for store in find_stores(shared_opener(limits, keys).tree(source)) if only is None or store.root == only
    ]
    if not stores:
        raise UnknownFormat(f"{path} holds no message store that is known; `docs/formats.md` lists what is read")
    records: list[Any] = []
    for store in stores:
        child = source.child(Step(store.reader, store.root), source.identity)
        records.extend(read_store(child, limits, keys))
    events = [record for record in records if isinstance(record, GroupEvent)]
    snapshots = [record for record in records if isinstance(record, MemberSnapshot)]
    accounts = [record for record in records if isinstance(record, Account)]
    line = timeline(events, snapshots, accounts)
    return [*records, *line.memberships, *line.roles, *line.contradictions]


def _around(path: Path) -> tuple[Source, str | None]:
    """Return the source to look in, and the one file of it that was named."""
    try:
        return root_source(path)[0], None
    except UnknownFormat:
        return root_source(path.absolute().parent)[0], path.name
