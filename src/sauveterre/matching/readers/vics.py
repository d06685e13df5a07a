"""VICS, the JSON of Project VIC: lists of media and cases that carry media, models 1.2, 1.3 and 2.0.

The envelope is OData: ``{"@odata.context": "…/2.0.xml/REGION/$metadata#SET", "value": [...]}``, before 2.0 the key
``odata.metadata`` with ``…/1.3.xml#SET``. In the set ``Media`` each value is an item of a list; in the set ``Cases``
each value is a case whose ``Media`` holds the items. Field names are those of the published OData model
ProjectVicDataModel 2.0. The dialects met in the field are read too; ``docs/formats/matching.md`` names them.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import ijson

from sauveterre.errors import MalformedList
from sauveterre.records.category import Category
from sauveterre.records.digest import HEX_LENGTH, Digest
from sauveterre.records.hash_list import ListedFile, ListedMedia
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance

NAME = "vics"

CHUNK = 1 << 14
MOST_BYTES_IN_ONE_VALUE = 1 << 24
MOST_DEPTH = 64
MOST_VALUES_IN_ONE_ITEM = 50_000
MOST_TEXT_IN_ONE_ITEM = 1 << 22

_KEPT = frozenset({
    "MD5", "SHA1", "SHA256", "AlternativeHashes", "Category", "MediaSize", "VictimIdentified",
    "OffenderIdentified", "IsDistributed", "Series", "Tags", "MediaFiles",
})  # fmt: skip
_CASE_KEYS = frozenset({"CaseID", "CaseNumber", "Media"})
_CONTEXT_KEYS = frozenset({"@odata.context", "odata.context", "odata.metadata"})
_REGION = re.compile(r"\.xml/([A-Za-z0-9_-]{1,32})/")
_SET = re.compile(r"#([A-Za-z]{1,32})")
_HEAD = re.compile(rb"projectvic|vicsdatamodel", re.IGNORECASE)
_STARTS = frozenset({"start_map", "start_array"})
_ENDS = frozenset({"end_map", "end_array"})


def recognises(head: bytes) -> bool:
    """Say whether this is a JSON object that names the model, or that holds ``value`` and ``Media`` or ``MD5``."""
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if not text.startswith(b"{"):
        return False
    return bool(_HEAD.search(text)) or (b'"value"' in text and (b'"Media"' in text or b'"MD5"' in text))


def read(stream: BinaryIO, *, identity: str, name: str) -> Iterator[ListedMedia | Problem]:
    """Yield the items in the order of the file, in memory that does not grow with it.

    An item without a valid MD5, the key of the model, becomes a ``Problem`` that names it. Raises ``MalformedList``
    after everything before the damage was yielded, where the JSON breaks or ends too early.
    """
    walk = _Walk(identity, name)
    events: Any = ijson.sendable_list()
    parser = ijson.basic_parse_coro(events, use_float=False)
    decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
    offset, last = 0, 0
    while True:
        chunk = stream.read(CHUNK)
        broken = _feed(parser, decoder, chunk)
        if events:
            last = offset
        yield from walk.take(events)
        if broken:
            raise walk.malformed(offset, offset + len(chunk))
        if "\ufffd" in decoder.text and b"\xef\xbf\xbd" not in chunk:
            yield walk.problem(f"bytes between {offset:,} and {offset + len(chunk):,} are not UTF-8: shown as \ufffd")
        if not chunk:
            break
        offset += len(chunk)
        if offset - last > MOST_BYTES_IN_ONE_VALUE:
            raise MalformedList(
                f"{name}: one value behind byte {last:,} takes more than {MOST_BYTES_IN_ONE_VALUE:,} bytes; "
                f"{walk.items:,} items before it were read; ask the sender for the list again"
            )
    walk.check_end()
