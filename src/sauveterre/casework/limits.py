"""The limits of a workspace: those of the program, and what its unit has set in ``settings.toml``.

::

    [limits]
    entry_bytes = "200GiB"
    depth = 12
"""

import tomllib
from pathlib import Path

from django.conf import settings

from sauveterre.errors import InvalidInput, WorkspaceError
from sauveterre.records.limit_values import with_values
from sauveterre.records.limits import Limits

FILE = "settings.toml"


def limits_here() -> Limits:
    """Return the limits of the workspace that is open."""
    return limits_in(Path(settings.WORKSPACE) / FILE)


def limits_in(file: Path) -> Limits:
    """Return the limits with those that a file sets; there need be none.

    Raises ``InvalidInput`` for a file that says anything else, and ``WorkspaceError`` for one that cannot be read.
    """
    try:
        found = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return Limits()
    except OSError as error:
        raise WorkspaceError(f"{file} cannot be read: {error.strerror}; see to its permissions") from error
    except ValueError as error:
        raise InvalidInput(f"{file} is no TOML ({error}); correct it there") from error
    values = found.pop("limits", {})
    if found or not isinstance(values, dict):
        raise InvalidInput(
            f"{file} may hold a table [limits] and nothing else; take out {', '.join(found) or 'limits'}"
        )
    try:
        return with_values(Limits(), values)
    except InvalidInput as error:
        raise InvalidInput(f"{file}: {error}") from error
