"""Bubblewrap around the fork server, where the system has it: every child then sees the file system read-only.

Inside, nothing can be written but the sandbox's own scratch folder, there is no network, devices are a private few, and
whatever the caller hides is not there. Process numbers stay those of the system, since the pool ends children by them.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import util
from pathlib import Path
from typing import Any

PROBE_SECONDS = 20.0
KERNELS = "sauveterre.media.kernel_cache.BesideTheSource,sauveterre.media.kernel_cache.OfTheUser"
"""Where compiled kernels are found: nothing can be kept anew in a bubble."""


def bubble_around(writable: Path, hidden: Sequence[Path]) -> list[str]:
    """Return the command that starts another one in a bubble; empty where this system has none, or forbids it.

    ``hidden`` are folders that readers of evidence have no business in: they are empty inside.
    """
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
    try:
        tried = subprocess.run(  # noqa: S603 - the program that was found, told to run itself inside
            [*command, command[0], "--version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=PROBE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return tried.returncode == 0


@contextmanager
def beginning_inside(command: Sequence[str]) -> Iterator[None]:
    """Have what ``multiprocessing`` starts meanwhile begin inside a bubble: it has no way to be told so.

    An interrupt from the terminal is for whoever started all this to deal with: what begins here never hears of it.
    """
    if not command:
        yield
        return
    start = util.spawnv_passfds

    def start_inside(path: bytes, args: Sequence[Any], passfds: Sequence[int]) -> int:  # noqa: ARG001 - as it is called
        return start(os.fsencode(command[0]), [*map(os.fsencode, command), *args], passfds)

    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    util.spawnv_passfds = start_inside
    try:
        yield
    finally:
        util.spawnv_passfds = start
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
