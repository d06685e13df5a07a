"""``sauveterre exhibit``: the register of exhibits, and how far each of them is."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sauveterre.cli import jsonl, session, tables
from sauveterre.cli import register as lines
from sauveterre.errors import InvalidInput

if TYPE_CHECKING:
    from sauveterre.casework.models import Operation

app = typer.Typer(name="exhibit", help="Enter exhibits, and show how far they are.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(help="The exhibit's number.")]
REGISTER = (
    "number", "seal", "description", "kind", "model", "serial", "seized_at", "seized_where", "seized_by", "legal_act",
    "path",
)  # fmt: skip


@app.command()
def add(
    path: Annotated[
        Path | None,
        typer.Argument(
            help="A folder, disk image or archive. It stays where it is; `exhibit attach` may name it later."
        ),
    ] = None,
    seal: lines.Seal = None,
    description: lines.Description = None,
    kind: lines.Kind = None,
    model: lines.Model = None,
    serial: lines.Serial = None,
    seized_at: lines.SeizedAt = None,
    seized_where: lines.SeizedWhere = None,
    seized_by: lines.SeizedBy = None,
    legal_act: lines.LegalAct = None,
    zone: lines.Zone = "UTC",
    digest: lines.DigestOption = None,
    digest_origin: lines.DigestOrigin = "",
    key_file: lines.KeyFile = None,
    workspace: session.WorkspaceOption = None,
    operation: session.OperationOption = None,
) -> None:
    """Enter an exhibit in the register, with what was made of it or without.

    Example: sauveterre exhibit add /media/seized/phone.zip --seal S-17 --kind phone --digest sha1:…
    """
    register = lines.register_of(
        zone=zone, seal=seal, description=description, kind=kind, model=model, serial=serial, seized_at=seized_at,
        seized_where=seized_where, seized_by=seized_by, legal_act=legal_act,
    )  # fmt: skip
    digests = lines.digests_in(digest)
    session.start(workspace)
    from sauveterre.casework.services.exhibits import add_exhibit

    exhibit = add_exhibit(
        operation=session.operation(operation),
        by=session.officer(),
        path=path,
        keys=lines.keys_in(key_file),
        digests=digests,
        digest_origin=digest_origin,
        **register,
    )
    if path is None:
        print(f"Exhibit {exhibit.number} is registered. Next: sauveterre exhibit attach {exhibit.number} PATH")
    else:
        print(f"Exhibit {exhibit.number} is taken in. Next: sauveterre process")


@app.command()
def edit(
    number: Number,
    seal: lines.Seal = None,
    description: lines.Description = None,
    kind: lines.Kind = None,
    model: lines.Model = None,
    serial: lines.Serial = None,
    seized_at: lines.SeizedAt = None,
    seized_where: lines.SeizedWhere = None,
    seized_by: lines.SeizedBy = None,
    legal_act: lines.LegalAct = None,
    zone: lines.Zone = "UTC",
    digest: lines.DigestOption = None,
    digest_origin: lines.DigestOrigin = "",
    workspace: session.WorkspaceOption = None,
    operation: session.OperationOption = None,
) -> None:
    """Change what the register says of an exhibit; what is not named stays as it is.

    Example: sauveterre exhibit edit 3 --serial 0123-ABC --digest md5:…
    """
    register = lines.register_of(
        zone=zone, seal=seal, description=description, kind=kind, model=model, serial=serial, seized_at=seized_at,
        seized_where=seized_where, seized_by=seized_by, legal_act=legal_act,
    )  # fmt: skip
    digests = lines.digests_in(digest)
    session.start(workspace)
    from sauveterre.casework.services.exhibits import edit_exhibit, give_digests

    exhibit = session.exhibit(session.operation(operation), number)
    by = session.officer()
    changed = edit_exhibit(exhibit=exhibit, by=by, **register)
    given = give_digests(exhibit=exhibit, digests=digests, origin=digest_origin, by=by)
    said = ", ".join(name.replace("_", " ") for name in changed) or "nothing"
    print(f"Exhibit {number}: {said} changed, {given} digests are new.")


@app.command()
def attach(
    number: Number,
    path: Annotated[Path, typer.Argument(help="A folder, disk image or archive. It stays where it is.")],
    key_file: lines.KeyFile = None,
    workspace: session.WorkspaceOption = None,
    operation: session.OperationOption = None,
) -> None:
    """Say where the image, archive or folder of a registered exhibit lies.

    Example: sauveterre exhibit attach 3 /media/images/S-17.E01
    """
    session.start(workspace)
    from sauveterre.casework.services.exhibits import attach_medium

    exhibit = session.exhibit(session.operation(operation), number)
    attach_medium(exhibit=exhibit, path=path, by=session.officer(), keys=lines.keys_in(key_file))
    print(f"Exhibit {number} lies at {exhibit.path}. Next: sauveterre process")


@app.command()
def photo(
    number: Number,
    file: Annotated[Path, typer.Argument(help="A JPEG, PNG or HEIC file of at most 25 MiB.")],
    caption: Annotated[str, typer.Option(help="What it shows.")] = "",
    workspace: session.WorkspaceOption = None,
    operation: session.OperationOption = None,
) -> None:
    """Keep a photograph of an exhibit itself: the medium, its label, its seal.

    Example: sauveterre exhibit photo 3 label.jpg --caption "The label, before opening"
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}; name another file") from error
    session.start(workspace)
    from sauveterre.casework.services.photos import add_photo

    exhibit = session.exhibit(session.operation(operation), number)
    kept = add_photo(exhibit=exhibit, name=file.name, data=data, caption=caption, by=session.officer())
    print(f"The photograph is kept with exhibit {number}, {kept.width} × {kept.height} pixels, without its metadata.")


@app.command(name="list")
def list_(
    register: Annotated[
        bool, typer.Option("--register", help="What the register says, without the accounting.")
    ] = False,
    workspace: session.WorkspaceOption = None,
    operation: session.OperationOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """List the exhibits with the accounting of each source, or as the register has them.

    Example: sauveterre exhibit list --json
    """
    session.start(workspace)
    if register:
        _list_register(session.operation(operation), json=json)
        return
    from sauveterre.casework.accounting import accounts_of
    from sauveterre.casework.selectors.integrity import findings_of

    of = session.operation(operation)
    accounts = accounts_of(of)
    if json:
        for account in accounts:
            jsonl.record_line(account)
        _list_integrity(of)
        return
    tables.wide_console().print(tables.accounting(accounts))
    for finding in findings_of(of):
        print(f"Finding: {finding}")


READING = ("phase", "subject", "algorithm", "computed", "stated", "stated_by", "agrees", "size", "trouble", "at")
CROSSCHECK = (
    "reader", "agrees", "listed_first", "listed_second", "agreeing", "sampled", "digests_agreeing", "differences",
    "trouble",
)  # fmt: skip


def _list_integrity(of: "Operation") -> None:
    from sauveterre.casework.models import Crosscheck, IntegrityCheck

    for check in IntegrityCheck.objects.filter(exhibit__operation=of).order_by("exhibit__number", "pk"):
        jsonl.line("reading", exhibit=check.exhibit.number, **{name: getattr(check, name) for name in READING})
    for row in Crosscheck.objects.filter(source__exhibit__operation=of).order_by(
        "source__exhibit__number", "source_id"
    ):
        found = {name: getattr(row, name) for name in CROSSCHECK}
        jsonl.line("crosscheck", exhibit=row.source.exhibit.number, source=row.source.path, **found)


def _list_register(of: "Operation", *, json: bool) -> None:
    rows = [{name: getattr(exhibit, name) for name in REGISTER} for exhibit in of.exhibits.all()]
    if json:
        for row in rows:
            jsonl.line("exhibit", **row)
    else:
        tables.wide_console().print(tables.plain_table(REGISTER, rows))
