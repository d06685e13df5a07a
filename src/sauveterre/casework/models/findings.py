"""What the program worked out. Written anew by each assessment; never shown as facts.

``rows`` are the provenances that a finding rests on, each as [source, path, locator, reader].
"""

import hashlib

from django.contrib.postgres.indexes import HashIndex
from django.db import models

from sauveterre.casework.models.exhibit import Content
from sauveterre.casework.models.facts import IDENTIFIER
from sauveterre.casework.models.operation import Operation
from sauveterre.records.hash_list import Trust
from sauveterre.records.ruling import Rule

RULES = [(rule.value, rule.value) for rule in Rule]
TRUSTS = [(trust.value, trust.value) for trust in Trust]


class Finding(models.Model):
    """Belongs to one operation, and cites its rows."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="+")
    rows = models.JSONField(default=list)

    class Meta:
        abstract = True


class Interval(Finding):
    """From when to when, and how each end is known."""

    group = models.CharField(max_length=IDENTIFIER, db_index=True)
    account = models.CharField(max_length=IDENTIFIER, db_index=True)
    start = models.DateTimeField(null=True)
    end = models.DateTimeField(null=True)
    start_basis = models.CharField(max_length=10)
    end_basis = models.CharField(max_length=10)
    last_seen = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class Membership(Interval):
    """An account was in a group."""

    added_by = models.CharField(max_length=IDENTIFIER, null=True)


class RoleInterval(Interval):
    """An account held a role in a group."""

    role = models.CharField(max_length=20)
    granted_by = models.CharField(max_length=IDENTIFIER, null=True)
    revoked_by = models.CharField(max_length=IDENTIFIER, null=True)


class Contradiction(Finding):
    """Two rows that cannot both be right; both are shown."""

    group = models.CharField(max_length=IDENTIFIER)
    account = models.CharField(max_length=IDENTIFIER)
    what = models.TextField()


class ClockSkew(Finding):
    """How many seconds the clock of one device was ahead of another's, in a span of time."""

    device = models.TextField()
    other = models.TextField()
    since = models.DateTimeField()
    until = models.DateTimeField()
    least = models.FloatField(null=True)
    most = models.FloatField(null=True)
    estimate = models.FloatField(null=True)
    spread = models.FloatField(null=True)
    messages = models.PositiveIntegerField()


class Share(Finding):
    """An account put a content, or a link to a storage space, into a group."""

    group = models.CharField(max_length=IDENTIFIER, db_index=True)
    account = models.CharField(max_length=IDENTIFIER, db_index=True)
    at = models.DateTimeField(null=True)
    subject = models.TextField()
    message = models.CharField(max_length=3 * IDENTIFIER)

    class Meta:
        indexes = [HashIndex(fields=["subject"])]  # equal or not; links can be longer than a tree's key


class ParticipantRole(Finding):
    """Supplier or user of a group: an assessment."""

    group = models.CharField(max_length=IDENTIFIER, db_index=True)
    account = models.CharField(max_length=IDENTIFIER, db_index=True)
    role = models.CharField(max_length=20)
    shares = models.PositiveIntegerField()
    first_shares = models.PositiveIntegerField()
    reasons = models.JSONField()


class StorageSpace(Finding):
    """A remote place for files, however its links are written."""

    host = models.TextField()
    identifier = models.TextField()
    kind = models.CharField(max_length=20)
    links = models.PositiveIntegerField()

    @property
    def key(self) -> str:
        """``HOST/ID``."""
        return f"{self.host}/{self.identifier}"


class Person(Finding):
    """Accounts that rows state to be one person's."""

    key = models.CharField(max_length=IDENTIFIER, db_index=True)
    label = models.CharField(max_length=300)
    accounts = models.JSONField()
    reasons = models.JSONField()
    country = models.CharField(max_length=2, blank=True)
    country_weight = models.FloatField(default=0)
    country_reasons = models.JSONField(default=list)


class CountryIndication(Finding):
    """Something suggests a country for an account. Never nationality."""

    subject = models.CharField(max_length=IDENTIFIER, db_index=True)
    country = models.CharField(max_length=2)
    basis = models.CharField(max_length=20)
    weight = models.FloatField()
    reason = models.TextField()


class HashList(models.Model):
    """One version of a list of known hashes, with origin, scheme, date and trust."""

    class Kind(models.TextChoices):
        """Whether it holds hashes, or marks that several hashes may share (a Bloom filter, which settles nothing)."""

        LIST = "list"
        FILTER = "filter"

    class Effect(models.TextChoices):
        """What a hit on the list is for."""

        KNOWN = "known"
        IGNORABLE = "ignorable"

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="hash_lists")
    name = models.CharField(max_length=200)
    version = models.CharField(max_length=100)
    scheme = models.TextField()
    effect = models.CharField(max_length=10, choices=Effect, default=Effect.KNOWN)
    reader = models.CharField(max_length=40)
    sha256 = models.CharField(max_length=64)
    items = models.PositiveBigIntegerField()
    problems = models.PositiveIntegerField()
    added_at = models.DateTimeField(auto_now_add=True)
    added_by = models.CharField(max_length=150, blank=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.LIST)
    origin = models.CharField(max_length=200, blank=True)
    """Who publishes it; empty where nobody says."""
    dated = models.DateField(null=True)
    """The day that its contents are of."""
    trust = models.CharField(max_length=10, choices=TRUSTS, default=Trust.UNKNOWN)
    in_force = models.BooleanField(default=True)
    """Whether it gives hits; a version that another replaced does not."""
    parts = models.JSONField(default=list)
    """The files that it is made of, the whole list first, each as ``[sha256, version, name]``; none where they were
    not kept."""
    hashes_added = models.PositiveBigIntegerField(null=True)
    """As against the version before; None for a first version, as the next two."""
    hashes_removed = models.PositiveBigIntegerField(null=True)
    hashes_changed = models.PositiveBigIntegerField(null=True)
    """Those whose category is another."""

    class Meta:
        ordering = ["name", "-added_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["operation", "name", "version"], name="list_version")]

    @property
    def is_difference(self) -> bool:
        """Whether it came as a difference to the version before."""
        return len(self.parts) > 1

    @property
    def kept_as(self) -> str:
        """What its index is kept under: the digest of its file, or of the digests of all that it is made of."""
        if not self.is_difference:
            return self.sha256
        return hashlib.sha256("\n".join(sha256 for sha256, *_ in self.parts).encode()).hexdigest()

    @property
    def usual(self) -> Rule:
        """What a hit on the list settles where no policy says otherwise."""
        return Rule.IGNORED if self.effect == self.Effect.IGNORABLE else Rule.SETTLED


class Hit(models.Model):
    """A content found on a list."""

    content = models.ForeignKey(Content, on_delete=models.CASCADE, related_name="hits")
    hash_list = models.ForeignKey(HashList, on_delete=models.CASCADE, related_name="hits")
    algorithm = models.CharField(max_length=10)
    value = models.CharField(max_length=64)
    distance = models.PositiveSmallIntegerField()
    quality = models.PositiveSmallIntegerField(null=True)
    """PDQ quality of the content; None for digests."""
    listed_quality = models.PositiveSmallIntegerField(null=True)
    """PDQ quality of the listed picture; None for digests, and where the list states none."""
    category_scheme = models.TextField(blank=True)
    category_code = models.TextField(blank=True)
    locator = models.TextField()
    rule = models.CharField(max_length=10, choices=RULES, default=Rule.SETTLED)
    people = models.PositiveSmallIntegerField(default=0)
    """Officers who have to confirm it, where the rule asks for that."""
    film = models.JSONField(null=True)
    """Where frames were met: how many of each side, the least distance, and the thresholds (``records.film_match``)."""
    via = models.CharField(max_length=40, blank=True)
    """What inside the content's file was found; empty where it was the content itself."""
    turn = models.CharField(max_length=60, blank=True)
    """What turns the content into what is listed."""

    @property
    def is_upright(self) -> bool:
        """Whether it is a near hit on the picture as it is: not turned, not of a film, not inside its file."""
        return self.algorithm == "pdq" and self.film is None and not self.via and not self.turn

    @property
    def by_reference(self) -> int | None:
        """Bits between what is listed and the content hashed the reference way; None where that was not done."""
        picture = getattr(self.content, "picture", None) if self.is_upright else None
        if picture is None or picture.reference_pdq is None:
            return None
        return (int(self.value, 16) ^ int.from_bytes(bytes(picture.reference_pdq), "big")).bit_count()


class ClaimedHit(models.Model):
    """A file that is on a list by the SHA-256 that a message states for it, and that the operation does not hold.

    Once it does, what its content gives counts in its place.
    """

    hash_list = models.ForeignKey(HashList, on_delete=models.CASCADE, related_name="claimed")
    sha256 = models.CharField(max_length=64)
    category_scheme = models.TextField(blank=True)
    category_code = models.TextField(blank=True)
    locator = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["sha256"])]


class Stack(models.Model):
    """Near-identical contents that a reviewer decides once. A decided one may hold its head alone."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="stacks")
    identity = models.CharField(max_length=80)
    """Stays with the stack for good: the SHA-256 of its first head, with a number where that was taken."""
    head = models.ForeignKey(Content, on_delete=models.CASCADE, related_name="+")
    """One of the members."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operation", "identity"], name="stack_identity")]


class StackMember(models.Model):
    """A content in a stack, and how far it is from the head."""

    stack = models.ForeignKey(Stack, on_delete=models.CASCADE, related_name="members")
    content = models.OneToOneField(Content, on_delete=models.CASCADE, related_name="stacked")
    distance = models.PositiveSmallIntegerField()
    by_answer = models.BooleanField(default=False)
    """Whether it lay near the heads of several decided stacks, and came here because officers answered."""


class MergeQuestion(models.Model):
    """A content lies near the heads of two decided stacks and was given to neither."""

    first = models.ForeignKey(Stack, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Stack, on_delete=models.CASCADE, related_name="+")
    """By identity after the first."""
    content = models.ForeignKey(Content, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["first", "second", "content"], name="asked_once")]
