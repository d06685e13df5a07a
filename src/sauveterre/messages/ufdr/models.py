"""One model of a report: its fields by name and the models inside it, as the report has them."""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

_ENTRY_TIME = re.compile(
    r"(\d{1,2})[/.](\d{1,2})[/.](\d{4}) (\d{1,2}):(\d{2}):(\d{2}) ?\(UTC([+-]\d{1,2})?(?::(\d{2}))?\)"
)
_TRUTH = {"true": True, "false": False}


@dataclass(slots=True)
class Model:
    """A ``model`` element. Fields that are empty are not there: an empty field states nothing."""

    type: str
    attributes: dict[str, str]
    fields: dict[str, list[str]] = field(default_factory=dict)
    models: dict[str, list["Model"]] = field(default_factory=dict)
    lengths: list[int] = field(default_factory=list)
    """Sizes that its data fields state, in bytes."""

    @property
    def id(self) -> str:
        """The report's own identifier of the model, usually a GUID; empty without one."""
        return self.attributes.get("id", "")

    @property
    def ids(self) -> tuple[str, ...]:
        """All identifiers by which other models may refer to it."""
        return tuple(filter(None, (self.id, self.attributes.get("pa_id", ""))))

    @property
    def is_deleted(self) -> bool:
        """Whether the program says that it recovered the model from what the device had deleted."""
        return self.attributes.get("deleted_state", "").lower() == "deleted"

    def text(self, *names: str) -> str:
        """Return the first value of the first of these fields that has one, without blanks around it."""
        return next((value for name in names for value in self.fields.get(name, ()) if value), "")

    def truth(self, name: str) -> bool | None:
        """Return a Boolean field, None where it is empty: the program does not know."""
        return _TRUTH.get(self.text(name).lower())

    def moment(self, name: str) -> datetime | None:
        """Return a time, None where it is empty or has no zone."""
        return moment(self.text(name))

    def one(self, name: str) -> "Model | None":
        """Return the first model in a field."""
        return next(iter(self.models.get(name, ())), None)

    def all(self, *names: str) -> list["Model"]:
        """Return the models in these fields, each once by its identifier."""
        found = [model for name in names for model in self.models.get(name, ())]
        return list({model.id or f"#{number}": model for number, model in enumerate(found)}.values())

    def inside(self) -> Iterator["Model"]:
        """Yield all models inside this one; its depth is bounded by whoever read it."""
        for models in self.models.values():
            for model in models:
                yield model
                yield from model.inside()


def moment(text: str) -> datetime | None:
    """Return a moment written as ISO 8601 in UTC, None for one without a zone: nobody knows when that is."""
    try:
        found = datetime.fromisoformat(text)
        return None if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def header_moment(text: str) -> datetime | None:
    """Return a time of the report's head: ISO, or ``14/09/2026 16:49:42(UTC-3)``.

    The order of day and month is that of the examiner's computer: where both could be a month, the time is not known.
    """
    found = _ENTRY_TIME.fullmatch(text)
    if found is None:
        return moment(text)
    first, second, year, hour, minute, seconds = (int(part) for part in found.groups()[:6])
    if first <= 12 and second <= 12 and first != second:
        return None
    day, month = (first, second) if second <= 12 else (second, first)
    zone = f"{int(found[7] or 0):+03d}:{found[8] or '00'}"
    return moment(f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{seconds:02d}{zone}")


def value_of(text: str, style: str) -> str:
    """Return a field's value; one that is packed in base64 is unpacked."""
    if style == "Base64String":
        try:
            text = base64.b64decode(text, validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return ""
    return text.strip()
