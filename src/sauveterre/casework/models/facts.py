"""What message stores state, row by row as read: facts, never merged and never edited.

Each model mirrors one record of ``sauveterre.records`` field by field, with its provenance beside it. One
message seen on five devices is five rows with one ``key``. What a store says in its own words has no greatest length;
keys, which the reader makes, have one and are indexed: as plain indexes, since no question is for how a key begins,
and Django's own would keep a second one for that.
"""

from django.db import models

from sauveterre.casework.models.exhibit import Source

IDENTIFIER = 300


class Fact(models.Model):
    """A row read from a source. ``source`` says in which; the ``prov_`` fields say where in it."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+")
    prov_source = models.TextField()
    prov_path = models.TextField()
    prov_locator = models.TextField()
    prov_reader = models.CharField(max_length=40)

    class Meta:
        abstract = True


class StoreFact(Fact):
    """What a message store says of itself."""

    kind = models.CharField(max_length=60)
    version = models.TextField()
    exported_at = models.DateTimeField(null=True)
    app_version = models.TextField()
    notes = models.JSONField()


class AccountFact(Fact):
    """An account, as one store names it."""

    service = models.CharField(max_length=40)
    stable_id = models.CharField(max_length=IDENTIFIER)
    is_owner = models.BooleanField()

    class Meta:
        indexes = [models.Index(fields=["stable_id"])]


class IdentifierFact(Fact):
    """One row that states an identifier of an account."""

    account = models.CharField(max_length=IDENTIFIER)
    type = models.CharField(max_length=40)
    value = models.TextField()
    valid_from = models.DateTimeField(null=True)
    valid_to = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["account"])]


class GroupFact(Fact):
    """A conversation, as one store shows it."""

    service = models.CharField(max_length=40)
    stable_id = models.CharField(max_length=IDENTIFIER)
    title = models.TextField()
    kind = models.CharField(max_length=20)
    revision = models.BigIntegerField(null=True)
    description = models.TextField()
    announcement_only = models.BooleanField(null=True)
    link_state = models.CharField(max_length=20)
    terminated = models.BooleanField(null=True)

    class Meta:
        indexes = [models.Index(fields=["stable_id"])]


class SnapshotFact(Fact):
    """One store showed an account in a group with a role, at one moment."""

    group = models.CharField(max_length=IDENTIFIER)
    account = models.CharField(max_length=IDENTIFIER)
    role = models.CharField(max_length=20)
    at = models.DateTimeField()
    joined_at_revision = models.BigIntegerField(null=True)
    added_by = models.CharField(max_length=IDENTIFIER, null=True)
    role_stated = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["group"]), models.Index(fields=["account"])]


class EventFact(Fact):
    """Something that a store states to have happened in a group."""

    group = models.CharField(max_length=IDENTIFIER)
    kind = models.CharField(max_length=20)
    actor = models.CharField(max_length=IDENTIFIER, null=True)
    target = models.CharField(max_length=IDENTIFIER, null=True)
    at = models.DateTimeField(null=True)
    at_raw = models.CharField(max_length=40)
    detail = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["group"])]


class MessageFact(Fact):
    """A message, as one store shows it."""

    key = models.CharField(max_length=3 * IDENTIFIER)
    group = models.CharField(max_length=IDENTIFIER)
    sender = models.CharField(max_length=IDENTIFIER, null=True)
    direction = models.CharField(max_length=4)
    sent_at = models.DateTimeField(null=True)
    sent_raw = models.CharField(max_length=40)
    received_at = models.DateTimeField(null=True)
    body = models.TextField()
    kind = models.CharField(max_length=40)
    deleted = models.CharField(max_length=10)
    deleted_by = models.CharField(max_length=IDENTIFIER, null=True)
    reply_to = models.CharField(max_length=3 * IDENTIFIER, null=True)
    expires_in_ms = models.BigIntegerField(null=True)
    revision = models.PositiveIntegerField()
    server_at = models.DateTimeField(null=True)
    forwarded_from = models.TextField(null=True)

    class Meta:
        indexes = [models.Index(fields=["key"]), models.Index(fields=["group"])]


class DeliveryFact(Fact):
    """What a sender's device knows of one recipient's receipt."""

    message = models.CharField(max_length=3 * IDENTIFIER)
    account = models.CharField(max_length=IDENTIFIER)
    status = models.CharField(max_length=20)
    at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["message"])]


class AttachmentFact(Fact):
    """A file that a message carries."""

    message = models.CharField(max_length=3 * IDENTIFIER)
    ordinal = models.PositiveIntegerField()
    role = models.CharField(max_length=20)
    file_name = models.TextField()
    media_type = models.TextField()
    size = models.BigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, null=True)
    path = models.TextField(null=True)

    class Meta:
        indexes = [models.Index(fields=["message"]), models.Index(fields=["sha256"])]


class ReactionFact(Fact):
    """A reaction to a message."""

    message = models.CharField(max_length=3 * IDENTIFIER)
    account = models.CharField(max_length=IDENTIFIER)
    emoji = models.TextField()
    at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["message"])]


class LinkFact(Fact):
    """A link in a message; credentials were cut out by the reader."""

    message = models.CharField(max_length=3 * IDENTIFIER)
    url = models.TextField()
    kind = models.CharField(max_length=20)
    group = models.CharField(max_length=IDENTIFIER, null=True)
    credential = models.CharField(max_length=64, null=True)

    class Meta:
        indexes = [models.Index(fields=["message"])]
