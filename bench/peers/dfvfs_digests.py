"""Digest every file of a disk image with dfVFS. A program of its own: run with the interpreter of the peers.

    python dfvfs_digests.py IMAGE ext|ntfs raw|ewf

Prints hashdeep's lines. The layers are named, so that nothing is scanned for: that is its fastest way.
"""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dfvfs.lib import definitions
from dfvfs.path import factory
from dfvfs.resolver import resolver

BLOCK = 1 << 20
FILE_SYSTEMS = {"ext": definitions.TYPE_INDICATOR_EXT, "ntfs": definitions.TYPE_INDICATOR_NTFS}
IMAGES = {"raw": definitions.TYPE_INDICATOR_RAW, "ewf": definitions.TYPE_INDICATOR_EWF}
ROOTS = {"ext": "/", "ntfs": "\\"}


def files_below(folder: Any, path: str) -> Iterator[tuple[str, Any]]:
    for entry in folder.sub_file_entries:
        name = f"{path}{entry.name}"
        if entry.IsDirectory():
            yield from files_below(entry, f"{name}/")
        elif entry.IsFile():
            yield name, entry


def main() -> None:
    image, kind, form = sys.argv[1:4]
    spec = factory.Factory.NewPathSpec(definitions.TYPE_INDICATOR_OS, location=str(Path(image).absolute()))
    spec = factory.Factory.NewPathSpec(IMAGES[form], parent=spec)
    spec = factory.Factory.NewPathSpec(FILE_SYSTEMS[kind], location=ROOTS[kind], parent=spec)
    for name, entry in files_below(resolver.Resolver.OpenFileEntry(spec), ""):
        stream = entry.GetFileObject()
        if stream is None:
            continue
        digests = [hashlib.new(each, usedforsecurity=False) for each in ("md5", "sha1", "sha256")]
        size = 0
        while block := stream.read(BLOCK):
            size += len(block)
            for digest in digests:
                digest.update(block)
        print(size, *(digest.hexdigest() for digest in digests), name, sep=",")


if __name__ == "__main__":
    main()
