"""What an officer says of where a list comes from."""

from datetime import datetime
from typing import Annotated

import typer

from sauveterre.records.hash_list import Origin, Trust

OriginOption = Annotated[str, typer.Option("--origin", help="Who publishes it. Without it: what the list says.")]
DateOption = Annotated[
    datetime | None,
    typer.Option("--date", formats=["%Y-%m-%d"], help="The day its contents are of. Without it: what the list says."),
]
TrustOption = Annotated[
    Trust, typer.Option("--trust", help="Who stands behind its entries: several who agree, one, or reported only.")
]


def origin_from(publisher: str, dated: datetime | None, trust: Trust) -> Origin:
    """Return what was said as a record."""
    return Origin(publisher.strip(), dated.date() if dated else None, trust)
