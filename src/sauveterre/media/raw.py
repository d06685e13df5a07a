"""Camera raw files and Photoshop's: by the JPEG preview that is put into them; nothing is developed or put together.

CR2, NEF, ARW, SRW, DNG, ORF and RW2 are built like TIFF, RAF and CR3 are not, and each keeps its preview at a place of
its own. So the preview is looked for by its own header, in the whole file: the one with most pixels is taken. What the
camera states is read from the TIFF folders, or from the preview itself. Photoshop's resources hold both.
"""

from dataclasses import replace
from typing import BinaryIO

from PIL import Image

from sauveterre.media.blocks import LARGEST_BLOCK, LARGEST_PREVIEW, Blocks, photoshop_file
from sauveterre.media.exif import SILENT, Metadata, metadata_of_block, metadata_of_exif
from sauveterre.media.jpeg_frames import decodable_frames
from sauveterre.media.metadata import metadata_of_blocks

CR3 = "image/x-canon-cr3"
RAW_KINDS = frozenset({
    "image/x-canon-cr2", CR3, "image/x-nikon-nef", "image/x-sony-arw", "image/x-samsung-srw", "image/x-adobe-dng",
    "image/x-fuji-raf", "image/x-olympus-orf", "image/x-panasonic-rw2",
})  # fmt: skip
PHOTOSHOP = "image/vnd.adobe.photoshop"
PREVIEWED = RAW_KINDS | {PHOTOSHOP}
"""Kinds that are known by their preview."""
LARGEST_RAW = 1 << 28
"""Bytes of a raw file in which a preview is looked for."""
BASIS = "embedded preview"

_TIFF_MARKS = {b"IIRO": b"II*\0", b"IIRS": b"II*\0", b"IIU\0": b"II*\0", b"MMOR": b"MM\0*"}
"""What Olympus and Panasonic write in place of TIFF's own mark."""
_EXIF_FOLDER = 0x8769


def preview_of(content: bytes | BinaryIO) -> bytes | None:
    """Return the largest JPEG inside a raw file, and what follows it; None where there is none."""
    data = whole(content)
    found = max(decodable_frames(data), key=lambda one: one[1].height * one[1].width, default=None)
    return None if found is None else data[found[0] : found[0] + LARGEST_PREVIEW]


def whole(content: bytes | BinaryIO) -> bytes:
    """Return a content as bytes, of a stream at most ``LARGEST_RAW``."""
    if isinstance(content, bytes):
        return content
    content.seek(0)
    return content.read(LARGEST_RAW)


def metadata_of_raw(content: bytes | BinaryIO, kind: str, preview: Metadata) -> Metadata:
    """Return what the camera states; what ``preview`` does where the raw file itself is silent."""
    data = whole(content)
    if kind == PHOTOSHOP:
        blocks = photoshop_file(data)
        return metadata_of_blocks(Blocks(exif=blocks.exif, xmp=blocks.xmp, iptc=blocks.iptc))
    if kind == CR3:
        stated = _of_cr3(data)
    else:
        stated = metadata_of_block(_TIFF_MARKS.get(data[:4], data[:4]) + data[4:LARGEST_BLOCK])
    return preview if stated == SILENT else replace(stated, previews=preview.previews)


def _of_cr3(data: bytes) -> Metadata:
    """Read the boxes of Canon's CR3, each a TIFF of its own: the camera in the first, the picture in the second."""
    exif, more = Image.Exif(), Image.Exif()
    try:
        for folder, name in ((exif, b"CMT1"), (more, b"CMT2")):
            at = data.find(name, 0, LARGEST_BLOCK)
            if at >= 0:
                folder.load(data[at + 4 : at + 4 + LARGEST_BLOCK])
        exif.get_ifd(_EXIF_FOLDER).update(dict(more))
    except Exception:  # noqa: BLE001 - the parser may raise anything on hostile bytes
        return SILENT
    return metadata_of_exif(exif)
