"""What a PDF says of a picture (ISO 32000-1, 8.9.5), and the file in which its bytes can stand alone.

A JPEG or JPEG 2000 comes byte for byte as it lies in the document. Other pictures get the header of a TIFF or PNG that
says the same of the same packed bytes. What neither can say comes as it is packed, with a note.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sauveterre.evidence.documents.picture_files import Colour, Packing, Pixels, jbig2, png, tiff

MOST_SIDE = 1 << 24
"""Pixels; what claims more has no dimensions that can be believed."""
_VERBATIM = {"DCTDecode": "jpg", "JPXDecode": "jp2"}
_PNG_BITS = {1: frozenset((1, 2, 4, 8, 16)), 3: frozenset((8, 16))}
_TIFF_BITS = frozenset((1, 2, 4, 8, 16))
_COLOURS = {1: Colour.BLACK_IS_ZERO, 3: Colour.RGB, 4: Colour.CMYK}
AS_PACKED = "comes as it is packed in the document, as no picture format says the same of it"


@dataclass(frozen=True, slots=True)
class Filter:
    """One step of how a stream is packed, with those of its parameters that are numbers or truths."""

    name: str
    parameters: dict[str, int]

    def get(self, name: str, default: int) -> int:
        """Return a parameter."""
        return self.parameters.get(name, default)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What the document states of a picture."""

    width: int
    height: int
    bits: int
    components: int
    """Of a pixel; 0 where the colour space is not known."""
    palette: bytes = b""
    """Three bytes a colour."""
    is_inverted: bool = False
    """Whether zero is white (shades only)."""
    is_lab: bool = False
    filters: tuple[Filter, ...] = ()
    shared: bytes = b""
    """The segments that JBIG2 pictures share."""


@dataclass(frozen=True, slots=True)
class Restoring:
    """How a picture becomes a file."""

    suffix: str
    wrap: Callable[[bytes], bytes]
    """Makes the file of the packed bytes, or of the unpacked ones."""
    pixels: Pixels | None = None
    """Where the bytes have to be unpacked first, as no format packs them as the document does: what they unpack to."""
    note: str = ""


def _as_it_is(data: bytes) -> bytes:
    return data


def restoring(stated: Stated) -> Restoring:
    """Return how a picture becomes a file, from the last step of its packing; those before it are undone by others."""
    last = stated.filters[-1] if stated.filters else Filter("", {})
    if last.name in _VERBATIM:
        return Restoring(_VERBATIM[last.name], _as_it_is)
    if last.name == "JBIG2Decode":
        return Restoring("jb2", partial(jbig2, shared=stated.shared))
    pixels = _pixels(stated)
    if pixels is None:
        return Restoring("bin", _as_it_is, note=AS_PACKED)
    match last.name:
        case "":
            return _tiff(pixels, Packing.NONE)
        case "CCITTFaxDecode":
            return _fax(pixels, last)
        case "FlateDecode" | "LZWDecode":
            return _predicted(pixels, last)
        case "RunLengthDecode":
            return _tiff(pixels, Packing.RUNS)
        case "ASCII85Decode" | "ASCIIHexDecode":
            return _unpacked(pixels)
    return Restoring("bin", _as_it_is, note=AS_PACKED)


def _pixels(stated: Stated) -> Pixels | None:
    """Return the pixels as a TIFF can have them; None where it cannot."""
    sides = 0 < stated.width <= MOST_SIDE and 0 < stated.height <= MOST_SIDE
    colour = _COLOURS.get(stated.components)
    if not sides or colour is None or stated.bits not in _TIFF_BITS or (stated.components > 1 and stated.bits < 8):
        return None
    if stated.palette:
        if stated.components != 1 or stated.bits > 8:
            return None
        colour = Colour.PALETTE
    elif stated.is_lab:
        colour = Colour.LAB
    elif stated.is_inverted and stated.components == 1:
        colour = Colour.WHITE_IS_ZERO
    return Pixels(
        width=stated.width,
        height=stated.height,
        bits=stated.bits,
        components=stated.components,
        colour=colour,
        palette=stated.palette,
    )


def _tiff(pixels: Pixels, packing: Packing, **options: int) -> Restoring:
    def wrap(data: bytes) -> bytes:
        return tiff(
            pixels,
            packing,
            data,
            predictor=options.get("predictor", 1),
            two_dimensional=bool(options.get("two_dimensional")),
        )

    return Restoring("tif", wrap)


def _unpacked(pixels: Pixels) -> Restoring:
    return Restoring("tif", partial(_plain, pixels), pixels)


def _plain(pixels: Pixels, data: bytes) -> bytes:
    return tiff(pixels, Packing.NONE, data[: pixels.size])


def _predicted(pixels: Pixels, step: Filter) -> Restoring:
    """Deflate and LZW: TIFF knows the difference of neighbours (2), PNG the filters of rows (10 and more)."""
    predictor = step.get("Predictor", 1)
    if predictor == 1:
        fits = True
    else:
        stated = (step.get("Columns", 1), step.get("Colors", 1), step.get("BitsPerComponent", 8))
        fits = stated == (pixels.width, pixels.components, pixels.bits)
    if step.name == "LZWDecode":
        if fits and predictor <= 2 and step.get("EarlyChange", 1) == 1 and (predictor == 1 or pixels.bits >= 8):
            return _tiff(pixels, Packing.LZW, predictor=predictor)
    elif fits and (predictor == 1 or (predictor == 2 and pixels.bits >= 8)):
        return _tiff(pixels, Packing.DEFLATE, predictor=predictor)
    elif fits and predictor >= 10 and _is_png(pixels):
        return Restoring("png", partial(png, pixels))
    return _unpacked(pixels)


def _is_png(pixels: Pixels) -> bool:
    if pixels.colour is Colour.LAB or (pixels.colour is Colour.WHITE_IS_ZERO and pixels.bits > 8):
        return False
    return pixels.bits in _PNG_BITS.get(pixels.components, ())


def _fax(pixels: Pixels, step: Filter) -> Restoring:
    """ITU-T T.4 and T.6: a fax has white for zero, which PDF turns round unless ``BlackIs1`` is stated."""
    if pixels.components != 1 or pixels.bits != 1 or step.get("Columns", 1_728) != pixels.width:
        return Restoring("bin", _as_it_is, note=AS_PACKED)
    shown = pixels.colour is Colour.WHITE_IS_ZERO
    colour = Colour.BLACK_IS_ZERO if bool(step.get("BlackIs1", 0)) != shown else Colour.WHITE_IS_ZERO
    fax = Pixels(width=pixels.width, height=pixels.height, bits=1, components=1, colour=colour)
    k, aligned = step.get("K", 0), bool(step.get("EncodedByteAlign", 0))
    if k < 0 and not aligned:
        return _tiff(fax, Packing.FAX_G4)
    if k >= 0 and not aligned:
        return _tiff(fax, Packing.FAX_G3, two_dimensional=int(k > 0))
    if k == 0:
        return _tiff(fax, Packing.FAX_ALIGNED)
    return Restoring("bin", _as_it_is, note=AS_PACKED)
