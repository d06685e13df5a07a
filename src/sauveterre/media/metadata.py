"""All that the file of a picture states of itself, from every block that it has: EXIF, XMP and IPTC side by side.

They are never merged: a picture that was edited states one thing here and another there, and that is what tells.
"""

from dataclasses import replace

from sauveterre.media.blocks import MOST_PREVIEWS, Blocks, blocks_of
from sauveterre.media.exif import SILENT, Metadata, metadata_of_block
from sauveterre.media.iptc import statements_of_iptc
from sauveterre.media.xmp import read_xmp


def metadata_of(data: bytes, kind: str) -> Metadata:
    """Return what a JPEG, PNG or WebP states. Never raises for bad content."""
    return metadata_of_blocks(blocks_of(data, kind))


def metadata_of_blocks(blocks: Blocks) -> Metadata:
    """Return what these blocks state. Never raises for bad content."""
    return with_blocks(metadata_of_block(blocks.exif) if blocks.exif else SILENT, blocks)


def with_blocks(metadata: Metadata, blocks: Blocks) -> Metadata:
    """Return what EXIF stated, and what the other blocks do."""
    statements, previews = metadata.statements, metadata.previews
    for packet in blocks.xmp:
        stated, pictured = read_xmp(packet)
        statements, previews = statements + stated, previews + pictured
    statements += statements_of_iptc(blocks.iptc)
    previews = (*previews, *blocks.previews)[:MOST_PREVIEWS]
    return replace(metadata, statements=statements, previews=previews) if statements or previews else metadata
