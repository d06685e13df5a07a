"""The joint action: whom to act on, when, and what followed; and what partners get."""

from django.db import models

from sauveterre.casework.models.operation import Operation


class Target(models.Model):
    """A person to act on: what a named officer decided, never the program."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="targets")
    label = models.CharField(max_length=300)
    """The account or person as the officer names it."""
    country = models.CharField(max_length=2)
    unit = models.CharField(max_length=200, blank=True)
    decided_by = models.CharField(max_length=150)
    decided_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["country", "label"]
        constraints = [models.UniqueConstraint(fields=["operation", "label"], name="target_once")]


class ActionDay(models.Model):
    """A day on which measures are planned together."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="action_days")
    day = models.DateField()

    class Meta:
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["operation", "day"], name="action_day_once")]


class Measure(models.Model):
    """A planned or executed act against a target, and what followed."""

    target = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="measures")
    day = models.ForeignKey(ActionDay, on_delete=models.PROTECT, related_name="measures")
    kind = models.CharField(max_length=20)
    outcome = models.CharField(max_length=20)
    entered_by = models.CharField(max_length=150)
    entered_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["day__day", "target__country", "target__label"]
        constraints = [models.UniqueConstraint(fields=["target", "day", "kind"], name="measure_once")]


class CountryPackage(models.Model):
    """A package made for a partner's country."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="packages")
    country = models.CharField(max_length=2)
    persons = models.PositiveIntegerField()
    folder = models.TextField()
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["country", "-made_at"]
