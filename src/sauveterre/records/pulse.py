"""A sign of life: long work says with each block and entry that it goes on, and whoever watches over it hears that.

A reader calls ``pulse`` for each block that it reads and each entry that it finds. Outside of the sandbox nobody
listens.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def _unheard() -> None:
    """Nobody watches."""


_hears: Callable[[], None] = _unheard


def pulse() -> None:
    """Say that the work at hand goes on; a tenth of a microsecond."""
    _hears()


def heard(items: Iterable[T]) -> Iterator[T]:
    """Yield items, each with a sign of life."""
    for item in items:
        pulse()
        yield item


def listen(hears: Callable[[], None]) -> None:
    """Have a function called at every pulse of this process, instead of the one before."""
    global _hears
    _hears = hears
