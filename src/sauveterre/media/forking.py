"""The server that the children of all sandboxes of a process are forked from, and the folder that they may write to.

There is one of each in a process. The server is a fresh interpreter that begins in a bubble (``bubble``) and loads what
children need.
"""

import atexit
import fcntl
import multiprocessing
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import forkserver, resource_tracker, util
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from sauveterre.media import bubble
from sauveterre.media.hand import Held, read_hand
from sauveterre.media.token import Token

SERVER = "sauveterre.media.server"
PREFIX = "sauveterre-children-"
KEPT_BYTES = 32 << 20
"""What the C library's allocator may keep of the memory that a child gave back, instead of asking the system again for
each block that is read; at most, in each child."""
MARK = ".home-of-children"
"""The file without which a folder is not taken for a home, whatever its name: homes are removed with all in them."""
HANDS = "hands"


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the children of this process live."""

    home: Path
    """All that they may write to."""
    bubble: tuple[str, ...]
    """What the server runs inside of; empty where this system allows no bubble."""
    preload: str
    """The module that children find loaded."""
    lock: int
    """A descriptor: the home is in use for as long as it is open."""


_ground: Ground | None = None
_starting = threading.RLock()


def settle(preload: str, within: Path | None, hidden: Sequence[Path]) -> Ground:
    """Start the server, unless this process has one: then that one stays, with the home and the bubble it has."""
    global _ground
    with _starting:
        if _ground is None:
            home, lock = _new_home(Path(tempfile.gettempdir()) if within is None else within)
            _ground = Ground(home, tuple(bubble.bubble_around(home, hidden)), preload, lock)
        _ensure_running(_ground)
        return _ground


def ground() -> Ground | None:
    """Return where the children of this process live; None while it has had none."""
    return _ground


def context() -> ForkServerContext:
    """Return how the pool makes processes, pipes and locks."""
    return _Context()


class _Process(ForkServerProcess):
    """A child whose server is started again, as it was, when it is gone."""

    @staticmethod
    def _Popen(process: BaseProcess) -> Any:  # noqa: N802 - what multiprocessing calls it
        if _ground is not None:
            _ensure_running(_ground)
        return ForkServerProcess._Popen(process)


class _Context(ForkServerContext):
    """The fork server's context: its pipes do not believe children, its locks share no memory with the whole system."""

    Process = _Process

    def Pipe(self, duplex: bool = True) -> Any:  # noqa: FBT001, FBT002, N802 - what multiprocessing calls it
        from sauveterre.media.crossing import receiving  # the server starts without waiting for the pool's library

        reader, writer = super().Pipe(duplex)
        return receiving(reader), writer

    def RLock(self) -> Any:  # noqa: N802
        return Token()


def _ensure_running(where: Ground) -> None:
    multiprocessing.get_context("forkserver").set_forkserver_preload([SERVER, where.preload])
    util.get_temp_dir()  # ours, for the server's socket: not the one that the server is told of below
    resource_tracker.ensure_running()  # outside: the server would start it on its way into the bubble
    with _starting, _environment(where), bubble.beginning_inside(where.bubble):
        forkserver.ensure_running()


@contextmanager
def _environment(where: Ground) -> Iterator[None]:
    """Show the server where to import from (older Pythons do not pass that on) and where to write."""
    told = {
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "TMPDIR": str(where.home),
        "MALLOC_MMAP_THRESHOLD_": str(KEPT_BYTES),
        "MALLOC_TRIM_THRESHOLD_": str(KEPT_BYTES),
    }
    if where.bubble:
        told["NUMBA_CACHE_LOCATOR_CLASSES"] = os.environ.get("NUMBA_CACHE_LOCATOR_CLASSES", bubble.KERNELS)
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _new_home(within: Path) -> tuple[Path, int]:
    """Make the home, held by a lock that goes with this process, and clear away those of processes that were killed."""
    left_behind(within)
    within.mkdir(mode=0o700, parents=True, exist_ok=True)
    while True:  # somebody who clears away may have been faster than the lock
        home = Path(tempfile.mkdtemp(prefix=PREFIX, dir=within))
        (home / MARK).touch()
        lock = _locked(home)
        if lock is not None and home.is_dir():
            _remove_at_exit(home)
            return home, lock


def _remove_at_exit(home: Path) -> None:
    owner = os.getpid()

    def remove() -> None:
        if os.getpid() == owner:
            shutil.rmtree(home, ignore_errors=True)

    atexit.register(remove)


def _locked(home: Path) -> int | None:
    """Return a descriptor that holds the home; None while another process holds it, or where it is not ours."""
    try:
        descriptor = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        os.stat(MARK, dir_fd=descriptor, follow_symlinks=False)
        if os.fstat(descriptor).st_uid != os.getuid():
            raise PermissionError
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def left_behind(within: Path) -> list[Held]:
    """Clear away the homes of processes that were killed, and return what their children had in hand."""
    held: list[Held] = []
    for home in sorted(within.glob(f"{PREFIX}*")):
        if home.is_symlink() or not home.is_dir() or home.stat().st_uid != os.getuid():
            continue
        descriptor = _locked(home)
        if descriptor is None:
            continue
        held += [found for file in sorted(home.glob(f"*/{HANDS}/*")) if (found := read_hand(file)) and found.label]
        shutil.rmtree(home, ignore_errors=True)
        os.close(descriptor)
    return held
