"""A second reader's account of the file system that a source is."""

from contextlib import ExitStack

from sauveterre.evidence.disk.media import Media, media_of
from sauveterre.evidence.filesystems.second import compare
from sauveterre.evidence.opening import content_at, open_file
from sauveterre.pipeline.opener import shared_opener
from sauveterre.pipeline.opening import open_source
from sauveterre.records.crosscheck import Comparison
from sauveterre.records.limits import Limits
from sauveterre.records.source import Source


def crosscheck(source: Source, kind: str, limits: Limits, keys: tuple[str, ...]) -> Comparison | None:
    """Hold what the first reader lists of a file system against what the second one does.

    None where there is no second reader. Raises ``UnreadableSource`` or ``Locked`` when the source cannot be opened.
    """
    with ExitStack() as opened:
        media = _media_of(source, limits, keys, opened)
        return compare(media, kind, shared_opener(limits, keys).container(source).entries())


def _media_of(source: Source, limits: Limits, keys: tuple[str, ...], opened: ExitStack) -> Media:
    """Return what a file system lies on: the examiner's file, or an entry of the source around it."""
    if not source.steps:
        return media_of(open_file(source.path, opened))
    around = open_source(Source(source.path, source.identity, source.steps[:-1]), limits, keys, opened)
    return media_of(content_at(around, source.steps[-1], limits, opened))
