"""``sauveterre messages``: what a message store states, with no workspace."""

from pathlib import Path
from typing import Annotated

import typer

from sauveterre.cli import jsonl
from sauveterre.cli.key import read_key
from sauveterre.cli.limits import LimitOption, limits_from
from sauveterre.media.casualty import Casualty

app = typer.Typer(name="messages", help="What a message store states, with no workspace.", no_args_is_help=True)


@app.command()
def read(
    source: Annotated[Path, typer.Argument(help="A backup: its folder, file, or an archive that holds it.")],
    key: Annotated[str | None, typer.Option(help="The key, passphrase or password. Better: --key-file.")] = None,
    key_file: Annotated[Path | None, typer.Option(help="A file that holds the key.")] = None,
    limit: LimitOption = None,
) -> None:
    """Read accounts, groups, memberships, roles, events and messages as JSON lines.

    Example: sauveterre messages read SignalBackups --key-file key.txt
    """
    from sauveterre.media.sandbox import Sandbox
    from sauveterre.pipeline.conversations import read_messages

    keys = tuple(found for found in (key, read_key(key_file) if key_file else None) if found)
    limits = limits_from(limit)
    with Sandbox(workers=1, limits=limits) as sandbox:
        try:
            for record in read_messages(source, sandbox, limits, keys):
                jsonl.record_line(record)
        except Casualty as casualty:
            jsonl.line("failure", path=str(source), reason=str(casualty))
            raise typer.Exit(8) from casualty
