"""Exact look-up and near matches beside their peers, in one run: prints ratios and writes build/bench/matching.json.

Peers: for exact look-up a Python set and SQLite (digests as blobs, WITHOUT ROWID), for near matches numpy comparing
everything. Hashes are random, one query in twenty is on the list, near ones at most 31 bits away. Ours and the peer
take turns, and medians of CPU time are compared: absolute times say more about the machine than about the program.

    python bench/matching.py [--short]
"""

import argparse
import json
import platform
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from sauveterre.matching import near, stacks
from sauveterre.matching.exact import ExactBuilder, ExactIndex
from sauveterre.matching.near import NearIndex

Hashes = NDArray[np.uint8]


def seconds(work: Callable[[], Any]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


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


def compare_everything(hashes: Hashes, queries: Hashes) -> int:
    wide, found = hashes.view(np.uint64), 0
    for query in queries.view(np.uint64):
        found += int((np.bitwise_count(wide ^ query).sum(1, dtype=np.uint16) <= near.THRESHOLD).sum())
    return found


def nearly(size: int, asked: int, rounds: int) -> list[Any]:
    rng = np.random.default_rng(2)
    hashes = rng.integers(0, 256, (size, 32), np.uint8)
    queries = rng.integers(0, 256, (asked, 32), np.uint8)
    queries[::20] = hashes[rng.integers(0, size, len(queries[::20]))]
    for _ in range(20):
        bits = rng.integers(0, 256, len(queries[::20]))
        rows = np.arange(0, asked, 20)
        queries[rows, bits >> 3] ^= (1 << (bits & 7)).astype(np.uint8)
    few = queries[: max(20, asked // 2_000)]
    index = NearIndex(hashes)
    building = seconds(lambda: index.bands)
    if len(near.near(index, few, way="join")) != compare_everything(hashes, few):
        raise SystemExit("the near index and its peer do not agree")
    facts = {"list": size, "queries": asked, "build_s": building}
    peer = lambda: compare_everything(hashes, few)  # noqa: E731
    return [
        result | {"sizes": facts}
        for result in (
            compare(
                "near, bands / numpy", lambda: near.near(index, queries, way="join"), peer, (asked, len(few)), rounds
            ),
            compare(
                "near, few / numpy", lambda: near.near(index, few, way="brute"), peer, (len(few), len(few)), rounds
            ),
        )
    ]


def stacked(size: int) -> Any:
    rng = np.random.default_rng(3)
    hashes = rng.integers(0, 256, (size, 32), np.uint8)
    twins = size // 2
    hashes[:twins] = hashes[rng.integers(twins, size, twins)]
    for _ in range(6):
        bits = rng.integers(0, 256, twins)
        hashes[np.arange(twins), bits >> 3] ^= (1 << (bits & 7)).astype(np.uint8)
    members = [(f"{k:064x}", row.tobytes(), 80, 100, 1) for k, row in enumerate(hashes)]
    return {"pictures": size, "cpu_s": seconds(lambda: stacks.stack(members))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="small sizes: less than a minute")
    short = parser.parse_args().short
    rounds = 3 if short else 5
    with tempfile.TemporaryDirectory() as folder:
        results = exact(Path(folder), 500_000 if short else 10_000_000, 100_000 if short else 200_000, rounds)
    results += nearly(200_000 if short else 1_000_000, 50_000 if short else 200_000, rounds)
    stacking = stacked(50_000 if short else 1_000_000)
    versions = {
        "python": platform.python_version(), "numpy": np.__version__, "numba": numba.__version__,
        "sqlite": sqlite3.sqlite_version,
    }  # fmt: skip
    target = Path(__file__).parents[1] / "build" / "bench" / "matching.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps({"results": results, "stacks": stacking, "versions": versions}, indent=1) + "\n")
    print(f"{'':24}{'ours':>14}{'peer':>14}{'ratio':>9}   queries per CPU second, medians of {rounds}")
    for result in results:
        print(f"{result['name']:24}{result['ours']:14,.0f}{result['peer']:14,.0f}{result['ratio']:8.1f}x")
    print(f"{stacking['pictures']:,} pictures stacked in {stacking['cpu_s']:.1f} s")


if __name__ == "__main__":
    main()
