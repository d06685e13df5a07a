"""The shadow copies of an NTFS volume: the volume as it was, each a medium of its own."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

import pyvshadow

from sauveterre.evidence.disk.libyal import LIBYAL_ERRORS, YalFile, opened, yal_media
from sauveterre.evidence.disk.media import Media

HEADER_AT = 0x1E00
_IDENTIFIER = bytes.fromhex("6b870838 76c1 484e b7ae 04046e6cc752".replace(" ", ""))


class Shadow:
    """A shadow copy. It shows the header of the shadow copies too; they are listed once, from the volume itself."""

    def __init__(self, media: Media, keep: object) -> None:
        """Take what reads the copy, and what has to stay open for that."""
        self.size = media.size
        self._media = media
        self._keep = keep

    def read_at(self, offset: int, size: int, /) -> bytes:
        """Read from the volume as it was."""
        return self._media.read_at(offset, size)


def shadows(media: Media) -> Iterator[tuple[int, Shadow, datetime | None]]:
    """Yield number (from 1, the oldest), medium and time of each shadow copy; none for a volume that has none.

    Raises ``UnreadableSource`` when there should be some and they cannot be opened.
    """
    if isinstance(media, Shadow) or media.read_at(HEADER_AT, 16) != _IDENTIFIER:
        return
    volume = pyvshadow.volume()
    opened("the volume", "shadow copies", lambda: volume.open_file_object(YalFile(media)))
    for index in range(opened("the volume", "shadow copies", volume.get_number_of_stores)):
        label = f"shadow copy {index + 1}"
        store = opened(label, "a shadow copy", partial(volume.get_store, index))
        size = opened(label, "a shadow copy", store.get_volume_size)
        yield index + 1, Shadow(yal_media(label, store, size), volume), _time_of(store)


def _time_of(store: pyvshadow.store) -> datetime | None:
    try:
        created: datetime = store.get_creation_time()
        return created.replace(tzinfo=UTC)
    except LIBYAL_ERRORS:
        return None
