"""Stable identifiers from what a report calls people and conversations: the same that the apps' own stores give.

A report writes identifiers as the app does and says which app. What has the shape of that app's identifier gets the
app's scheme; everything else ``ufdr:APP:IDENTIFIER``, which two reports share and no other kind of store does.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sauveterre.messages.protobuf import clean_text
from sauveterre.messages.signal.links import safe_text
from sauveterre.messages.signal.updates import message_key
from sauveterre.records.group import GroupKind

PHONE = "phone"
"""The service of the telephone itself: its address book, calls and short messages."""
SYSTEM = "system message"
"""What a report writes in place of a person where the app itself says something."""
LONGEST = 90
"""Most characters of an identifier inside another; a longer one is replaced by its digest."""
LEAST_DIGITS = 7
"""Digits of a number that a service, and not a device, has given to a conversation."""
_APPS = {
    "whatsapp business": "whatsapp",
    "whatsapp messenger": "whatsapp",
    "signal private messenger": "signal",
    "telegram x": "telegram",
    "telegram messenger": "telegram",
    "": PHONE,
    "native": PHONE,
    "native messages": PHONE,
    "phone": PHONE,
    "sim": PHONE,
    "element": "matrix",
    "riot": "matrix",
}
_E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_SEPARATORS = str.maketrans("", "", " -().\u00a0\u202f/")
_JID = re.compile(r"([^@:]{1,128}?)(?:\.\d{1,5})?(?::\d{1,5})?@([a-z.]{1,32})", re.ASCII)
_JID_NUMBER = re.compile(r"[1-9][0-9]{4,14}", re.ASCII)
_MXID = re.compile(r"@[^:\s]{1,200}:[^\s]{1,255}")
_TELEGRAM_GROUP = re.compile(
    r"(?P<sort>channel|chat)(?P<sorted>[0-9]{1,20})|-100(?P<channel>[0-9]{9,17})|-(?P<chat>[0-9]{1,12})", re.ASCII
)
"""As exports write them, or as bots see them: a supergroup or channel begins with -100, a small group with a minus."""
_SHARED = {
    "whatsapp": ("", re.compile(r"(?P<id>.+)", re.DOTALL)),
    "telegram": ("tg:channel", re.compile(r"(?:[^:]*:)?(?P<id>\d+)", re.ASCII)),
    "matrix": ("mx:", re.compile(r"(?P<id>\$.+)")),
    "discord": ("discord:", re.compile(r"(?P<id>\d+)", re.ASCII)),
}
"""By service: how a conversation begins in which all devices call a message the same, and that identifier."""
_NONE = re.compile(r"(?!)(?P<id>)")
_DIGITS = re.compile(r"[0-9]{1,20}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Named:
    """An account's stable id, and the identifiers that it states by its shape, as (type, value)."""

    id: str
    stated: tuple[tuple[str, str], ...] = ()


def service_of(source: str) -> str:
    """Return the service that a report's ``Source`` names, in small letters: at most 40 characters."""
    words = " ".join(source.lower().split())
    return _APPS.get(words, words)[:40]


def e164(text: str) -> str:
    """Return a telephone number in international form; empty for one that does not state its country."""
    number = text.translate(_SEPARATORS)
    return number if _E164.fullmatch(number) else ""


def account_of(service: str, identifier: str) -> Named | None:
    """Return the account that an identifier of a service names; None for none and for the app itself."""
    identifier = clean_text(identifier.strip())
    if not identifier or identifier.lower() == SYSTEM:
        return None
    found = _ACCOUNTS[service](identifier) if service in _ACCOUNTS else None
    return found or Named(f"ufdr:{service}:{short(safe_text(identifier))}")


def group_of(service: str, identifier: str, kind: GroupKind = GroupKind.GROUP) -> str:
    """Return ``Group.stable_id`` of a conversation of more than two; ``identifier`` is not empty."""
    identifier = clean_text(identifier.strip())
    if service == "telegram" and kind is GroupKind.CHANNEL and _DIGITS.fullmatch(identifier):
        identifier = f"channel{identifier}"
    found = _GROUPS[service](identifier) if service in _GROUPS else ""
    return found or f"ufdr:{service}:{short(safe_text(identifier))}"


def is_local(service: str, identifier: str) -> bool:
    """Say whether a conversation's identifier may be the device's own count: none, the telephone's, a small number."""
    return not identifier or service == PHONE or (identifier.isdecimal() and len(identifier) < LEAST_DIGITS)


def kind_by_shape(service: str, identifier: str) -> GroupKind | None:
    """Return what sort of conversation an identifier is of, where its shape tells."""
    return _SERVERS.get(identifier.rpartition("@")[2].lower()) if service == "whatsapp" else None


def key_of(service: str, group: str, sender: str | None, at: datetime | None, identifier: str) -> str:
    """Return ``Message.key``; empty where too little is stated for one.

    Where all devices share the app's own identifier, that in its conversation. Else conversation, sender and time, in
    milliseconds for Signal, in seconds for Telegram, as their own stores have it; for other apps with the identifier
    behind it, as nobody knows whether that is the device's own count.
    """
    start, shared = _SHARED.get(service, ("", _NONE))
    if group.startswith(start) and (match := shared.fullmatch(identifier)):
        return f"{group}|{short(match['id'])}"
    if at is None:
        return ""
    if service == "telegram" and sender is not None:
        return message_key(group, sender, int(at.timestamp()))
    key = message_key(group, sender, round(at.timestamp() * 1000))
    return key if service == "signal" or not identifier else f"{key}|{short(identifier)}"


def is_by_second(service: str, group: str) -> bool:
    """Say whether messages of this conversation have keys that only their sender and second tell apart."""
    return service == "telegram" and not group.startswith("tg:channel")


def short(text: str) -> str:
    """Return a text of at most ``LONGEST`` characters that is equal for equal texts."""
    digest = hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
    return text if len(text) <= LONGEST else f"sha256:{digest}"


def _whatsapp(identifier: str) -> Named | None:
    match = _JID.fullmatch(identifier)
    user, server = (match[1], match[2]) if match else (identifier.translate(_SEPARATORS).lstrip("+"), "s.whatsapp.net")
    if server in ("s.whatsapp.net", "c.us"):
        is_number = _JID_NUMBER.fullmatch(user)
        return Named(f"jid:{user}@{server}", (("e164", f"+{user}"),)) if is_number else None
    return Named(f"jid:{user}@{server}") if len(user) <= LONGEST else None


def _signal(identifier: str) -> Named | None:
    if number := e164(identifier):
        return Named(f"e164:{number}", (("e164", number),))
    kind = "pni" if identifier.upper().startswith("PNI:") else "aci"
    try:
        uuid = str(UUID(identifier[4:] if kind == "pni" else identifier))
    except ValueError:
        return None
    return Named(f"{kind}:{uuid}", ((kind, uuid),))


def _telegram(identifier: str) -> Named | None:
    number = identifier.removeprefix("user")
    return Named(f"tg:user{number}", (("user_id", number),)) if _DIGITS.fullmatch(number) else None


def _phone(identifier: str) -> Named | None:
    number = e164(identifier)
    return Named(f"e164:{number}", (("e164", number),)) if number else None


def _matrix(identifier: str) -> Named | None:
    return Named(f"mxid:{short(identifier)}") if _MXID.fullmatch(identifier) else None


def _discord(identifier: str) -> Named | None:
    return Named(f"discord:{identifier}") if _DIGITS.fullmatch(identifier) else None


_ACCOUNTS: dict[str, Callable[[str], Named | None]] = {
    "whatsapp": _whatsapp,
    "signal": _signal,
    "telegram": _telegram,
    PHONE: _phone,
    "matrix": _matrix,
    "discord": _discord,
}


def _signal_group(identifier: str) -> str:
    """Return SHA-256 of 32 bytes: were they a group's master key, this is what its own stores call the group.

    A report that holds the group's public identifier instead gets a digest of that. Either way no key leaves.
    """
    for decode in (bytes.fromhex, lambda text: base64.b64decode(text, validate=True)):
        try:
            data = decode(identifier)
        except (ValueError, binascii.Error):
            continue
        if len(data) == 32:
            return hashlib.sha256(data).hexdigest()
    return ""


def _telegram_group(identifier: str) -> str:
    """Return ``tg:channel…`` or ``tg:chat…`` where the identifier tells which; a bare number does not."""
    match = _TELEGRAM_GROUP.fullmatch(identifier)
    found = match.groupdict() if match else {}
    if found.get("sort"):
        return f"tg:{found['sort']}{found['sorted']}"
    return next((f"tg:{sort}{found[sort]}" for sort in ("channel", "chat") if found.get(sort)), "")


_GROUPS: dict[str, Callable[[str], str]] = {
    "whatsapp": lambda identifier: f"jid:{identifier.lower()}" if _JID.fullmatch(identifier.lower()) else "",
    "signal": _signal_group,
    "telegram": _telegram_group,
    "matrix": lambda identifier: f"mx:{short(identifier)}" if identifier.startswith("!") else "",
    "discord": lambda identifier: f"discord:{identifier}" if _DIGITS.fullmatch(identifier) else "",
}
_SERVERS = {
    "g.us": GroupKind.GROUP,
    "s.whatsapp.net": GroupKind.DIRECT,
    "c.us": GroupKind.DIRECT,
    "lid": GroupKind.DIRECT,
    "broadcast": GroupKind.DISTRIBUTION_LIST,
    "newsletter": GroupKind.CHANNEL,
}
