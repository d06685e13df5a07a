"""Runs verbs as their users run them, each in a process of its own, forked from one that has loaded what all load.

A line of JSON for each verb comes in (words, folder, environment, files of the three streams), its exit code goes out.
"""

import io
import json
import os
import sys
from importlib import import_module

LOADED = (
    "django.contrib.auth.hashers", "django.core.management", "django.db.models", "django.forms", "django.http",
    "procrastinate.contrib.django", "psycopg", "rich.console", "sauveterre.cli.verbs",
)  # fmt: skip


def become(words, folder, environment, streams) -> int:
    """Be the verb in this process, and return its exit code."""
    for number, (path, flags) in enumerate(zip(streams, (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY), strict=True)):
        os.dup2(os.open(path, flags), number)
    sys.stdin, sys.stdout, sys.stderr = (
        io.TextIOWrapper(os.fdopen(number, mode), encoding="utf-8", line_buffering=number == 2)
        for number, mode in ((0, "rb"), (1, "wb"), (2, "wb"))
    )
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["sauveterre", *words]
    from sauveterre.cli.main import main

    main()
    return 0


def serve() -> None:
    """Run one verb after the other until nobody asks any more."""
    for line in sys.stdin:
        if child := os.fork():
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        else:
            sys.exit(become(**json.loads(line)))


if __name__ == "__main__":
    for name in LOADED:
        import_module(name)
    serve()
