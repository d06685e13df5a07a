"""Every verb has help with an example, and stands in docs/commands.md with its fields."""

import re
from pathlib import Path

import pytest
import typer

from sauveterre.cli.verbs import app

ROOT = Path(__file__).parents[2]
COMMANDS = (ROOT / "docs" / "commands.md").read_text()


def _verbs():
    def walk(command, path):
        if hasattr(command, "commands"):
            for name, inner in command.commands.items():
                yield from walk(inner, (*path, name))
        else:
            yield " ".join(path), command

    return list(walk(typer.main.get_command(app), ()))


@pytest.mark.parametrize(("name", "command"), _verbs(), ids=lambda value: value if isinstance(value, str) else "")
def test_has_help_with_an_example_and_is_documented(name, command):
    assert f"Example: sauveterre {name}" in (command.help or "")
    assert re.search(rf"^###? `sauveterre {re.escape(name)}\b", COMMANDS, flags=re.MULTILINE)
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"{parameter.name} says nothing of itself"
