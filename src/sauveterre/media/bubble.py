"""Bubblewrap around the fork server, where the system has it: every child then sees the file system read-only.

Inside, nothing can be written but the sandbox's own scratch folder, there is no network, devices are a private few, and
whatever the caller hides is not there. Process numbers stay those of the system, since the pool ends children by them.
"""

import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

VARIABLE = "SAUVETERRE_BUBBLE"
"""Through which the fork server is told, before it has loaded anything, what to step into."""
PROBE_SECONDS = 20.0
KERNELS = "sauveterre.media.kernel_cache.BesideTheSource,sauveterre.media.kernel_cache.OfTheUser"
"""Where compiled kernels are found: nothing can be kept anew in a bubble."""


def bubble_around(writable: Path, hidden: Sequence[Path]) -> list[str]:
    """Return the command that starts another one in a bubble; empty where this system has none, or forbids it.

    ``hidden`` are folders that readers of evidence have no business in: they are empty inside.
    """
    import shutil  # not by the server, which begins twice

    program = shutil.which("bwrap")
    if program is None or sys.platform != "linux":
        return []
    command = [program, "--ro-bind", "/", "/", "--dev", "/dev", "--remount-ro", "/dev"]
    command += ["--unshare-net", "--unshare-ipc", "--unshare-uts"]
    if os.getuid() == 0:
        # Evidence that belongs to others stays readable; nothing else is left of what root may do.
        command += ["--cap-drop", "ALL", "--cap-add", "CAP_DAC_READ_SEARCH"]
    empty = [str(folder) for folder in hidden if folder.is_dir()]
    for folder in empty:
        command += ["--tmpfs", folder]
    command += ["--bind", str(writable), str(writable)]  # it may lie in one that is hidden
    for folder in empty:
        command += ["--remount-ro", folder]
    command.append("--")
    return command if _works(command) else []


def _works(command: list[str]) -> bool:
    """Try it: a system may have the program and forbid what it does."""
    import subprocess

    try:
        tried = subprocess.run(  # noqa: S603 - our own interpreter
            [*command, sys.executable, "-ISc", ""],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=PROBE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return tried.returncode == 0


def as_variable(command: list[str]) -> str:
    """Return a command as the fork server's environment carries it."""
    return json.dumps(command)


def step_in() -> None:
    """Begin this process anew inside the bubble that its environment names; return where it names none."""
    command = json.loads(os.environ.pop(VARIABLE, "[]"))
    if command:
        os.environ.setdefault("NUMBA_CACHE_LOCATOR_CLASSES", KERNELS)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is for whoever started all this to deal with
        os.execv(command[0], [*command, *sys.orig_argv])  # noqa: S606 - the same program, with the same files open
