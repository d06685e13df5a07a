"""What has to be there for evidence to be read at all: its absence is no fault of what was to be read."""

import os

from sauveterre.casework.models import Exhibit
from sauveterre.casework.sources import path_of
from sauveterre.errors import SauveterreError, WorkspaceError
from sauveterre.media.casualty import Casualty, CasualtyReason


def require_there(exhibit: Exhibit) -> None:
    """Raise ``WorkspaceError`` while a medium is not connected."""
    if not os.path.lexists(path_of(exhibit)):
        raise WorkspaceError(
            f"exhibit {exhibit.number} is not at {exhibit.path}; connect its medium and run the command again: "
            "nothing is lost"
        )


def require_children(error: SauveterreError) -> None:
    """Raise ``WorkspaceError`` when no child process could be had."""
    if isinstance(error, Casualty) and error.reason is CasualtyReason.LOST:
        raise WorkspaceError(f"{error}; then run the command again: nothing is lost") from error
