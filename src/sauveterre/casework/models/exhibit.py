"""What was seized, what it holds, and how each entry of it ended."""

from django.db import models

from sauveterre.casework.models.operation import Operation


class ExhibitKind(models.TextChoices):
    """What kind of medium it is."""

    PHONE = "phone"
    TABLET = "tablet"
    COMPUTER = "computer"
    DISK = "disk"
    USB_STICK = "usb stick"
    MEMORY_CARD = "memory card"
    SIM = "sim"
    OPTICAL = "optical disc"
    CLOUD = "cloud"
    PAPER = "paper"
    OTHER = "other"


class Exhibit(models.Model):
    """One seized digital medium under seal."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="exhibits")
    number = models.PositiveIntegerField()
    seal = models.TextField(blank=True)
    description = models.TextField(blank=True)
    kind = models.CharField(max_length=20, choices=ExhibitKind, blank=True)
    model = models.TextField(blank=True)
    """Maker and model, as on the label."""
    serial = models.TextField(blank=True)
    seized_at = models.DateTimeField(null=True)
    seized_where = models.TextField(blank=True)
    seized_by = models.TextField(blank=True)
    legal_act = models.TextField(blank=True)
    """The act that allowed the seizure, by its reference."""
    path = models.TextField()
    """As shown to people; empty while only the medium itself is registered."""
    path_raw = models.BinaryField()
    """As the file system has it, byte for byte."""
    added_at = models.DateTimeField(auto_now_add=True)
    added_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["operation", "number"], name="exhibit_number")]

    def __str__(self) -> str:
        return f"{self.number:02d}"


class ExhibitKey(models.Model):
    """A recovery key that opens something in an exhibit. Sealed; never logged, never exported."""

    exhibit = models.ForeignKey(Exhibit, on_delete=models.CASCADE, related_name="keys")
    sealed = models.BinaryField()
    added_at = models.DateTimeField(auto_now_add=True)


class SourceState(models.TextChoices):
    """How far a source is."""

    NEW = "new"
    LISTED = "listed"
    DONE = "done"
    LOCKED = "locked"
    FAILED = "failed"


class Source(models.Model):
    """One readable thing of an exhibit: what was added, or a container or message store inside it."""

    exhibit = models.ForeignKey(Exhibit, on_delete=models.CASCADE, related_name="sources")
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="children")
    parent_entry = models.ForeignKey(
        "Entry", null=True, db_constraint=False, on_delete=models.CASCADE, related_name="sources"
    )
    path = models.TextField()
    """From the exhibit down, parted by ``!`` at each container: what people read."""
    kind = models.CharField(max_length=40)
    """The reader that opens it; ``directory``, ``zip``, ``signal_backup_v2`` …"""
    steps = models.JSONField(default=list)
    """The way down, as (reader, locator) pairs."""
    way = models.CharField(max_length=64)
    """SHA-256 of the way down: unique in the exhibit however long the way is."""
    identity = models.TextField(blank=True)
    """What provenance names; empty for an exhibit's own file until its inventory has read it whole."""
    depth = models.PositiveSmallIntegerField(default=0)
    needs_key = models.BooleanField(default=False)
    is_store = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=SourceState, default=SourceState.NEW)
    reason = models.TextField(blank=True)
    reader_version = models.PositiveSmallIntegerField(default=0)
    """Of the reader that listed it; 0 until then."""
    announced = models.BigIntegerField(null=True)
    """How many entries its listing wrote: what the catalogue has to hold."""
    budget = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    """The outermost embedded container above it: all below share what that one may cost."""
    spent_entries = models.BigIntegerField(default=0)
    spent_bytes = models.BigIntegerField(default=0)
    spent_sources = models.IntegerField(default=1)
    """What everything below a budget has listed so far, itself among it."""
    attempts = models.PositiveSmallIntegerField(default=0)
    """How often in a row the program was ended at the same place while it listed this."""
    reached = models.BigIntegerField(null=True)
    """Where that was."""

    class Meta:
        ordering = ["exhibit", "path"]
        constraints = [models.UniqueConstraint(fields=["exhibit", "way"], name="source_way")]


class Content(models.Model):
    """Bytes, once, known by SHA-256; many entries may hold one content."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="contents")
    sha256 = models.CharField(max_length=64)
    sha1 = models.CharField(max_length=40)
    md5 = models.CharField(max_length=32)
    size = models.BigIntegerField()
    kind = models.CharField(max_length=100)
    confirmed = models.PositiveSmallIntegerField(default=0)
    """How many officers confirmed what a list says of it."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operation", "sha256"], name="content_once")]
        indexes = [models.Index(fields=["operation", "id"], include=["confirmed"], name="content_standing")]


class Picture(models.Model):
    """What was measured on a decoded picture."""

    content = models.OneToOneField(Content, on_delete=models.CASCADE, related_name="picture")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    pdq = models.BinaryField(max_length=32)
    quality = models.PositiveSmallIntegerField()
    make = models.CharField(max_length=256, blank=True)
    model = models.CharField(max_length=256, blank=True)
    serial = models.CharField(max_length=256, blank=True)
    software = models.CharField(max_length=256, blank=True)
    taken_raw = models.CharField(max_length=64, blank=True)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    statements = models.JSONField(default=list)
    """What else its file says of itself, as [source, name, value]."""
    embedded = models.JSONField(default=list)
    """The pictures inside its file: an object of the fields of ``records.content.Embedded`` for each."""
    turned = models.BinaryField(max_length=96, default=b"")
    """Three more PDQ hashes, which tell all its orientations; empty where they are not known."""
    frames = models.PositiveIntegerField(null=True, default=1)
    """Frames, pages or pictures that its file holds; the first or main one is fingerprinted. None: not counted."""
    basis = models.CharField(max_length=40, blank=True)
    """What was fingerprinted in its stead; empty where it was the picture itself."""
    reference_pdq = models.BinaryField(max_length=32, null=True)
    """By the reference way, whatever it looks like; None until somebody has a hit of it checked."""
    reference_quality = models.PositiveSmallIntegerField(null=True)


class EntryState(models.TextChoices):
    """How an entry ended; pending until then."""

    PENDING = "pending"
    PROCESSED = "processed"
    PARTIAL = "partial"
    FAILED = "failed"
    SKIPPED = "skipped"


SMOOTH = (EntryState.PENDING, EntryState.PROCESSED)
"""States that most entries have: the others are few, and looked for."""


class Entry(models.Model):
    """One file in a source, live or deleted. Listed before its content is read."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="entries")
    ordinal = models.PositiveIntegerField()
    path = models.TextField()
    path_raw = models.BinaryField()
    size = models.BigIntegerField(null=True)
    locator = models.TextField()
    kind = models.CharField(max_length=10)
    allocated = models.BooleanField(null=True)
    modified = models.DateTimeField(null=True)
    created = models.DateTimeField(null=True)
    accessed = models.DateTimeField(null=True)
    changed = models.DateTimeField(null=True)
    opens = models.CharField(max_length=40, blank=True)
    note = models.TextField(blank=True)
    refusal = models.TextField(blank=True)
    failure = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=EntryState, default=EntryState.PENDING)
    cause = models.CharField(max_length=12, blank=True)
    """Of the closed set in ``records.entry.Cause``; empty when it is simply processed."""
    reason = models.TextField(blank=True)
    extractor = models.CharField(max_length=40, blank=True)
    """What gave the outcome, and its version: a newer one does again what it touches, and nothing else."""
    version = models.PositiveSmallIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    seconds = models.FloatField(null=True)
    """How long the attempt took that gave the outcome."""
    content = models.ForeignKey(
        Content, null=True, on_delete=models.SET_NULL, related_name="entries", db_index=False
    )  # the index with its source serves both ways

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "ordinal"], name="entry_ordinal")]
        indexes = [
            models.Index(fields=["source", "state"], include=["size", "kind"], name="entry_ends"),
            models.Index(fields=["content", "source"], include=["id"], name="entry_places"),
            models.Index(fields=["state", "id"], condition=~models.Q(state__in=SMOOTH), name="entry_troubles"),
        ]


class Problem(models.Model):
    """Damage found while reading: stored, counted, shown."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="problems")
    path = models.TextField()
    locator = models.TextField()
    reader = models.CharField(max_length=40)
    what = models.TextField()
