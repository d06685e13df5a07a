"""The command ``sauveterre``: how it starts, and what an error looks like.

Verbs for scripts start fast: the process that their children are forked from is started before anything else is loaded.
"""

import sys
from collections.abc import Sequence

from sauveterre.errors import SauveterreError, WorkspaceError

CHILDREN = {
    "evidence digest": "sauveterre.pipeline.reading",
    "evidence list": "sauveterre.media.preload",
    "glance": "sauveterre.media.preload",
    "hash": "sauveterre.media.preload",
    "match": "sauveterre.media.preload",
    "stack": "sauveterre.media.preload",
}
"""Verbs that hand all their work to children, and what these find loaded."""


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 and up by the class of error (`docs/commands.md`)."""
    try:
        start_children(sys.argv[1:])
        from sauveterre.cli.verbs import app

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


def start_children(words: Sequence[str]) -> None:
    """Start the process that a verb's children are forked from, where it is one of those that will want it."""
    preload = CHILDREN.get(" ".join(words[:2])) or CHILDREN.get(" ".join(words[:1]))
    if preload is not None and "--help" not in words:
        from sauveterre.media import forking

        forking.settle(preload, None, ())


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
