"""A message, and what hangs on it."""

from dataclasses import dataclass
from datetime import datetime

from sauveterre.records.provenance import Provenance


@dataclass(frozen=True, slots=True)
class Message:
    """One message as one store shows it.

    ``key`` is equal on every device that saw the message (Signal: conversation, author and sent time), so one
    message seen on five devices is one message with five provenances.
    """

    key: str
    group: str
    """``Group.stable_id`` of the conversation."""
    sender: str | None
    direction: str
    """in, out or none."""
    sent_at: datetime | None
    """By the sender's clock, UTC."""
    sent_raw: str
    received_at: datetime | None
    body: str
    kind: str
    """text, sticker, view_once, contact, poll, deleted, …: the reader's word for it."""
    provenance: Provenance
    deleted: str = "no"
    """no, by_author, by_admin, or on_device: an extraction tool recovered it from what that device had deleted, by whom
    is unknown. Absence from a store is never called deletion."""
    deleted_by: str | None = None
    reply_to: str | None = None
    """``Message.key`` of the quoted message, when both author and time are stated."""
    expires_in_ms: int | None = None
    revision: int = 0
    """How many edits came before this text."""
    server_at: datetime | None = None
    """By the service's own clock, UTC, where the store keeps it."""
    forwarded_from: str | None = None
    """Who is named as the first author of a forwarded message, or empty where it only says that it was forwarded."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the sender's device knows of one recipient's receipt of a message."""

    message: str
    account: str
    status: str
    """pending, sent, delivered, read, viewed, skipped or failed."""
    at: datetime | None
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that a message carries, whether or not the store still holds its bytes."""

    message: str
    ordinal: int
    role: str
    """attachment, preview, sticker, quote or longtext."""
    file_name: str
    media_type: str
    size: int | None
    sha256: str | None
    """Of the plain bytes, lowercase hex, as the store claims it; None when it does not."""
    path: str | None
    """Where the store keeps the bytes, relative to its root; None when it does not hold them."""
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Reaction:
    """An account's reaction to a message."""

    message: str
    account: str
    emoji: str
    at: datetime | None
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Link:
    """A link in a message. ``url`` never carries a live credential: see ``credential``."""

    message: str
    url: str
    """As written, with secrets (fragments that are keys, passwords) cut out."""
    kind: str
    """text, preview or group_invite."""
    provenance: Provenance
    group: str | None = None
    """For a group invitation: ``Group.stable_id`` of the group that it leads to."""
    credential: str | None = None
    """SHA-256 of the secret that was cut out, for linking only; None when there was none."""
