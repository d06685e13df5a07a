"""Running the installed command as its users do."""

import subprocess
import sys

import pytest

PYTHON = [sys.executable, "-m", "sauveterre.cli.main"]


@pytest.fixture(scope="session")
def sauveterre():
    """Run a verb in a process of its own; return what it printed and how it ended."""

    def run(*arguments, stdin="", cwd=None):
        return subprocess.run([*PYTHON, *map(str, arguments)], input=stdin, cwd=cwd, capture_output=True, text=True,
                              timeout=300, check=False)  # fmt: skip

    return run


@pytest.fixture
def case(sauveterre, tmp_path):
    """A workspace with one operation."""
    folder = tmp_path / "case"
    assert sauveterre("init", folder).returncode == 0
    assert sauveterre("operation", "new", "Weather", "-w", folder).returncode == 0
    return folder
