"""What verbs share that read evidence: limits, set for one command."""

from typing import Annotated

import typer

from sauveterre.records.limit_values import with_assignments
from sauveterre.records.limits import Limits

LimitOption = Annotated[
    list[str] | None,
    typer.Option(
        "--limit",
        metavar="NAME=VALUE",
        help="Set a limit for this command, such as entry_bytes=200GiB; may be given several times.",
    ),
]


def limits_from(texts: list[str] | None) -> Limits:
    """Return the limits with those that a command line sets; raise ``InvalidInput`` for what makes no sense."""
    return with_assignments(Limits(), texts or ())
