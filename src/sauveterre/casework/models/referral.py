"""What came in from outside, kept whole and versioned."""

from django.db import models

from sauveterre.casework.models.operation import Operation


class Referral(models.Model):
    """One referral, byte for byte, and what it states."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="referrals")
    name = models.CharField(max_length=300)
    version = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    original = models.BinaryField()
    reader = models.CharField(max_length=40)
    number = models.TextField(blank=True)
    incident_type = models.TextField()
    incident_at = models.DateTimeField(null=True)
    incident_at_raw = models.TextField()
    urgent_reason = models.TextField(blank=True)
    reporter = models.TextField(blank=True)
    warnings = models.JSONField(default=list)
    unit = models.TextField(blank=True)
    unit_reason = models.TextField(blank=True)
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["received_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["operation", "name", "version"], name="referral_version"),
            models.UniqueConstraint(fields=["operation", "sha256"], name="referral_once"),
        ]


class ReferralElement(models.Model):
    """One element of the original, so that nothing of it is lost."""

    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="elements")
    ordinal = models.PositiveIntegerField()
    path = models.TextField()
    text = models.TextField(blank=True)
    attributes = models.JSONField(default=list)

    class Meta:
        ordering = ["ordinal"]
