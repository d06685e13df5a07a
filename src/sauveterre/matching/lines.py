"""The lines of a stream, each within a bound."""

import codecs
from collections.abc import Iterator
from typing import BinaryIO


def lines_of(stream: BinaryIO, most: int, first: int = 1) -> Iterator[tuple[int, bytes | None]]:
    """Yield each line with its number, None for one of ``most`` bytes or more; line 1 without a byte order mark."""
    number, too_long = first, False
    while line := stream.readline(most):
        whole = line.endswith(b"\n") or len(line) < most
        if number == 1 and not too_long:
            line = line.removeprefix(codecs.BOM_UTF8)
        if whole:
            yield number, None if too_long else line
            number += 1
        too_long = not whole
    if too_long:
        yield number, None
