"""What a message says: its text, the addresses behind words, and things that are no text written out as one."""

from collections.abc import Callable
from typing import Any

from sauveterre.messages.exports.rows import list_of, text_of


def flat(text: object) -> str:
    """Return a text that is stored as text, or as parts, some of which are objects with their text inside."""
    if isinstance(text, str):
        return text
    parts = text if isinstance(text, list) else []
    return "".join(part if isinstance(part, str) else text_of(part, "text") for part in parts)


def text_in(message: dict[str, Any]) -> str:
    """Return the text of a message, by its parts where they are stored."""
    return flat(message.get("text_entities")) or flat(message.get("text"))


def addresses_in(message: dict[str, Any]) -> list[str]:
    """Return the addresses that stand behind words, and those of buttons."""
    parts = [*list_of(message, "text_entities"), *list_of(message, "text")]
    found = [text_of(part, "href") for part in parts]
    rows = [row for row in list_of(message, "inline_bot_buttons") if isinstance(row, list)]
    found += [text_of(button, "data") for row in rows for button in row if text_of(button, "type").endswith("url")]
    return [one for one in dict.fromkeys(found) if "/" in one]


def _simple(value: object) -> str:
    """Return the members of an object that are plain, written out."""
    if isinstance(value, str):
        return value
    members = value.items() if isinstance(value, dict) else ()
    return ", ".join(f"{name}: {member}" for name, member in members if isinstance(member, str | int))


def _contact(value: object) -> str:
    name = f"{text_of(value, 'first_name')} {text_of(value, 'last_name')}".strip()
    return ", ".join(part for part in (name, text_of(value, "phone_number")) if part)


def _location(value: object) -> str:
    point = value if isinstance(value, dict) else {}
    return ", ".join(str(point[name])[:40] for name in ("latitude", "longitude") if name in point)


def _poll(value: object) -> str:
    lines = [flat(value.get("question")) if isinstance(value, dict) else ""]
    lines += [f"- {flat(one.get('text'))} ({one.get('voters')})" for one in _maps(value, "answers")]
    return "\n".join(lines)


def _todo(value: object) -> str:
    lines = [flat(value.get("title")) if isinstance(value, dict) else ""]
    return "\n".join([*lines, *(f"- {flat(one.get('text'))}" for one in _maps(value, "answers"))])


def _maps(value: object, name: str) -> list[dict[str, Any]]:
    return [one for one in list_of(value, name) if isinstance(one, dict)]


SPECIAL: dict[str, tuple[str, Callable[[object], str]]] = {
    "contact_information": ("contact", _contact),
    "place_name": ("location", _simple),
    "address": ("location", _simple),
    "location_information": ("location", _location),
    "poll": ("poll", _poll),
    "todo_list": ("todo_list", _todo),
    "game_title": ("game", _simple),
    "game_description": ("game", _simple),
    "invoice_information": ("invoice", _simple),
    "giveaway_information": ("giveaway", _simple),
    "giveaway_results": ("giveaway", _simple),
    "paid_stars_amount": ("paid_media", str),
}
"""By member of a message: what it makes of the message, and how it is written out."""


def kind_of(message: dict[str, Any]) -> str:
    """Return the word for a message."""
    if text_of(message, "type") != "message":
        return text_of(message, "type")[:40] or "unknown"
    if "self_destruct_period_seconds" in message:
        return "self_destruct"
    special = next((kind for name, (kind, _) in SPECIAL.items() if name in message), "")
    media = "photo" if "photo" in message else "file" if "file" in message else ""
    return special or text_of(message, "media_type")[:40] or media or "text"


def body_of(message: dict[str, Any]) -> str:
    """Return the text of a message, with what is no text written out before it."""
    written = [write(message[name]) for name, (_, write) in SPECIAL.items() if name in message]
    return "\n".join(part for part in (*written, text_in(message)) if part)


def about(row: dict[str, Any], *, without: frozenset[str]) -> str:
    """Return the plain members of a service row, written out for its event."""
    parts = []
    for name, value in row.items():
        if name not in without and isinstance(value, str | int | float) and value != "":
            parts.append(f"{name.replace('_', ' ')}: {value}")
        elif name not in without and isinstance(value, list) and value:
            parts.append(f"{name.replace('_', ' ')}: {', '.join(str(one) for one in value if isinstance(one, str))}")
    return "; ".join(parts)[:1_000]
