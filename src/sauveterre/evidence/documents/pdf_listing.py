"""Where pictures and attached files lie in a PDF: every object is looked at, whether a page shows it or not."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sauveterre.evidence.documents.pdf_objects import is_picture, name_of
from sauveterre.records.pulse import pulse

if TYPE_CHECKING:
    from pikepdf import Object, Pdf

MOST_LOOKS = 200_000
"""Resources looked at while it is found out which page shows what."""

Address = tuple[int, int]
"""Number and generation of an object."""


@dataclass(frozen=True, slots=True)
class Lying:
    """A stream to be listed."""

    address: Address
    is_picture: bool
    name: str = ""
    """Of an attached file, as the document states it."""


def streams_of(pdf: "Pdf", complain: Callable[[int, Exception], None]) -> Iterator[Lying]:
    """Yield every picture and attached file, by number. What an object breaks is told to ``complain``."""
    pictures: set[Address] = set()
    files: dict[Address, str] = {}
    for at in range(len(objects := pdf.objects)):
        pulse()
        try:
            _sort(objects[at], pictures, files)
        except Exception as error:  # noqa: BLE001 - any object may hold anything, and the next ones are read
            complain(at, error)
    try:
        for spec in pdf.attachments.values():
            _attached(spec.obj, files)
    except Exception as error:  # noqa: BLE001
        complain(len(objects), error)
    for address in sorted(pictures | files.keys()):
        yield Lying(address, address not in files, files.get(address, ""))


def _sort(one: "Object", pictures: set[Address], files: dict[Address, str]) -> None:
    import pikepdf

    if isinstance(one, pikepdf.Stream):
        if name_of(one.get("/Type")) == "EmbeddedFile":
            files.setdefault(one.objgen, "")
        elif is_picture(one):
            pictures.add(one.objgen)
    elif isinstance(one, pikepdf.Dictionary):
        _attached(one, files)
        if isinstance(inner := one.get("/FS"), pikepdf.Dictionary):
            _attached(inner, files)


def _attached(spec: Any, files: dict[Address, str]) -> None:
    """Note the streams of a file specification (ISO 32000-1, 7.11.3), and what it calls them."""
    import pikepdf

    held = spec.get("/EF")
    if not isinstance(held, pikepdf.Dictionary):
        return
    names = [spec.get(key) for key in ("/UF", "/F")]
    name = next((str(one) for one in names if isinstance(one, pikepdf.String)), "")
    for key in held.keys():  # noqa: SIM118 - it is a dictionary of the document
        if isinstance(stream := held.get(key), pikepdf.Stream):
            files[stream.objgen] = files.get(stream.objgen) or name


def pages_of(pdf: "Pdf") -> dict[Address, int] | None:
    """Return the first page that shows each picture; None where there are too many resources to find that out."""
    import pikepdf

    shown: dict[Address, int] = {}
    seen: set[Address] = set()
    looks = 0
    for page, one in enumerate(pdf.pages, start=1):
        waiting = [one.obj.get("/Resources")]
        while waiting:
            looks += 1
            if looks > MOST_LOOKS:
                return None
            pulse()
            held = waiting.pop()
            drawn = held.get("/XObject") if isinstance(held, pikepdf.Dictionary) else None
            if not isinstance(drawn, pikepdf.Dictionary):
                continue
            for key in drawn.keys():  # noqa: SIM118
                thing = drawn.get(key)
                looks += 1
                if not isinstance(thing, pikepdf.Stream) or thing.objgen in seen:
                    continue
                seen.add(thing.objgen)
                for shape in (thing, thing.get("/SMask"), thing.get("/Mask")):
                    if isinstance(shape, pikepdf.Stream):
                        shown.setdefault(shape.objgen, page)
                waiting.append(thing.get("/Resources"))
    return shown
