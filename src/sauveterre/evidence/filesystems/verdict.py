"""What a name in a folder and the record it leads to say together: pure judgement, without a file system.

Whether a file is there is decided by its record (inode, MFT record, directory entry), never by the flag of its name: a
folder may list for years what was deleted long ago.
"""

from enum import Enum

from sauveterre.records.entry import Cause


class Verdict(Enum):
    """What becomes of a name."""

    LIVE = "live"
    DELETED = "deleted"
    STALE = "stale"
    """Deleted, though its folder still lists the name as in use."""
    REUSED = "reused"
    """An old name whose record is in use under another one: nothing of that file may be shown under this name."""
    NAME_ONLY = "name only"
    """Deleted, and the name leads to no record."""
    LOST = "lost"
    """In use by its record, and no folder names it."""


NOTES = {
    Verdict.STALE: "its folder lists the name as in use, its record is free: it was deleted",
    Verdict.LOST: "its record is in use and no folder names it",
}
FAILURES = {
    Verdict.REUSED: (
        "the record that this old name leads to is in use under another name: the file was renamed or moved, or "
        "its record was given to another file, and what is left of this one is found by content in the unallocated "
        "region"
    ),
    Verdict.NAME_ONLY: (
        "only this deleted name is left: it leads to no record, and where its content lay is not known; what is left "
        "of it is found by content in the unallocated region"
    ),
}
CAUSES = {Verdict.REUSED: Cause.GONE, Verdict.NAME_ONLY: Cause.GONE}

_SEQUENCES = 0xFFFF


def judge(
    *,
    name_in_use: bool,
    record_in_use: bool,
    in_deleted_folder: bool,
    name_sequence: int = 0,
    record_sequence: int = 0,
) -> Verdict:
    """Judge a name whose record could be read.

    Sequence numbers count how often an MFT record was given to a file; both are 0 where a file system has none. A
    record that is freed counts on by one (0xFFFF is followed by 1), so a deleted name is one behind.
    """
    same = name_sequence == record_sequence
    if record_in_use:
        return Verdict.LIVE if same and name_in_use and not in_deleted_folder else Verdict.REUSED
    if not same and record_sequence != name_sequence % _SEQUENCES + 1:
        return Verdict.REUSED
    return Verdict.STALE if name_in_use and not in_deleted_folder else Verdict.DELETED
