"""A key that comes in wakes what was locked, and nothing else."""

import gzip
import io

import pikepdf
import py7zr
import pytest
from PIL import Image

from sauveterre.casework import intake
from sauveterre.casework.models import AuditEvent, Entry, Source
from sauveterre.casework.services.exhibits import add_key

pytestmark = pytest.mark.django_db
PASSWORD = "rain at noon"


def packed(*, names: bool = False, password: str = PASSWORD) -> bytes:
    stream = io.BytesIO()
    with py7zr.SevenZipFile(stream, "w", password=password, header_encryption=names) as archive:
        archive.writestr("It rains.", "rain.txt")
        archive.writestr("It hails.", "hail.txt")
    return stream.getvalue()


def document() -> bytes:
    stream, picture = io.BytesIO(), io.BytesIO()
    Image.linear_gradient("L").save(picture, "JPEG")
    pdf = pikepdf.new()
    name = pikepdf.Name
    shown = pikepdf.Stream(
        pdf, picture.getvalue(), Type=name.XObject, Subtype=name.Image, Width=256, Height=256, BitsPerComponent=8,
        ColorSpace=name.DeviceGray, Filter=name.DCTDecode,
    )  # fmt: skip
    pdf.add_blank_page().Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(A=pdf.make_indirect(shown)))
    pdf.save(stream, encryption=pikepdf.Encryption(owner="wind", user=PASSWORD))
    return stream.getvalue()


@pytest.fixture
def card(tmp_path):
    folder = tmp_path / "card"
    folder.mkdir()
    (folder / "a.txt").write_text("fog")
    (folder / "b.7z").write_bytes(packed())
    (folder / "c.7z").write_bytes(packed(names=True))
    (folder / "d.pdf").write_bytes(document())
    (folder / "e.age").write_bytes(b"age-encryption.org/v1\n-> X25519 abc\n")
    (folder / "g.gz").write_bytes(gzip.compress(b"It blows. " * 99)[:-6])
    (folder / "f.7z").write_bytes(packed(password="another"))
    return folder


def states() -> dict[str, tuple[str, str]]:
    return {f"{one.source.path}/{one.path}": (one.state, one.cause) for one in Entry.objects.select_related("source")}


LOCKED = ("failed", "encrypted")
CLOSED = ("partial", "encrypted")
DONE = ("processed", "")
BEFORE = {
    "card/a.txt": DONE,
    "card/b.7z": DONE,
    "card/b.7z/rain.txt": LOCKED,
    "card/b.7z/hail.txt": LOCKED,
    "card/c.7z": CLOSED,
    "card/d.pdf": CLOSED,
    "card/e.age": CLOSED,
    "card/f.7z": DONE,
    "card/f.7z/rain.txt": LOCKED,
    "card/f.7z/hail.txt": LOCKED,
    "card/g.gz": DONE,
    "card/g.gz/content": ("failed", "unreadable"),
}
AFTER = {
    **BEFORE,
    "card/b.7z/rain.txt": DONE,
    "card/b.7z/hail.txt": DONE,
    "card/c.7z": DONE,
    "card/c.7z/rain.txt": DONE,
    "card/c.7z/hail.txt": DONE,
    "card/d.pdf": DONE,
    "card/d.pdf/pictures/object-00005.jpg": DONE,
}


def give(queue, exhibit, by, key=PASSWORD):
    """Add a key, and put the jobs of the sources that it wakes, as the database's own queue does."""
    count = add_key(exhibit=exhibit, key=key, by=by)
    queue("inventory", [{"source_id": source.pk} for source in Source.objects.filter(state="new")])
    return count


def test_a_key_wakes_locked_sources_and_locked_entries_and_nothing_else(queue, operation, card, ana):
    exhibit = queue.take_in(operation, card, ana)
    assert states() == BEFORE

    assert give(queue, exhibit, ana) == 3 + 4
    event = AuditEvent.objects.get(action="key-added")
    assert (event.detail["sources"], event.detail["entries"]) == (3, 4)
    read = queue.work()

    assert states() == AFTER
    assert read == sorted([*["hail.txt", "rain.txt"] * 3, "pictures/object-00005.jpg"])
    assert {source.state for source in Source.objects.exclude(path="card/e.age")} == {"done"}
    assert Source.objects.get(path="card/e.age").state == "locked"
    assert "`age --decrypt`" in Source.objects.get(path="card/e.age").reason


def test_a_key_that_comes_in_while_others_are_tried_is_tried_too(queue, operation, card, ana, monkeypatch):
    real, exhibits = intake._read, []

    def read(sandbox, row, pending, *, labelled):
        ended = real(sandbox, row, pending, labelled=labelled)
        if row.path == "card/b.7z" and not exhibits:
            exhibits.append(row.exhibit)
            add_key(exhibit=row.exhibit, key=PASSWORD, by=ana)
        return ended

    monkeypatch.setattr(intake, "_read", read)
    queue.take_in(operation, card, ana)

    assert exhibits
    assert {path: state for path, state in states().items() if path.startswith("card/b.7z")} == {
        path: DONE for path in BEFORE if path.startswith("card/b.7z")
    }
