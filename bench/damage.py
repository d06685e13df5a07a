"""Damage: images, archives and backups with random faults, each through the real chain, with a fixed seed.

For every reader that a sample can be made for, so many copies of a small sound source are damaged (bytes changed, runs
zeroed, ends cut off, blocks swapped; half of the faults strike the first 64 KiB, where structures lie) and inspected in
the sandbox within tight limits. What must hold for each of them:

- this process lives, and so does the sandbox;
- the clock is kept: no source takes longer than it may;
- every entry listed ends in one of the four ways, with a sentence where it is not simply processed;
- no entry gives more bytes than it may;
- nothing of this machine is read: a canary file, and the files that every machine has, turn up nowhere.

    python bench/damage.py             1,000 of each reader: hours
    python bench/damage.py --short     a few of each, for continuous checks
    python bench/damage.py --only ntfs --count 100

Ends with status 1 when anything of this does not hold. Samples whose tool is missing are named.
"""

import argparse
import json
import random
import secrets
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))
sys.path.insert(0, str(ROOT / "bench"))

from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from damage_samples import KEYS, SAMPLES, Missing, Sample  # noqa: E402
from sauveterre.errors import SauveterreError  # noqa: E402
from sauveterre.media.sandbox import Sandbox  # noqa: E402
from sauveterre.pipeline.inspection import Inspected, Unopened, inspect  # noqa: E402
from sauveterre.records.entry import Outcome  # noqa: E402
from sauveterre.records.limits import Limits  # noqa: E402

LIMITS = Limits(
    entry_bytes=64 << 20, nested_bytes=64 << 20, entries=20_000, entry_seconds=10.0, listing_seconds=20.0,
    memory_bytes=3 << 29,
)  # fmt: skip
MOST_SECONDS = 120.0
"""For one damaged source with all that lies in it."""
HEAD = 64 << 10
HOST_FILES = ("/etc/hostname", "/etc/passwd", "/etc/hosts", "/proc/version")


@dataclass
class Tally:
    """What came of the damaged copies of one sample."""

    reader: str
    sources: int = 0
    unopened: int = 0
    nested_unopened: int = 0
    """Sources inside them that were not opened, each with its sentence."""
    outcomes: Counter[str] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0
    faults: list[str] = field(default_factory=list)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--short", action="store_true")
    arguments.add_argument("--count", type=int)
    arguments.add_argument("--only", action="append", default=[])
    arguments.add_argument("--seed", type=int, default=20260501)
    chosen = arguments.parse_args()
    count = chosen.count or (8 if chosen.short else 1_000)
    console = Console(width=150)
    tallies, missing = [], []
    with tempfile.TemporaryDirectory() as scratch, Sandbox(workers=2, limits=LIMITS) as sandbox:
        forbidden = _canaries(Path(scratch))
        for sample in SAMPLES:
            if chosen.only and not {sample.reader, sample.label} & set(chosen.only):
                continue
            try:
                sound = sample.make(_fresh(Path(scratch) / "sound"))
            except Missing as error:
                missing.append(f"{sample.label}: {error}")
                continue
            tallies.append(_damage(sample, sound, count, chosen.seed, sandbox, forbidden, Path(scratch)))
            console.print(_line(tallies[-1]))
    _write(tallies, missing, count, chosen.seed)
    console.print(_table(tallies))
    for what in missing:
        console.print(f"not made: {what}")
    faults = [f"{one.reader}: {fault}" for one in tallies for fault in one.faults]
    for fault in faults[:40]:
        console.print(f"[red]{fault}[/red]", highlight=False)
    sys.exit(bool(faults))


def _damage(
    sample: Sample, sound: Path, count: int, seed: int, sandbox: Sandbox, forbidden: frozenset[str], scratch: Path
) -> Tally:
    tally = Tally(sample.label)
    whole = _inspected(Tally(sample.label), sound, sandbox, forbidden, "undamaged")
    if sample.reader not in whole:
        tally.faults.append(f"the undamaged sample was opened by {', '.join(sorted(whole)) or 'nothing'}")
    for number in range(count):
        chance = random.Random(f"{seed} {sample.label} {number}")
        copy = _fresh(scratch / f"damaged-{number}") / sound.name
        shutil.copytree(sound, copy, symlinks=True) if sound.is_dir() else shutil.copyfile(sound, copy)
        what = spoil(copy / sample.victim if sample.victim else copy, chance)
        _inspected(tally, copy, sandbox, forbidden, f"{number} ({what})")
        shutil.rmtree(copy.parent)  # never the same name twice: children keep the last sources open
    return tally


def spoil(path: Path, chance: random.Random) -> str:
    """Damage a file in place, and say how."""
    size = path.stat().st_size
    with path.open("r+b") as stream:
        match chance.choice(("bytes", "bytes", "bytes", "zeros", "cut", "swap")):
            case "cut":
                left = chance.randrange(size + 1)
                stream.truncate(left)
                return f"cut to {left}"
            case "zeros":
                at, run = _place(size, chance), chance.choice((512, 4096, 65536))
                stream.seek(at)
                stream.write(bytes(min(run, size - at)))
                return f"{run} zeros at {at}"
            case "swap":
                one, other = _place(size, chance), _place(size, chance)
                stream.seek(one)
                block = stream.read(512)
                stream.seek(other)
                stream.write(block[: size - other])
                return f"512 bytes of {one} at {other}"
            case _:
                times = chance.choice((1, 4, 16, 64, 256))
                for _ in range(times):
                    stream.seek(_place(size, chance))
                    stream.write(bytes([chance.choice((0, 0xFF, 0x7F, 0x80, chance.randrange(256)))]))
                return f"{times} bytes changed"


def _place(size: int, chance: random.Random) -> int:
    return chance.randrange(min(size, HEAD) if chance.random() < 0.5 else size) if size else 0


def _inspected(tally: Tally, path: Path, sandbox: Sandbox, forbidden: frozenset[str], name: str) -> set[str]:
    """Inspect one source, and note every promise that is broken; return the readers that opened something."""
    began, readers = time.monotonic(), set()
    tally.sources += 1
    try:
        for found in inspect(path, sandbox, LIMITS, KEYS):
            if isinstance(found, Inspected):
                readers.add(found.entry.provenance.reader)
                tally.outcomes[found.processed.outcome.value] += 1
                tally.causes[found.processed.cause.value] += 1
                tally.faults += [f"{name}: {what}" for what in broken(found, forbidden)]
            elif isinstance(found, Unopened):
                tally.nested_unopened += 1
    except SauveterreError as error:
        tally.unopened += 1
        if len(str(error)) < 20:
            tally.faults.append(f"{name}: not opened and no sentence why: {error}")
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        tally.faults.append(f"{name}: {type(error).__name__} in the parent: {error}")
    took = time.monotonic() - began
    tally.longest = max(tally.longest, took)
    if took > MOST_SECONDS:
        tally.faults.append(f"{name}: took {took:.0f} s")
    return readers


def broken(found: Inspected, forbidden: frozenset[str]) -> list[str]:
    """Return which promises an entry breaks."""
    processed, entry = found.processed, found.entry
    faults = []
    if processed.outcome is not Outcome.PROCESSED and not processed.reason:
        faults.append(f"{entry.locator} ended as {processed.outcome} with no reason")
    if processed.outcome is not Outcome.PROCESSED and not processed.cause:
        faults.append(f"{entry.locator} ended as {processed.outcome} with no cause ({processed.reason})")
    if processed.cause.value == "program":
        faults.append(f"{found.source} {entry.locator}: {processed.reason}")
    known = processed.fingerprint
    if known is not None and known.size > LIMITS.entry_bytes:
        faults.append(f"{entry.locator} gave {known.size:,} bytes")
    if known is not None and known.digests.sha256 in forbidden:
        faults.append(f"{entry.locator} gave a file of this machine")
    return faults


def _canaries(scratch: Path) -> frozenset[str]:
    """Return the digests of files that lie outside of every sample: they must turn up nowhere."""
    canary = scratch / "canary"
    canary.write_bytes(secrets.token_bytes(64))
    files = [canary, *(Path(name) for name in HOST_FILES)]
    return frozenset(sha256(path.read_bytes()).hexdigest() for path in files if path.is_file() and path.read_bytes())


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _line(tally: Tally) -> str:
    ended = ", ".join(f"{n:,} {state}" for state, n in sorted(tally.outcomes.items()))
    return f"{tally.reader}: {tally.sources} sources, {tally.unopened} not opened, entries: {ended or 'none'}"


def _table(tallies: list[Tally]) -> Table:
    table = Table(title="Damaged sources, and how everything in them ended")
    for name in ("reader", "sources", "not opened", "processed", "partial", "failed", "skipped", "longest s", "faults"):
        table.add_column(name, justify="left" if name == "reader" else "right")
    for one in tallies:
        ends = (f"{one.outcomes[state.value]:,}" for state in Outcome)
        table.add_row(
            one.reader, str(one.sources), str(one.unopened), *ends, f"{one.longest:.1f}", str(len(one.faults)),
            style="red" if one.faults else None,
        )  # fmt: skip
    return table


def _write(tallies: list[Tally], missing: list[str], count: int, seed: int) -> None:
    target = ROOT / "build" / "bench" / "damage.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    found = {"count": count, "seed": seed, "readers": [vars(one) for one in tallies], "missing": missing}
    target.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
