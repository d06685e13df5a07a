"""``sauveterre exhibit custody`` and ``sign``: the custody log of an exhibit."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sauveterre.cli import jsonl, session, tables
from sauveterre.cli import register as lines
from sauveterre.errors import InvalidInput
from sauveterre.exchange.register import moment, zone_named

if TYPE_CHECKING:
    from sauveterre.casework.models import Exhibit, Officer
    from sauveterre.casework.selectors.custody import CustodyLine

Number = Annotated[int, typer.Argument(help="The exhibit's number.")]
COLUMNS = ("line", "act", "happened_at", "place", "given_by", "received_by", "seal", "note", "entered_by", "signed_by")


def custody(
    number: Number,
    act: Annotated[
        str | None,
        typer.Option(
            help="Enter a line: seized, sealed, handed over, unsealed, imaged, examined, stored, returned or destroyed."
        ),
    ] = None,
    at: Annotated[str, typer.Option(help="When it happened: 2026-03-15 06:05 or 15/03/2026 06:05.")] = "",
    place: Annotated[str, typer.Option(help="Where.")] = "",
    given_by: Annotated[str, typer.Option("--from", help="Who gave the exhibit.")] = "",
    received_by: Annotated[str, typer.Option("--to", help="Who received it.")] = "",
    seal: Annotated[str, typer.Option(help="The seal's number after this.")] = "",
    note: Annotated[str, typer.Option(help="What else is to be known; the line that this one corrects.")] = "",
    zone: lines.Zone = "UTC",
    csv: Annotated[Path | None, typer.Option(help="Write the log to this CSV file; - for the output.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
    workspace: session.WorkspaceOption = None,
    operation: session.OperationOption = None,
) -> None:
    """Show the custody log of an exhibit, or enter a line with --act. A line is valid once another officer signs it.

    Example: sauveterre exhibit custody 3 --act "handed over" --at "2026-03-15 09:00" --from "Branch 3" --to "Centre"
    """
    happened_at = moment(at, zone_named(zone))
    session.start(workspace)
    exhibit, by = session.exhibit(session.operation(operation), number), session.officer()
    if act is not None:
        if happened_at is None:
            raise InvalidInput("a line says when it happened; give --at")
        from sauveterre.casework.services.custody import enter_line

        enter_line(
            exhibit=exhibit, by=by, act=act.strip().replace("-", " "), happened_at=happened_at, place=place,
            given_by=given_by, received_by=received_by, seal=seal, note=note,
        )  # fmt: skip
    _show(_log(exhibit, by), csv=csv, json=json)


def sign(
    number: Number,
    line: Annotated[int, typer.Argument(help="The line's number in the exhibit's custody log.")],
    workspace: session.WorkspaceOption = None,
    operation: session.OperationOption = None,
) -> None:
    """Sign a line of the custody log that another officer entered.

    Example: sauveterre exhibit sign 3 2
    """
    session.start(workspace)
    from sauveterre.casework.services.custody import sign_line

    by = session.officer()
    exhibit = session.exhibit(session.operation(operation), number)
    found = next((one for one in _log(exhibit, by) if one.number == line), None)
    if found is None:
        raise InvalidInput(
            f"there is no line {line} in the log of exhibit {number}; `exhibit custody {number}` shows it"
        )
    sign_line(event=found.event, by=by)
    print(f"Line {line} of exhibit {number} is signed.")


def _log(exhibit: "Exhibit", by: "Officer") -> "list[CustodyLine]":
    from sauveterre.casework.selectors.access import sight_of
    from sauveterre.casework.selectors.custody import custody as log

    return log(sight_of(by, exhibit.operation_id), exhibit)


def _show(log: "list[CustodyLine]", *, csv: Path | None, json: bool) -> None:
    from sauveterre.casework.selectors.custody import custody_rows
    from sauveterre.exchange.writers.custody_csv import custody_csv

    rows = custody_rows(log)
    if csv is not None:
        data = custody_csv(rows)
        if str(csv) == "-":
            sys.stdout.buffer.write(data)
            return
        try:
            csv.write_bytes(data)
        except OSError as error:
            raise InvalidInput(f"{csv} cannot be written: {error.strerror}; name another file") from error
        print(f"{len(rows)} lines are written to {csv}.")
    elif json:
        for row in rows:
            jsonl.record_line(row)
    else:
        shown = [{name: getattr(row, name) for name in COLUMNS} for row in rows]
        tables.wide_console().print(tables.plain_table(COLUMNS, shown))
        waiting = sum(not line.valid for line in log)
        if waiting:
            print(f"Lines that wait for a second officer: {waiting}. To sign: sauveterre exhibit sign EXHIBIT LINE")


def add_to(app: typer.Typer) -> None:
    """Put these verbs among those of ``sauveterre exhibit``."""
    app.command()(custody)
    app.command()(sign)
