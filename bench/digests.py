"""Three digests of small files, 4 to 64 kB: one by one, in runs with their MD5 side by side, and by hashdeep.

Ours reads each file from disk as a child does and digests it (``read_once``, ``md5_of_many``); hashdeep is a whole
process on the same folder, with one thread. CPU time, medians of rounds taken in turn; files are in the page cache.

    python bench/digests.py            4,000 files
    python bench/digests.py --short    800 files, for continuous checks

Ends with status 1 when a digest is wrong, and in the long form when runs are not 2.5 times as fast as hashdeep.
"""

import argparse
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from rich.console import Console  # noqa: E402

from sauveterre.media.digests import read_once  # noqa: E402
from sauveterre.media.md5 import lanes  # noqa: E402
from sauveterre.media.memory import keep_freed_memory  # noqa: E402
from sauveterre.pipeline.attempts import RUN_ENTRIES  # noqa: E402
from sauveterre.records.digest import Digests as KnownDigests  # noqa: E402

COUNT, SHORT_COUNT, ROUNDS = 4_000, 800, 5
LEAST_RATIO = 2.5
Digests = set[tuple[str, str, str]]


def one_by_one(files: list[Path]) -> Digests:
    """Digest each file by itself."""
    return {(found.md5, found.sha1, found.sha256) for found in (_read(file, late=False)[0] for file in files)}


def in_runs(files: list[Path]) -> Digests:
    """Digest files as the pipeline does: a run at a time."""
    found = set()
    for first in range(0, len(files), RUN_ENTRIES):
        run = [_read(file, late=True) for file in files[first : first + RUN_ENTRIES]]
        for (known, _), md5 in zip(run, lanes.md5_of_many([content for _, content in run]), strict=True):
            found.add((md5, known.sha1, known.sha256))
    return found


def _read(file: Path, *, late: bool) -> tuple[KnownDigests, bytes]:
    with file.open("rb", buffering=0) as stream:
        reading = read_once(stream, wanted=lambda _: False, most_bytes=1 << 30, md5_of_short=not late)
    return reading.digests, reading.head


def hashdeep(files: list[Path]) -> Digests:
    """Have hashdeep digest the folder."""
    command = ["hashdeep", "-c", "md5,sha1,sha256", "-j0", "-r", str(files[0].parent)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return {tuple(line.split(",")[1:4]) for line in lines if line[:1] not in "%#"}  # type: ignore[misc]


def cpu_of(way: Callable[[list[Path]], Digests], files: list[Path]) -> tuple[float, Digests]:
    """Return CPU seconds of this process and of what it started."""
    before = time.process_time() + _of_children()
    found = way(files)
    return time.process_time() + _of_children() - before, found


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> int:
    """Measure, print, write; 1 when something is not as it must be."""
    parser = argparse.ArgumentParser(description="three digests of small files, beside hashdeep")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench" / "digests.json")
    options = parser.parse_args()
    ways = [one_by_one, in_runs, *([hashdeep] if shutil.which("hashdeep") else [])]
    keep_freed_memory()  # as a child does
    lanes.WORTH_BYTES = 0  # it has made the machine code long before
    chance = random.Random(7)
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / str(number) for number in range(SHORT_COUNT if options.short else COUNT)]
        for file in files:
            file.write_bytes(chance.randbytes(int(2 ** chance.uniform(12, 16))))
        size = sum(file.stat().st_size for file in files)
        found = [cpu_of(way, files)[1] for way in ways]
        rounds = [[cpu_of(way, files)[0] for way in ways] for _ in range(ROUNDS)]
    columns = zip(ways, zip(*rounds, strict=True), strict=True)
    seconds = {way.__name__: statistics.median(column) for way, column in columns}
    right = all(one == found[0] and len(one) == len(files) for one in found)
    ratio = seconds.get("hashdeep", 0.0) / seconds["in_runs"]
    console = Console()
    for name, value in seconds.items():
        console.print(f"{name.replace('_', ' '):<12} {value:6.3f} s of CPU time, {size / 1e6 / value:5.0f} MB/s")
    gain = seconds["one_by_one"] / seconds["in_runs"]
    console.print(f"{len(files):,} files, {size / 1e6:.0f} MB: runs are {gain:.2f} × as fast as one by one, ", end="")
    console.print(f"{ratio:.2f} × hashdeep (asked ≥ {LEAST_RATIO} ×)" if ratio else "hashdeep is not installed")
    console.print("all digests are right" if right else "[red]digests differ[/red]")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    report = {"files": len(files), "bytes": size, "seconds": seconds, "ratio": ratio, "cores": os.cpu_count()}
    options.out.write_text(json.dumps(report, indent=2) + "\n")
    return 0 if right and (options.short or not ratio or ratio >= LEAST_RATIO) else 1


if __name__ == "__main__":
    sys.exit(main())
