"""Verbs start fast because they load nothing that they do not need."""

import subprocess
import sys
from importlib.util import find_spec

import typer

from sauveterre.cli.main import CHILDREN
from sauveterre.cli.verbs import app

HEAVY = {"PIL", "django", "numba", "numpy", "procrastinate", "psycopg", "py7zr", "rich", "uvicorn"}
HERE = "import sys; print(*sys.modules)"
IN_A_CHILD = """
from sauveterre.media.sandbox import Sandbox
from sauveterre.records.limits import Limits
with Sandbox(1, Limits(), preload="sauveterre.pipeline.listing") as sandbox:
    print(sandbox.run(eval, "' '.join(__import__('sys').modules)", seconds=60))
"""


def loaded(program):
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


def test_the_command_line_loads_no_database_decoder_or_server():
    assert not loaded(f"import sauveterre.cli.main, sauveterre.cli.verbs; {HERE}") & HEAVY


def test_what_all_children_share_loads_no_decoder():
    assert not loaded(f"import sauveterre.media.server; {HERE}") & HEAVY
    assert not loaded(f"import sauveterre.media.sandbox; {HERE}") & HEAVY


def test_what_reads_without_decoding_loads_no_decoder_and_no_message_store():
    names = loaded(f"import sauveterre.pipeline.reading; {HERE}")

    assert not names & (HEAVY - {"numpy"})
    assert not any(name.startswith("sauveterre.messages") for name in names)


def test_verbs_that_start_their_children_early_are_verbs_and_name_modules():
    verbs = {" ".join(path) for path in walked(typer.main.get_command(app), ())}

    for verb, preload in CHILDREN.items():
        assert verb in verbs
        assert find_spec(preload) is not None


def walked(command, path):
    if not hasattr(command, "commands"):
        return [path]
    return [found for name, inner in command.commands.items() for found in walked(inner, (*path, name))]


def test_a_sandbox_may_be_given_children_without_decoders():
    names = loaded(IN_A_CHILD)

    assert "sauveterre.pipeline.listing" in names
    assert not names & HEAVY
