"""``sauveterre key``: give an exhibit the key of something locked inside it."""

import sys
from getpass import getpass
from pathlib import Path
from typing import Annotated

import typer

from sauveterre.cli import session
from sauveterre.errors import InvalidInput

app = typer.Typer(name="key", help="Give an exhibit the key of something locked inside.", no_args_is_help=True)


def read_key(path: Path) -> str:
    """Read a key from a file, or with ``-`` from the keyboard or standard input: never from the command line."""
    if str(path) == "-":
        return (getpass("Key: ") if sys.stdin.isatty() else sys.stdin.readline()).strip()
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"the key file {path} cannot be read: {error}; name a text file with the key") from error


@app.command()
def add(
    number: Annotated[int, typer.Argument(help="The exhibit's number.")],
    key_file: Annotated[Path, typer.Argument(help="A file that holds the key; - to type it.")],
    workspace: session.WorkspaceOption = None,
    operation: session.OperationOption = None,
) -> None:
    """Give an exhibit a password, passphrase or recovery key; what was locked opens with the next `process`.

    Example: sauveterre key add 3 recovery-key.txt
    """
    session.start(workspace)
    from sauveterre.casework.services.exhibits import add_key

    exhibit = session.exhibit(session.operation(operation), number)
    count = add_key(exhibit=exhibit, key=read_key(key_file), by=session.officer())
    print(f"The key is kept. Locked sources and files that will be tried again: {count}. Next: sauveterre process")
