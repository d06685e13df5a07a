"""Pictures to pixels: each content is decoded once, at a size that serves both its hash and its thumbnail.

JPEGs are decoded by libjpeg-turbo straight at a half, a quarter or an eighth of their size, which costs little more
than reading their entropy code. Bounds are checked on the stated size before any pixel is decoded, and only the
decoder of the format that the content begins with is let near it.
"""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import numpy as np
import pillow_heif
import simplejpeg
from PIL import AvifImagePlugin, Image, ImageFile, UnidentifiedImageError

from sauveterre.errors import SauveterreError
from sauveterre.media.blocks import MOST_PREVIEWS, Blocks, Preview, photoshop_blocks
from sauveterre.media.exif import SILENT, Metadata, metadata_of_exif
from sauveterre.media.formats import FORMATS
from sauveterre.media.heic.frames import pixels_of
from sauveterre.media.jxl import pixels as jxl
from sauveterre.media.jxl.boxes import start_of_codestream
from sauveterre.media.jxl.header import JPEG_XL, read_header
from sauveterre.media.metadata import metadata_of, metadata_of_blocks, with_blocks
from sauveterre.media.pdq.hashing import Pixels
from sauveterre.media.raw import BASIS, PREVIEWED, metadata_of_raw, preview_of, whole
from sauveterre.records.limits import Limits

SCALED_SIDE = 256
"""A scaled decode keeps its shorter side at least so long: hashes then stay within 4 bits of full size."""
SCALES = (8, 4, 2)
LARGEST_THUMBNAIL = 2_048
"""Pixels a side of a thumbnail in a HEIC that is decoded."""
_TIFF_BLOCKS = (700, 33723, 34377)
"""Tags of XMP, IPTC and Photoshop's resources."""
LONGEST_REASON = 160
"""Characters kept of what a decoder says is wrong."""

pillow_heif.options.DECODE_THREADS = 1
AvifImagePlugin.DEFAULT_MAX_THREADS = 1


class Undecodable(Exception):
    """No picture could be decoded; the message is one sentence that says why."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture's pixels, at full size or at one in ``scale`` of it."""

    pixels: Pixels
    """Height × width × 3 (RGB) or × 1 (grey), of the size that was decoded."""
    height: int
    """Of the picture as stored."""
    width: int
    shown: Image.Image
    """What a thumbnail is made from: the pixels, but where they have 16 bits a sample and would show nothing."""
    scale: int = 1
    metadata: Metadata = SILENT
    damage: str = ""
    """One sentence when only a part could be decoded."""
    basis: str = ""
    """What was decoded in the picture's stead."""


def decode(content: bytes | BinaryIO, kind: str, limits: Limits, *, full_size: bool = False) -> Decoded:
    """Decode a picture of one of the kinds in ``FORMATS``.

    ``content`` is the whole file, or a seekable stream of it. Raises ``Undecodable`` when nothing can be decoded or
    the picture is larger than ``limits.picture_pixels``; errors of the stream itself pass through.
    """
    with _pillow_bounds(limits):
        try:
            if isinstance(content, bytes) and kind == "image/jpeg":
                decoded = _scaled_jpeg(content, limits, full_size=full_size)
                if decoded is not None:
                    return decoded
            if kind in PREVIEWED:
                return _by_preview(content, kind, limits, full_size=full_size)
            if kind == JPEG_XL:
                return _jxl(whole(content), limits)
            return _by_pillow(content, kind, limits)
        except (Undecodable, SauveterreError):
            raise
        except MemoryError:
            raise Undecodable(
                f"the {FORMATS[kind]} picture needs more memory than it may have; raise memory_bytes to decode it"
            ) from None
        except Image.DecompressionBombError:
            raise Undecodable(_too_large("more", limits)) from None
        except Exception as error:  # a decoder may raise anything on hostile bytes
            raise Undecodable(
                f"the content begins like {FORMATS[kind]}, but no picture can be decoded from it: {_reason(error)}"
            ) from error


@contextmanager
def _pillow_bounds(limits: Limits) -> Iterator[None]:
    """Hold Pillow to our bound, and keep its warnings from becoming errors or noise: we check for ourselves."""
    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = limits.picture_pixels
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def _check_size(width: int, height: int, limits: Limits) -> None:
    if width * height > limits.picture_pixels:
        raise Undecodable(_too_large(f"{width:,} × {height:,} pixels, more", limits))


def _too_large(stated: str, limits: Limits) -> str:
    return (
        f"the picture states {stated} than the {limits.picture_pixels:,} pixels allowed; "
        "raise picture_pixels to decode it"
    )


def _scaled_jpeg(data: bytes, limits: Limits, *, full_size: bool) -> Decoded | None:
    """Decode by libjpeg-turbo; None where Pillow must do it (four colours, rare codings)."""
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data, strict=False)
    except ValueError:
        return None
    _check_size(width, height, limits)
    if colours.upper() in {"CMYK", "YCCK"}:
        return None
    fitting = (scale for scale in SCALES if min(height, width) // scale >= SCALED_SIDE)
    scale = 1 if full_size else next(fitting, 1)
    least = {"min_height": -(-height // scale), "min_width": -(-width // scale)}
    wanted = "GRAY" if colours.upper() == "GRAY" else "RGB"
    damage = ""
    try:
        pixels = simplejpeg.decode_jpeg(data, wanted, strict=True, **least)
    except ValueError as error:
        damage = _damage("JPEG", error)
        try:
            pixels = simplejpeg.decode_jpeg(data, wanted, strict=False, **least)
        except ValueError:
            return None
    if pixels.shape[:2] != (least["min_height"], least["min_width"]):
        return None
    shown = Image.fromarray(pixels if wanted == "RGB" else pixels[:, :, 0])
    return Decoded(pixels, height, width, shown, scale, metadata_of(data, "image/jpeg"), damage)


def _by_preview(content: bytes | BinaryIO, kind: str, limits: Limits, *, full_size: bool) -> Decoded:
    """Decode the preview that a camera put into its raw file, or Photoshop into its own."""
    preview = preview_of(content)
    if preview is None:
        raise Undecodable(
            f"the {FORMATS[kind]} picture holds no preview that can be decoded, and is not developed here; look at it "
            "with its maker's program"
        )
    decoded = decode(preview, "image/jpeg", limits, full_size=full_size)
    return replace(decoded, metadata=metadata_of_raw(content, kind, decoded.metadata), basis=BASIS)


def _jxl(data: bytes, limits: Limits) -> Decoded:
    """Decode by libjxl, which turns the picture upright whatever EXIF says."""
    header = read_header(start_of_codestream(data))
    _check_size(header.width, header.height, limits)
    try:
        pixels, trouble = jxl.pixels_of(data, header)
    except Exception as error:
        if header.width * header.height * jxl.BYTES_A_PIXEL > limits.memory_bytes:
            raise MemoryError from error  # the decoder itself does not tell it from damage
        raise
    shown = Image.fromarray(pixels if pixels.shape[2] == 3 else pixels[:, :, 0])
    metadata = replace(metadata_of_blocks(jxl.blocks_of_jxl(data)), orientation=1)
    damage = _damage(FORMATS[JPEG_XL], trouble) if trouble else ""
    return Decoded(pixels, header.height, header.width, shown, metadata=metadata, damage=damage)


def _by_pillow(content: bytes | BinaryIO, kind: str, limits: Limits) -> Decoded:
    """Decode at full size; where that fails, once more and content with what comes before the damage."""
    try:
        return _load(content, kind, limits, tolerant=False)
    except (Undecodable, SauveterreError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - a decoder may raise anything on hostile bytes
        first = error
    try:
        decoded = _load(content, kind, limits, tolerant=True)
    except (Undecodable, SauveterreError, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - a decoder may raise anything on hostile bytes
        raise first from None
    return replace(decoded, damage=_damage(FORMATS[kind], first))


def _load(content: bytes | BinaryIO, kind: str, limits: Limits, *, tolerant: bool) -> Decoded:
    stream = io.BytesIO(content) if isinstance(content, bytes) else content
    stream.seek(0)
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = tolerant
    try:
        if FORMATS[kind] == "HEIC":
            return _heic(content, stream, limits)
        image, metadata = _open(stream, kind, limits)
        image.load()
        if isinstance(content, bytes) and kind in {"image/jpeg", "image/png", "image/webp"}:
            metadata = metadata_of(content, kind)
        plain = _plain(image)
        return Decoded(_pixels(plain), image.height, image.width, _eight_bit(image) or plain, metadata=metadata)
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def _heic(content: bytes | BinaryIO, stream: BinaryIO, limits: Limits) -> Decoded:
    """Decode by FFmpeg where it gives the same pixels, else by libheif; either turns the picture upright."""
    heif = pillow_heif.open_heif(stream)
    width, height = heif.size
    _check_size(width, height, limits)
    metadata = replace(metadata_of_blocks(_heif_blocks(heif)), orientation=1)
    pixels = pixels_of(content, most_pixels=limits.picture_pixels) if isinstance(content, bytes) else None
    if pixels is None or pixels.shape[:2] != (height, width):
        plain = _plain(heif.to_pillow())
        return Decoded(_pixels(plain), plain.height, plain.width, plain, metadata=metadata)
    shown = Image.fromarray(pixels if pixels.shape[2] == 3 else pixels[:, :, 0])
    return Decoded(pixels, height, width, shown, metadata=metadata)


def _open(stream: BinaryIO, kind: str, limits: Limits) -> tuple[Image.Image, Metadata]:
    """Open a picture without decoding it, within bounds, and return what its own header says of its making.

    TIFF is turned upright by its decoder, so nothing is left to turn.
    """
    image = Image.open(stream, formats=[FORMATS[kind]])
    _check_size(image.width, image.height, limits)
    if kind == "image/tiff":
        tags = image.getexif()
        metadata = with_blocks(metadata_of_exif(tags), _tiff_blocks(tags))
        return image, replace(metadata, orientation=1)
    exif, xmp = (image.info.get(name) for name in ("exif", "xmp"))
    return image, metadata_of_blocks(
        Blocks(exif=exif if isinstance(exif, bytes) else b"", xmp=(xmp,) if isinstance(xmp, bytes) else ())
    )


def _heif_blocks(heif: pillow_heif.HeifFile) -> Blocks:
    packets = (heif.info["xmp"],) if "xmp" in heif.info else ()
    return Blocks(exif=heif.info.get("exif") or b"", xmp=packets, previews=tuple(_heif_thumbnails(heif)))


def _heif_thumbnails(heif: pillow_heif.HeifFile) -> Iterator[Preview]:
    """Yield the small pictures beside the main one; one that cannot be decoded is passed over."""
    main: Any = heif[heif.primary_index]
    for number in range(min(len(main.info["thumbnails"]), MOST_PREVIEWS)):
        with suppress(Exception):  # a decoder may raise anything on hostile bytes
            small = main.get_thumbnail(number)
            if max(small.size) <= LARGEST_THUMBNAIL:
                yield Preview("HEIF thumbnail", image=small.to_pillow().convert("RGB"))


def _tiff_blocks(tags: Image.Exif) -> Blocks:
    """Return what a TIFF keeps beside EXIF: XMP, IPTC, and Photoshop's resources with IPTC and a thumbnail."""
    xmp, iptc, resources = (value if isinstance(value := tags.get(tag), bytes) else b"" for tag in _TIFF_BLOCKS)
    photoshop = photoshop_blocks(resources)
    return replace(photoshop, xmp=(xmp,) if xmp else (), iptc=iptc or photoshop.iptc)


def _plain(image: Image.Image) -> Image.Image:
    return image if image.mode in {"L", "RGB"} else image.convert("RGB")


def _pixels(image: Image.Image) -> Pixels:
    """Return the pixels of a grey or RGB picture."""
    return np.atleast_3d(np.asarray(image))


def _eight_bit(image: Image.Image) -> Image.Image | None:
    """Return the upper eight of sixteen bits: Pillow's conversion, which the hash follows, clips at 255."""
    if not image.mode.startswith("I;16"):
        return None
    return Image.fromarray((np.asarray(image.convert("I")) >> 8).astype(np.uint8))


def _damage(name: str, error: Exception) -> str:
    return f"the {name} picture is damaged or cut short, and only what could be decoded was used: {_reason(error)}"


def _reason(error: Exception) -> str:
    """Return what a decoder said, bounded, without addresses that change from run to run."""
    if isinstance(error, UnidentifiedImageError):
        return "it is not built like one"
    text = re.sub(r"<[^>]*\b0x[0-9a-fA-F]+[^>]*>", "the content", str(error)) or type(error).__name__
    text = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(text.split())[:LONGEST_REASON]
