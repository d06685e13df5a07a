"""The command ``sauveterre``: its verbs, and what an error looks like.

Verbs load what they need when they run: those for scripts start fast, and without the database.
"""

import sys

import typer

from sauveterre.cli import (
    action,
    assess,
    audit,
    demo,
    evidence,
    exhibit,
    exhibit_audit,
    exhibit_custody,
    exhibit_export,
    exhibit_import,
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
for part in (exhibit_audit, exhibit_custody, exhibit_export, exhibit_import):
    part.add_to(exhibit.app)
for group in (operation, exhibit, key, hashlist, referral, action, package, audit, evidence, media, messages):
    app.add_typer(group.app)
for verb in (init, process, assess, report, serve, worker, match, demo):
    app.command(name=verb.NAME, help=verb.HELP)(verb.run)


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 and up by the class of error (`docs/commands.md`)."""
    try:
        app()
    except SauveterreError as error:
        _say(f"[bold]sauveterre:[/bold] {_escaped(error)}")
        sys.exit(error.exit_code)
    except _database_errors() as error:
        _say(
            f"[bold]sauveterre:[/bold] the database does not answer as it should ({type(error).__name__}); "
            "see that it runs and that the disk has space, then run the command again"
        )
        sys.exit(WorkspaceError.exit_code)
    except KeyboardInterrupt:
        _say("stopped; run the command again to go on: nothing is lost")
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


def _database_errors() -> tuple[type[Exception], ...]:
    """Return what the database raises; nothing where the verb has loaded none."""
    loaded = (("psycopg", "Error"), ("django.db", "DatabaseError"))
    return tuple(getattr(sys.modules[module], name) for module, name in loaded if module in sys.modules)


def _say(text: str) -> None:
    from rich.console import Console

    Console(stderr=True, highlight=False).print(text, soft_wrap=True)


def _escaped(error: SauveterreError) -> str:
    return str(error).replace("[", "\\[")


if __name__ == "__main__":
    main()
