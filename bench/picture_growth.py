"""What pictures cost as they become more: time of the children that read them, and the memory of all processes."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil
from rich.table import Table

from picture_samples import draw, written
from sauveterre.media.sandbox import Sandbox
from sauveterre.pipeline.inspection import Inspected, inspect
from sauveterre.records.limits import Limits
from watched import exponent

COUNTS, SHORT_COUNTS = (1_000, 3_000, 9_000), (200, 600, 1_800)
DRAWN = 8
MOST_EXPONENT = 1.1
MOST_GROWTH = 64 << 20
"""Bytes that memory may be larger with the most files than with the fewest."""


@dataclass(frozen=True)
class Growth:
    """What so many files took."""

    files: int
    seconds: float
    """CPU time of all processes."""
    child_bytes: int
    """The most that the child held."""
    parent_bytes: int


def growth(counts: tuple[int, ...]) -> list[Growth]:
    """Have a child read so many small JPEGs in a folder, each another content."""
    return [_read(count) for count in counts]


def power_of(found: list[Growth]) -> float:
    """Return the power of the number of files with which time grows."""
    return exponent([(one.files, one.seconds) for one in found])


def is_bounded(found: list[Growth]) -> bool:
    """Tell whether time grows as files do, and memory does not."""
    child = found[-1].child_bytes - found[0].child_bytes
    parent = found[-1].parent_bytes - found[0].parent_bytes
    return power_of(found) <= MOST_EXPONENT and max(child, parent) <= MOST_GROWTH


def table_of(found: list[Growth]) -> Table:
    """Lay the figures out."""
    power = power_of(found)
    table = Table(title=f"Small JPEGs through one child: time grows with the power {power:.3f} of their number")
    for heading in ("files", "CPU seconds", "files a second", "MB of the child", "MB of the caller", ""):
        table.add_column(heading, justify="right")
    for one in found:
        table.add_row(
            f"{one.files:,}", f"{one.seconds:.2f}", f"{one.files / one.seconds:,.0f}", f"{one.child_bytes / 1e6:,.0f}",
            f"{one.parent_bytes / 1e6:,.0f}", ("met" if is_bounded(found) else "MISSED") if one is found[-1] else "",
        )  # fmt: skip
    return table


def _read(count: int) -> Growth:
    drawn = [written(draw(seed, 320, 240), "JPEG", quality=80) for seed in range(DRAWN)]
    with tempfile.TemporaryDirectory() as name, Sandbox(1, Limits()) as sandbox:
        folder = Path(name) / "card"
        folder.mkdir()
        for number in range(count):
            (folder / f"{number}.jpg").write_bytes(drawn[number % DRAWN] + number.to_bytes(4, "big"))
        sandbox.run(abs, -1, seconds=60)
        before = _seconds()
        held = child = 0
        for place, found in enumerate(inspect(folder, sandbox, Limits())):
            if not isinstance(found, Inspected) or found.processed.fingerprint is None:
                raise SystemExit(f"a drawn picture was not read: {found}")
            if place % 200 == 0 or place == count - 1:
                child, held = max(child, _child_bytes()), max(held, psutil.Process().memory_info().rss)
        return Growth(count, _seconds() - before, child, held)


def _processes() -> list[psutil.Process]:
    return [psutil.Process(), *psutil.Process().children(recursive=True)]


def _seconds() -> float:
    return sum(sum(one.cpu_times()[:2]) for one in _processes())


def _child_bytes() -> int:
    return max(one.memory_info().rss for one in _processes()[1:])
