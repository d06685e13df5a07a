"""Verbs start fast because they load nothing that they do not need."""

import subprocess
import sys

HEAVY = {"PIL", "django", "numba", "numpy", "procrastinate", "psycopg", "py7zr", "uvicorn"}
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
    assert not loaded(f"import sauveterre.cli.main; {HERE}") & HEAVY


def test_what_all_children_share_loads_no_decoder():
    assert not loaded(f"import sauveterre.media.server; {HERE}") & HEAVY
    assert not loaded(f"import sauveterre.media.sandbox; {HERE}") & HEAVY


def test_a_sandbox_may_be_given_children_without_decoders():
    names = loaded(IN_A_CHILD)

    assert "sauveterre.pipeline.listing" in names
    assert not names & HEAVY
