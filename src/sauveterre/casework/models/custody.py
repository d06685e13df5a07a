"""Who holds an exhibit, what it looks like, and what its acquisition was said to be."""

from django.db import models

from sauveterre.casework.models.exhibit import Exhibit


class CustodyAct(models.TextChoices):
    """What happened to an exhibit."""

    SEIZED = "seized"
    SEALED = "sealed"
    HANDED_OVER = "handed over"
    UNSEALED = "unsealed"
    IMAGED = "imaged"
    EXAMINED = "examined"
    STORED = "stored"
    RETURNED = "returned"
    DESTROYED = "destroyed"


class CustodyEvent(models.Model):
    """One line of the custody log: entered by one officer, valid once another one has signed it. Never changed."""

    exhibit = models.ForeignKey(Exhibit, on_delete=models.PROTECT, related_name="custody")
    act = models.CharField(max_length=20, choices=CustodyAct)
    happened_at = models.DateTimeField()
    place = models.TextField(blank=True)
    given_by = models.CharField(max_length=200, blank=True)
    received_by = models.CharField(max_length=200, blank=True)
    seal = models.TextField(blank=True)
    """The seal's number after this."""
    note = models.TextField(blank=True)
    entered_by = models.CharField(max_length=150)
    entered_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["happened_at", "pk"]


class CustodySignature(models.Model):
    """The second officer's signature under a line of the custody log."""

    event = models.OneToOneField(CustodyEvent, on_delete=models.PROTECT, related_name="signature")
    signed_by = models.CharField(max_length=150)
    signed_at = models.DateTimeField(auto_now_add=True)


class ExhibitPhoto(models.Model):
    """A photograph of the exhibit itself: the medium, its label, its seal."""

    exhibit = models.ForeignKey(Exhibit, on_delete=models.CASCADE, related_name="photos")
    sha256 = models.CharField(max_length=64)
    """Of the file as it was given; the store keeps a copy drawn anew, without metadata."""
    name = models.TextField()
    caption = models.TextField(blank=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    added_by = models.CharField(max_length=150)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["exhibit", "sha256"], name="exhibit_photo_once")]


class GivenDigest(models.Model):
    """A digest of the medium as whoever acquired it wrote it down."""

    exhibit = models.ForeignKey(Exhibit, on_delete=models.CASCADE, related_name="given_digests")
    algorithm = models.CharField(max_length=10)
    value = models.CharField(max_length=64)
    origin = models.TextField(blank=True)
    """Where it stands: an imaging log, a label, minutes."""
    given_by = models.CharField(max_length=150)
    given_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["exhibit", "algorithm", "value"], name="given_digest_once")]
