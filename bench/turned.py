"""What it costs to look for pictures turned and mirrored too, beside upright alone, and what it finds falsely.

The first table: pictures that are on no list (the worst case: each is asked eight times), in batches as ``match`` asks
them, against lists of random hashes of growing size; CPU time of one process. The second: drawn pictures that have
nothing to do with one another, in each of their eight orientations against all the others upright, counted by distance.

    python bench/turned.py            some minutes, 2 GiB
    python bench/turned.py --short    seconds
"""

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

import numpy as np  # noqa: E402 - after the path that it is found by
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from picture_samples import draw  # noqa: E402
from sauveterre.matching.hits import MatchOptions  # noqa: E402
from sauveterre.matching.near import WIDTH, NearIndex, near, nearest  # noqa: E402
from sauveterre.matching.turns import turned_rows  # noqa: E402
from sauveterre.media.pdq.hashing import pdq_and_turned  # noqa: E402
from sauveterre.records.turn import TURNS  # noqa: E402

LISTS, SHORT_LISTS = (100_000, 1_000_000, 10_000_000), (20_000, 100_000)
UNRELATED, SHORT_UNRELATED = 1_500, 100
DISTANCES = (31, 45, 60)


def costs(sizes: tuple[int, ...], batch: int) -> Table:
    """Time a batch upright and in its other orientations against lists of each size."""
    rng = np.random.default_rng(1)
    upright = rng.integers(0, 256, (batch, WIDTH), np.uint8)
    kept = [(row.tobytes(), rng.bytes(3 * WIDTH)) for row in upright]
    table = Table(title=f"{batch:,} pictures on no list: CPU seconds")
    for heading in ("hashes listed", "upright", "the seven others", "together ÷ upright"):
        table.add_column(heading, justify="right")
    for size in sizes:
        index = NearIndex(rng.integers(0, 256, (size, WIDTH), np.uint8))
        _ = index.bands
        began = time.process_time()
        nearest(index, upright)
        first = time.process_time() - began
        nearest(index, turned_rows(kept)[:, 1:].reshape(-1, WIDTH))
        both = time.process_time() - began
        table.add_row(f"{size:,}", f"{first:.2f}", f"{both - first:.2f}", f"{both / first:.1f}")
    return table


def false_hits(count: int) -> Table:
    """Count pairs of unrelated drawn pictures within each distance, for each orientation."""
    hashed = [pdq_and_turned(np.asarray(draw(1_000 + seed, 200, 150))) for seed in range(count)]
    rows = turned_rows([(pdq.hash, others) for pdq, others in hashed])
    index = NearIndex(np.ascontiguousarray(rows[:, 0]))
    table = Table(title=f"{count:,} unrelated pictures: pairs within so many bits")
    for heading in ("orientation", *map(str, DISTANCES)):
        table.add_column(heading, justify="left" if heading == "orientation" else "right")
    for number, turn in enumerate(TURNS):
        pairs = near(index, np.ascontiguousarray(rows[:, number]), max(DISTANCES))
        apart = pairs[pairs[:, 0] != pairs[:, 1], 2]
        table.add_row(turn.value or "upright", *(str(int((apart <= most).sum())) for most in DISTANCES))
    return table


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true")
    is_short = parser.parse_args().short
    console = Console()
    nearest(NearIndex(np.zeros((1, WIDTH), np.uint8)), np.zeros((1, WIDTH), np.uint8))
    console.print(costs(SHORT_LISTS if is_short else LISTS, 4_096 if is_short else MatchOptions().batch))
    console.print(false_hits(SHORT_UNRELATED if is_short else UNRELATED))


if __name__ == "__main__":
    main()
