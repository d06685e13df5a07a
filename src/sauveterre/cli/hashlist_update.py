"""``sauveterre hashlist update`` and ``list``: new versions of lists, and those there were."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sauveterre.cli import jsonl, session
from sauveterre.cli.list_origin import DateOption, OriginOption, TrustOption, origin_from
from sauveterre.records.hash_list import Shape, Trust

if TYPE_CHECKING:
    from sauveterre.casework.models import HashList
    from sauveterre.casework.services.hash_lists import Update


def update(
    name: Annotated[str, typer.Argument(help="The list.")],
    file: Annotated[Path, typer.Argument(help="Its new version: the whole list, or what changed.")],
    version: Annotated[str, typer.Option(help="The new version or its date.")],
    as_: Annotated[
        Shape | None, typer.Option("--as", help="What the file is. Without it: the whole list, unless that is a guess.")
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Only show what would change.")] = False,
    origin: OriginOption = "",
    date: DateOption = None,
    trust: TrustOption = Trust.UNKNOWN,
    workspace: session.WorkspaceOption = None,
    operation: session.OperationOption = None,
) -> None:
    """Make a new version of a list and show what it changes; its hits take the place of the old ones at once.

    Example: sauveterre hashlist update "National list" june.xml --version 2026-06 --as difference
    """
    session.start(workspace)
    from sauveterre.casework.services.hash_lists import update_hash_list

    found = update_hash_list(
        operation=session.operation(operation),
        path=file,
        name=name,
        version=version,
        by=session.officer(),
        shape=as_,
        origin=origin_from(origin, date, trust),
        preview=preview,
    )
    for line in _told(name, version, found):
        print(line)


def _told(name: str, version: str, found: "Update") -> list[str]:
    changed = found.difference
    would = "would replace" if found.row is None else "replaces"
    return [
        f"{name} {version} {would} {found.before}: {found.items:,} items, {found.problems:,} problems",
        f"hashes: {changed.added:,} added, {changed.removed:,} removed, {changed.changed:,} with another category, "
        f"{changed.kept:,} kept",
        f"contents of the operation: {found.found:,} found anew, {found.opened:,} no longer on this list (open again, "
        "unless another list names them)",
        "Nothing was changed: this was a preview." if found.row is None else "Next: sauveterre assess",
    ]


def history(
    json: Annotated[bool, typer.Option("--json", help="JSON lines instead of a table.")] = False,
    workspace: session.WorkspaceOption = None,
    operation: session.OperationOption = None,
) -> None:
    """Show all lists and their versions: origin, scheme, date, trust, what each changed, and by whom.

    Example: sauveterre hashlist list
    """
    session.start(workspace)
    rows = [_row(row) for row in session.operation(operation).hash_lists.all()]
    if json:
        for row in rows:
            jsonl.line("hash_list", **row)
        return
    from sauveterre.cli.tables import plain_table, wide_console

    wide_console().print(plain_table(_COLUMNS, rows))


_COLUMNS = ("name", "version", "in_force", "kind", "origin", "scheme", "dated", "trust", "items", "added", "removed",
            "changed", "added_by", "added_at")  # fmt: skip


def _row(row: "HashList") -> dict[str, object]:
    return {
        "name": row.name, "version": row.version, "in_force": row.in_force, "kind": row.kind,
        "origin": row.origin or None, "scheme": row.scheme or None, "dated": row.dated, "trust": row.trust,
        "items": row.items, "added": row.hashes_added, "removed": row.hashes_removed, "changed": row.hashes_changed,
        "added_by": row.added_by or None, "added_at": row.added_at,
    }  # fmt: skip
