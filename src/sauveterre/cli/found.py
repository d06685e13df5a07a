"""What the verbs for files share: a line for each thing found, and one for each file that could not be read."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from sauveterre.cli import jsonl

if TYPE_CHECKING:
    from sauveterre.api import Failed

Found = TypeVar("Found")


def print_found(
    record: str, found: "Iterable[Found | Failed]", fields_of: Callable[[Found], Mapping[str, Any]]
) -> None:
    """Print everything; exit with 3 at the end when a file could not be read."""
    from sauveterre.api import Failed

    failed = False
    for one in found:
        if isinstance(one, Failed):
            failed = True
            jsonl.line("failure", path=str(one.path), reason=one.reason)
        else:
            jsonl.line(record, **fields_of(one))
    if failed:
        raise typer.Exit(3)
