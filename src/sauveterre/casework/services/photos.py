"""Photographs of an exhibit: the medium, its label, its seal. Drawn anew in the sandbox; the upload is not kept."""

import hashlib

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from sauveterre.casework import audit
from sauveterre.casework.limits import limits_here
from sauveterre.casework.models import Exhibit, ExhibitPhoto, Officer
from sauveterre.casework.rows import storable
from sauveterre.casework.services.exhibits import short_text
from sauveterre.casework.services.operations import require_member
from sauveterre.casework.storage import photo_name
from sauveterre.errors import InvalidInput
from sauveterre.media.redrawing import redraw
from sauveterre.media.sandbox import Sandbox

LARGEST = 25 << 20
MOST = 40
"""Photographs of one exhibit."""
SECONDS = 60.0


def add_photo(*, exhibit: Exhibit, name: str, data: bytes, caption: str, by: Officer) -> ExhibitPhoto:
    """Keep a photograph of an exhibit. The same file twice is one photograph.

    Raises ``InvalidInput`` for what is no whole JPEG, PNG or HEIC picture of at most 25 MiB.
    """
    require_member(operation=exhibit.operation, officer=by)
    caption = short_text("caption", caption)
    sha256 = hashlib.sha256(data).hexdigest()
    kept = exhibit.photos.filter(sha256=sha256).first()
    if kept is not None:
        return kept
    if not data or len(data) > LARGEST:
        raise InvalidInput(f"a photograph has at most {LARGEST >> 20} MiB and is not empty; make it smaller")
    if exhibit.photos.count() >= MOST:
        raise InvalidInput(f"an exhibit has at most {MOST} photographs; leave out what shows nothing new")
    drawn, width, height = _drawn(data)
    with transaction.atomic():
        Exhibit.objects.select_for_update(no_key=True).get(pk=exhibit.pk)
        default_storage.save(photo_name(exhibit.pk, sha256), ContentFile(drawn))
        photo, made = ExhibitPhoto.objects.get_or_create(
            exhibit=exhibit,
            sha256=sha256,
            defaults={
                "name": storable(name)[:300],
                "caption": caption,
                "width": width,
                "height": height,
                "added_by": by.username,
            },
        )
        if made:
            audit.record(
                actor=by.username, action="photo-added", subject=f"exhibit {exhibit.number}",
                operation=exhibit.operation, sha256=sha256, name=photo.name,
            )  # fmt: skip
    return photo


def _drawn(data: bytes) -> tuple[bytes, int, int]:
    """Have a child process draw it: this one never decodes an upload."""
    with Sandbox(workers=1, limits=limits_here()) as sandbox:
        file = sandbox.scratch / "photograph"
        file.write_bytes(data)
        drawn: tuple[bytes, int, int] = sandbox.run(redraw, file, sandbox.limits, seconds=SECONDS)
    return drawn
