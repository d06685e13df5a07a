"""Hash lists for others: a list of an operation, and the contents whose category officers confirmed."""

from collections.abc import Iterator
from typing import BinaryIO

from django.db.models import F

from sauveterre.casework import audit
from sauveterre.casework.list_store import parts_of
from sauveterre.casework.models import Content, HashList, Hit, Officer, Operation, StackDecision, StackMember
from sauveterre.casework.rulings import category_of
from sauveterre.casework.services.operations import require_member
from sauveterre.errors import InvalidInput
from sauveterre.exchange.writers.hash_lists import Written
from sauveterre.exchange.writers.lists import WRITERS, ListOptions
from sauveterre.pipeline.list_streaming import stream_version
from sauveterre.records.category import Category
from sauveterre.records.digest import Digest
from sauveterre.records.hash_list import ListedMedia
from sauveterre.records.provenance import Provenance
from sauveterre.records.ruling import Rule

__all__ = ["ListOptions", "export_decisions", "export_list"]


def export_list(
    out: BinaryIO, form: str, options: ListOptions, *, operation: Operation, name: str, version: str, by: Officer
) -> Written:
    """Write a version of a list, the one in force where none is named, as it stands.

    Raises ``InvalidInput`` where there is no such list, its file was not kept, or it is a filter.
    """
    require_member(operation=operation, officer=by)
    wanted = {"version": version} if version else {"in_force": True}
    row = operation.hash_lists.filter(name=name, **wanted).first()
    if row is None:
        raise InvalidInput(f"the operation has no hash list {name!r} {version}; `sauveterre hashlist list` names all")
    if row.kind == HashList.Kind.FILTER:
        raise InvalidInput(f"{name} is a filter, which holds no hashes; there is nothing to write")
    with parts_of(row) as (sandbox, parts):
        items = (record for record in stream_version(sandbox, parts) if isinstance(record, ListedMedia))
        written = WRITERS[form](out, items, options)
    _enter(operation, by, f"{row.name} {row.version}", form, written)
    return written


def export_decisions(out: BinaryIO, form: str, options: ListOptions, *, operation: Operation, by: Officer) -> Written:
    """Write the contents whose category officers judged: digests, PDQ, size and category; no names, no bytes."""
    require_member(operation=operation, officer=by)
    written = WRITERS[form](out, decided_items(operation), options)
    _enter(operation, by, "decisions of officers", form, written)
    return written


def decided_items(operation: Operation) -> Iterator[ListedMedia]:
    """Yield what officers decided: first each content of a decided stack, under the category of its last decision.

    Then each other content, under each category of a list that enough officers confirmed of it.
    """
    decisions = StackDecision.objects.filter(stack__operation=operation).order_by("pk").select_related("stack")
    last_of = {decision.stack_id: decision for decision in decisions}
    members = StackMember.objects.filter(stack__in=last_of).select_related("content__picture")
    for member in members.order_by("content__sha256").iterator(chunk_size=5_000):
        decision = last_of[member.stack_id]
        category = category_of(decision.category_scheme, decision.category_code)
        yield _item(member.content, category, f"operation:{operation.pk}")
    yield from _confirmed_items(operation, exclude=set(last_of))


def _confirmed_items(operation: Operation, exclude: set[int]) -> Iterator[ListedMedia]:
    confirmed = Hit.objects.filter(
        hash_list__operation=operation, rule=Rule.CONFIRM.value, people__lte=F("content__confirmed")
    ).exclude(category_code="")
    confirmed = confirmed.exclude(content__stacked__stack__in=exclude)
    rows = confirmed.order_by("content__sha256", "category_scheme", "category_code")
    last: tuple[str, Category | None] | None = None
    for hit in rows.select_related("content__picture").iterator(chunk_size=5_000):
        category = category_of(hit.category_scheme, hit.category_code)
        if (hit.content.sha256, category) != last:
            last = (hit.content.sha256, category)
            yield _item(hit.content, category, f"operation:{operation.pk}")


def _item(content: Content, category: Category | None, source: str) -> ListedMedia:
    stated = [("md5", content.md5), ("sha1", content.sha1), ("sha256", content.sha256)]
    picture = getattr(content, "picture", None)
    if picture is not None:
        stated.append(("pdq", bytes(picture.pdq).hex()))
    hashes = tuple(Digest(algorithm, value) for algorithm, value in stated if value)
    return ListedMedia(hashes, category, Provenance(source, "", f"sha256:{content.sha256}", "decisions"), content.size)


def _enter(operation: Operation, by: Officer, subject: str, form: str, written: Written) -> None:
    audit.record(
        actor=by.username, action="hash-list-exported", subject=subject, operation=operation, format=form,
        items=written.items, left_out=written.left_out.total(),
    )  # fmt: skip
