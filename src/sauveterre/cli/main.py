"""The command ``sauveterre``: its verbs, and what an error looks like."""

import sys

import psycopg
import typer
from django.db import DatabaseError
from rich.console import Console

from sauveterre.cli import (
    action,
    assess,
    audit,
    demo,
    evidence,
    exhibit,
    hashlist,
    init,
    key,
    match,
    media,
    messages,
    operation,
    package,
    process,
    referral,
    report,
    serve,
    worker,
)
from sauveterre.errors import SauveterreError, WorkspaceError

app = typer.Typer(
    name="sauveterre",
    help="Run a child-protection investigation from the referral to the joint action.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for group in (operation, exhibit, key, hashlist, referral, action, package, audit, evidence, media, messages):
    app.add_typer(group.app)
for verb in (init, process, assess, report, serve, worker, match, demo):
    app.command(name=verb.NAME, help=verb.HELP)(verb.run)


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 and up by the class of error (`docs/commands.md`)."""
    try:
        app()
    except SauveterreError as error:
        Console(stderr=True, highlight=False).print(f"[bold]sauveterre:[/bold] {_escaped(error)}", soft_wrap=True)
        sys.exit(error.exit_code)
    except (psycopg.Error, DatabaseError) as error:
        kind = type(error).__name__
        Console(stderr=True, highlight=False).print(
            f"[bold]sauveterre:[/bold] the database does not answer as it should ({kind}); "
            "see that it runs and that the disk has space, then run the command again",
            soft_wrap=True,
        )
        sys.exit(WorkspaceError.exit_code)
    except KeyboardInterrupt:
        Console(stderr=True).print("stopped; run the command again to go on: nothing is lost")
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


def _escaped(error: SauveterreError) -> str:
    return str(error).replace("[", "\\[")


if __name__ == "__main__":
    main()
