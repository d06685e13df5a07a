"""Exact look-up and near matches beside their peers, in one run: prints ratios and writes build/bench/matching.json.

Peers: for exact look-up a Python set and SQLite (digests as blobs, WITHOUT ROWID), for near matches numpy comparing
everything, and in the long form faiss and usearch. Hashes are random, one query in twenty is on the list. Ours and
the peer take turns, and medians of CPU time are compared: absolute times say more about the machine than about the
program.

    python bench/matching.py [--short] [--near]
"""

import argparse
import json
import platform
import sqlite3
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np

from near_matching import growth, nearly, seconds, stacked
from sauveterre.matching.exact import ExactBuilder, ExactIndex


def compare(name: str, ours: Callable[[], Any], peer: Callable[[], Any], units: tuple[int, int], rounds: int) -> Any:
    """Time both in turns; ``units`` says how many queries each answers in one go."""
    ours(), peer()
    times = [(seconds(ours), seconds(peer)) for _ in range(rounds)]
    mine, theirs = (units[side] / statistics.median(pair[side] for pair in times) for side in (0, 1))
    return {"name": name, "ours": mine, "peer": theirs, "ratio": mine / theirs, "unit": "queries per CPU second"}


def exact(folder: Path, size: int, asked: int, rounds: int) -> list[Any]:
    rng = np.random.default_rng(1)
    digests = rng.integers(0, 256, (size, 20), np.uint8)
    queries = rng.integers(0, 256, (asked, 20), np.uint8)
    queries[::20] = digests[rng.integers(0, size, len(queries[::20]))]

    def build() -> None:
        with ExactBuilder(folder) as builder:
            builder.add_rows("sha1", digests, np.arange(size, dtype=np.uint32))
            builder.write(folder / "exact")

    took = seconds(build)
    opening = seconds(lambda: ExactIndex.open(folder / "exact"))
    index = ExactIndex.open(folder / "exact")
    known = [row.tobytes() for row in digests]
    wanted = [row.tobytes() for row in queries]
    database = sqlite3.connect(folder / "peer.sqlite")
    database.execute("create table hashes (sha1 blob primary key) without rowid")
    database.executemany("insert or ignore into hashes values (?)", ((value,) for value in sorted(known)))
    in_memory = set(known)
    few = wanted[: max(asked // 10, 1)]

    def ask_database() -> int:
        return sum(database.execute("select 1 from hashes where sha1 = ?", (w,)).fetchone() is not None for w in few)

    hits = int((index.lookup("sha1", queries) >= 0).sum())
    if hits != sum(value in in_memory for value in wanted):
        raise SystemExit("the exact index and its peer do not agree")
    ours = lambda: index.lookup("sha1", queries)  # noqa: E731
    results = [
        compare("exact / sqlite3", ours, ask_database, (asked, len(few)), rounds),
        compare("exact / set", ours, lambda: sum(value in in_memory for value in wanted), (asked, asked), rounds),
    ]
    database.close()
    facts = {"list": size, "queries": asked, "build_s": took, "open_s": opening}
    return [result | {"sizes": facts} for result in results]


def extra(result: Any) -> str:
    """Say what else there is to a near search."""
    memory = result["sizes"].get("bytes_a_hash")
    recall = f"recall of the peer {result['recall']:.2f}, " if "recall" in result else ""
    return f"{recall}{memory:.0f} bytes a hash" if memory else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="small sizes: less than a minute")
    parser.add_argument("--near", action="store_true", help="near matches and stacks only")
    options = parser.parse_args()
    short = options.short
    rounds = 3
    with tempfile.TemporaryDirectory() as folder:
        sizes = (500_000, 100_000) if short else (10_000_000, 200_000)
        results = [] if options.near else exact(Path(folder), *sizes, rounds)
        sizes = (200_000, 50_000) if short else (10_000_000, 200_000)
        results += nearly(Path(folder), *sizes, rounds, peers=not short)
    grown = growth(200_000, 50_000, 50_000) if short else growth(8_000_000, 200_000, 1_000_000)
    stacking = stacked(50_000 if short else 1_000_000)
    versions = {
        "python": platform.python_version(), "numpy": np.__version__, "numba": numba.__version__,
        "sqlite": sqlite3.sqlite_version,
    }  # fmt: skip
    target = Path(__file__).parents[1] / "build" / "bench" / "matching.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(
        json.dumps({"results": results, "stacks": stacking, "growth": grown, "versions": versions}, indent=1) + "\n"
    )
    print(f"{'':30}{'ours':>14}{'peer':>14}{'ratio':>9}   queries per CPU second, medians of {rounds}")
    for result in results:
        figures = f"{result['ours']:14,.0f}{result['peer']:14,.0f}{result['ratio']:8.1f}x"
        print(f"{result['name']:30}{figures}   {extra(result)}")
    print(f"{stacking['pictures']:,} pictures stacked in {stacking['cpu_s']:.1f} s")
    print("CPU time grows with the power of " + ", ".join(f"{of} {power:.2f}" for of, power in grown.items()))


if __name__ == "__main__":
    main()
