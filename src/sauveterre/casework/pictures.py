"""Pictures inside the file of a picture, as rows keep them and as records."""

from dataclasses import asdict
from typing import Any

from sauveterre.records.content import Embedded
from sauveterre.records.digest import Digests


def embedded_row(one: Embedded) -> dict[str, Any]:
    """Return an embedded picture as JSON holds it: its hash in hex, its digests an object or null."""
    return asdict(one) | {"pdq": one.pdq.hex()}


def embedded_of(row: dict[str, Any]) -> Embedded:
    """Return the record that ``embedded_row`` made a row of."""
    digests = row["digests"] and Digests(**row["digests"])
    return Embedded(**row | {"pdq": bytes.fromhex(row["pdq"]), "digests": digests})
