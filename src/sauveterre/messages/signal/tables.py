"""What Signal's readers of a database share: its tables told one after the other, its owner, and what its log adds."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from sauveterre.errors import UnreadableSource
from sauveterre.messages.signal.rows import Memory, RowLeaf
from sauveterre.records.message_reader import MessageRecord
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance

Steps = Iterable[tuple[str, Callable[[], Iterator[RowLeaf]]]]
"""Tables by name, each with what tells its rows."""
_NO_LOG = "No log lay beside the database: what was written last may be missing."


def told(memory: Memory, steps: Steps) -> Iterator[MessageRecord]:
    """Tell table after table; one that is damaged costs the rows that stand in the damage."""
    for table, step in steps:
        try:
            for leaf in step():
                yield from leaf.records
        except UnreadableSource as error:
            yield damaged(memory, table, error)


def damaged(memory: Memory, table: str, error: UnreadableSource) -> Problem:
    """Return the problem that names the table in which damage lies."""
    return Problem(Provenance(f"sha256:{memory.digest}", memory.path, table, memory.reader), str(error))


def owner(
    memory: Memory, table: str, read_owner: Callable[[], tuple[RowLeaf, bool]]
) -> tuple[list[MessageRecord], bool]:
    """Return what the database says of whose it is, and whether it states that: not where the table is damaged."""
    try:
        leaf, is_stated = read_owner()
    except UnreadableSource as error:
        memory.owner = f"self:sha256:{memory.digest}"
        leaf, is_stated = RowLeaf(memory, table, 0), False
        leaf.problem(f"the table {table} cannot be read beyond row 0: {error}")
        leaf.account(memory.owner)
    return leaf.records, is_stated


def log_note(logs: Mapping[str, str]) -> str:
    """Say which logs were read with the database, each by path and digest, or that there was none."""
    return " ".join(f"{path} was read with the database (sha256:{digest})." for path, digest in logs.items()) or _NO_LOG
