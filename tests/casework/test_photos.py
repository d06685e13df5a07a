import hashlib
import io

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from sauveterre.casework.models import AuditEvent, ExhibitPhoto
from sauveterre.casework.services import photos
from sauveterre.casework.services.exhibits import add_exhibit
from sauveterre.casework.services.photos import add_photo
from sauveterre.casework.storage import photo_name
from sauveterre.errors import InvalidInput, NotAllowed, SauveterreError

pytestmark = pytest.mark.django_db
SECRET = "Exempleville 48.1 N"


def photograph(form="JPEG", size=(2_000, 1_000), *, turned=False):
    """A drawn label, with metadata that must not be kept."""
    picture = Image.linear_gradient("L").resize(size).convert("RGB")
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = SECRET, 6 if turned else 1
    stream = io.BytesIO()
    picture.save(stream, form, exif=exif)
    return stream.getvalue()


@pytest.fixture
def exhibit(operation, ana):
    return add_exhibit(operation=operation, by=ana, seal="S-1")


def kept(exhibit, photo):
    with default_storage.open(photo_name(exhibit.pk, photo.sha256)) as stream:
        return stream.read()


@pytest.mark.parametrize(
    ("form", "turned", "size"),
    [("JPEG", False, (1_600, 800)), ("JPEG", True, (800, 1_600)), ("PNG", False, (1_600, 800))],
)
def test_a_photograph_is_drawn_anew_upright_and_without_metadata(exhibit, ana, form, turned, size):
    data = photograph(form, turned=turned)

    photo = add_photo(exhibit=exhibit, name="label.jpg", data=data, caption=" The label ", by=ana)

    assert (photo.width, photo.height, photo.caption, photo.added_by) == (*size, "The label", "ana")
    assert photo.sha256 == hashlib.sha256(data).hexdigest()
    drawn = kept(exhibit, photo)
    with Image.open(io.BytesIO(drawn)) as picture:
        assert (picture.format, picture.size, dict(picture.getexif())) == ("JPEG", size, {})
    assert SECRET.encode() in data
    assert SECRET.encode() not in drawn
    assert AuditEvent.objects.get(action="photo-added").detail == {"sha256": photo.sha256, "name": "label.jpg"}


def test_heic_is_read_too(exhibit, ana):
    pillow_heif = pytest.importorskip("pillow_heif")
    stream = io.BytesIO()
    pillow_heif.from_pillow(Image.linear_gradient("L").resize((640, 480)).convert("RGB")).save(stream)

    photo = add_photo(exhibit=exhibit, name="a.heic", data=stream.getvalue(), caption="", by=ana)

    assert (photo.width, photo.height) == (640, 480)


def test_at_rest_it_is_sealed(exhibit, ana):
    photo = add_photo(exhibit=exhibit, name="a.jpg", data=photograph(), caption="", by=ana)

    with open(default_storage.path(photo_name(exhibit.pk, photo.sha256)), "rb") as stream:  # noqa: PTH123
        assert b"\xff\xd8\xff" not in stream.read(64)


def test_the_same_file_twice_is_one_photograph_and_another_exhibits_is_its_own(exhibit, ana, operation):
    other = add_exhibit(operation=operation, by=ana, seal="S-2")
    first = add_photo(exhibit=exhibit, name="a.jpg", data=photograph(), caption="one", by=ana)

    assert add_photo(exhibit=exhibit, name="b.jpg", data=photograph(), caption="two", by=ana) == first
    assert add_photo(exhibit=other, name="a.jpg", data=photograph(), caption="", by=ana) != first
    assert ExhibitPhoto.objects.count() == AuditEvent.objects.filter(action="photo-added").count() == 2


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is not empty"),
        (b"rain", "JPEG, PNG or HEIC"),
        (b"GIF89a" + bytes(100), "JPEG, PNG or HEIC"),
        (photograph()[:9_000], "not whole"),
        (b"\xff\xd8\xff\xe0" + bytes(200), "cannot be shown"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "cannot be shown"),
    ],
    ids=["empty", "text", "gif", "cut", "jpeg of noughts", "png of noughts"],
)
def test_what_is_no_photograph_is_refused_and_nothing_is_kept(exhibit, ana, data, says):
    with pytest.raises(InvalidInput, match=says):
        add_photo(exhibit=exhibit, name="x", data=data, caption="", by=ana)
    assert not ExhibitPhoto.objects.exists()


def test_bounds_are_kept(exhibit, ana, monkeypatch):
    with pytest.raises(InvalidInput, match="at most 25 MiB"):
        add_photo(exhibit=exhibit, name="x", data=bytes((25 << 20) + 1), caption="", by=ana)
    monkeypatch.setattr(photos, "MOST", 1)
    add_photo(exhibit=exhibit, name="x", data=photograph(), caption="", by=ana)
    with pytest.raises(InvalidInput, match="at most 1 photographs"):
        add_photo(exhibit=exhibit, name="x", data=photograph("PNG"), caption="", by=ana)


def test_a_stranger_may_not(exhibit, eve):
    with pytest.raises(NotAllowed, match="eve is not a member"):
        add_photo(exhibit=exhibit, name="x", data=photograph(), caption="", by=eve)
    assert not ExhibitPhoto.objects.exists()


def test_hostile_pictures_never_reach_this_process(exhibit, ana, fixtures):
    folder = fixtures / "evidence" / "pillow"
    if not folder.is_dir():
        pytest.skip(f"no hostile pictures at {folder}")
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size < (1 << 20))[:12]
    for path in files:
        try:
            add_photo(exhibit=exhibit, name=path.name, data=path.read_bytes(), caption="", by=ana)
        except SauveterreError as error:
            assert str(error)
