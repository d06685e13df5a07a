"""Values of JSON or an archive that nobody vouches for: taken where they are what they should be, else empty."""

import base64
import binascii
import json
import math
import re
from typing import Any

Loose = dict[str, Any]
"""An object whose members may be anything."""
MOST_DIGITS = 1 << 63
MOST_TEXT = 4 << 20
"""Characters of JSON that are parsed: what they become takes some thirty times as much."""
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SHA256_HEX = re.compile(r"[0-9a-f]{64}")


class NotJson(ValueError):
    """A text that is no JSON object; the message says why and quotes nothing of it."""


def parsed(text: object) -> Loose:
    """Return the object that a text of JSON holds, an empty one for no text; raise ``NotJson``."""
    if text is None or text == "":
        return {}
    if not isinstance(text, str | bytes):
        raise NotJson("it is a number and no text")
    value = parsed_any(text)
    if not isinstance(value, dict):
        raise NotJson("not an object")
    return value


def parsed_any(text: str | bytes) -> Any:
    """Return what a text of JSON holds; raise ``NotJson``."""
    if len(text) > MOST_TEXT:
        raise NotJson(f"it is longer than the {MOST_TEXT:,} characters that are parsed")
    try:
        return json.loads(text)
    except RecursionError:
        raise NotJson("objects lie too deep inside one another") from None
    except ValueError as error:
        raise NotJson(f"not JSON ({type(error).__name__} at {getattr(error, 'pos', 0)})") from None


def text_of(value: object) -> str:
    """Return a text as it can be stored: halves of characters are replaced; empty for anything else."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def text(data: Loose, *names: str) -> str:
    """Return the first of these members that is a text which is not empty."""
    return next((found for name in names if (found := text_of(data.get(name)))), "")


def number_of(value: object) -> int:
    """Return a whole number of at most 63 bits; 0 for anything else."""
    if isinstance(value, float) and math.isfinite(value):
        value = int(value)
    if isinstance(value, bool | int) and -MOST_DIGITS <= value < MOST_DIGITS:
        return int(value)
    return 0


def number(data: Loose, *names: str) -> int:
    """Return the first of these members that is a number and not 0."""
    return next((found for name in names if (found := number_of(data.get(name)))), 0)


def objects(data: Loose, name: str) -> list[Loose]:
    """Return the objects of a list; what is no object in it counts as an empty one, so that places stay."""
    return [one if isinstance(one, dict) else {} for one in members(data, name)]


def members(data: Loose, name: str) -> list[Any]:
    """Return a list as it stands, else an empty one."""
    value = data.get(name)
    return value if isinstance(value, list) else []


def record(data: Loose, name: str) -> Loose:
    """Return a member that is an object, else an empty one."""
    value = data.get(name)
    return value if isinstance(value, dict) else {}


def bytes_of(value: object) -> bytes:
    """Return what a text of base64 holds; empty for anything else."""
    if isinstance(value, bytes):
        return value
    try:
        return base64.b64decode(value, validate=True) if isinstance(value, str) else b""
    except (binascii.Error, ValueError):
        return b""


def sha256_of(value: object) -> str | None:
    """Return a SHA-256 that is stated as hex, as base64 or raw, in lowercase hex; None for anything else."""
    if isinstance(value, str) and _SHA256_HEX.fullmatch(value.lower()):
        return value.lower()
    raw = bytes_of(value)
    return raw.hex() if len(raw) == 32 else None


def is_uuid(value: str) -> bool:
    """Say whether a text is a UUID in its usual spelling, lowercase."""
    return bool(_UUID.fullmatch(value))


def service_text(value: object) -> str | None:
    """Return ``aci:UUID`` or ``pni:UUID`` for a service identifier as text (``PNI:…`` for the latter), else None."""
    if not isinstance(value, str):
        return None
    plain = value.strip().lower()
    kind = "pni" if plain.startswith("pni:") else "aci"
    bare = plain.removeprefix("pni:")
    if not is_uuid(bare) or not bare.strip("0-"):
        return None
    return f"{kind}:{bare}"
