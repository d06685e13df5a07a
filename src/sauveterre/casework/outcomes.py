"""How entries ended: contents, pictures, films and what is shown of them once, and each entry's own outcome."""

from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection

from sauveterre.casework.films import film_row
from sauveterre.casework.models import Content, Entry, Film, Picture, Source
from sauveterre.casework.pictures import embedded_row
from sauveterre.casework.rows import storable
from sauveterre.casework.storage import sheet_name, thumbnail_name
from sauveterre.pipeline.endings import KILLERS
from sauveterre.pipeline.processing import Processed
from sauveterre.records import content as contents
from sauveterre.records.entry import Entry as EntryRecord
from sauveterre.records.source import Source as SourceRecord


@dataclass(frozen=True, slots=True)
class Ended:
    """An entry, how it ended, and the source that it turned out to be."""

    entry: Entry
    record: EntryRecord
    processed: Processed
    nested: SourceRecord | None


def write_outcomes(source: Source, ended: list[Ended]) -> None:
    """Write a batch within the caller's transaction.

    What is known already is not written again, unless an entry was read again: a newer version may say otherwise.
    """
    prints = {
        one.processed.fingerprint.digests.sha256: one.processed.fingerprint
        for one in ended
        if one.processed.fingerprint is not None
    }
    numbers = _write_contents(source.exhibit.operation_id, prints)
    _forget_old(ended, numbers)
    _write_pictures(prints, numbers)
    _write_films(prints, numbers)
    _write_states(ended, numbers)


def _forget_old(ended: list[Ended], numbers: dict[str, int]) -> None:
    """Make room for what is said anew of contents that were read before; where no decoder was let in, nothing is."""
    for one in ended:
        found = one.processed.fingerprint
        if found is None or not one.entry.extractor:
            continue
        if found.picture is None and found.film is None and one.processed.cause in KILLERS:
            continue
        number = numbers[found.digests.sha256]
        Content.objects.filter(pk=number).update(kind=found.kind)
        if Picture.objects.filter(content_id=number).delete()[0]:
            default_storage.delete(thumbnail_name(found.digests.sha256))
        if Film.objects.filter(content_id=number).delete()[0]:
            default_storage.delete(sheet_name(found.digests.sha256))


def _write_contents(operation_id: int, prints: dict[str, contents.Fingerprint]) -> dict[str, int]:
    """Write contents in the order of their digests, so that two batches never wait for each other in a ring."""
    Content.objects.bulk_create(
        (
            Content(
                operation_id=operation_id,
                sha256=sha256,
                sha1=found.digests.sha1,
                md5=found.digests.md5,
                size=found.size,
                kind=found.kind,
            )
            for sha256, found in sorted(prints.items())
        ),
        ignore_conflicts=True,
    )
    known = Content.objects.filter(operation_id=operation_id, sha256__in=prints)
    return dict(known.values_list("sha256", "pk"))


def _write_pictures(prints: dict[str, contents.Fingerprint], numbers: dict[str, int]) -> None:
    pictures = {sha256: found.picture for sha256, found in sorted(prints.items()) if found.picture is not None}
    for sha256, picture in pictures.items():
        name = thumbnail_name(sha256)
        if not default_storage.exists(name):
            default_storage.save(name, ContentFile(picture.thumbnail))
    Picture.objects.bulk_create(
        (
            Picture(
                content_id=numbers[sha256],
                width=picture.width,
                height=picture.height,
                pdq=picture.pdq,
                quality=picture.quality,
                make=storable(picture.camera.make),
                model=storable(picture.camera.model),
                serial=storable(picture.camera.serial),
                software=storable(picture.camera.software),
                taken_raw=storable(picture.taken_raw)[:64],
                latitude=picture.latitude,
                longitude=picture.longitude,
                statements=[[one.source, one.name, storable(one.value)] for one in picture.statements],
                embedded=[embedded_row(one) for one in picture.embedded],
                turned=picture.turned,
                frames=picture.frames,
                basis=picture.basis,
            )
            for sha256, picture in pictures.items()
        ),
        ignore_conflicts=True,
    )


def _write_films(prints: dict[str, contents.Fingerprint], numbers: dict[str, int]) -> None:
    films = {sha256: found.film for sha256, found in sorted(prints.items()) if found.film is not None}
    for sha256, film in films.items():
        name = sheet_name(sha256)
        if film.sheet and not default_storage.exists(name):
            default_storage.save(name, ContentFile(film.sheet))
    rows = (film_row(numbers[sha256], film) for sha256, film in films.items())
    Film.objects.bulk_create(rows, ignore_conflicts=True)


def _write_states(ended: list[Ended], numbers: dict[str, int]) -> None:
    """Set every entry's outcome in one statement."""
    found = [one.processed.fingerprint for one in ended]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE casework_entry SET state = new.state, cause = new.cause, reason = new.reason,
                extractor = new.extractor, version = new.version, attempts = new.attempts, seconds = new.seconds,
                content_id = new.content
            FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::int[], %s::int[],
                %s::float8[], %s::bigint[])
                AS new (id, state, cause, reason, extractor, version, attempts, seconds, content)
            WHERE casework_entry.id = new.id
            """,
            [
                [one.entry.pk for one in ended],
                [one.processed.outcome.value for one in ended],
                [one.processed.cause.value for one in ended],
                [storable(one.processed.reason) for one in ended],
                [one.processed.extractor for one in ended],
                [one.processed.version for one in ended],
                [one.entry.attempts + one.processed.attempts for one in ended],
                [one.processed.seconds for one in ended],
                [None if one is None else numbers[one.digests.sha256] for one in found],
            ],
        )
