"""ISO 9660 as the walk sees it, with Rock Ridge and Joliet names as The Sleuth Kit chooses them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import pytsk3

from sauveterre.evidence.disk.media import Media
from sauveterre.evidence.filesystems.attribute import runs_of
from sauveterre.evidence.filesystems.dialect import Dialect, Times

DESCRIPTOR_AT = 0x8000
_SECTOR = 2048
_MOST_RECORDS = 1_000_000
_LARGEST_FOLDER = 64 << 20
_FOLDER = 0x02


def is_descriptor(head: bytes) -> bool:
    """Say whether a primary volume descriptor lies where it has to (ECMA-119, 8.4)."""
    found = head[DESCRIPTOR_AT : DESCRIPTOR_AT + _SECTOR]
    return len(found) == _SECTOR and found[:7] == b"\x01CD001\x01" and found[156] >= 34


class Iso9660(Dialect):
    """ISO 9660: no deleted files, no books of what is in use; every byte that no file lies on is a region."""

    kind = int(pytsk3.TSK_FS_TYPE_ISO9660)

    def times(self, file: Any, address: int) -> Times:  # noqa: ARG002
        """When the file was recorded, as its own folder record says: The Sleuth Kit adds this machine's time zone."""
        first = next((offset for attribute in file for _, offset, _ in runs_of(attribute, self.block)), None)
        return Times(None if first is None else self._recorded.get(first), None, None, None)

    @cached_property
    def _recorded(self) -> dict[int, datetime]:
        """When what begins at a byte of the volume was recorded."""
        return dict(_records(self.media, _MOST_RECORDS))


def _records(media: Media, most: int) -> Iterator[tuple[int, datetime]]:
    """Yield where each file begins and when it was recorded, folder by folder from the root."""
    descriptor = media.read_at(DESCRIPTOR_AT, _SECTOR)
    block = int.from_bytes(descriptor[128:130], "little") or _SECTOR
    folders, entered = [descriptor[156:190]], set[int]()
    while folders and most > 0:
        folder = folders.pop()
        start, size = (int.from_bytes(folder[at : at + 4], "little") for at in (2, 10))
        if start in entered:
            continue
        entered.add(start)
        for record in _folder(media.read_at(start * block, min(size, _LARGEST_FOLDER))):
            most -= 1
            when = recorded(record[18:25])
            if record[25] & _FOLDER:
                folders.append(record)
            elif when is not None:
                yield int.from_bytes(record[2:6], "little") * block, when


def _folder(data: bytes) -> Iterator[bytes]:
    """Yield the records of a folder; none crosses a sector, and the rest of a sector is zeros."""
    at = 0
    while at < len(data):
        size = data[at]
        if size < 34:
            at = (at // _SECTOR + 1) * _SECTOR
            continue
        yield data[at : at + size].ljust(34, b"\x00")
        at += size


def recorded(stamp: bytes) -> datetime | None:
    """Read the seven bytes of a recording time (ECMA-119, 9.1.5); None for one that no calendar has."""
    year, month, day, hour, minute, second, zone = stamp
    quarters = zone - 256 if zone > 127 else zone
    try:
        return datetime(1900 + year, month, day, hour, minute, second, tzinfo=UTC) - timedelta(minutes=15 * quarters)
    except ValueError:
        return None
