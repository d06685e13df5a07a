"""``sauveterre package``: what one partner's country gets."""

from typing import Annotated

import typer

from sauveterre.cli import session

app = typer.Typer(name="package", help="What one partner's country gets.", no_args_is_help=True)


@app.command()
def make(
    countries: Annotated[list[str], typer.Argument(help="Country codes of two letters, or `all`.")],
    workspace: session.WorkspaceOption = None,
    operation: session.OperationOption = None,
) -> None:
    """Make a package for a country: CASE, CSV and a summary in two languages, in a BagIt folder.

    Example: sauveterre package make ES BE
    """
    session.start(workspace)
    from sauveterre.casework.services.packages import countries_of, make_package

    chosen = session.operation(operation)
    for country in countries_of(chosen) if countries == ["all"] else countries:
        made = make_package(operation=chosen, country=country, by=session.officer())
        print(f"{made.country}: {made.persons} persons in {made.folder}")
