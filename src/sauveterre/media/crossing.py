"""What comes over from a child: made again from its bytes as plain values and our own records, and as nothing else.

A child is trusted with nothing, and Python's pickles can call any function by its name. Only classes are found here,
and only those that hold values.
"""

import io
import os
import pickle
from dataclasses import is_dataclass
from enum import Enum
from multiprocessing import connection
from typing import Any, ClassVar

from pebble.common.types import Result, ResultStatus
from pebble.pool.process import Acknowledgement, TaskProblem, TaskResult

from sauveterre.media.casualty import Casualty, CasualtyReason

_OURS = "sauveterre."
_PLAIN = frozenset({
    ("builtins", "bytearray"), ("builtins", "complex"), ("builtins", "frozenset"), ("builtins", "set"),
    ("collections", "Counter"), ("collections", "OrderedDict"), ("collections", "deque"),
    ("datetime", "date"), ("datetime", "datetime"), ("datetime", "time"), ("datetime", "timedelta"),
    ("datetime", "timezone"),
    ("pathlib", "PosixPath"), ("pathlib", "PurePosixPath"),
})  # fmt: skip
_POOL = (Acknowledgement, TaskProblem, TaskResult, Result, ResultStatus)
"""What the pool wraps around the bytes of a result."""


class _Values(pickle.Unpickler):
    """Reads values, records, enumerations and exceptions."""

    known: ClassVar[dict[tuple[str, str], Any]] = {}

    def find_class(self, module: str, name: str, /) -> Any:
        """Return a class that holds values; raise ``UnpicklingError`` for anything else."""
        found = self.known.get((module, name))
        if found is None:
            found = self.known[module, name] = self._allowed(module, name)
        return found

    def _allowed(self, module: str, name: str) -> Any:
        if (module, name) == ("builtins", "getattr"):
            return _member
        if (module, name) in _PLAIN:
            return super().find_class(module, name)
        if module == "builtins" or module.startswith(_OURS):
            found = super().find_class(module, name)
            if isinstance(found, type) and _holds_values(found):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is nothing that a child may hand back")


class _Messages(_Values):
    """Reads what the pool says, too."""

    known: ClassVar[dict[tuple[str, str], Any]] = {(found.__module__, found.__qualname__): found for found in _POOL}


def _holds_values(found: type) -> bool:
    return is_dataclass(found) or issubclass(found, Enum | BaseException | tuple)


def _member(kind: Any, name: str) -> Any:
    """Stand in for ``getattr``, by which some Pythons name the members of enumerations."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind[name]
    raise pickle.UnpicklingError(f"{name} is no member of an enumeration")


def loaded(data: bytes) -> Any:
    """Return what a task gave, or the error that it ended with, made from the bytes that its child handed back."""
    try:
        return _Values(io.BytesIO(data)).load()
    except Exception as error:  # noqa: BLE001 - the bytes of a child that was taken over may provoke anything
        return Casualty(
            CasualtyReason.FAILED,
            f"the child process handed back what no reader does ({type(error).__name__}); report it, and look at the "
            "content alone",
        )


def packed(result: Any) -> bytes:
    """Return a result as bytes that cross."""
    return pickle.dumps(result, pickle.HIGHEST_PROTOCOL)


class Receiver(connection.Connection):
    """The caller's end of the pipe that children answer through."""

    def recv(self) -> Any:
        """Receive a message of the pool, and nothing else; ``EOFError`` at the end or for anything else."""
        try:
            return _Messages(io.BytesIO(self.recv_bytes())).load()
        except (OSError, EOFError):
            raise
        except Exception as error:
            raise TypeError(f"a child process said what the pool never does ({type(error).__name__})") from error

    def __reduce__(self) -> Any:
        """Travel to a child as what it would have been: a child is told by its caller, whom it trusts."""
        return connection.reduce_connection(self)  # type: ignore[attr-defined]


def receiving(plain: connection.Connection) -> Receiver:
    """Return an end of a pipe that listens with care; the one given is used up."""
    end = Receiver(os.dup(plain.fileno()), writable=False)
    plain.close()
    return end
