"""Message stores into PostgreSQL: messages a second and most memory, of the program and of the child that reads.

    python bench/messages.py            a quarter of a million, half a million and a million messages
    python bench/messages.py --short    small stores, for continuous checks: memory is judged, times are not

Stores are drawn (``scenarios``), taken in as exhibits of a new workspace and read as ever: in the sandbox, into the
workspace's own PostgreSQL, the key among the exhibit's keys. Each size has a process of its own. Time is that of the
whole inventory: the folder listed, the store opened, its files listed, its records read and written. Memory is what a
process has for itself. What the database's server uses is its own affair, and is not counted.
"""

import argparse
import json
import platform
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from watched import alone, exponent

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from sauveterre.scenarios.long_backup import write_long_backup  # noqa: E402
from sauveterre.scenarios.long_desktop import write_long_profile  # noqa: E402

SHORT = (5_000, 10_000, 20_000)
LONG = (250_000, 500_000, 1_000_000)
MOST_MEGABYTES = 512
MOST_GROWTH = 1.25
"""Of memory, from the smallest store to the largest."""
MOST_EXPONENT = 1.15
KEY = "a" * 64
HEAD = "store                 messages       facts      MB   wall s    CPU s   messages/s  program MB     child"
_EVERY_S = 0.02


@dataclass(frozen=True)
class Store:
    """A kind of store that is measured: how it is written, and which keys open it."""

    name: str
    write: Callable[[Path, int], None]
    keys: tuple[str, ...]


STORES = (
    Store("signal_backup_v2", lambda folder, count: write_long_backup(folder, KEY, count), (KEY,)),
    Store("signal_desktop", lambda folder, count: write_long_profile(folder, bytes(range(32)), count), ()),
)
"""A new kind costs one line: a writer that draws as many messages as it is told to, and the key."""


@dataclass(frozen=True)
class Taken:
    """What taking one store in came to."""

    store: str
    messages: int
    facts: int
    megabytes: float
    """Of the store itself."""
    wall_s: float
    cpu_s: float
    """Of the program and of the child, without the database's server."""
    program_mb: float
    child_mb: float


class _Watch(threading.Thread):
    """Looks again and again at this process, and at the largest of the children that read."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.program = self.child = self.child_cpu_s = 0.0
        self.done = threading.Event()

    def run(self) -> None:
        me = psutil.Process()
        while not self.done.wait(_EVERY_S):
            self.program = max(self.program, _own_mb(me))
            children = [one for one in me.children(recursive=True) if _is_reader(one)]
            self.child = max([self.child, *map(_own_mb, children)])
            self.child_cpu_s = max([self.child_cpu_s, *map(_cpu_s, children)])


def _is_reader(process: psutil.Process) -> bool:
    try:
        return "python" in process.name()
    except psutil.Error:
        return False


def _cpu_s(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def _own_mb(process: psutil.Process) -> float:
    try:
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1e3 for line in lines if line.startswith("RssAnon"))
    except (OSError, StopIteration):
        return 0.0


def take_in(number: int, messages: int, folder: Path) -> Taken:
    """Inside a process of its own: draw a store, take it in, and measure that."""
    store, evidence, workspace = STORES[number], folder / "evidence", folder / "case"
    evidence.mkdir()
    store.write(evidence, messages)
    size = sum(file.stat().st_size for file in evidence.rglob("*") if file.is_file()) / 1e6
    from sauveterre.casework.workspace import create_workspace
    from sauveterre.server.boot import boot

    create_workspace(workspace)
    boot(workspace)
    from sauveterre.casework.runner import run_jobs
    from sauveterre.casework.services.exhibits import add_exhibit
    from sauveterre.casework.services.operations import create_operation, local_officer

    officer = local_officer("bench")
    operation = create_operation(name="Weather", by=officer)
    add_exhibit(operation=operation, by=officer, path=evidence, keys=store.keys)
    watch, wall, cpu = _Watch(), time.perf_counter(), time.process_time()
    watch.start()
    run_jobs(workers=1)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu + watch.child_cpu_s
    watch.done.set()
    return Taken(store.name, *_kept(), size, wall, cpu, watch.program, watch.child)


def _kept() -> tuple[int, int]:
    """Return how many messages and how many facts there are; end where the store was not read."""
    from sauveterre.casework.models import MessageFact, Source, SourceState
    from sauveterre.casework.rows import FACT_MODELS

    found = Source.objects.get(is_store=True)
    if found.state != SourceState.DONE:
        raise SystemExit(f"the store was not read: {found.reason}")
    said = MessageFact.objects.exclude(kind="details").count()
    return said, sum(model._default_manager.count() for model in FACT_MODELS.values())


def measure(number: int, messages: int, folder: Path | None) -> Taken:
    """Measure one size, and leave nothing behind."""
    with tempfile.TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as place:
        taken: Taken = alone(take_in, number, messages, Path(place)).result
    print(
        f"{taken.store:18}{taken.messages:12,}{taken.facts:12,}{taken.megabytes:8,.1f}{taken.wall_s:9.1f}{taken.cpu_s:9.1f}"
        f"{taken.messages / taken.wall_s:13,.0f}{taken.program_mb:12,.0f}{taken.child_mb:10,.0f}",
        flush=True,
    )
    return taken


def main() -> int:
    """Measure all stores in three sizes, print and write the figures; 1 when one of them is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="small sizes: half a minute")
    parser.add_argument("--folder", type=Path, help="where stores and workspaces are made, and removed again")
    options = parser.parse_args()
    sizes = SHORT if options.short else LONG
    print(HEAD)
    rows = {store.name: [measure(at, size, options.folder) for size in sizes] for at, store in enumerate(STORES)}
    powers = {name: exponent([(row.messages, row.cpu_s) for row in found]) for name, found in rows.items()}
    for name, power in powers.items():
        print(f"{name}: CPU time grows with the power {power:.2f} of messages")
    target = ROOT / "build" / "bench" / "messages.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    stated = {
        "form": "short" if options.short else "long",
        "python": platform.python_version(),
        "rows": {name: [asdict(row) for row in found] for name, found in rows.items()},
        "exponents": powers,
    }
    target.write_text(json.dumps(stated, indent=1) + "\n")
    return 1 if any(map(_grew, rows.values())) or (not options.short and max(powers.values()) > MOST_EXPONENT) else 0


def _grew(found: list[Taken]) -> bool:
    """Say whether memory was more than it may be, or more for a large store than for a small one."""
    return any(
        max(sizes) > MOST_MEGABYTES or sizes[-1] > MOST_GROWTH * sizes[0]
        for sizes in ([row.program_mb for row in found], [row.child_mb for row in found])
    )


if __name__ == "__main__":
    sys.exit(main())
