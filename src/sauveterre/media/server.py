"""How the process behaves that the children of the sandbox are forked from.

Only the fork server imports this module, by name and before anything else. Nothing it loads may start a thread:
forked children inherit none.
"""

import gc
import multiprocessing.spawn
import os

# What is loaded here lives as long as the server: looking for garbage among it costs time at the start, and in each
# child would copy the memory that it shares with the others.
gc.disable()
os.register_at_fork(before=gc.freeze, after_in_child=gc.enable)

for _library in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_library, "1")

# Children are given importable functions only, so they need not run their caller's main program once more.
for _name in ("_fixup_main_from_name", "_fixup_main_from_path"):
    if hasattr(multiprocessing.spawn, _name):
        setattr(multiprocessing.spawn, _name, lambda _main: None)

import sauveterre.media.child  # noqa: E402, F401 - after the settings that libraries read when they are loaded
