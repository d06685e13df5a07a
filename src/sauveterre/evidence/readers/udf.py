"""UDF without ISO 9660 beside it: DVDs and Blu-ray discs of recorders and cameras, disks formatted with it."""

from sauveterre.evidence.disk.layers import media_below
from sauveterre.evidence.filesystems.udf import udf_tree
from sauveterre.evidence.filesystems.udf_layout import has_sequence
from sauveterre.evidence.filesystems.yal_volume import YalVolume
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.reader import Container, Origin

NAME = "udf"
VERSION = 1


def recognises(peek: Peek) -> bool:
    """Say whether the volume recognition sequence names UDF alone."""
    return has_sequence(peek.head)


def open(origin: Origin, limits: Limits) -> Container:
    """Open a volume; nothing is listed yet."""
    media = media_below(origin)
    return YalVolume(origin, NAME, limits, media, udf_tree(media, origin.identity), has_regions=True)
