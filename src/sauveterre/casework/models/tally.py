"""What is counted of a whole operation, kept for as long as nothing that it was counted from has changed."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from sauveterre.casework.models.operation import Operation


class Change(models.Model):
    """A statement that changed what tallies count. The database itself writes it, by triggers, in the same transaction.

    As commits are seen in one order, how many of these are seen tells one state of the tables from every other.
    """


class Tally(models.Model):
    """What was counted at one state of the tables; at any other it counts for nothing."""

    operation = models.OneToOneField(Operation, on_delete=models.CASCADE, related_name="tally")
    state = models.CharField(max_length=60)
    counts = models.JSONField()
    queue = ArrayField(models.BigIntegerField())
    """The places (``standing.place_of``) of the contents that are left to look at, in their order."""
