"""A near hit in dispute: the picture is read again from its exhibit, and hashed bit for bit as the reference does."""

import io

import numpy as np
import pdqhash
import pytest
from PIL import Image

from sauveterre.casework.models import AuditEvent, Content, HashList, Hit
from sauveterre.casework.services.hits import check_hits
from sauveterre.errors import InvalidInput, NotAllowed, UnreadableSource, WorkspaceError

pytestmark = pytest.mark.django_db


@pytest.fixture
def photograph(tmp_path):
    """A folder with one JPEG that is decoded at a part of its size, and its hash by the usual pipeline."""
    rng = np.random.default_rng(8)
    small = Image.fromarray(rng.integers(0, 255, (9, 12, 3), np.uint8))
    file = io.BytesIO()
    small.resize((1200, 900), Image.Resampling.BICUBIC).save(file, "JPEG", quality=90)
    folder = tmp_path / "exhibit"
    folder.mkdir()
    (folder / "rain.jpg").write_bytes(file.getvalue())
    bits, _ = pdqhash.compute(np.asarray(Image.open(folder / "rain.jpg")))
    return folder, np.packbits(bits).tobytes()


@pytest.fixture
def content(queue, operation, ana, photograph):
    queue.take_in(operation, photograph[0], ana)
    return Content.objects.get()


@pytest.fixture
def hit(operation, content, photograph):
    """Make a near hit on a listed picture that parts from the reference hash in the first bits, as many as ``away``."""
    hash_list = HashList.objects.create(operation=operation, name="Rain", version="1", items=1, problems=0)

    def make(away, **fields):
        listed = int.from_bytes(photograph[1], "big") ^ ((1 << away) - 1)
        given = {"algorithm": "pdq", "value": f"{listed:064x}", "distance": away + 2, "quality": 90, **fields}
        return Hit.objects.create(content=content, hash_list=hash_list, locator="line 1", **given)

    return make


def test_it_is_hashed_the_reference_way_and_the_log_keeps_both_distances(
    queue, operation, content, hit, ana, photograph
):
    far, near = hit(9), hit(4)
    assert near.by_reference is None
    found = check_hits(operation=operation, sha256=content.sha256, by=ana, sandbox=queue.sandbox)
    assert [(one.hit, one.distance, one.by_reference) for one in found] == [(near, 6, 4), (far, 11, 9)]
    content.picture.refresh_from_db()
    assert bytes(content.picture.reference_pdq) == photograph[1]
    assert content.picture.reference_quality >= 50
    assert bytes(content.picture.pdq) != photograph[1]  # it was read at a part of its size
    assert Hit.objects.get(pk=near.pk).by_reference == 4
    event = AuditEvent.objects.get(action="hit-checked")
    assert (event.actor, event.subject) == ("ana", f"sha256:{content.sha256}")
    assert event.detail["hits"] == [["Rain", near.value, 6, 4], ["Rain", far.value, 11, 9]]


def test_the_distance_stays_when_hits_are_written_anew(queue, operation, content, hit, ana):
    hit(3)
    check_hits(operation=operation, sha256=content.sha256, by=ana, sandbox=queue.sandbox)
    Hit.objects.all().delete()
    assert Hit.objects.get(pk=hit(5).pk).by_reference == 5


@pytest.mark.parametrize(
    "fields",
    [{"turn": "mirrored left to right"}, {"via": "EXIF thumbnail"}, {"algorithm": "sha256"}, {"film": {"of": 1}}],
)
def test_hits_that_are_not_on_the_picture_as_it_is_are_not_checked(queue, operation, content, hit, ana, fields):
    other = hit(3, **fields)
    with pytest.raises(InvalidInput, match="lies near a listed picture; take the SHA-256 from its page"):
        check_hits(operation=operation, sha256=content.sha256, by=ana, sandbox=queue.sandbox)
    content.picture.reference_pdq = bytes(32)
    content.picture.save()
    assert Hit.objects.get(pk=other.pk).by_reference is None


def test_what_cannot_be_read_again_changes_nothing(queue, operation, content, hit, ana, eve, photograph):
    hit(3)
    file = photograph[0] / "rain.jpg"

    def check(by=ana, sha256=content.sha256):
        return check_hits(operation=operation, sha256=sha256, by=by, sandbox=queue.sandbox)

    with pytest.raises(NotAllowed):
        check(by=eve)
    with pytest.raises(InvalidInput):
        check(sha256="0" * 64)
    file.write_bytes(file.read_bytes() + b"more")
    with pytest.raises(UnreadableSource, match="is not what was processed; run `sauveterre exhibit audit 1`"):
        check()
    file.unlink()
    photograph[0].rmdir()
    with pytest.raises(WorkspaceError, match="connect its medium"):
        check()
    content.picture.refresh_from_db()
    assert content.picture.reference_pdq is None
    assert not AuditEvent.objects.filter(action="hit-checked").exists()
