"""Hostile pictures and clips: ten thousand spoilt files through the real children, with a fixed seed.

Sound files of every format are drawn and spoilt (bytes and bits changed, ends cut off, pieces repeated, lengths and
offsets made extreme, sides inflated), and everything that Pillow keeps of pictures that once broke a decoder is added
where the fixtures are there (``SAUVETERRE_FIXTURES``). All go through the pipeline as evidence does: a folder is
listed, each file is read in a sandboxed child. What must hold:

- this process lives, and so does the sandbox;
- every file ends in one of the four ways, with a sentence and a cause where it is not simply processed, and none of
  these causes is a fault of the program's own;
- no child takes more memory than it may (its peak is printed), and no file more time;
- every file keeps its digests, and what is kept of a picture is within its bounds.

    python bench/hostile_media.py            10,000 files: about a quarter of an hour
    python bench/hostile_media.py --short    a few of each format, for continuous checks
    python bench/hostile_media.py --only HEIC --count 500

Ends with status 1 when anything of this does not hold. Findings are kept as tests.
"""

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))
sys.path.insert(0, str(ROOT / "bench"))

import psutil  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from hostile_samples import LARGEST_SEED, SAMPLES, Sample, fixtures, spoilt  # noqa: E402
from sauveterre.media.picture import THUMBNAIL_SIDE  # noqa: E402
from sauveterre.media.sandbox import Sandbox  # noqa: E402
from sauveterre.pipeline.inspection import Inspected, inspect  # noqa: E402
from sauveterre.records.entry import Cause, Outcome  # noqa: E402
from sauveterre.records.limits import Limits  # noqa: E402

COUNT, SHORT_COUNT = 10_000, 320
BATCH = 500
WORKERS = 2
LIMITS = Limits(
    entry_seconds=60.0, entry_cpu_seconds=20.0, silence_seconds=30.0, listing_seconds=60.0, picture_pixels=50_000_000,
    memory_bytes=2 << 30,
)  # fmt: skip
MOST_SECONDS = 3 * (LIMITS.entry_seconds + LIMITS.listing_seconds)
"""For a file that is tried three times."""


@dataclass
class Tally:
    """What came of the files of one format."""

    form: str
    files: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)
    tried_again: int = 0
    """Files that ended a child."""
    longest: float = 0.0
    faults: list[str] = field(default_factory=list)


class Memory(threading.Thread):
    """Watches how much memory each child has held at most."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._done = threading.Event()

    def run(self) -> None:
        """Look ten times a second; the system itself remembers each child's peak."""
        while not self._done.wait(0.1):
            for child in psutil.Process().children(recursive=True):
                self.peak = max(self.peak, _peak_of(child.pid))

    def stop(self) -> None:
        """Look no longer."""
        self._done.set()
        self.join()


def _peak_of(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM:")), 0)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--short", action="store_true")
    arguments.add_argument("--count", type=int, help="files in all")
    arguments.add_argument("--only", action="append", default=[], help="a format")
    arguments.add_argument("--seed", type=int, default=20260502)
    arguments.add_argument("--keep", type=Path, help="a folder for files that break a promise or end a child")
    chosen = arguments.parse_args()
    samples = [sample for sample in SAMPLES if not chosen.only or sample.form in chosen.only]
    count = chosen.count or (SHORT_COUNT if chosen.short else COUNT)
    console = Console(width=150)
    memory = Memory()
    memory.start()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch, Sandbox(workers=WORKERS, limits=LIMITS) as sandbox:
        tallies = [
            _tallied(form, files, sandbox, Path(scratch), chosen.keep)
            for form, files in _files(samples, count, chosen.seed, all_of_them=not chosen.only)
        ]
        if sandbox.run(abs, -3, seconds=60) != 3:
            tallies[-1].faults.append("the sandbox does not answer any more")
    memory.stop()
    if memory.peak > LIMITS.memory_bytes:
        tallies[-1].faults.append(f"a child held {memory.peak:,} bytes")
    console.print(_table(tallies))
    files = sum(one.files for one in tallies)
    held = f"a child held {memory.peak >> 20:,} MiB at most, of the {LIMITS.memory_bytes >> 20:,} MiB that it may have"
    console.print(f"{files:,} files in {time.monotonic() - began:.0f} s; {held}")
    _write(tallies, memory.peak, chosen.seed)
    faults = [f"{one.form}: {fault}" for one in tallies for fault in one.faults]
    for fault in faults[:40]:
        console.print(f"[red]{fault}[/red]", highlight=False)
    sys.exit(bool(faults))


def _files(samples: list[Sample], count: int, seed: int, *, all_of_them: bool) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield formats with their files; the fixtures come as they are, and spoilt as one format among the others."""
    folder = os.environ.get("SAUVETERRE_FIXTURES")
    known = fixtures(Path(folder)) if folder and all_of_them else []
    if known:
        yield "kept by Pillow", iter(known)
    seeds = [data for data in known if 0 < len(data) <= LARGEST_SEED]
    every = [*samples, *([Sample("kept by Pillow, spoilt", seeds.__getitem__, len(seeds))] if seeds else [])]
    for place, sample in enumerate(every):
        share = count * (place + 1) // len(every) - count * place // len(every)
        yield sample.form, _spoilt(sample, share, seed)


def _spoilt(sample: Sample, count: int, seed: int) -> Iterator[bytes]:
    sound = [sample.make(number) for number in range(min(sample.variants, count))]
    for number in range(count):
        yield spoilt(sound[number % len(sound)], random.Random(f"{seed} {sample.form} {number}"))


def _tallied(form: str, files: Iterator[bytes], sandbox: Sandbox, scratch: Path, keep: Path | None) -> Tally:
    """Send all files of a format through the pipeline, a folder at a time."""
    tally = Tally(form)
    everything = enumerate(files)
    while batch := list(islice(everything, BATCH)):
        folder = scratch / f"{form}-{batch[0][0]}"
        folder.mkdir()
        for number, data in batch:
            (folder / str(number)).write_bytes(data)
        seen = {one.entry.path.decode() for one in _inspected(folder, sandbox, tally, keep)}
        tally.files += len(batch)
        tally.faults += [f"{number} has no outcome" for number, _ in batch if str(number) not in seen]
        shutil.rmtree(folder)
    return tally


def _inspected(folder: Path, sandbox: Sandbox, tally: Tally, keep: Path | None) -> Iterator[Inspected]:
    """Yield how each file ended, and count it; what is found inside of one counts as part of it."""
    try:
        for found in inspect(folder, sandbox, LIMITS):
            if isinstance(found, Inspected):
                faults = [f"{found.entry.locator}: {fault}" for fault in broken(found)]
                if found.source == folder.name and found.processed.fingerprint is None:
                    faults.append(f"{found.entry.locator}: lost its digests: {found.processed.reason}")
                if found.source == folder.name:
                    _count(found, tally)
                    if keep and (faults or found.processed.attempts > 1):
                        keep.mkdir(parents=True, exist_ok=True)
                        name = found.entry.path.decode()
                        shutil.copyfile(folder / name, keep / f"{tally.form}-{name}")
                tally.faults += faults
                yield found
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        tally.faults.append(f"{folder.name}: {type(error).__name__} in this process: {error}")


def _count(found: Inspected, tally: Tally) -> None:
    tally.outcomes[found.processed.outcome.value] += 1
    tally.causes[found.processed.cause.value] += 1
    tally.tried_again += found.processed.attempts > 1
    tally.longest = max(tally.longest, found.processed.seconds)


def broken(found: Inspected) -> list[str]:
    """Return which promises the outcome of a file breaks."""
    processed = found.processed
    faults = []
    if processed.outcome is not Outcome.PROCESSED and not (processed.reason and processed.cause):
        faults.append(f"ended as {processed.outcome} without a reason and a cause")
    if processed.cause is Cause.PROGRAM:
        faults.append(processed.reason)
    if processed.seconds > MOST_SECONDS:
        faults.append(f"took {processed.seconds:.0f} s")
    picture = processed.fingerprint.picture if processed.fingerprint else None
    if picture is not None:
        sides = _sides(picture.thumbnail)
        if not picture.pdq or not 0 <= picture.quality <= 100 or sides is None or max(sides) > THUMBNAIL_SIDE:
            faults.append(f"gave a thumbnail of {sides}, quality {picture.quality}")
        if picture.width * picture.height > LIMITS.picture_pixels:
            faults.append(f"was decoded to {picture.width} × {picture.height} pixels")
    return faults


def _sides(thumbnail: bytes) -> tuple[int, int] | None:
    """Return height and width that a JPEG of ours states; None where it is none."""
    frame = thumbnail.find(b"\xff\xc0")
    if not thumbnail.startswith(b"\xff\xd8") or frame < 0:
        return None
    return int.from_bytes(thumbnail[frame + 5 : frame + 7], "big"), int.from_bytes(
        thumbnail[frame + 7 : frame + 9], "big"
    )


def _table(tallies: list[Tally]) -> Table:
    table = Table(title="Spoilt pictures and clips, and how they ended")
    for name in ("format", "files", *(state.value for state in Outcome), "ended a child", "longest s", "faults"):
        table.add_column(name, justify="left" if name == "format" else "right")
    for one in tallies:
        ends = (f"{one.outcomes[state.value]:,}" for state in Outcome)
        table.add_row(
            one.form, f"{one.files:,}", *ends, str(one.tried_again), f"{one.longest:.1f}", str(len(one.faults)),
            style="red" if one.faults else None,
        )  # fmt: skip
    return table


def _write(tallies: list[Tally], peak: int, seed: int) -> None:
    target = ROOT / "build" / "bench" / "hostile_media.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    found = {"seed": seed, "peak_bytes_of_a_child": peak, "formats": [vars(one) for one in tallies]}
    target.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
