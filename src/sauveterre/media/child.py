"""Inside a child of the sandbox: how it shuts itself in before it does any work, and how it runs one task.

Each bound is set where the system offers it; what a system refuses (address space on macOS, namespaces in some
containers) is left to the other bounds.
"""

import contextlib
import ctypes
import errno
import multiprocessing.forkserver
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sauveterre.errors import SauveterreError
from sauveterre.media import alarms
from sauveterre.media.casualty import Casualty, CasualtyReason
from sauveterre.media.crossing import packed
from sauveterre.media.deaths import MEMORY_EXIT
from sauveterre.media.memory import keep_freed_memory
from sauveterre.records.limits import Clocks, Limits

OPEN_FILES = 256
LONGEST_DETAIL = 4_000
"""Characters kept of a traceback, and a twentieth of that of a message."""

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_NETWORK_EVENTS = frozenset({
    "socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg",
    "socket.getaddrinfo", "socket.getnameinfo", "socket.gethostbyname", "socket.gethostbyaddr",
})  # fmt: skip


def shut_in(limits: Limits, hands: Path, bubble: bool) -> None:  # noqa: FBT001 - the pool passes by position
    """Confine this process for good: memory, files, network, noise, and its own end when its parent's comes.

    ``hands`` is the folder for what this process has in hand. In a ``bubble`` there is no network to leave.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    alarms.begin(hands)
    _die_with_parent()
    _be_silent()
    if not bubble:
        _leave_network()
    _gain_nothing()
    _bound(resource.RLIMIT_CORE, 0)
    _bound(resource.RLIMIT_FSIZE, limits.nested_bytes)
    _bound(resource.RLIMIT_NOFILE, OPEN_FILES)
    _bound(resource.RLIMIT_AS, limits.memory_bytes)
    keep_freed_memory()
    sys.addaudithook(_refuse_network)


def run_task(
    function: Callable[..., Any], arguments: tuple[Any, ...], clocks: Clocks, limits: Limits, label: str
) -> bytes:
    """Run one task against clocks that the system itself keeps; return its result or error as bytes.

    The clocks end the process, and run only while the task does. Errors of our own family stay themselves. Anything
    else becomes a ``Casualty``; memory ends the process, so that the next task finds a fresh one.
    """
    alarms.start(clocks, label)
    try:
        return _bounded(packed(function(*arguments)), limits)
    except MemoryError:
        os._exit(MEMORY_EXIT)
    except SauveterreError as error:
        return packed(error)
    except BaseException as error:  # noqa: BLE001 - whatever hostile content provokes must cost one task only
        return packed(_unforeseen(error, limits))
    finally:
        alarms.stop()


def _bounded(data: bytes, limits: Limits) -> bytes:
    if len(data) > limits.result_bytes:
        raise Casualty(
            CasualtyReason.OUTPUT,
            f"what was read comes to {len(data):,} bytes, more than the {limits.result_bytes:,} that a child may hand "
            "back; look at the content alone, or raise result_bytes",
        )
    return data


def _unforeseen(error: BaseException, limits: Limits) -> Casualty:
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        return Casualty(
            CasualtyReason.OUTPUT,
            f"reading wrote a file of more than the {limits.nested_bytes:,} bytes allowed; look at the content alone, "
            "or raise nested_bytes",
        )
    text = "".join(character if character.isprintable() else " " for character in str(error))
    what = f"{type(error).__name__}: {text}"[: LONGEST_DETAIL // 20]
    return Casualty(
        CasualtyReason.FAILED,
        f"the reader failed on this content ({what}); report it, and add the rest",
        "".join(traceback.format_exception(error))[-LONGEST_DETAIL:],
    )


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


def _gain_nothing() -> None:
    """Give up for good what a program with privileges of its own could give to whoever starts it."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


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
