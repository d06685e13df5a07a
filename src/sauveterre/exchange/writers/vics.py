"""Project VIC, VICS 2.0: a list of media as its published OData model ProjectVicDataModel 2.0 has it.

Written as other tools like it best: MD5 on every item and file, digits for numbers, hex in upper case, ASCII only.
SHA-256, PDQ and further values of MD5 and SHA-1 stand in ``AlternativeHashes``, since the model has no field for them.
Not written, since the model has no field: the identity of an entry in the list that it comes from.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from sauveterre.errors import InvalidInput
from sauveterre.exchange.writers.hash_lists import Written, fit, hexes
from sauveterre.records.hash_list import ListedMedia

NAME = "vics"

_CONTEXT = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/{}/$metadata#Media"
_ALTERNATIVE = {"md5": "MD5", "sha1": "SHA1", "sha256": "SHA256", "pdq": "PDQ"}
_MOST_SIZE = (1 << 63) - 1


def write_vics(out: BinaryIO, items: Iterable[ListedMedia], *, region: str = "Default") -> Written:
    """Write items in their order as a list of a region, in memory that does not grow with it.

    Left out, with the reason: items without an MD5, which is the key of the model, and those whose category is no
    number from 0 to 255 of the scheme ``vics-REGION-list``, since a number means another thing in another scheme.
    Raises ``InvalidInput`` for a region that is no plain word.
    """
    if not (region.isascii() and region.replace("-", "").replace("_", "").isalnum() and len(region) <= 32):
        raise InvalidInput(f"{region[:64]!r} is no region of VICS; give a word such as Default, US or UK")
    scheme = f"vics-{region.lower()}-list"
    written = Written()
    out.write(f'{{"@odata.context": "{_CONTEXT.format(region)}", "value": ['.encode())
    for number, item in enumerate(fit(items, written, lambda one: _reason(one, scheme)), start=1):
        out.write((",\n" if number > 1 else "\n").encode() + json.dumps(_media(item, number)).encode())
    out.write(b"\n]}\n")
    return written


def _reason(item: ListedMedia, scheme: str) -> str:
    if not any(hexes(item, "md5")):
        return "it has no MD5, the key of the model"
    if item.size is not None and item.size > _MOST_SIZE:
        return "its size does not fit the model"
    category = item.category
    if category is None:
        return ""
    if category.scheme != scheme:
        return f"its category is of the scheme {category.scheme}, not {scheme}"
    if not (category.code.isascii() and category.code.isdigit() and int(category.code) <= 255):
        return "its category is no number from 0 to 255"
    return ""


def _media(item: ListedMedia, number: int) -> dict[str, Any]:
    md5, *_ = hexes(item, "md5")
    stated = {
        "MediaID": number,
        "MD5": md5.upper(),
        "SHA1": next(hexes(item, "sha1"), "").upper() or None,
        "Category": None if item.category is None else int(item.category.code),
        "IsPrecategorized": item.category is not None,
        "MediaSize": item.size,
        "VictimIdentified": item.victim_identified,
        "OffenderIdentified": item.offender_identified,
        "IsDistributed": item.distributed,
        "Series": item.series or None,
        "Tags": item.tags or None,
        "AlternativeHashes": list(_alternative(item, md5.upper())),
        "MediaFiles": [
            {"MD5": md5.upper(), "MediaFileID": number, "FileName": file.name, "FilePath": file.path}
            for number, file in enumerate(item.files, start=1)
        ],
    }
    return {key: value for key, value in stated.items() if value is not None and value != []}


def _alternative(item: ListedMedia, md5: str) -> Iterator[dict[str, str]]:
    for algorithm, name in _ALTERNATIVE.items():
        values = list(hexes(item, algorithm))
        for value in values[1 if algorithm in ("md5", "sha1") else 0 :]:
            yield {"MD5": md5, "HashName": name, "HashValue": value.upper()}
