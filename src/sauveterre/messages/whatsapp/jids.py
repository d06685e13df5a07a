"""WhatsApp's addresses: ``USER@SERVER``, for people with agent and device in between (``USER.0:12@SERVER``)."""

import re

SERVICE = "whatsapp"
STATUS = "status@broadcast"
PHONE_SERVER, LID_SERVER, GROUP_SERVER = "s.whatsapp.net", "lid", "g.us"
CHANNEL_SERVER, BROADCAST_SERVER = "newsletter", "broadcast"
PEOPLE = frozenset({PHONE_SERVER, LID_SERVER, "hosted", "hosted.lid", "bot", "c.us"})
THIS_DEVICE = frozenset({"status_me", "lid_me"})
"""What stands in place of an address for the device's own account."""
_SHAPE = re.compile(r"(?P<user>[^@:]{1,128}?)(?:\.[0-9]{1,5})?(?::[0-9]{1,5})?@(?P<server>[a-z0-9.]{1,32})", re.ASCII)
_NUMBER = re.compile(r"[1-9][0-9]{4,14}", re.ASCII)
_PEOPLE_IN = re.compile(rb"[0-9]{5,20}@(?:s\.whatsapp\.net|lid)")


def bare(address: str) -> str:
    """Return an address without agent and device; empty for what is no address."""
    match = _SHAPE.fullmatch(address.strip())
    return f"{match['user']}@{match['server']}" if match else ""


def server(address: str) -> str:
    """Return what stands behind the ``@``."""
    return address.rpartition("@")[2]


def is_person(address: str) -> bool:
    """Say whether the address is one of an account."""
    return server(address) in PEOPLE


def account_id(address: str) -> str:
    """Return ``Account.stable_id`` of an address of a person."""
    return f"jid:{address}"


def number(address: str) -> str:
    """Return the phone number that an address states, as ``+…``; empty for a hidden one (``@lid``)."""
    user, _, host = address.rpartition("@")
    return f"+{user}" if host in (PHONE_SERVER, "c.us") and _NUMBER.fullmatch(user) else ""


def people_in(blob: bytes) -> list[str]:
    """Return the addresses of people that stand in a serialised value, each once, in order."""
    return list(dict.fromkeys(found.decode() for found in _PEOPLE_IN.findall(blob)))
