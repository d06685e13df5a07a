"""Coverage-guided fuzzing of every wire and file parser of messages, for a fixed number of runs.

Each target of ``targets.TARGETS`` is fed inputs by libFuzzer (through atheris) in a process of its own, with a cap on
memory and time. The corpus that it starts from is made at run time by the scenarios' writers; nothing is downloaded
and no fixture is used. What must hold for every input: nothing comes out but records, or an error of the program's
own family (``sauveterre.errors``; for the wire format ``Malformed``).

    python fuzz/messages.py                 100,000 runs of each target, fewer of slow ones: about half an hour
    python fuzz/messages.py --short         2,000 of each, for continuous checks
    python fuzz/messages.py --only frames --runs 1000000
    python fuzz/messages.py --only frames --again build/fuzz/frames/crash-…      one input, once more

Ends with status 1 when a target breaks; the input lies in ``build/fuzz/TARGET`` then. Findings are fixed and kept as
tests.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "fuzz")]

RUNS, SHORT = 100_000, 2_000
SEED = 20_260_501
MEMORY = 512
"""MiB that a target may ask for beyond what the interpreter and its modules have mapped, and may hold in all."""
SECONDS = 20
"""For one input; the largest takes milliseconds."""
OUTPUT = ROOT / "build" / "fuzz"


def main() -> None:
    """Fuzz what was chosen, one target after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--runs", type=int)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--again", type=Path)
    parser.add_argument("--child", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        _child(chosen.child[0], chosen.child[1:])
    import targets
    import world

    names = [target.name for target in targets.TARGETS if not chosen.only or target.name in chosen.only]
    if not names:
        parser.error(f"no such target; there are: {', '.join(target.name for target in targets.TARGETS)}")
    runs, broken = chosen.runs or (SHORT if chosen.short else RUNS), []
    for target in (target for target in targets.TARGETS if target.name in names):
        seeds = [] if chosen.again else target.seeds(world.made())
        if not _fuzz(target.name, target.longest, seeds, target.words, runs // target.costs, chosen.again):
            broken.append(target.name)
    print(f"broken: {', '.join(broken)}" if broken else f"all of {len(names)} targets held", flush=True)
    sys.exit(bool(broken))


def _fuzz(name: str, longest: int, seeds: list[bytes], words: list[str], runs: int, again: Path | None) -> bool:
    """Run one target in a child; return whether it held."""
    findings = OUTPUT / name
    findings.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        corpus = Path(scratch) / "corpus"
        corpus.mkdir()
        for number, seed in enumerate(seeds):
            (corpus / f"seed-{number:03d}").write_bytes(seed)
        options = [f"-artifact_prefix={findings}/", f"-rss_limit_mb={MEMORY}", f"-timeout={SECONDS}"]
        if words:
            (Path(scratch) / "words").write_text("\n".join(json.dumps(word) for word in words), encoding="ascii")
            options.append(f"-dict={scratch}/words")
        options += [str(again)] if again else [f"-runs={runs}", f"-seed={SEED}", f"-max_len={longest}", str(corpus)]
        command = [sys.executable, __file__, "--child", name, *options, "-print_final_stats=1", "-verbosity=1"]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    is_sound = done.returncode == 0
    log = done.stdout + done.stderr
    (findings / "log").write_text(log, encoding="utf-8")
    print(f"{name}: {'held' if is_sound else 'BROKEN'}, {_summary(log)}", flush=True)
    if is_sound:
        shutil.rmtree(findings)
    else:
        print(done.stdout[-4_000:], done.stderr[-1_000:], sep="\n", flush=True)
    return is_sound


def _summary(log: str) -> str:
    """Return what libFuzzer says of the whole: runs, edges and memory."""
    stats = dict(line.removeprefix("stat::").split(":", 1) for line in log.splitlines() if line.startswith("stat::"))
    runs, peak = (stats.get(name, "?").strip() for name in ("number_of_executed_units", "peak_rss_mb"))
    last = next((line for line in reversed(log.splitlines()) if " cov: " in line), "")
    edges = last.partition(" cov: ")[2].partition(" ")[0]
    return f"{runs} inputs, {edges or '?'} branches seen, at most {peak} MiB"


def _child(name: str, options: list[str]) -> None:
    """Be the target: never returns."""
    with atheris.instrument_imports(include=["sauveterre.messages"]):
        import targets
    [feed] = [target.feed for target in targets.TARGETS if target.name == name]
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    most = mapped + (MEMORY << 20)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    atheris.Setup([f"{os.path.basename(__file__)} {name}", *options], feed)  # noqa: PTH119 - a name, no path
    atheris.Fuzz()


if __name__ == "__main__":
    main()
