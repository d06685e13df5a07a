"""Stop before the disk is full: a database that cannot write is worse than one that waits."""

import shutil
from pathlib import Path

from sauveterre.errors import WorkspaceError

RESERVE = 128 << 20
"""Bytes that must stay free: room for one batch of results and the database's own log."""


def require_space(folder: Path) -> None:
    """Raise ``WorkspaceError`` when less than the reserve is free where the workspace lies."""
    free = shutil.disk_usage(folder).free
    if free < RESERVE:
        raise WorkspaceError(
            f"the disk that holds {folder} is full: {free >> 20} MiB are free and {RESERVE >> 20} MiB are "
            "needed; free space and run the command again: nothing is lost"
        )
