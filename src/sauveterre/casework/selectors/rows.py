"""The door behind every figure: the rows that stand at one place of one source."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from sauveterre.casework.models import (
    AccountFact,
    AttachmentFact,
    DeliveryFact,
    Entry,
    EventFact,
    GroupFact,
    IdentifierFact,
    LinkFact,
    MessageFact,
    Problem,
    ReactionFact,
    Referral,
    ReferralElement,
    SnapshotFact,
    Source,
    StoreFact,
)
from sauveterre.casework.selectors.access import Sight

FACTS = (
    StoreFact, AccountFact, IdentifierFact, GroupFact, SnapshotFact, EventFact, MessageFact, DeliveryFact,
    AttachmentFact, ReactionFact, LinkFact,
)  # fmt: skip
LIMIT = 50
HIDDEN = {
    "id",
    "source",
    "prov_source",
    "prov_path",
    "prov_locator",
    "prov_reader",
    "path_raw",
    "content",
    "referral",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row as the database holds it, field by field, and the source that it was read from."""

    kind: str
    """The model's name: ``EventFact``, ``Entry``, ``ReferralElement`` …"""
    row: Any
    fields: list[tuple[str, Any]]
    source: Source | None
    reader: str


def rows_at(sight: Sight, *, source: str, path: str, locator: str) -> list[Row]:
    """Return every row that carries exactly this provenance, of any kind, at most ``LIMIT`` of each."""
    return [*_facts(sight, source, path, locator), *_files(sight, source, path, locator),
            *_elements(sight, source, locator)]  # fmt: skip


def _facts(sight: Sight, source: str, path: str, locator: str) -> Iterator[Row]:
    for model in FACTS:
        found = model._default_manager.filter(
            source__exhibit__operation=sight.operation,
            prov_source=source,
            prov_path=path,
            prov_locator=locator,
        )
        for row in found.select_related("source__exhibit").order_by("pk")[:LIMIT]:
            yield Row(model.__name__, row, _fields(row), row.source, row.prov_reader)


def _files(sight: Sight, source: str, path: str, locator: str) -> Iterator[Row]:
    entries = Entry.objects.filter(
        source__exhibit__operation=sight.operation, source__identity=source, path=path, locator=locator
    )
    problems = Problem.objects.filter(
        source__exhibit__operation=sight.operation, source__identity=source, path=path, locator=locator
    )
    for entry in entries.select_related("source__exhibit").order_by("pk")[:LIMIT]:
        yield Row("Entry", entry, _fields(entry), entry.source, entry.source.kind)
    for problem in problems.select_related("source__exhibit").order_by("pk")[:LIMIT]:
        yield Row("Problem", problem, _fields(problem), problem.source, problem.reader)


def _elements(sight: Sight, source: str, locator: str) -> Iterator[Row]:
    algorithm, _, digest = source.partition(":")
    if algorithm != "sha256":
        return
    for referral in Referral.objects.filter(operation=sight.operation, sha256=digest).defer("original"):
        elements = ReferralElement.objects.filter(referral=referral, path=locator)
        for element in elements.select_related("referral").defer("referral__original")[:LIMIT]:
            yield Row("ReferralElement", element, _fields(element), None, referral.reader)


def _fields(row: Model) -> list[tuple[str, Any]]:
    return [(field.name, getattr(row, field.name)) for field in row._meta.fields if field.name not in HIDDEN]
