"""What ``exact_lookup.py`` measures against: made-up lists of any size, and the ways others ask such a list.

- SQLite as NSRL ships its reference data set (version 3): a table of text with an index, hashes in capitals. Only the
  column that is asked is there: all that could slow SQLite down is left out.
- ``hfind`` of The Sleuth Kit, a sorted text index. It is asked by MD5, the smaller of its indexes.
- ``hashdeep``, which loads the whole list in each run (about 600 bytes a hash), and only looks up files.

Digests of a list follow from their place in it, so that nothing large is kept to ask about them.
"""

import hashlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from watched import Measured, program

CHUNK = 1_000_000
WIDTH = 20
HIT_EVERY = 20
"""One query in twenty is on the list."""
FILE_SIZE = 16
"""Bytes of each file that hashdeep is asked about."""

Digests = NDArray[np.uint8]


def chunk(number: int, rows: int = CHUNK) -> Digests:
    """Return the digests of one part of a list (rows × 20)."""
    raw = np.random.default_rng((7, number)).bytes(CHUNK * WIDTH)
    return np.frombuffer(raw, np.uint8).reshape(-1, WIDTH)[:rows]


def chunks(size: int) -> Iterator[Digests]:
    for number, start in enumerate(range(0, size, CHUNK)):
        yield chunk(number, min(CHUNK, size - start))


def questions(size: int, asked: int) -> Digests:
    """Return what is asked of a list of this size, in no order: one in twenty is on it."""
    rng = np.random.default_rng(8)
    queries = rng.integers(0, 256, (asked, WIDTH), np.uint8)
    wanted = np.sort(rng.integers(0, size, len(queries[::HIT_EVERY])))
    hits = np.empty((len(wanted), WIDTH), np.uint8)
    for number in np.unique(wanted // CHUNK).tolist():
        here = wanted // CHUNK == number
        hits[here] = chunk(number)[wanted[here] % CHUNK]
    queries[::HIT_EVERY] = rng.permutation(hits)
    return queries


def hexed(digests: Digests, width: int = WIDTH) -> list[str]:
    text = np.ascontiguousarray(digests[:, :width]).tobytes().hex().upper()
    return [text[at : at + 2 * width] for at in range(0, len(text), 2 * width)]


# --- SQLite, as NSRL ships its set


def build_sqlite(path: Path, size: int) -> None:
    os.environ["SQLITE_TMPDIR"] = str(path.parent)
    database = sqlite3.connect(path)
    database.executescript("pragma journal_mode=off; pragma synchronous=off; pragma cache_size=-400000;")
    database.execute("create table METADATA (sha1 VARCHAR)")
    for digests in chunks(size):
        database.executemany("insert into METADATA values (?)", ((text,) for text in hexed(digests)))
    database.commit()
    database.execute("create index METADATA_sha1 on METADATA (sha1)")
    database.close()


def ask_sqlite(path: Path, queries: list[str]) -> int:
    """Open the database, ask about every digest, and return how many are in it."""
    database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    ask = "select 1 from METADATA where sha1 = ? limit 1"
    found = sum(database.execute(ask, (text,)).fetchone() is not None for text in queries)
    database.close()
    return found


# --- hfind of The Sleuth Kit


def build_hfind(path: Path, size: int) -> None:
    with path.open("w") as file:
        for digests in chunks(size):
            file.writelines(f"{text}  a\n" for text in hexed(digests, 16))
    environment = os.environ | {"TMPDIR": str(path.parent)}
    subprocess.run(["hfind", "-i", "md5sum", path], check=True, stdout=subprocess.DEVNULL, env=environment)


def ask_hfind(path: Path, asked: Path) -> Measured:
    """Return as the result how many of the digests in a file are on the list."""
    measured = program(["hfind", "-f", str(asked), str(path)])
    return replace(measured, result=sum(not line.endswith(b"Not Found") for line in measured.result.splitlines()))


def hfind_files(path: Path) -> list[Path]:
    return [path, *path.parent.glob(f"{path.name}-md5.idx*")]


# --- hashdeep


def build_hashdeep(folder: Path, size: int, asked: int) -> tuple[Path, Path, int]:
    """Write a list and as many small files as are asked about: return both, and how many files are on the list."""
    files = folder / "files"
    files.mkdir()
    known = []
    for number in range(asked):
        content = f"{number:0{FILE_SIZE}d}".encode()
        (files / str(number)).write_bytes(content)
        if number % HIT_EVERY == 0:
            known.append(hashlib.sha1(content, usedforsecurity=False).hexdigest())
    path = folder / "hashdeep.txt"
    with path.open("w") as file:
        file.write("%%%% HASHDEEP-1.0\n%%%% size,sha1,filename\n")
        file.writelines(f"{FILE_SIZE},{text},a\n" for text in known)
        for digests in chunks(size - len(known)):
            file.writelines(f"{FILE_SIZE},{text.lower()},a\n" for text in hexed(digests))
    return path, files, len(known)


def ask_hashdeep(path: Path, files: Path) -> Measured:
    """Return as the result how many files of a folder are on the list."""
    measured = program(["hashdeep", "-c", "sha1", "-j", "0", "-m", "-k", str(path), "-r", str(files)])
    return replace(measured, result=len(measured.result.splitlines()))


def missing() -> list[str]:
    return [name for name in ("hfind", "hashdeep") if shutil.which(name) is None]
