"""Inside a child of the sandbox: how it shuts itself in before it does any work, and how it runs one task.

Each bound is set where the system offers it; what a system refuses (address space on macOS, namespaces in some
containers) is left to the other bounds.
"""

import contextlib
import ctypes
import multiprocessing.forkserver
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any

from sauveterre.errors import SauveterreError
from sauveterre.media.casualty import Casualty, CasualtyReason
from sauveterre.records.limits import Limits

MEMORY_EXIT = 87
"""Exit status of a child that ran out of the memory it may have: it is replaced by a fresh one."""
OPEN_FILES = 256
LONGEST_DETAIL = 4_000
"""Characters kept of a traceback, and a twentieth of that of a message."""

_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_NETWORK_EVENTS = frozenset({
    "socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg",
    "socket.getaddrinfo", "socket.getnameinfo", "socket.gethostbyname", "socket.gethostbyaddr",
})  # fmt: skip


def shut_in(limits: Limits) -> None:
    """Confine this process for good: memory, files, network, noise, and its own end when its parent's comes."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    _die_with_parent()
    _be_silent()
    _leave_network()
    _bound(resource.RLIMIT_CORE, 0)
    _bound(resource.RLIMIT_FSIZE, limits.nested_bytes)
    _bound(resource.RLIMIT_NOFILE, OPEN_FILES)
    _bound(resource.RLIMIT_AS, limits.memory_bytes)
    sys.addaudithook(_refuse_network)


def run_task(function: Callable[..., Any], arguments: tuple[Any, ...], seconds: float) -> Any:
    """Run one task with an alarm that the system itself rings: it ends the process, and only while the task runs.

    Errors of our own family pass through. Anything else becomes a ``Casualty``; memory ends the process, so that
    the next task finds a fresh one.
    """
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return function(*arguments)
    except MemoryError:
        os._exit(MEMORY_EXIT)
    except SauveterreError:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever hostile content provokes must cost one task only
        text = "".join(character if character.isprintable() else " " for character in str(error))
        what = f"{type(error).__name__}: {text}"[: LONGEST_DETAIL // 20]
        detail = traceback.format_exc()[-LONGEST_DETAIL:]
        raise Casualty(
            CasualtyReason.FAILED,
            f"the reader failed on this content ({what}); report it, and add the rest",
            detail,
        ) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _bound(which: int, most: int) -> None:
    """Lower a limit for good; a system that refuses keeps the limit it had."""
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(which, (most, most))


def _die_with_parent() -> None:
    """Ask the system to kill this process with the fork server, and let go of what keeps the server alive.

    The server ends when nobody holds the write end of its pipe any more; a child that held it would outlive a
    killed caller.
    """
    server = getattr(multiprocessing.forkserver, "_forkserver", None)
    held = getattr(server, "_forkserver_alive_fd", None)
    if server is not None and isinstance(held, int):
        with contextlib.suppress(OSError):
            os.close(held)
        server._forkserver_alive_fd = None
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() == 1:
            os._exit(0)


def _be_silent() -> None:
    """Point both outputs nowhere: decoders print parts of what they read, and terminals obey some of it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def _leave_network() -> None:
    """Move to a network namespace with nothing in it: alone as root, else inside a user namespace of our own."""
    if sys.platform != "linux":
        return
    system = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    if system.unshare(_CLONE_NEWNET) == 0 or system.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        with contextlib.suppress(OSError), open(f"/proc/self/{name}", "w") as control:  # noqa: PTH123 - not a file
            control.write(text)


def _refuse_network(event: str, _arguments: tuple[Any, ...]) -> None:
    if event in _NETWORK_EVENTS:
        raise Casualty(
            CasualtyReason.NETWORK,
            f"the reader reached for the network ({event}), which nothing may while it reads evidence; report it",
        )
