"""Images in several files: which file follows which, by the names that imaging programs give them.

Raw images count ``.001``, ``.002`` … (or from ``.000``) or ``.aa``, ``.ab`` …; EnCase images ``.E01`` … ``.E99``,
``.EAA`` … ``.ZZZ`` and likewise ``.Ex01``, ``.L01``, ``.Lx01``, ``.s01``.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

_RAW_NUMBER = re.compile(rb"^(.+\.)(0{1,3}[01])$")
_RAW_LETTERS = re.compile(rb"^(.+[._-])(a{2,4})$")
_EWF = re.compile(rb"^(.+\.)([A-Za-z])(x?)01$")
MOST_SEGMENTS = 14_971
"""From ``.E01`` to ``.ZZZ``: 99 and 22 times 26 squared."""

Sibling = Callable[[bytes], BinaryIO | None]


def is_raw_split(name: bytes) -> bool:
    """Say whether a name is that of the first of several raw segments."""
    return _RAW_NUMBER.match(name) is not None or _RAW_LETTERS.match(name) is not None


def following(name: bytes) -> Iterator[bytes]:
    """Yield the names that the segments after the first one have; none where the name counts nothing."""
    if found := _RAW_NUMBER.match(name):
        stem, digits = found.groups()
        yield from (stem + b"%0*d" % (len(digits), n) for n in range(int(digits) + 1, 10 ** len(digits)))
    elif found := _RAW_LETTERS.match(name):
        stem, letters = found.groups()
        yield from (stem + _letters(n, len(letters), b"a") for n in range(1, 26 ** len(letters)))
    elif found := _EWF.match(name):
        stem, letter, mark = found.groups()
        yield from (stem + letter + mark + b"%02d" % n for n in range(2, 100))
        yield from (stem + tail for tail in _ewf_letters(letter, mark))


def segments(name: bytes, sibling: Sibling) -> list[BinaryIO]:
    """Return the segments after the first one, in order, up to the first that is missing."""
    found: list[BinaryIO] = []
    for next_name, _ in zip(following(name), range(MOST_SEGMENTS), strict=False):
        stream = sibling(next_name)
        if stream is None:
            break
        found.append(stream)
    return found


def files_of(path: Path) -> tuple[Path, ...]:
    """Return the files that make up the image which begins with this one, in order: itself first."""
    found = [path]
    for name in following(bytes(path.name, "utf-8", "surrogateescape")):
        follower = path.with_name(name.decode("utf-8", "surrogateescape"))
        if not follower.is_file():
            break
        found.append(follower)
    return tuple(found)


def _ewf_letters(letter: bytes, mark: bytes) -> Iterator[bytes]:
    lower = letter.islower()
    last = ord("z" if lower else "Z")
    first = b"a" if lower else b"A"
    for lead in range(letter[0], last + 1):
        yield from (bytes([lead]) + mark + _letters(n, 2, first) for n in range(26 * 26))


def _letters(number: int, width: int, first: bytes) -> bytes:
    out = bytearray()
    for _ in range(width):
        number, rest = divmod(number, 26)
        out.insert(0, first[0] + rest)
    return bytes(out)
