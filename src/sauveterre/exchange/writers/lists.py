"""Every format that a hash list can be written in, by the name that `hashlist export` takes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from sauveterre.exchange.writers.hash_csv import write_hash_csv
from sauveterre.exchange.writers.hash_lists import Written
from sauveterre.exchange.writers.hma_csv import write_hma_csv
from sauveterre.exchange.writers.vics import write_vics
from sauveterre.records.category import Category
from sauveterre.records.hash_list import ListedMedia


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOptions:
    """What some formats have to be told."""

    region: str = "Default"
    """Of VICS: whose numbers the categories are."""
    collab: str = ""
    """Of HMA: the exchange."""
    opinions: Mapping[Category | None, str] = field(default_factory=dict)
    """Of HMA: what to say of each category."""


Writer = Callable[[BinaryIO, Iterable[ListedMedia], ListOptions], Written]

WRITERS: Mapping[str, Writer] = {
    "vics": lambda out, items, options: write_vics(out, items, region=options.region),
    "csv": lambda out, items, _: write_hash_csv(out, items),
    "hma": lambda out, items, options: write_hma_csv(out, items, collab=options.collab, opinions=options.opinions),
}
