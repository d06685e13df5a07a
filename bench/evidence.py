"""Walk, read and digest everything in a disk image: ours beside its peers, interleaved in one run.

Ours is ``sauveterre evidence digest``, as users run it: the whole process, with two children that are shut in. It reads
what is deleted too. Peers are whole processes as well: ``tsk_loaddb -h`` (MD5 only, into SQLite), ``hashdeep`` on the
same files in a folder, dissect and dfVFS (three digests, each from a file of its own in ``bench/peers``). Wall times,
medians of five rounds; files are in the page cache. Every digest that a program prints is held against the truth.

The second table is memory and time over the number of files, on ext4 images full of small and empty ones: memory is
that of the command and all its children together (PSS), and must not grow.

    python bench/evidence.py            4,000 files, 1 GB; memory to 1,000,000 files: about twenty minutes
    python bench/evidence.py --short    400 files, 100 MB; memory to 100,000 files: two minutes

Ends with status 1 when a digest is wrong or memory grows, and in the long form when ours is slower than the fastest
peer, or not twice as fast as dissect and dfVFS on the E01. Peers that are not installed are named.
"""

import argparse
import json
import math
import os
import platform
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from evidence_images import LONG, SHORT, Images, Missing, make, make_many

ROOT = Path(__file__).resolve().parents[1]
HERE = Path(__file__).resolve().parent
BUILD = ROOT / "build" / "bench"
PEERS = BUILD / "peers" / "bin" / "python"
OURS = [str(Path(sys.executable).with_name("sauveterre")), "evidence", "digest"]
ROUNDS = 5
WORKERS = 2
MOST_GROWTH = 64.0
"""Most megabytes that memory may be larger at the largest number of files than at the smallest."""
MOST_EXPONENT = 1.1
FOLDER = "folder"
SYSTEMS = {"ext4 raw": ("ext", "raw"), "NTFS raw": ("ntfs", "raw"), "NTFS E01": ("ntfs", "ewf")}
Digests = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Program:
    """One way to digest an image."""

    name: str
    command: Callable[[str, Path], list[str] | None]
    """For a case and its path; None where it does not apply."""
    output: Callable[[str, Path], Digests]
    """From what it printed, and its scratch: SHA-256 (MD5 where it gives no more) and size by name."""


@dataclass
class Line:
    """One case of the first table. Times are seconds, medians."""

    case: str
    files: int
    megabytes: float
    seconds: dict[str, float] = field(default_factory=dict)
    least: dict[str, float] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    @property
    def met(self) -> bool:
        """Whether all digests are right and ours is as fast as asked."""
        ours = self.seconds.get("ours")
        fast = ours is not None and all(
            self.seconds[name] / ours >= ratio for name, ratio in self.least.items() if name in self.seconds
        )
        return not self.wrong and (fast or not self.least)


def lines_of(text: str) -> Iterator[list[str]]:
    return (line.split(",", 4) for line in text.splitlines() if line[:1].isdigit())


def our_digests(text: str, _scratch: Path) -> Digests:
    return {name.rpartition("!")[2]: (sha256, size) for size, _, _, sha256, name in lines_of(text)}


def our_folder_digests(text: str, _scratch: Path) -> Digests:
    return {name.partition("/")[2]: (sha256, size) for size, _, _, sha256, name in lines_of(text)}


def peer_digests(text: str, _scratch: Path) -> Digests:
    return {name: (sha256, size) for size, _, _, sha256, name in lines_of(text)}


def hashdeep_digests(text: str, _scratch: Path) -> Digests:
    return {name.partition("files/")[2]: (sha256, size) for size, _, _, sha256, name in lines_of(text)}


def tsk_digests(_text: str, scratch: Path) -> Digests:
    with sqlite3.connect(scratch / "tsk.db") as database:
        rows = database.execute("SELECT parent_path || name, md5, size FROM tsk_files WHERE md5 IS NOT NULL")
        return {path.lstrip("/"): (md5, str(size)) for path, md5, size in rows}


def programs() -> tuple[list[Program], dict[str, str]]:
    """Return what is installed, ours first, and why the others are not there."""

    def ours(case: str, path: Path) -> list[str]:
        del case
        return [*OURS, str(path), "--hashdeep", "--workers", str(WORKERS)]

    def tsk(case: str, path: Path) -> list[str] | None:
        return None if case == FOLDER else ["tsk_loaddb", "-h", "-d", "tsk.db", str(path)]

    def hashdeep(case: str, path: Path) -> list[str] | None:
        return ["hashdeep", "-c", "md5,sha1,sha256", "-r", str(path)] if case == FOLDER else None

    def dissect(case: str, path: Path) -> list[str] | None:
        return None if case == FOLDER else [str(PEERS), str(HERE / "peers/dissect_digests.py"), str(path)]

    def dfvfs(case: str, path: Path) -> list[str] | None:
        if case == FOLDER:
            return None
        return [str(PEERS), str(HERE / "peers/dfvfs_digests.py"), str(path), *SYSTEMS[case]]

    found, missing = [Program("ours", ours, our_digests)], {}
    for name, command, output in (("tsk_loaddb", tsk, tsk_digests), ("hashdeep", hashdeep, hashdeep_digests)):
        if shutil.which(name):
            found.append(Program(name, command, output))
        else:
            missing[name] = "is not installed"
    for name, command in (("dissect", dissect), ("dfvfs", dfvfs)):
        if PEERS.is_file():
            found.append(Program(name, command, peer_digests))
        else:
            missing[name] = (
                f"is not in {PEERS.parents[1]}: run `make bench`, which installs requirements/bench.txt there"
            )
    return found, missing


def run(command: list[str], scratch: Path) -> tuple[float, str]:
    """Run a program; return how long it took and what it printed. One that fails ends all this."""
    for old in scratch.iterdir():
        old.unlink()
    with (scratch / "printed").open("w+b") as out, (scratch / "errors").open("w+b") as errors:
        started = time.perf_counter()
        ended = subprocess.run(command, cwd=scratch, stdout=out, stderr=errors, check=False)
        took = time.perf_counter() - started
        if ended.returncode:
            errors.seek(0)
            raise SystemExit(f"{' '.join(command)} failed: {errors.read()[-500:].decode(errors='replace')}")
        out.seek(0)
        return took, out.read().decode("utf-8", "surrogateescape")


def measure(images: Images, found: list[Program], rounds: int, *, bound: bool) -> list[Line]:
    """Run all programs turn by turn on each case, and hold what they print against the truth."""
    truth = json.loads(images.manifest.read_text())
    megabytes = sum(one["size"] for one in truth.values()) / 1e6
    results = []
    for case, path in {FOLDER: images.folder, **images.images}.items():
        line = Line(case, len(truth), round(megabytes, 1))
        commands = {one.name: (one, one.command(case, path)) for one in found}
        times: dict[str, list[float]] = {}
        with tempfile.TemporaryDirectory(dir=BUILD) as folder:
            for turn in range(rounds + 1):  # the first fills the page cache, and is checked
                for name, (program, command) in commands.items():
                    if command is None:
                        continue
                    took, text = run(command, Path(folder))
                    if turn:
                        times.setdefault(name, []).append(took)
                    else:
                        output = our_folder_digests if (case, name) == (FOLDER, "ours") else program.output
                        line.wrong += wrong(name, output(text, Path(folder)), truth)
        line.seconds = {name: round(statistics.median(values), 3) for name, values in times.items()}
        if bound and case != FOLDER:
            line.least = {name: 2.0 if case == "NTFS E01" and name in ("dissect", "dfvfs") else 1.0
                          for name in line.seconds if name != "ours"}  # fmt: skip
        elif bound:
            line.least = dict.fromkeys(set(line.seconds) - {"ours"}, 1.0)
        results.append(line)
    return results


def wrong(name: str, given: Digests, truth: dict[str, dict[str, str]]) -> list[str]:
    """Return which live files a program does not give, or gives another digest of."""
    found = []
    for path, known in truth.items():
        digest, size = given.get(path, ("", ""))
        expected = known["sha256"] if len(digest) == 64 else known["md5"]
        if digest != expected or int(size) != known["size"]:
            found.append(f"{name}: {path}: {'not given' if not digest else 'another digest'}")
    return found


@dataclass
class Growth:
    """One line of the second table."""

    files: int
    seconds: float
    megabytes: float
    """Most memory of the command and its children together."""


def grow(root: Path, sizes: list[int]) -> list[Growth]:
    """Digest images of many small files, watching memory."""
    found = []
    for files in sizes:
        image = make_many(root, files)
        with tempfile.TemporaryDirectory(dir=BUILD) as scratch, (Path(scratch) / "printed").open("wb") as out:
            started = time.perf_counter()
            command = subprocess.Popen([*OURS, str(image), "--hashdeep", "--workers", str(WORKERS)], stdout=out)
            peak = watched(command)
            took = time.perf_counter() - started
            lines = sum(1 for line in (Path(scratch) / "printed").open("rb") if line[:1].isdigit())
        if command.returncode or lines < files:
            raise SystemExit(f"{files:,} files: {lines:,} digests, status {command.returncode}")
        found.append(Growth(files, round(took, 2), round(peak / 1e6, 1)))
    return found


def watched(command: "subprocess.Popen[bytes]") -> int:
    """Wait for a command; return the most memory that it and its children had at one moment."""
    peak, over = 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        top = psutil.Process(command.pid)
        while not over.wait(0.1):
            now = 0
            for process in [top, *_below(top)]:
                try:
                    now += process.memory_full_info().pss
                except psutil.Error:
                    continue
            peak = max(peak, now)

    watcher = threading.Thread(target=watch)
    watcher.start()
    command.wait()
    over.set()
    watcher.join()
    return peak


def _below(top: psutil.Process) -> list[psutil.Process]:
    try:
        return top.children(recursive=True)
    except psutil.Error:
        return []


def exponent(found: list[Growth]) -> float:
    """Return the power of the number of files that time grows with, between the two largest."""
    small, large = found[-2:]
    return round(math.log(large.seconds / small.seconds) / math.log(large.files / small.files), 3)


def show(results: list[Line], growth: list[Growth], missing: dict[str, str], console: Console) -> None:
    names = list(dict.fromkeys(name for line in results for name in line.seconds))
    table = Table(title=f"Walk + read + digest, seconds of wall time, medians (ours with {WORKERS} children)")
    for heading in ("case", "files", "MB", *names, "fastest peer / ours", "digests", ""):
        table.add_column(heading, justify="left" if heading == "case" else "right")
    for line in results:
        peers = [seconds for name, seconds in line.seconds.items() if name != "ours"]
        ratio = f"{min(peers) / line.seconds['ours']:.2f} ×" if peers else "–"
        table.add_row(
            line.case, f"{line.files:,}", f"{line.megabytes:,.0f}",
            *(f"{line.seconds[name]:.2f}" if name in line.seconds else "–" for name in names),
            ratio, f"{len(line.wrong)} wrong" if line.wrong else "all right",
            ("met" if line.met else "MISSED") if line.least else "–",
        )  # fmt: skip
    console.print(table)
    for line in results:
        for text in line.wrong[:3]:
            console.print(f"  {line.case}: {text}")
    for name, why in missing.items():
        console.print(f"[bold]missing:[/bold] {name} {why}")
    if growth:
        table = Table(title=f"Memory and time over the number of files; time grows with the power {exponent(growth)}")
        for heading in ("files", "seconds", "files/s", "MB at most"):
            table.add_column(heading, justify="right")
        for one in growth:
            table.add_row(
                f"{one.files:,}", f"{one.seconds:.1f}", f"{one.files / one.seconds:,.0f}", f"{one.megabytes:.0f}"
            )
        console.print(table)


def write(results: list[Line], growth: list[Growth], missing: dict[str, str], path: Path, *, short: bool) -> None:
    report = {
        "what": "walk, read and digest every file of a disk image; whole processes, page cache warm",
        "unit": "seconds of wall time, medians; megabytes of PSS",
        "form": "short" if short else "long",
        "machine": f"{platform.machine()}, {os.cpu_count()} processors",
        "python": platform.python_version(),
        "workers": WORKERS,
        "rounds": ROUNDS,
        "missing": missing,
        "results": [asdict(line) | {"wrong": len(line.wrong), "met": line.met} for line in results],
        "growth": [asdict(one) for one in growth],
        "exponent": exponent(growth) if growth else None,
    }
    path.write_text(json.dumps(report, indent=2) + "\n")


def main() -> int:
    """Measure, print both tables, write the figures; 1 when something is not as it must be."""
    parser = argparse.ArgumentParser(description="evidence reading beside its peers")
    parser.add_argument("--short", action="store_true", help="small images: less than three minutes")
    parser.add_argument("--no-growth", action="store_true", help="leave out the images of many files")
    parser.add_argument("--out", type=Path, default=BUILD / "evidence.json", help="where the figures go")
    options = parser.parse_args()
    BUILD.mkdir(parents=True, exist_ok=True)
    images = make(BUILD / "evidence", SHORT if options.short else LONG)
    found, missing = programs()
    missing |= {name: f"image: {why}" for name, why in images.missing.items()}
    results = measure(images, found, ROUNDS, bound=not options.short)
    growth: list[Growth] = []
    if not options.no_growth:
        sizes = [10_000, 100_000] if options.short else [10_000, 100_000, 1_000_000]
        try:
            growth = grow(BUILD / "evidence", sizes)
        except Missing as error:
            missing["images of many files"] = str(error)
    show(results, growth, missing, Console(width=max(140, Console().width)))
    write(results, growth, missing, options.out, short=options.short)
    grew = bool(growth) and (
        growth[-1].megabytes > growth[0].megabytes + MOST_GROWTH or exponent(growth) > MOST_EXPONENT
    )
    return 0 if all(line.met for line in results) and not grew else 1


if __name__ == "__main__":
    sys.exit(main())
