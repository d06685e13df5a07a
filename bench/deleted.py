"""Deleted files: how many of 200 among 4,000 live ones are found by metadata, and how many of them byte for byte.

On NTFS (deleted through ntfs-3g), FAT32 (mtools) and ext4 (debugfs, which leaves where a file lay; the kernel erases
it). All live files must be found and whole too, and nothing may be listed twice; on ext4 a name and the record that
it no longer leads to are two entries. Beside it: The Sleuth Kit's ``fls``, how many deleted names it finds. Images
are those of ``bench/evidence.py``; what cannot be made is named.

    python bench/deleted.py            4,000 files, 200 deleted
    python bench/deleted.py --short    400 files, 20 deleted

Ends with status 1 when a file of NTFS or FAT32 is missing or not whole, or one of ext4 is not listed.
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))
sys.path.insert(0, str(ROOT / "bench"))

from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from evidence_images import LONG, MEBIBYTE, SHORT, Missing, Scale, files, make, run  # noqa: E402
from sauveterre.evidence.opening import open_container  # noqa: E402
from sauveterre.records.entry import Entry, EntryKind  # noqa: E402
from sauveterre.records.limits import Limits  # noqa: E402
from sauveterre.records.reader import Container  # noqa: E402
from sauveterre.records.source import Source  # noqa: E402

BUILD = ROOT / "build" / "bench"
KEEPS_CONTENT = ("NTFS", "FAT32")


@dataclass
class Recall:
    """What came of one image."""

    system: str
    live: int
    live_whole: int
    deleted: int
    deleted_listed: int
    deleted_whole: int
    fls: int | None
    entries_a_second: int
    met: bool


def fat32(root: Path, scale: Scale) -> Path:
    """Make a FAT32 volume without mounting it."""
    path = root / scale.name / "fat32.raw"
    if path.is_file():
        return path
    work, folder = path.with_suffix(".new"), root / scale.name
    size = sum(len(content) + 8192 for _, content in files(scale)) // MEBIBYTE + 64
    with work.open("wb") as image:
        image.truncate(max(size, 40) * MEBIBYTE)
    run("mkfs.vfat", "-F", 32, work)
    run("mcopy", "-s", "-Q", "-i", work, *sorted((folder / "files").iterdir()), folder / "gone", "::/")
    names = sorted(found.name for found in (folder / "gone").iterdir())
    for first in range(0, len(names), 100):
        run("mdel", "-i", work, *(f"::/gone/{name}" for name in names[first : first + 100]))
    work.rename(path)
    return path


def digest(container: Container, entry: Entry) -> str:
    """Return the SHA-256 of an entry's content."""
    found = hashlib.sha256()
    with container.open(entry) as stream:
        while block := stream.read(1 << 20):
            found.update(block)
    return found.hexdigest()


def measure(system: str, image: Path, scale: Scale) -> Recall:
    """List and read one image, and hold it against what was put in."""
    truth = {name: hashlib.sha256(content).hexdigest() for name, content in files(scale)}
    gone = {name: sha256 for name, sha256 in truth.items() if name.startswith("gone/")}
    with open_container(Source(image, f"file:{image.name}"), Limits()) as container:
        started = time.perf_counter()
        listed = [entry for entry in container.entries() if entry.kind is EntryKind.FILE]
        seconds = time.perf_counter() - started
        live = {entry.path.decode(): entry for entry in listed if entry.allocated}
        dead = [entry for entry in listed if entry.allocated is False]
        live_whole = sum(
            name in live and digest(container, live[name]) == sha256
            for name, sha256 in truth.items()
            if name not in gone
        )
        whole = {digest(container, entry) for entry in dead if not entry.failure} & set(gone.values())
    keeps = system in KEEPS_CONTENT
    found = Recall(
        system=system,
        live=len(truth) - len(gone),
        live_whole=live_whole,
        deleted=len(gone),
        deleted_listed=len(dead),
        deleted_whole=len(whole),
        fls=fls(image),
        entries_a_second=round(len(listed) / seconds),
        met=False,
    )
    all_live = found.live_whole == found.live and len({entry.locator for entry in listed}) == len(listed)
    if keeps:
        found.met = all_live and found.deleted_listed == found.deleted_whole == len(gone)
    else:
        found.met = all_live and found.deleted_listed >= len(gone)
    return found


def fls(image: Path) -> int | None:
    """Return how many deleted names The Sleuth Kit's tool finds, other than blank records; None where it is missing."""
    tool = shutil.which("fls")
    if tool is None:
        return None
    ran = subprocess.run([tool, "-r", "-p", "-d", image], capture_output=True, text=True, check=False)
    return sum("/r *" in line and "OrphanFile-" not in line for line in ran.stdout.splitlines())


def show(results: list[Recall], missing: dict[str, str], console: Console) -> None:
    table = Table(title="deleted files found by metadata")
    for column in ("system", "live whole", "deleted listed", "deleted whole", "fls -d", "entries/s", "met"):
        table.add_column(column, justify="left" if column == "system" else "right")
    for one in results:
        table.add_row(
            one.system,
            f"{one.live_whole:,} of {one.live:,}",
            f"{one.deleted_listed} of {one.deleted}",
            f"{one.deleted_whole} of {one.deleted}",
            "-" if one.fls is None else str(one.fls),
            f"{one.entries_a_second:,}",
            "yes" if one.met else "NO",
        )
    console.print(table)
    for name, why in missing.items():
        console.print(f"{name} is missing: {why}")


def main() -> int:
    """Make the images, measure, print; 1 when something is not as it must be."""
    parser = argparse.ArgumentParser(description="recall of deleted files")
    parser.add_argument("--short", action="store_true", help="400 files, 20 deleted")
    parser.add_argument("--out", type=Path, default=BUILD / "deleted.json", help="where the figures go")
    options = parser.parse_args()
    scale, root = SHORT if options.short else LONG, BUILD / "evidence"
    made = make(root, scale)
    images = {name.removesuffix(" raw"): path for name, path in made.images.items() if name.endswith(" raw")}
    missing = dict(made.missing)
    try:
        images["FAT32"] = fat32(root, scale)
    except Missing as error:
        missing["FAT32"] = str(error)
    results = [measure(system, path, scale) for system, path in sorted(images.items())]
    show(results, missing, Console(width=max(120, Console().width)))
    report = {"form": scale.name, "missing": missing, "results": [asdict(one) for one in results]}
    options.out.write_text(json.dumps(report, indent=2) + "\n")
    return 0 if all(one.met for one in results) else 1


if __name__ == "__main__":
    sys.exit(main())
