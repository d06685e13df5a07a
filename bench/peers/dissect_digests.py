"""Digest every file of a disk image with dissect. A program of its own: run with the interpreter of the peers.

    python dissect_digests.py IMAGE

Prints hashdeep's lines. Never imported by anything of this project: dissect has a licence of its own.
"""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dissect.target import container, filesystem

BLOCK = 1 << 20


def files_below(folder: Any, path: str) -> Iterator[tuple[str, Any]]:
    for found in folder.scandir():
        name = f"{path}{found.name}"
        entry = found.get()
        if found.is_dir(follow_symlinks=False):
            yield from files_below(entry, f"{name}/")
        elif found.is_file(follow_symlinks=False):
            yield name, entry


def main() -> None:
    medium = container.open(Path(sys.argv[1]))
    for name, entry in files_below(filesystem.open(medium).get("/"), ""):
        digests = [hashlib.new(each, usedforsecurity=False) for each in ("md5", "sha1", "sha256")]
        size = 0
        try:
            stream = entry.open()
        except Exception as error:  # noqa: BLE001 - names without a content, which it lists as files
            print(f"{name}: {error}", file=sys.stderr)
            continue
        with stream:
            while block := stream.read(BLOCK):
                size += len(block)
                for digest in digests:
                    digest.update(block)
        print(size, *(digest.hexdigest() for digest in digests), name, sep=",")


if __name__ == "__main__":
    main()
