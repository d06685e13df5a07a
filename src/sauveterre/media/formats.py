"""The kinds of pictures, films and sound that are decoded. Known without any decoder being loaded."""

from sauveterre.media.jxl.header import JPEG_XL
from sauveterre.media.jxl.header import may_move as jxl_may_move
from sauveterre.media.raw import PHOTOSHOP, RAW_KINDS

FORMATS = {
    "image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/gif": "GIF", "image/tiff": "TIFF",
    "image/bmp": "BMP", "image/avif": "AVIF", "image/heic": "HEIC", "image/heif": "HEIC",
    JPEG_XL: "JPEG XL",
    **dict.fromkeys(sorted(RAW_KINDS), "camera raw"), PHOTOSHOP: "Photoshop",
}  # fmt: skip
"""The kinds that are decoded, and the name of the one decoder that each is given to."""
CONTAINERS = {
    "video/mp4": "mov", "video/quicktime": "mov", "video/3gpp": "mov", "audio/mp4": "mov",
    "video/webm": "matroska", "video/x-matroska": "matroska", "video/x-msvideo": "avi",
    "video/mpeg": "mpegvideo", "video/dvd": "mpeg", "video/mp2t": "mpegts", "video/x-flv": "flv",
    "video/x-ms-wmv": "asf", "audio/x-ms-wma": "asf", "audio/mpeg": "mp3", "audio/ogg": "ogg", "application/ogg": "ogg",
    "audio/x-wav": "wav", "audio/flac": "flac", "audio/amr": "amr", "audio/aac": "aac", "audio/x-aiff": "aiff",
}  # fmt: skip
"""Films and sound, and the one demultiplexer that each is given to."""


def is_film(kind: str) -> bool:
    """Say whether a kind is that of a film, or of sound."""
    return kind in CONTAINERS


def may_move(kind: str, head: bytes) -> bool:
    """Say whether a picture's first bytes announce that it moves; of a GIF only its decoder can tell.

    WebP: the flag of an extended file (RFC 9649). PNG: ``acTL`` before the pixels. AVIF: the brand ``avis``.
    JPEG XL: the head of its codestream.
    """
    if kind == "image/webp":
        return head[12:16] == b"VP8X" and bool(head[20:21]) and bool(head[20] & 2)
    if kind == "image/png":
        return b"acTL" in head[: max(head.find(b"IDAT"), 0)]
    if kind == JPEG_XL:
        return jxl_may_move(head)
    return kind == "image/gif" or (kind == "image/avif" and b"avis" in head[:64])
