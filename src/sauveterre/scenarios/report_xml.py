"""The XML of an extraction program's report: models with their fields, as strings."""

import random
from datetime import UTC, datetime
from uuid import UUID
from xml.sax.saxutils import quoteattr

NAMESPACE = "http://pa.cellebrite.com/report/2.0"


class Counter:
    """Gives every model an identifier and a source index."""

    def __init__(self, rng: random.Random) -> None:
        """Take the generator that alone decides identifiers."""
        self._rng = rng
        self._index = 1_000

    def guid(self) -> str:
        """Return a new identifier."""
        return str(UUID(int=self._rng.getrandbits(128), version=4))

    def model(self, kind: str, *children: str, identifier: str = "", deleted: bool = False, file_id: str = "") -> str:
        """Return a model element."""
        self._index += 3
        attributes = {
            "type": kind, "id": identifier or self.guid(), "deleted_state": "Deleted" if deleted else "Intact",
            "decoding_confidence": "High", "isrelated": "False", "source_index": str(self._index), "extractionId": "0",
        } | ({"file_id": file_id} if file_id else {})  # fmt: skip
        stated = " ".join(f"{name}={quoteattr(value)}" for name, value in attributes.items())
        return f"<model {stated}>{''.join(children)}</model>"


def cdata(text: str) -> str:
    """Return a text as CDATA."""
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"


def field(name: str, text: str | None, kind: str = "String") -> str:
    """Return a field; None for one that is empty, which is how a report says that it does not know."""
    inner = f'<value type="{kind}">{cdata(text)}</value>' if text else "<empty />"
    return f'<field name="{name}" type="{kind}">{inner}</field>'


def truth(name: str, value: bool | None) -> str:  # noqa: FBT001 - it is what the field holds
    """Return a Boolean field."""
    return field(name, None if value is None else str(value), "Boolean")


def when(name: str, milliseconds: int | None) -> str:
    """Return a field with a time."""
    if milliseconds is None:
        return field(name, None, "TimeStamp")
    moment = iso(milliseconds)
    return (
        f'<field name="{name}" type="TimeStamp"><value type="TimeStamp" format="TimeStampKnown" '
        f'formattedTimestamp="{moment[:19]}+00:00">{moment}</value></field>'
    )


def one(name: str, kind: str, model: str = "") -> str:
    """Return a field with a model."""
    return f'<modelField name="{name}" type="{kind}">{model or "<empty />"}</modelField>'


def many(name: str, kind: str, *models: str) -> str:
    """Return a field with any number of models."""
    return f'<multiModelField name="{name}" type="{kind}">{"".join(models)}</multiModelField>'


def iso(milliseconds: int) -> str:
    """Return a time as reports write it: UTC, with milliseconds and offset."""
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC).replace(microsecond=milliseconds % 1000 * 1000)
    return moment.isoformat(timespec="milliseconds")


def tagged_file(identifier: str, path: str, local: str, size: int, digests: dict[str, str]) -> str:
    """Return a file as the report lists it; ``local`` is its place in the package, parted by backslashes."""
    items = "".join(f'<item name="{name}">{cdata(digest)}</item>' for name, digest in digests.items())
    return (
        f'<file fs="data (ExtX)" path={quoteattr(path)} size="{size}" id="{identifier}" deleted="Intact">'
        f'<metadata section="File"><item name="Local Path">{cdata(local)}</item></metadata>'
        f'<metadata section="MetaData">{items}</metadata></file>'
    )


def project(head: str, parts: list[str]) -> bytes:
    """Return a whole report."""
    text = (
        f'<?xml version="1.0" encoding="utf-8"?>\n<project id="drawn" name="A drawn telephone" reportVersion="5.4.0.0" '
        f'containsGarbage="False" extractionType="FileSystem" xmlns="{NAMESPACE}">{head}{"".join(parts)}</project>\n'
    )
    return text.encode()
