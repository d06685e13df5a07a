"""Take the material of *village* in, into a new workspace, as the demonstration does; process nothing.

Run as a program of its own: ``python take_in_village.py WORKSPACE MATERIAL``.
"""

import json
import os
import pwd
import sys
from pathlib import Path
from types import SimpleNamespace

from sauveterre.casework.workspace import create_workspace
from sauveterre.scenarios.truth import TrueExhibit
from sauveterre.server.boot import boot


def main(workspace, material):
    boot(create_workspace(workspace).folder)
    from sauveterre.casework.demonstration import take_in
    from sauveterre.casework.services.operations import create_operation, local_officer

    told = json.loads((material / "truth.json").read_text())
    truth = SimpleNamespace(exhibits=[TrueExhibit(**one) for one in told["exhibits"]])
    officer = local_officer(pwd.getpwuid(os.getuid()).pw_name)
    take_in(create_operation(name=told["operation"], by=officer), material, truth, by=officer)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
