"""What is reported when a child of the sandbox did not survive its task."""

from enum import StrEnum

from sauveterre.errors import SauveterreError


class CasualtyReason(StrEnum):
    """Why a task gave no result. The set is closed."""

    KILLED = "killed"
    """A signal ended the child: a decoder crashed, or the system ran out of memory."""
    TIME = "time"
    """It took longer than it may, by the clock on the wall."""
    CPU = "cpu"
    """It used more of a processor's time than it may."""
    SILENCE = "silence"
    """It gave no sign of life for longer than it may."""
    MEMORY = "memory"
    """It wanted more memory than it may have."""
    OUTPUT = "output"
    """It wrote, or gave back, more than it may."""
    EXITED = "exited"
    """It ended its own process."""
    NETWORK = "network"
    """It reached for the network."""
    FAILED = "failed"
    """It raised something that is not one of our errors."""
    LOST = "lost"
    """No child could be kept running for it."""


class Casualty(SauveterreError):
    """A task took its child with it, or broke in it. It costs that one task only."""

    exit_code = 8

    def __init__(self, reason: CasualtyReason, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.detail = detail
        """The child's own traceback where there is one, for the log of whoever mends the reader."""

    def __reduce__(self) -> tuple[type["Casualty"], tuple[CasualtyReason, str, str]]:
        """Travel between processes with reason and detail."""
        return Casualty, (self.reason, str(self), self.detail)
