"""Near hits that are in dispute: the picture is read again and hashed the reference way, bit for bit as lists are."""

from dataclasses import dataclass

from django.db import transaction

from sauveterre.casework import audit
from sauveterre.casework.models import Content, Entry, Hit, Officer, Operation, Picture
from sauveterre.casework.presence import require_children, require_there
from sauveterre.casework.services.operations import require_member
from sauveterre.casework.sources import entry_record, keys_of, source_record
from sauveterre.errors import InvalidInput, SauveterreError, UnreadableSource
from sauveterre.media.sandbox import Sandbox
from sauveterre.pipeline.reference import fingerprint_by_reference
from sauveterre.records.content import Picture as Measured

MOST_PLACES = 8
"""Places of a content that are read until one gives it."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One near hit, and how far apart the two pictures are."""

    hit: Hit
    distance: int
    """Bits, as it was found."""
    by_reference: int
    """Bits, by the hash of the reference way."""


def check_hits(*, operation: Operation, sha256: str, by: Officer, sandbox: Sandbox) -> list[Checked]:
    """Hash a content the reference way, keep that beside its hash, and return its near hits, nearest first.

    Of hits on the picture as it is: neither turned, nor inside its file. Raises ``InvalidInput`` where there is none,
    and ``WorkspaceError`` or ``UnreadableSource`` where no place of it gives the content that was read before.
    """
    require_member(operation=operation, officer=by)
    content = Content.objects.filter(operation=operation, sha256=sha256).select_related("picture").first()
    hits = [] if content is None else [hit for hit in content.hits.order_by("distance", "pk") if hit.is_upright]
    if content is None or not hits:
        raise InvalidInput(
            f"no content {sha256} of this operation lies near a listed picture; take the SHA-256 from its page"
        )
    measured = _read_again(content, sandbox)
    with transaction.atomic():
        Picture.objects.filter(content=content).update(reference_pdq=measured.pdq, reference_quality=measured.quality)
        content.picture.reference_pdq = measured.pdq
        found = [Checked(hit, hit.distance, hit.by_reference) for hit in hits if hit.by_reference is not None]
        audit.record(
            actor=by.username, action="hit-checked", subject=f"sha256:{sha256}", operation=operation,
            pdq=measured.pdq.hex(), quality=measured.quality,
            hits=[[one.hit.hash_list.name, one.hit.value, one.distance, one.by_reference] for one in found],
        )  # fmt: skip
    return found


def _read_again(content: Content, sandbox: Sandbox) -> Measured:
    """Return what is measured on a content, from the first of its places that still gives it."""
    trouble: SauveterreError = UnreadableSource(
        f"no file of the content {content.sha256} is known any more; run `sauveterre process`"
    )
    for entry in content.entries.select_related("source__exhibit").order_by("pk")[:MOST_PLACES]:
        try:
            return _measured(entry, content.sha256, sandbox)
        except SauveterreError as error:
            require_children(error)
            trouble = error
    raise trouble


def _measured(row: Entry, sha256: str, sandbox: Sandbox) -> Measured:
    exhibit, source = row.source.exhibit, source_record(row.source)
    require_there(exhibit)
    entry = entry_record(row, source, row.source.kind)
    clocks = sandbox.limits.entry_clocks(row.size)
    found = sandbox.run(
        fingerprint_by_reference, source, entry, sandbox.limits, keys_of(exhibit), seconds=clocks, label=row.path
    )
    if found.digests.sha256 != sha256:
        raise UnreadableSource(
            f"{row.path} in exhibit {exhibit.number} is not what was processed; run `sauveterre exhibit audit "
            f"{exhibit.number}`"
        )
    if found.picture is None:
        raise UnreadableSource(f"{row.path} in exhibit {exhibit.number}: {found.trouble}")
    measured: Measured = found.picture
    return measured
