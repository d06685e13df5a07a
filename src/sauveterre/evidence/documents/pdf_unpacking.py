"""The bytes of a stream of a PDF, unpacked as far as a file of its own needs it.

qpdf and the libraries below raise what they like; whoever calls this turns it into one sentence.
"""

import base64
import binascii
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING

from sauveterre.errors import LimitExceeded, UnreadableSource
from sauveterre.evidence.bounded import bounded
from sauveterre.evidence.decoding import decoded, new_zlib
from sauveterre.evidence.documents.pdf_objects import filters
from sauveterre.evidence.documents.pdf_pictures import Filter
from sauveterre.records.limits import Limits

if TYPE_CHECKING:
    from pikepdf import Object

MOST_BYTES = 512 << 20
"""Of one stream: it is held in memory."""
_BLANK = b" \t\r\n\f\x00"


def raw(stream: "Object", name: str) -> bytes:
    """Return the bytes as they lie in the document, decrypted where it is encrypted."""
    _check(stream.get("/Length"), name)
    return bytes(stream.read_raw_bytes())


def pixels(stream: "Object", name: str, size: int, limits: Limits) -> bytes:
    """Return what all steps unpack to, which the sides of the picture bound."""
    _check(size, name)
    steps = list(filters(stream))
    if steps and steps[0].name == "FlateDecode":
        most = 2 * size + (1 << 20)
        for block in _inflated(raw(stream, name), name, limits):
            most -= len(block)
            if most < 0:
                raise LimitExceeded(
                    f"{name} unpacks to more than twice the {size:,} bytes that its sides ask for; unpack it by hand "
                    "if it is genuine"
                )
    return bytes(stream.read_bytes())


def before_last(stream: "Object", name: str, limits: Limits) -> bytes:
    """Return the bytes with every step undone but the last."""
    data = raw(stream, name)
    for step in list(filters(stream))[:-1]:
        data = _undone(step, data, name, limits)
        _check(len(data), name)
    return data


def content(stream: "Object", name: str, limits: Limits) -> Iterator[bytes]:
    """Yield the content of an attached file; what comes before damage is given."""
    data = before_last(stream, name, limits)
    last = list(filters(stream))[-1:]
    if not last:
        return iter([data] if data else [])
    if last[0].name == "FlateDecode" and last[0].get("Predictor", 1) == 1:
        return _inflated(data, name, limits)
    return filter(None, [_undone(last[0], data, name, limits)])


def _undone(step: Filter, data: bytes, name: str, limits: Limits) -> bytes:
    if step.name == "FlateDecode" and step.get("Predictor", 1) == 1:
        return _joined(data, name, limits)
    if step.name == "ASCII85Decode":
        return base64.a85decode(data.partition(b"~")[0].translate(None, _BLANK))
    if step.name == "ASCIIHexDecode":
        digits = data.partition(b">")[0].translate(None, _BLANK)
        return binascii.unhexlify(digits + b"0" * (len(digits) % 2))
    if step.name == "Crypt":
        return data
    raise UnreadableSource(
        f"{name} is packed by {step.name[:40]} in a way that is not undone here; save it with a PDF program"
    )


def _joined(data: bytes, name: str, limits: Limits) -> bytes:
    parts, total = [], 0
    for block in _inflated(data, name, limits):
        total += len(block)
        _check(total, name)
        parts.append(block)
    return b"".join(parts)


def _inflated(data: bytes, name: str, limits: Limits) -> Iterator[bytes]:
    source = BytesIO(data)
    return bounded(decoded(source, new_zlib, name=name), name=name, limits=limits, consumed=source.tell)


def _check(size: object, name: str) -> None:
    if isinstance(size, int) and size > MOST_BYTES:
        raise LimitExceeded(
            f"{name} has more than {MOST_BYTES:,} bytes, the most that is read of one stream of a document; save it "
            "with a PDF program and add what comes out"
        )
