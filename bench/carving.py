"""Files found by their content: ours beside photorec and foremost, on images made here and in one run.

*Recall* is how many of the files that lie in an image come out with exactly their bytes (by SHA-256), *others* how
many more came out that are none of them. The files lie unfragmented in noise, zeros or text, at sectors (as in the free
space of a volume) and at any byte (as in slack, or in what nothing reads). *Speed* is searching bytes in which no file
lies, megabytes a second of wall time, medians; every tool is a process of its own, and the image is in the system's
cache. Our time is that of opening and listing: the start of Python, a fraction of a second, is paid once by a worker
and not counted. photorec looks for all its formats but plain text, which it would copy; foremost for all its own.

    python bench/carving.py            two minutes
    python bench/carving.py --short    some seconds, for continuous checks

Ends with status 1 when we miss a JPEG or anything a peer finds, report a file that is none, or (in the long form) take
longer than photorec for noise, zeros and text together, as free space is a mixture of them. A peer that is not
installed is left out (Debian: testdisk, foremost).
"""

import argparse
import hashlib
import io
import json
import os
import platform
import random
import shutil
import sqlite3
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
OURS, PHOTOREC, FOREMOST = "ours", "photorec", "foremost"
BACKGROUNDS = ("noise", "zeros", "text")
WORDS = "the wind from west over hills rain cloud sun morning evening degrees mild a of was and in to 12 7"
CLUSTER = 4096
PEER_SECONDS = 600
SEARCH = """
import hashlib, sys, time
sys.path.insert(0, sys.argv[1])
from sauveterre.evidence.origin import StreamOrigin
from sauveterre.evidence.readers import carving
from sauveterre.records.limits import Limits

began, found = time.perf_counter(), []
with open(sys.argv[2], "rb") as stream, carving.open(StreamOrigin(stream, "bench"), Limits()) as region:
    for entry in region.entries():
        with region.open(entry) as content:
            found.append(hashlib.sha256(content.read()).hexdigest())
print(time.perf_counter() - began)
open(sys.argv[3], "w").write("\\n".join(found))
"""
"""What our process does; it says how long it took without its own start."""


@dataclass(frozen=True)
class Made:
    """One file that was put into an image."""

    form: str
    data: bytes


@dataclass(frozen=True)
class Recall:
    """One line of the first table: exact files of one format, and for the whole image those that are none."""

    background: str
    placed: str
    form: str
    files: int
    found: dict[str, int]


@dataclass(frozen=True)
class Speed:
    """One line of the second table."""

    background: str
    megabytes: int
    rates: dict[str, float]


def drawn(seed: int, width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Draw coarse noise made smooth, with grain: as hard to pack as a photograph."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (height // 16, width // 16, 3), np.uint8))
    smooth = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), np.int16)
    return Image.fromarray((smooth + rng.integers(-9, 10, smooth.shape)).clip(0, 255).astype(np.uint8)).convert(mode)


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def jpegs(count: int) -> Iterator[Made]:
    """Make JPEGs in eight ways."""
    for seed in range(count):
        width, height = 320 + 16 * (seed % 40), 240 + 16 * (seed % 23)
        mode = {3: "CMYK", 4: "L"}.get(seed % 8, "RGB")
        thumbnail = saved(drawn(seed, 160, 112), "JPEG")
        exif = b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00" + thumbnail
        options: dict[str, object] = {
            1: {"progressive": True},
            2: {"exif": exif},
            4: {"optimize": True},
            5: {"restart_marker_blocks": 8},
            6: {"subsampling": "4:4:4", "quality": 95},
            7: {"progressive": True, "exif": exif, "quality": 60},
        }.get(seed % 8, {})
        yield Made("JPEG", saved(drawn(seed, width, height, mode), "JPEG", **options))


def other_pictures(count: int) -> Iterator[Made]:
    for seed in range(1000, 1000 + count):
        image = drawn(seed, 256 + 16 * (seed % 9), 240)
        moving = {"save_all": True, "append_images": [drawn(seed + 500, *image.size)], "duration": 50}
        heif = io.BytesIO()
        pillow_heif.from_pillow(image).save(heif, quality=70)
        yield Made("PNG", saved(image, "PNG", **(moving if seed % 4 == 0 else {})))
        yield Made("GIF", saved(image, "GIF", **(moving if seed % 2 else {})))
        yield Made("WebP", saved(image, "WEBP", lossless=seed % 3 == 0, **(moving if seed % 3 == 1 else {})))
        yield Made("HEIC", heif.getvalue())


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def film(seed: int) -> bytes:
    """Write the boxes of a film of one track; what is in the frames does not matter here."""
    frames = random.Random(seed).randbytes(200_000 + 1000 * seed)
    offsets = box(b"stco", bytes(4), b"\x00\x00\x00\x01", bytes(4))
    table = box(b"stbl", box(b"stsd", bytes(8)), box(b"stts", bytes(8)), offsets)
    track = box(b"trak", box(b"tkhd", bytes(84)), box(b"mdia", box(b"mdhd", bytes(24)), box(b"minf", table)))
    index, data = box(b"moov", box(b"mvhd", bytes(100)), track), box(b"mdat", frames)
    brand = (b"isom", b"mp42", b"qt  ", b"3gp5")[seed % 4]
    return box(b"ftyp", brand, bytes(4), brand) + (index + data if seed % 2 else data + index)


def archive(seed: int) -> bytes:
    rng, file = random.Random(seed), io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED if seed % 2 else zipfile.ZIP_STORED) as made:
        if seed % 2:
            made.writestr("[Content_Types].xml", "<Types/>")
            made.writestr("word/document.xml", "<w>wind from the west</w>" * 400)
        for day in range(6):
            made.writestr(f"notes/{day}.txt", rng.randbytes(9_000))
    return file.getvalue()


def database(seed: int) -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute(f"PRAGMA page_size = {(1024, 4096, 16384)[seed % 3]}")
    connection.execute("CREATE TABLE weather (day INTEGER PRIMARY KEY, words TEXT, sky BLOB)")
    rows = [(f"cloud {day}", random.Random(seed + day).randbytes(900)) for day in range(200)]
    connection.executemany("INSERT INTO weather (words, sky) VALUES (?, ?)", rows)
    connection.commit()
    return connection.serialize()


def files(*, short: bool) -> list[Made]:
    """Make all that is hidden in an image, in an order that mixes the formats."""
    few = 3 if short else 8
    made = [*jpegs(24 if short else 64), *other_pictures(few)]
    for seed in range(few):
        made += [Made("MP4", film(seed)), Made("ZIP", archive(seed)), Made("SQLite", database(seed))]
    random.Random(1).shuffle(made)
    return made


def background(kind: str, size: int) -> bytes:
    if kind == "zeros":
        return bytes(size)
    if kind == "noise":
        return random.Random(2).randbytes(size)
    rng = random.Random(3)
    lines = "".join(" ".join(rng.choices(WORDS.split(), k=14)) + ".\n" for _ in range(20_000)).encode()
    return (lines * (size // len(lines) + 1))[:size]


def image_with(made: list[Made], kind: str, *, aligned: bool) -> bytes:
    """Lay files out one after another with something between them."""
    rng, between, at = random.Random(4), background(kind, 1 << 20), 0
    parts: list[bytes] = []
    for one in made:
        gap = rng.randrange(1, 20) * CLUSTER if aligned else rng.randrange(1, 80_000)
        gap += -(at + gap) % CLUSTER if aligned else (at + gap) % 512 == 0
        start = rng.randrange(len(between) - gap)
        parts += [between[start : start + gap], one.data]
        at += gap + len(one.data)
    return b"".join([*parts, between[:CLUSTER]])


def run_ours(image: Path, out: Path) -> float:
    command = [sys.executable, "-c", SEARCH, str(ROOT / "src"), str(image), str(out / "digests")]
    return float(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def run_photorec(image: Path, out: Path) -> float:
    steps = "partition_none,fileopt,everything,enable,txt,disable,wholespace,search"
    return run_peer(["photorec", "/d", str(out / "found"), "/cmd", str(image), steps], out)


def run_foremost(image: Path, out: Path) -> float:
    return run_peer(["foremost", "-Q", "-t", "all", "-i", str(image), "-o", str(out / "found")], out)


def run_peer(command: list[str], out: Path) -> float:
    began, nowhere = time.perf_counter(), subprocess.DEVNULL
    subprocess.run(command, cwd=out, stdout=nowhere, stderr=nowhere, timeout=PEER_SECONDS, check=False)
    return time.perf_counter() - began


TOOLS: dict[str, Callable[[Path, Path], float]] = {OURS: run_ours, PHOTOREC: run_photorec, FOREMOST: run_foremost}


def installed() -> list[str]:
    missing = [tool for tool in (PHOTOREC, FOREMOST) if shutil.which(tool) is None]
    for tool in missing:
        print(f"{tool} is not installed and left out (Debian: testdisk, foremost)")
    return [tool for tool in TOOLS if tool not in missing]


def digests(out: Path) -> list[str]:
    """Return the SHA-256 of all that a tool has written, its reports left out."""
    ours = out / "digests"
    if ours.exists():
        return ours.read_text().split()
    reports = {"report.xml", "audit.txt", "photorec.se2", "photorec.log"}
    found = [path for path in out.rglob("*") if path.is_file() and path.name not in reports]
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in found]


def timed(tool: str, image: Path, scratch: Path) -> tuple[float, list[str]]:
    """Run a tool once; return its seconds and the digests of what it found."""
    with tempfile.TemporaryDirectory(dir=scratch) as out:
        return TOOLS[tool](image, Path(out)), digests(Path(out))


def recalls(made: list[Made], tools: list[str], scratch: Path) -> Iterator[Recall]:
    """Hide the files on every background in both ways, and count what comes out."""
    image = scratch / "image.dd"
    truth = {hashlib.sha256(one.data).hexdigest(): one.form for one in made}
    for kind in BACKGROUNDS:
        for placed in ("at clusters", "at any byte"):
            image.write_bytes(image_with(made, kind, aligned=placed == "at clusters"))
            found = {tool: timed(tool, image, scratch)[1] for tool in tools}
            exact = {tool: Counter(truth[one] for one in set(found[tool]) if one in truth) for tool in tools}
            for form, count in Counter(truth.values()).items():
                yield Recall(kind, placed, form, count, {tool: exact[tool][form] for tool in tools})
            others = {tool: sum(one not in truth for one in found[tool]) for tool in tools}
            yield Recall(kind, placed, "others", 0, others)


def speeds(tools: list[str], scratch: Path, *, short: bool) -> Iterator[Speed]:
    """Search bytes with no file in them."""
    image = scratch / "empty.dd"
    megabytes, rounds = (64, 1) if short else (512, 5)
    for kind in BACKGROUNDS:
        piece = background(kind, 32_000_000)
        with image.open("wb") as out:
            for _ in range(megabytes * 1_000_000 // len(piece)):
                out.write(piece)
        size = image.stat().st_size / 1e6
        times: dict[str, list[float]] = {tool: [] for tool in tools}
        for _ in range(rounds):
            for tool in tools:
                times[tool].append(timed(tool, image, scratch)[0])
        rates = {tool: round(size / statistics.median(times[tool]), 1) for tool in tools}
        yield Speed(kind, round(size), rates)


def seconds(searched: list[Speed], tool: str) -> float:
    """Return the time that a tool took for all backgrounds, as much of each."""
    return sum(line.megabytes / line.rates[tool] for line in searched if tool in line.rates)


def shortfalls(found: list[Recall], searched: list[Speed], *, short: bool) -> list[str]:
    """Say what misses its bound."""
    missed = []
    for line in found:
        ours, where = line.found[OURS], f"{line.form} in {line.background}, {line.placed}"
        if line.form == "others":
            missed += [f"{ours} files that are none in {line.background}, {line.placed}"] if ours else []
        elif ours < max(line.files if line.form == "JPEG" else 0, *line.found.values()):
            missed.append(f"{where}: {ours} of {line.files}")
    peer = seconds(searched, PHOTOREC)
    if peer and not short and seconds(searched, OURS) > peer:
        missed.append("slower than photorec over the three backgrounds together")
    return missed


def show(found: list[Recall], searched: list[Speed], tools: list[str]) -> None:
    table = Table(title="Files that come out with exactly their bytes, in noise, zeros and text")
    for heading in ("placed", "format", "files", *tools):
        table.add_column(heading, justify="left" if heading in ("placed", "format") else "right")
    files, counts = Counter[tuple[str, str]](), Counter[tuple[str, str, str]]()
    for line in found:
        files[line.placed, line.form] += line.files
        for tool in tools:
            counts[line.placed, line.form, tool] += line.found[tool]
    for (placed, form), number in sorted(files.items()):
        table.add_row(placed, form, str(number or "–"), *(str(counts[placed, form, tool]) for tool in tools))
    console = Console(width=max(100, Console().width))
    console.print(table)
    table = Table(title="Searching bytes with no file in them, MB/s of wall time (medians)")
    for heading in ("background", "MB", *tools):
        table.add_column(heading, justify="left" if heading == "background" else "right")
    for speed in searched:
        table.add_row(speed.background, str(speed.megabytes), *(f"{speed.rates[tool]:,.0f}" for tool in tools))
    megabytes = sum(speed.megabytes for speed in searched)
    table.add_row("together", str(megabytes), *(f"{megabytes / seconds(searched, tool):,.0f}" for tool in tools))
    console.print(table)


def write(found: list[Recall], searched: list[Speed], path: Path) -> None:
    report = {
        "what": "unfragmented files found by content, exact by SHA-256; bytes searched a second",
        "machine": f"{platform.machine()}, {os.cpu_count()} processors",
        "python": platform.python_version(),
        "recall": [asdict(line) for line in found],
        "speed": [asdict(line) for line in searched],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=2) + "\n")


def main() -> int:
    """Measure, print the tables, write the figures; 1 when a bound is missed."""
    parser = argparse.ArgumentParser(description="Files found by their content, beside photorec and foremost")
    parser.add_argument("--short", action="store_true", help="fewer files and bytes")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench" / "carving.json")
    options = parser.parse_args()
    tools = installed()
    with tempfile.TemporaryDirectory() as scratch:
        found = list(recalls(files(short=options.short), tools, Path(scratch)))
        searched = list(speeds(tools, Path(scratch), short=options.short))
    show(found, searched, tools)
    write(found, searched, options.out)
    missed = shortfalls(found, searched, short=options.short)
    for line in missed:
        print(f"MISSED: {line}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
