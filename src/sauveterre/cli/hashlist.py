"""``sauveterre hashlist``: read hash lists, and add them to an operation."""

from pathlib import Path
from typing import Annotated

import typer

from sauveterre.cli import jsonl, session
from sauveterre.cli.hashlist_export import export
from sauveterre.cli.hashlist_update import history, update
from sauveterre.cli.limits import LimitOption, limits_from
from sauveterre.cli.list_origin import DateOption, OriginOption, TrustOption, origin_from
from sauveterre.records.hash_list import Trust
from sauveterre.records.ruling import Rule

app = typer.Typer(name="hashlist", help="Read hash lists, and add them to an operation.", no_args_is_help=True)


@app.command()
def read(
    file: Annotated[Path, typer.Argument(help="A hash list in a format of `docs/formats.md`.")],
    limit: LimitOption = None,
) -> None:
    """Read a hash list as JSON lines, in a child process and in constant memory, with no workspace.

    Example: sauveterre hashlist read national.json
    """
    from sauveterre.media.sandbox import Sandbox
    from sauveterre.pipeline.list_building import PRELOAD
    from sauveterre.pipeline.list_reading import list_limits
    from sauveterre.pipeline.list_streaming import stream_file

    with Sandbox(1, list_limits(limits_from(limit), [file]), PRELOAD) as sandbox:
        for record in stream_file(sandbox, file):
            jsonl.record_line(record)


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="A hash list in a format of `docs/formats.md`.")],
    name: Annotated[str, typer.Option(help="What the list is called; every hit names it.")] = "",
    version: Annotated[str, typer.Option(help="Its version or date.")] = "1",
    ignorable: Annotated[
        bool, typer.Option("--ignorable", help="Its contents are harmless and need not be looked at.")
    ] = False,
    origin: OriginOption = "",
    date: DateOption = None,
    trust: TrustOption = Trust.UNKNOWN,
    workspace: session.WorkspaceOption = None,
    operation: session.OperationOption = None,
) -> None:
    """Add a hash list, or a Bloom filter, to an operation.

    Example: sauveterre hashlist add national.json --name "National list" --version 2026-05 --trust several
    """
    session.start(workspace)
    from sauveterre.casework.services.hash_lists import add_hash_list

    added = add_hash_list(
        operation=session.operation(operation),
        path=file,
        name=name or file.stem,
        version=version,
        ignorable=ignorable,
        by=session.officer(),
        origin=origin_from(origin, date, trust),
    )
    if added.kind == "filter":
        print(f"{added.name} {added.version}: a filter of {added.items:,} values. It only says what is probably known")
        return
    print(f"{added.name} {added.version}: {added.items} items, {added.problems} problems. Next: sauveterre assess")
    if not (added.origin and added.dated and added.trust != Trust.UNKNOWN):
        missing = [what for what, is_there in (("--origin", added.origin), ("--date", added.dated),
                   ("--trust", added.trust != Trust.UNKNOWN)) if not is_there]  # fmt: skip
        print(f"Neither you nor the list said {', '.join(missing)}: shown as unknown")


@app.command()
def rules(workspace: session.WorkspaceOption = None, operation: session.OperationOption = None) -> None:
    """Say what each list and category settles, and how many contents that is.

    Example: sauveterre hashlist rules
    """
    session.start(workspace)
    from sauveterre.casework.selectors.policies import rule_rows

    for row in rule_rows(session.operation(operation)):
        people = f" by {row.people}" if row.people else ""
        category = row.category or "every other category"
        print(f"{row.list_name}  {category}  {row.rule}{people}  {row.contents:,} contents")


@app.command()
def rule(
    name: Annotated[str, typer.Argument(help="The list, in all its versions.")],
    to: Annotated[Rule, typer.Option("--to", help="What a hit settles.")],
    category: Annotated[str, typer.Option(help="Only this category: SCHEME:CODE.")] = "",
    people: Annotated[int, typer.Option(help="Officers who have to confirm a hit.")] = 0,
    workspace: session.WorkspaceOption = None,
    operation: session.OperationOption = None,
) -> None:
    """Give a list, or one of its categories, a rule; it holds at once, and nothing is read again.

    Example: sauveterre hashlist rule "National list" --category projectvic-us:2 --to confirm --people 2
    """
    session.start(workspace)
    from sauveterre.casework.rulings import category_of
    from sauveterre.casework.services.policies import set_policy

    scheme, _, code = category.rpartition(":")
    set_policy(
        operation=session.operation(operation),
        list_name=name,
        category=category_of(scheme, code),
        rule=to,
        people=people,
        by=session.officer(),
    )
    print(f"{name} {category or 'every category without a rule of its own'}: {to}{f' by {people}' if people else ''}")


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="The list.")],
    version: Annotated[str, typer.Option(help="Its version.")],
    workspace: session.WorkspaceOption = None,
    operation: session.OperationOption = None,
) -> None:
    """Take a version of a list out of an operation, and its effect with it.

    Example: sauveterre hashlist remove "National list" --version 2026-05
    """
    session.start(workspace)
    from sauveterre.casework.services.policies import remove_hash_list

    found = remove_hash_list(operation=session.operation(operation), name=name, version=version, by=session.officer())
    print(f"{name} {version}: taken out, with {found:,} hits. Next: sauveterre assess")


app.command(name="update")(update)
app.command(name="list")(history)
app.command(name="export")(export)
