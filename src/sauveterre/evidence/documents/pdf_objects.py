"""What the objects of a PDF say, through pikepdf (qpdf), with nothing taken for granted: any value may be anything."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sauveterre.evidence.documents.pdf_pictures import Filter, Stated

if TYPE_CHECKING:
    from pikepdf import Object

_ABBREVIATED = {
    "A85": "ASCII85Decode", "AHx": "ASCIIHexDecode", "CCF": "CCITTFaxDecode", "DCT": "DCTDecode",
    "Fl": "FlateDecode", "LZW": "LZWDecode", "RL": "RunLengthDecode",
}  # fmt: skip
_COMPONENTS = {
    "DeviceGray": 1, "CalGray": 1, "G": 1, "DeviceRGB": 3, "CalRGB": 3, "RGB": 3, "Lab": 3, "DeviceCMYK": 4, "CMYK": 4,
}  # fmt: skip
MOST_FILTERS = 8
MOST_PALETTE_BYTES = 1 << 16
"""A palette has at most 256 colours of a few bytes each."""


def number(value: Any, default: int = 0) -> int:
    """Return a whole number or a truth as a number, the default for everything else."""
    return int(value) if isinstance(value, (int, bool)) else default


def name_of(value: Any) -> str:
    """Return a name without its stroke; nothing for what is no name."""
    import pikepdf

    return str(value)[1:] if isinstance(value, pikepdf.Name) else ""


def items(value: Any, most: int) -> "list[Object]":
    """Return the first members of an array; nothing for what is no array."""
    import pikepdf

    return [value[at] for at in range(min(len(value), most))] if isinstance(value, pikepdf.Array) else []


def is_picture(stream: "Object") -> bool:
    """Say whether a stream is a picture: it says so, or has both sides, as the small pictures of pages do."""
    subtype = name_of(stream.get("/Subtype"))
    return subtype == "Image" or (
        not subtype and number(stream.get("/Width")) > 0 and number(stream.get("/Height")) > 0
    )


def stated(stream: "Object") -> Stated:
    """Return what a picture's dictionary states."""
    components, palette, falling = _colour_space(stream.get("/ColorSpace"))
    is_mask = number(stream.get("/ImageMask")) == 1
    bits = 1 if is_mask else number(stream.get("/BitsPerComponent"), 8)
    steps = tuple(filters(stream))
    if steps and steps[-1].name in ("CCITTFaxDecode", "JBIG2Decode"):
        bits, components = 1, components or 1
    decode = [value for value in items(stream.get("/Decode"), 2) if isinstance(value, (int, Decimal))]
    turned = len(decode) == 2 and decode[0] > decode[1] and not palette
    return Stated(
        width=number(stream.get("/Width")),
        height=number(stream.get("/Height")),
        bits=bits,
        components=1 if is_mask else components,
        palette=palette,
        is_inverted=falling != turned,
        is_lab=_family(stream.get("/ColorSpace")) == "Lab",
        filters=steps,
        shared=_shared(stream),
    )


def filters(stream: "Object") -> Iterator[Filter]:
    """Yield the steps in which a stream is packed; the first one is undone first."""
    value, parameters = stream.get("/Filter"), stream.get("/DecodeParms")
    named: list[Any] = [value] if name_of(value) else list(items(value, MOST_FILTERS))
    given: list[Any] = list(items(parameters, MOST_FILTERS)) or [parameters]
    for at, one in enumerate(named):
        name = name_of(one)
        yield Filter(_ABBREVIATED.get(name, name), _numbers(given[at] if at < len(given) else None))


def _numbers(parameters: Any) -> dict[str, int]:
    import pikepdf

    if not isinstance(parameters, pikepdf.Dictionary):
        return {}
    return {key[1:]: int(value) for key, value in parameters.items() if isinstance(value, (int, bool))}


def _family(space: Any) -> str:
    return name_of(space) or next((name_of(first) for first in items(space, 1)), "")


def _colour_space(space: Any) -> tuple[int, bytes, bool]:
    """Return components, palette, and whether more means darker; no components for a space that is not known."""
    family, parts = _family(space), items(space, 4)
    if family == "ICCBased" and len(parts) > 1:
        return number(parts[1].get("/N")), b"", False
    if family in ("Indexed", "I") and len(parts) == 4:
        base = _colour_space(parts[1])[0] if _family(parts[1]) not in ("Indexed", "I") else 0
        palette = palette_of(_text(parts[3]), base)
        return int(bool(palette)), palette, False
    if family == "Separation":
        return 1, b"", True
    if family == "DeviceN" and len(parts) > 1:
        inks = len(items(parts[1], 32))
        return inks, b"", inks == 1
    return _COMPONENTS.get(family, 0), b"", False


def palette_of(colours: bytes, components: int) -> bytes:
    """Return a palette as three bytes a colour, in the way of printers for four inks; nothing where that is unknown."""
    if components == 3:
        return colours
    if components == 1:
        return bytes(value for shade in colours for value in (shade, shade, shade))
    if components == 4:
        inks = zip(*(colours[at::4] for at in range(4)), strict=False)
        return bytes((255 - ink) * (255 - black) // 255 for *three, black in inks for ink in three)
    return b""


def _text(value: Any) -> bytes:
    import pikepdf

    if isinstance(value, pikepdf.String):
        return bytes(value)[:MOST_PALETTE_BYTES]
    if isinstance(value, pikepdf.Stream) and number(value.get("/Length")) <= MOST_PALETTE_BYTES:
        return value.read_bytes()[:MOST_PALETTE_BYTES]
    return b""


def _shared(stream: "Object") -> bytes:
    """Return the segments that JBIG2 pictures share: a stream that the last step's parameters name."""
    import pikepdf

    parameters = stream.get("/DecodeParms")
    last: Any = (list[Any](items(parameters, MOST_FILTERS)) or [parameters])[-1]
    common = last.get("/JBIG2Globals") if isinstance(last, pikepdf.Dictionary) else None
    return common.read_bytes() if isinstance(common, pikepdf.Stream) else b""
