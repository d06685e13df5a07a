"""The front door: stream to fingerprint."""

import hashlib
import io

import pytest

from sauveterre.errors import LimitExceeded, UnreadableSource
from sauveterre.media import digests
from sauveterre.media.fingerprint import fingerprint
from sauveterre.records.limits import Limits


class OneWay(io.RawIOBase):
    """A stream that cannot go back, as archives give it; it may break."""

    def __init__(self, data, error=None):
        self._inner, self._error = io.BytesIO(data), error

    def readable(self):
        return True

    def seekable(self):
        return False

    def read(self, size=-1):
        if self._error and self._inner.tell() > 0:
            raise self._error
        return self._inner.read(min(size, 50_000))


def test_a_picture(draw, save):
    data = save(draw(1, 700, 500), "JPEG")
    found = fingerprint(OneWay(data), limits=Limits(), size_hint=len(data))
    assert found.digests.sha256 == hashlib.sha256(data).hexdigest()
    assert (found.size, found.kind, found.trouble) == (len(data), "image/jpeg", "")
    assert (found.picture.width, found.picture.height, len(found.picture.pdq)) == (700, 500, 32)
    assert fingerprint(io.BytesIO(data), limits=Limits()) == found


@pytest.mark.parametrize(
    ("data", "kind"),
    [(b"", "application/octet-stream"), (b"sunny", "text/plain"), (b"\0\0\0\x0cjP  \r\n\x87\n", "image/jp2")],
)
def test_other_content_has_no_picture_and_no_trouble(data, kind):
    found = fingerprint(io.BytesIO(data), limits=Limits())
    assert (found.size, found.kind, found.picture, found.trouble) == (len(data), kind, None, "")


def test_an_undecodable_picture_still_has_digests():
    data = b"\xff\xd8\xff\xe0" + bytes(500)
    found = fingerprint(io.BytesIO(data), limits=Limits())
    assert found.digests.md5 == hashlib.md5(data).hexdigest()
    assert (found.kind, found.picture) == ("image/jpeg", None)
    assert "no picture can be decoded" in found.trouble


@pytest.mark.parametrize("error", [UnreadableSource("the image ends early; copy it anew"), LimitExceeded("too much")])
def test_what_the_stream_raises_passes_through(draw, save, error):
    with pytest.raises(type(error), match=str(error)):
        fingerprint(OneWay(save(draw(1, 700, 500), "PNG"), error), limits=Limits())


def test_a_picture_too_large_to_keep_is_read_again_where_that_is_possible(draw, save, monkeypatch):
    monkeypatch.setattr(digests, "KEPT_BYTES", 1_000)
    data = save(draw(1, 300, 200), "TIFF")
    assert fingerprint(io.BytesIO(data), limits=Limits()).picture.width == 300
    once = fingerprint(OneWay(data), limits=Limits())
    assert once.picture is None
    assert "too large to be kept in memory" in once.trouble


def test_too_many_bytes_are_refused():
    with pytest.raises(LimitExceeded, match="entry_bytes"):
        fingerprint(io.BytesIO(bytes(2_000)), limits=Limits(entry_bytes=1_999))
