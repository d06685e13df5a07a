"""Who did what: an append-only log whose rows hold on to one another."""

from django.db import models

LOOKING = ("consulted", "searched")
"""Events that changed nothing."""


class AuditEvent(models.Model):
    """One event. ``signature`` covers the row and the signature before it: see ``sauveterre.casework.audit``."""

    sequence = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    action = models.CharField(max_length=60)
    subject = models.TextField()
    operation = models.CharField(max_length=200, blank=True)
    detail = models.JSONField(default=dict)
    previous = models.CharField(max_length=64)
    signature = models.CharField(max_length=64)

    class Meta:
        ordering = ["sequence"]
        indexes = [
            models.Index(fields=["operation", "sequence"], name="audit_log"),
            models.Index(
                fields=["operation", "sequence"], name="audit_changes", condition=~models.Q(action__in=LOOKING)
            ),
        ]
