"""What sources inside sources, and files taken out of them, are called."""

from collections.abc import Iterable
from hashlib import sha256

from sauveterre.records.entry import Entry
from sauveterre.records.source import Step

DELETED, NAMESAKES = b"$Deleted", b"$Namesakes"
"""Folders for files that lie in no folder any more (deleted and carved ones), and for those whose place is taken."""
LONGEST = 255
"""Bytes in a name, for most file systems."""
_UNSAFE = ((b"\x00", b"%00"), (b"\n", b"%0A"), (b"\r", b"%0D"))


def inside(source: str, reader: str, path: str) -> str:
    """Return the name of something inside a source, for people: ``!`` goes into a container, ``/`` into a folder."""
    return f"{source}{'/' if reader == 'directory' else '!'}{path}".rstrip("!/")


def extracted_name(entry: Entry) -> bytes:
    """Return the relative path that an entry's content is written to; it leads nowhere but down.

    Live files keep their path. Those that are deleted, or found by content, lie under their locator, since a live one
    may have their name by now.
    """
    if entry.allocated is not False:
        return safe_path(entry.path)
    return extracted_apart(entry, DELETED)


def extracted_apart(entry: Entry, folder: bytes = NAMESAKES) -> bytes:
    """Return another relative path for an entry's content, which is no other entry's: a locator is unique."""
    return b"/".join((folder, _of_locator(entry.locator), safe_path(entry.path).rpartition(b"/")[2]))


def extracted_folder(steps: Iterable[Step]) -> bytes:
    """Return the relative path of the folder for a source's files; empty for what the examiner named."""
    return b"/".join(_of_locator(step.locator) for step in steps)


def _of_locator(locator: str) -> bytes:
    return _safe(locator.encode("utf-8", "backslashreplace").replace(b"/", b"%2F")) or b"unnamed"


def safe_path(path: bytes) -> bytes:
    """Return a path without what would lead up, to the root or nowhere; ``unnamed`` when nothing is left."""
    parts = [_safe(part) for part in path.split(b"/") if part not in (b"", b".")]
    return b"/".join(parts) or b"unnamed"


def _safe(name: bytes) -> bytes:
    if name in (b".", b".."):
        return name.replace(b".", b"%2E")
    for byte, written in _UNSAFE:
        name = name.replace(byte, written)
    if len(name) <= LONGEST:
        return name
    return name[: LONGEST - 17] + b"~" + sha256(name).hexdigest()[:16].encode()
