"""Exact look-up in a list of national size beside the usual ways: SQLite as NSRL ships it, hfind, hashdeep.

The same 200,000 digests, one in twenty of them listed, are asked of a list of 100 million, cold and warm. Cold: the
files are dropped from the system's cache (``posix_fadvise``, which anyone may), opened and asked: wall time. Warm:
asked again: CPU time of all threads. Each side runs in a process of its own; medians of rounds. hashdeep holds its
whole list in memory, loads it in each run, and is asked at the largest size that it can hold here.

    python bench/exact_lookup.py            100 million: about half an hour and 25 GB of disk
    python bench/exact_lookup.py --short    300,000: seconds
    python bench/exact_lookup.py --folder F keep what is built in F, and take what is there

Writes build/bench/exact_lookup.json. Ends with status 1 where the sides do not find the same, and in the long form
where ours is not 20 times the fastest.
"""

import argparse
import json
import os
import platform
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

import exact_peers
from sauveterre.matching.exact import ExactBuilder, ExactIndex
from watched import Measured, alone, exponent, forget

ROOT = Path(__file__).resolve().parents[1]
LEAST_RATIO = 20
ROUNDS = 3


@dataclass(frozen=True)
class Side:
    """How one way did: digests a second, and its memory."""

    name: str
    list_size: int
    asked: int
    found: int
    cold_s: float
    warm_s: float
    own_mb: float
    in_sight_mb: float
    bytes_a_hash: float

    @property
    def cold(self) -> float:
        """Digests a second of wall time, the opening included."""
        return self.asked / self.cold_s

    @property
    def warm(self) -> float:
        """Digests a second of CPU time."""
        return self.asked / self.warm_s


def build_ours(path: Path, size: int) -> None:
    with ExactBuilder(path.parent) as builder:
        for number, digests in enumerate(exact_peers.chunks(size)):
            start = number * exact_peers.CHUNK
            builder.add_rows("sha1", digests, np.arange(start, start + len(digests), dtype=np.uint32))
        builder.write(path)


def rounds_of(files: list[Path], ask: Callable[[], int]) -> tuple[int, list[float], list[float]]:
    """Ask cold, then warm; return what was found, the wall seconds of the first and the CPU seconds of the other."""
    cold, warm, found = [], [], ask()
    for _ in range(ROUNDS):
        forget(*files)
        started = time.perf_counter()
        ask()
        cold.append(time.perf_counter() - started)
    ask()
    for _ in range(ROUNDS):
        started = time.process_time()
        ask()
        warm.append(time.process_time() - started)
    return found, cold, warm


def ask_ours(path: Path, size: int, asked: int) -> tuple[int, list[float], list[float], list[float]]:
    """As ``rounds_of``, with the seconds that opening took; of another number of queries each time it is asked."""
    queries = exact_peers.questions(size, asked)
    opening = []

    def ask() -> int:
        started = time.perf_counter()
        index = ExactIndex.open(path)
        opening.append(time.perf_counter() - started)
        return int((index.lookup("sha1", queries) >= 0).sum())

    found, cold, _ = rounds_of([path], ask)
    index, warm = ExactIndex.open(path), []
    index.lookup("sha1", queries)
    for _ in range(3 * ROUNDS):
        started = time.process_time()
        index.lookup("sha1", queries)
        warm.append(time.process_time() - started)
    return found, cold, warm, opening


def ask_sqlite(path: Path, size: int, asked: int) -> tuple[int, list[float], list[float]]:
    queries = exact_peers.hexed(exact_peers.questions(size, asked))
    return rounds_of([path], lambda: exact_peers.ask_sqlite(path, queries))


def side(name: str, path: Path, size: int, asked: int, measured: Measured) -> Side:
    found, cold, warm = measured.result[:3]
    return Side(
        name, size, asked, found, statistics.median(cold), statistics.median(warm), measured.own_mb,
        measured.in_sight_mb, path.stat().st_size / size,
    )  # fmt: skip


def ours(folder: Path, size: int, asked: int) -> tuple[Side, dict[str, Any]]:
    """Measure three sizes of lists and of batches; return the largest, and how ours grows with them."""
    lists, builds, sides, facts = [], [], [], {}
    for part in (4, 2, 1):
        path = folder / f"ours-{size // part}"
        if not path.exists():
            built = alone(build_ours, path, size // part)
            builds.append((size // part, built.cpu_s))
            facts[f"build of {size // part:,}"] = {
                "wall_s": built.wall_s, "cpu_s": built.cpu_s, "own_mb": built.own_mb, "in_sight_mb": built.in_sight_mb,
            }  # fmt: skip
        measured = alone(ask_ours, path, size // part, asked)
        sides.append(side("sauveterre", path, size // part, asked, measured))
        lists.append((size // part, sides[-1].warm_s))
        facts["open_ms"] = statistics.median(measured.result[3]) * 1e3
    path = folder / f"ours-{size}"
    batches = [(n, alone(ask_ours, path, size, n).result) for n in (asked // 4, asked // 2)]
    queries = [(n, statistics.median(result[2])) for n, result in batches] + [(asked, sides[-1].warm_s)]
    facts["exponents"] = {"list": exponent(lists), "queries": exponent(queries)}
    if len(builds) == 3:
        facts["exponents"]["build"] = exponent(builds)
    return sides[-1], facts


def sqlite(folder: Path, size: int, asked: int) -> Side:
    path = folder / f"nsrl-{size}.sqlite"
    if not path.exists():
        alone(exact_peers.build_sqlite, path, size)
    return side("SQLite, as NSRL", path, size, asked, alone(ask_sqlite, path, size, asked))


def hfind(folder: Path, size: int, asked: int) -> Side:
    path, questions = folder / f"hfind-{size}.txt", folder / "asked.txt"
    if not path.exists():
        exact_peers.build_hfind(path, size)
    questions.write_text("\n".join(exact_peers.hexed(exact_peers.questions(size, asked), 16)) + "\n")
    files, cold, warm = exact_peers.hfind_files(path), [], []
    for _ in range(ROUNDS):
        forget(*files)
        cold.append(exact_peers.ask_hfind(path, questions))
    warm = [exact_peers.ask_hfind(path, questions) for _ in range(ROUNDS)]
    return Side(
        "hfind", size, asked, warm[0].result, statistics.median(one.wall_s for one in cold),
        statistics.median(one.cpu_s for one in warm), warm[0].own_mb, warm[0].in_sight_mb,
        sum(file.stat().st_size for file in files) / size,
    )  # fmt: skip


def hashdeep(size: int, asked: int) -> Side:
    """Measure one load with all look-ups: it has no other way, so cold and warm differ by the reading only."""
    with tempfile.TemporaryDirectory() as folder:
        path, files, known = exact_peers.build_hashdeep(Path(folder), size, asked)
        forget(path)
        cold, warm = (exact_peers.ask_hashdeep(path, files) for _ in range(2))
        if cold.result != known:
            raise SystemExit(f"hashdeep found {cold.result} of {known} files")
        return Side(
            "hashdeep", size, asked, warm.result, cold.wall_s, warm.cpu_s, warm.own_mb, warm.in_sight_mb,
            path.stat().st_size / size,
        )  # fmt: skip


def show(mine: Side, peers: list[Side], facts: dict[str, Any]) -> None:
    print(f"{'':18}{'list':>14}{'cold/s':>12}{'warm/s':>13}{'own MB':>9}{'in sight':>10}{'bytes':>7}")
    for one in [mine, *peers]:
        figures = f"{one.list_size:14,}{one.cold:12,.0f}{one.warm:13,.0f}{one.own_mb:9,.0f}{one.in_sight_mb:10,.0f}"
        ratios = f"   {mine.cold / one.cold:.1f}x {mine.warm / one.warm:.1f}x" if one is not mine else ""
        print(f"{one.name:18}{figures}{one.bytes_a_hash:7.0f}{ratios}")
    for what, built in facts.items():
        if what.startswith("build"):
            memory = f"{built['own_mb']:,.0f} MB of its own, {built['in_sight_mb']:,.0f} in sight"
            print(f"{what}: {built['wall_s']:.0f} s, {memory}")
    print(
        f"opened in {facts['open_ms']:.1f} ms; CPU time grows with the power of "
        + ", ".join(f"{of} {power:.2f}" for of, power in facts["exponents"].items())
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="300,000 hashes: seconds")
    parser.add_argument("--folder", type=Path, help="where lists are built and kept; else in a folder that is deleted")
    options = parser.parse_args()
    size, asked, deep, files = (300_000, 40_000, 20_000, 2_000) if options.short else (10**8, 200_000, 10**7, 20_000)
    missing = exact_peers.missing()
    with tempfile.TemporaryDirectory() as spare:
        folder = options.folder or Path(spare)
        mine, facts = ours(folder, size, asked)
        peers = [sqlite(folder, size, asked)]
        if "hfind" not in missing:
            peers.append(hfind(folder, size, asked))
        listed = {one.found for one in [mine, *peers]}
        if "hashdeep" not in missing:
            peers.append(hashdeep(deep, files))
    show(mine, peers, facts)
    for name in missing:
        print(f"{name} is not installed: not measured")
    target = ROOT / "build" / "bench" / "exact_lookup.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(
        json.dumps(
            {
                "ours": asdict(mine), "peers": [asdict(one) for one in peers], "facts": facts, "rounds": ROUNDS,
                "machine": f"{platform.machine()}, {os.cpu_count()} processors", "load": os.getloadavg(),
                "python": platform.python_version(), "sqlite": sqlite3.sqlite_version,
            },
            indent=1,
        )
        + "\n"
    )  # fmt: skip
    if len(listed) != 1:
        print(f"the sides do not find the same: {listed}")
        return 1
    ratio = min(min(mine.cold / one.cold, mine.warm / one.warm) for one in peers)
    print(f"at least {ratio:.1f} times the fastest peer, cold and warm")
    return 0 if options.short or ratio >= LEAST_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
