import io

import pytest
import pytsk3

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.disk.media import StreamMedia
from sauveterre.evidence.disk.tsk import tsk_image


class Recorded:
    """A medium that keeps what it was asked for, and is damaged from some byte on."""

    def __init__(self, data: bytes, damaged_from: int = 1 << 40) -> None:
        self._data = data
        self._damaged_from = damaged_from
        self.size = len(data)
        self.asked = []

    def read_at(self, offset, size):
        self.asked.append((offset, size))
        if offset + size > self._damaged_from:
            raise UnreadableSource(f"the medium is damaged at byte {offset:,}; look for another copy")
        return self._data[offset : offset + size]


def test_nothing_is_asked_of_a_medium_past_its_end():
    media = Recorded(bytes(5000))
    image = tsk_image(media)

    assert (image.read(4000, 4096), image.read(5000, 10), image.read(9000, 10)) == (bytes(1000), b"", b"")
    assert media.asked == [(4000, 1000)]
    assert image.get_size() == 5000


def test_the_first_error_of_a_medium_is_kept_in_its_own_words(dfvfs):
    image = tsk_image(Recorded((dfvfs / "ímynd.dd").read_bytes(), damaged_from=65_536))
    with pytest.raises((OSError, RuntimeError)):
        list(pytsk3.FS_Info(image).open_dir("/"))

    assert str(image.trouble) == "the medium is damaged at byte 65,536; look for another copy"


def test_a_medium_is_listed_as_a_file_is(dfvfs):
    media = StreamMedia(io.BytesIO((dfvfs / "ímynd.dd").read_bytes()))
    names = [entry.info.name.name for entry in pytsk3.FS_Info(tsk_image(media)).open_dir("/")]

    assert b"passwords.txt" in names
    assert tsk_image(media).trouble is None
