"""``sauveterre operation``: open operations and list them."""

from typing import Annotated

import typer

from sauveterre.cli import jsonl, session

app = typer.Typer(name="operation", help="Open operations and list them.", no_args_is_help=True)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="What the operation is called.")],
    workspace: session.WorkspaceOption = None,
) -> None:
    """Open an operation.

    Example: sauveterre operation new "Village"
    """
    session.start(workspace)
    from sauveterre.casework.services.operations import create_operation

    operation = create_operation(name=name, by=session.officer())
    print(f"The operation {operation.name} is open. Next: sauveterre exhibit add FOLDER_OR_ARCHIVE")


@app.command(name="list")
def list_(
    workspace: session.WorkspaceOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """List the operations.

    Example: sauveterre operation list
    """
    session.start(workspace)
    from sauveterre.casework.models import Operation

    for operation in Operation.objects.order_by("name"):
        if json:
            jsonl.line("operation", name=operation.name, created_at=operation.created_at)
        else:
            print(operation.name)
