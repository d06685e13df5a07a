"""Whether a medium is still what was acquired, and whether a second reader sees the same files."""

from django.db import models

from sauveterre.casework.models.exhibit import Exhibit, Source


class Phase(models.TextChoices):
    """When a medium was read whole."""

    BEFORE = "before"
    AFTER = "after"
    AUDIT = "audit"


class IntegrityCheck(models.Model):
    """One reading of an exhibit's medium from end to end, and one digest that it was compared with."""

    exhibit = models.ForeignKey(Exhibit, on_delete=models.CASCADE, related_name="checks")
    phase = models.CharField(max_length=10, choices=Phase)
    subject = models.CharField(max_length=10, default="medium")
    """``medium``: what an image format holds; ``file``: the examiner's file itself, of a raw image the same."""
    algorithm = models.CharField(max_length=10)
    computed = models.CharField(max_length=64)
    stated = models.CharField(max_length=64, blank=True)
    """Empty where nothing states a digest: the computed one is then what later readings are compared with."""
    stated_by = models.CharField(max_length=20)
    """``container``, ``examiner``, ``earlier reading`` or empty."""
    size = models.BigIntegerField()
    """Bytes read."""
    trouble = models.TextField(blank=True)
    """Why the medium could not be read to its end."""
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    @property
    def agrees(self) -> bool | None:
        """Whether both digests are equal, and False when there is none; None where there is nothing to compare with."""
        if self.trouble:
            return False
        return self.stated == self.computed if self.stated else None


class Crosscheck(models.Model):
    """What a second reader of the same file system lists, beside the first."""

    source = models.OneToOneField(Source, on_delete=models.CASCADE, related_name="crosscheck")
    reader = models.CharField(max_length=40)
    listed_first = models.BigIntegerField()
    listed_second = models.BigIntegerField()
    agreeing = models.BigIntegerField()
    sampled = models.PositiveIntegerField()
    digests_agreeing = models.PositiveIntegerField()
    differences = models.JSONField(default=list)
    """Sentences, a bounded number of them."""
    trouble = models.TextField(blank=True)

    @property
    def agrees(self) -> bool:
        """Whether both readers saw the same files."""
        return not self.trouble and not self.differences and self.sampled == self.digests_agreeing
