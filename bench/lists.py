"""Hash lists read to their end and made ready to be matched: time and memory over three sizes, each in a fresh process.

Memory is what the process has for itself (anonymous memory, the most at one moment); pages of the index file that it
maps belong to the system's cache and are stated apart. Hashes are random. The short form takes seconds, the long one
goes to 100 million lines and needs 16 GB of disk; FOLDER says where.
"""

import argparse
import json
import platform
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from sauveterre.pipeline.list_building import build_list
from watched import alone, exponent

SHORT = {"plain": (200_000, 400_000, 800_000), "csv": (20_000, 40_000, 80_000)}
LONG = {"plain": (1_000_000, 10_000_000, 100_000_000), "csv": (30_000, 300_000, 3_000_000)}
MOST_MEGABYTES = 1_500
"""Of one process, however long its list: eight million hashes are sorted in memory at once."""
MOST_EXPONENT = 1.15
_AT_ONCE = 1_000_000
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)


def blocks(form: str, lines: int) -> Iterator[bytes]:
    """Yield a list of random hashes: SHA-1 alone, or MD5 with a category."""
    rng = np.random.default_rng(7)
    if form == "csv":
        yield b"md5,scheme,category,size\n"
    for start in range(0, lines, _AT_ONCE):
        count = min(_AT_ONCE, lines - start)
        raw = rng.integers(0, 256, (count, 20 if form == "plain" else 16), np.uint8)
        digits = np.stack([_HEX[raw >> 4], _HEX[raw & 15]], 2).reshape(count, -1)
        tail = np.frombuffer(b"\n" if form == "plain" else b",weather,2,4096\n", np.uint8)
        yield np.hstack([digits, np.broadcast_to(tail, (count, len(tail)))]).tobytes()


def read(path: Path) -> int:
    """Read a list to its end, and count its items."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        return build_list(path, Path(folder) / "built", name="Rain", version="1").items


def measure(form: str, lines: int, folder: Path) -> dict[str, Any]:
    """Write a list, read it in a fresh process, and remove it."""
    path = folder / f"{form}.txt"
    with path.open("wb") as out:
        for block in blocks(form, lines):
            out.write(block)
    size = path.stat().st_size
    took = alone(read, path)
    path.unlink()
    if took.result != lines:
        raise SystemExit(f"{lines:,} lines of {form} gave {took.result:,} items")
    return {
        "form": form, "lines": lines, "megabytes": size / 1e6, "items": took.result, "wall_s": took.wall_s,
        "cpu_s": took.cpu_s, "own_mb": took.own_mb, "with_cache_mb": took.in_sight_mb,
    }  # fmt: skip


def main() -> int:
    """Measure all sizes, print and write the figures; 1 when memory grows as it must not, or in the long form time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="small sizes: seconds")
    parser.add_argument("--folder", type=Path, help="where lists are written, and removed again")
    options = parser.parse_args()
    rows: dict[str, list[dict[str, Any]]] = {}
    print(
        f"{'list':8}{'lines':>14}{'MB':>8}{'wall s':>9}{'CPU s':>9}{'lines/CPU s':>13}{'own MB':>9}{'with cache':>12}"
    )
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for form, sizes in (SHORT if options.short else LONG).items():
            for lines in sizes:
                row = measure(form, lines, Path(folder))
                rows.setdefault(form, []).append(row)
                print(
                    f"{form:8}{lines:14,}{row['megabytes']:8,.0f}{row['wall_s']:9.1f}{row['cpu_s']:9.1f}"
                    f"{lines / row['cpu_s']:13,.0f}{row['own_mb']:9,.0f}{row['with_cache_mb']:12,.0f}",
                    flush=True,
                )
    powers = {form: exponent([(row["lines"], row["cpu_s"]) for row in found]) for form, found in rows.items()}
    print(
        "CPU time grows with the power of lines: " + ", ".join(f"{form} {power:.2f}" for form, power in powers.items())
    )
    target = Path(__file__).parents[1] / "build" / "bench" / "lists.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    form = "short" if options.short else "long"
    stated = {"form": form, "python": platform.python_version(), "rows": rows, "exponents": powers}
    target.write_text(json.dumps(stated, indent=1) + "\n")
    grew = any(row["own_mb"] > MOST_MEGABYTES for found in rows.values() for row in found)
    too_slow = not options.short and max(powers.values()) > MOST_EXPONENT  # milliseconds say little of a power
    return 1 if grew or too_slow else 0


if __name__ == "__main__":
    sys.exit(main())
