"""A live progress bar for long work: files, rate, time left, problems."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sauveterre.records.progress import Progress as Standing
from sauveterre.records.progress import Rate

if TYPE_CHECKING:
    from rich.progress import Progress


class ProgressBar:
    """Draws where the work stands each time it is told."""

    def __init__(self, progress: "Progress") -> None:
        """Draw on a progress display that is running."""
        self._progress = progress
        self._task = progress.add_task("listing", total=None, rate="", problems=0)
        self._rate = Rate()

    def show(self, standing: Standing) -> None:
        """Show a standing; the rate is that of the last half minute."""
        megabytes = self._rate.megabytes_a_second(standing.bytes_done)
        self._progress.update(
            self._task,
            description="listing" if standing.listing else "processing",
            completed=standing.done,
            total=standing.found,
            rate=f"{megabytes:,.1f} MB/s",
            problems=standing.problems,
        )


@contextmanager
def bar() -> Iterator[ProgressBar]:
    """Show a progress bar on the terminal's error channel while the block runs."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("files"),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[problems]} problems"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=False) as progress:
        yield ProgressBar(progress)
