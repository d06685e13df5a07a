"""What shuts the readers of evidence in, on this machine: for a page, a report and the audit log."""

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sauveterre.media import bubble, forking
from sauveterre.records.limits import Limits

_NO_NETWORK = "import ctypes; s = ctypes.CDLL(None).unshare; raise SystemExit(s(0x40000000) and s(0x50000000))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """The bounds in force around every child that reads evidence."""

    bubble: bool
    """Bubblewrap: the file system is read-only but for the sandbox's scratch folder, devices are private."""
    network: bool
    """Children have a network of their own with nothing in it; else only Python's own way to the network is shut."""
    memory_bytes: int
    """Most memory of one child."""
    silence_seconds: float
    """After which a reader that gives no sign of life is ended."""

    @property
    def sentence(self) -> str:
        """All of it for people."""
        files = "nothing can be written but scratch" if self.bubble else "no Bubblewrap: files are as for this user"
        network = "no network" if self.network else "no network namespace: only Python's own way to it is shut"
        return (
            f"Evidence is read in child processes: {files}; {network}; {self.memory_bytes >> 20:,} MiB of memory and "
            f"{self.silence_seconds:g} seconds of silence at most"
        )


def isolation(limits: Limits) -> Isolation:
    """Return what is in force in this process, or would be in one that is about to read evidence."""
    ground = forking.ground()
    bubbled = bool(ground.bubble) if ground is not None else _bubble_here()
    return Isolation(
        bubble=bubbled,
        network=bubbled or _own_network_here(),
        memory_bytes=limits.memory_bytes,
        silence_seconds=limits.silence_seconds,
    )


@cache
def _bubble_here() -> bool:
    return bool(bubble.bubble_around(Path(tempfile.gettempdir()), ()))


@cache
def _own_network_here() -> bool:
    if sys.platform != "linux":
        return False
    return subprocess.run([sys.executable, "-ISc", _NO_NETWORK], check=False).returncode == 0  # noqa: S603 - our own
