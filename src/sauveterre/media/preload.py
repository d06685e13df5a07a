"""What every child of the sandbox needs, imported once in the process that the children are forked from.

Only the fork server imports this module, by name. Nothing here may start a thread: forked children inherit none.
"""

import multiprocessing.spawn
import os

for _library in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_library, "1")

# Children are given importable functions only, so they need not run their caller's main program once more.
for _name in ("_fixup_main_from_name", "_fixup_main_from_path"):
    if hasattr(multiprocessing.spawn, _name):
        setattr(multiprocessing.spawn, _name, lambda _main: None)

import sauveterre.media.child  # noqa: E402 - after the settings that its libraries read when they are loaded
import sauveterre.media.fingerprint  # noqa: E402, F401 - the work that children do
from sauveterre.media.pdq.hashing import warm  # noqa: E402

warm()
