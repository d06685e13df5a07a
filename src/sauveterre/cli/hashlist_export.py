"""``sauveterre hashlist export``: a list, or what officers decided, as a hash list for others."""

import os
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sauveterre.cli import session
from sauveterre.errors import InvalidInput, WorkspaceError

if TYPE_CHECKING:
    from sauveterre.records.category import Category


class Format(StrEnum):
    """Formats that are written."""

    VICS = "vics"
    CSV = "csv"
    HMA = "hma"


def export(
    to: Annotated[Path, typer.Option("--to", help="The file to write; it must not be there yet.")],
    name: Annotated[str, typer.Argument(help="The list. Without it: --decisions.")] = "",
    decisions: Annotated[
        bool, typer.Option("--decisions", help="The contents whose category officers confirmed, instead of a list.")
    ] = False,
    version: Annotated[str, typer.Option(help="The list's version. Without it: the one in force.")] = "",
    format_: Annotated[Format, typer.Option("--format", help="What to write.")] = Format.CSV,
    region: Annotated[str, typer.Option(help="VICS: whose numbers the categories are, such as US or UK.")] = "Default",
    collab: Annotated[str, typer.Option(help="HMA: the name of the exchange.")] = "",
    opinion: Annotated[
        list[str] | None, typer.Option(help="HMA: SCHEME:CODE=POSITIVE_CLASS and the like; =… for no category.")
    ] = None,
    workspace: session.WorkspaceOption = None,
    operation: session.OperationOption = None,
) -> None:
    """Write a list, or the decisions of an operation, as VICS 2.0, a table, or signals: hashes and categories only.

    Example: sauveterre hashlist export "National list" --format vics --region US --to national.json
    """
    if bool(name) == decisions:
        raise InvalidInput("say which list, or --decisions for what officers decided; not both")
    opinions = _opinions(opinion or ())
    session.start(workspace)
    from sauveterre.casework.list_exporting import ListOptions, export_decisions, export_list

    options = ListOptions(region=region, collab=collab, opinions=opinions)
    of, by = session.operation(operation), session.officer()
    try:
        with to.open("xb") as out:
            if decisions:
                written = export_decisions(out, format_.value, options, operation=of, by=by)
            else:
                written = export_list(out, format_.value, options, operation=of, name=name, version=version, by=by)
            out.flush()
            os.fsync(out.fileno())
    except FileExistsError as error:
        raise InvalidInput(f"{to} is there already; name another file with --to") from error
    except OSError as error:
        raise WorkspaceError(f"{to} cannot be written ({error.strerror}); see to its folder and its space") from error
    except BaseException:
        to.unlink(missing_ok=True)
        raise
    print(f"{to}: {written.items:,} items")
    for reason, count in sorted(written.left_out.items()):
        print(f"left out: {count:,}, because {reason}")


def _opinions(texts: Iterable[str]) -> "dict[Category | None, str]":
    """Return what ``SCHEME:CODE=OPINION`` says; ``=OPINION`` is for items without a category."""
    from sauveterre.records.category import Category

    found: dict[Category | None, str] = {}
    for text in texts:
        named, equals, said = text.rpartition("=")
        scheme, colon, code = named.rpartition(":")
        if not equals or (named and not (colon and scheme and code)):
            raise InvalidInput(f"{text!r} states no opinion; write SCHEME:CODE=POSITIVE_CLASS, or =POSITIVE_CLASS")
        found[Category(scheme, code) if named else None] = said
    return found
