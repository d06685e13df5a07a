"""What hits settle in an operation, and who confirmed which content."""

from django.db import models

from sauveterre.casework.models.exhibit import Content
from sauveterre.casework.models.findings import RULES
from sauveterre.casework.models.operation import Officer, Operation


class ListPolicy(models.Model):
    """The rule for a list in all its versions, or for one category of it."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="list_policies")
    list_name = models.CharField(max_length=200)
    category_scheme = models.TextField(blank=True)
    category_code = models.TextField(blank=True)
    """Both empty for every category without a rule of its own."""
    rule = models.CharField(max_length=10, choices=RULES)
    people = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["list_name", "category_scheme", "category_code"]
        constraints = [
            models.UniqueConstraint(
                fields=["operation", "list_name", "category_scheme", "category_code"], name="one_rule"
            )
        ]


class Confirmation(models.Model):
    """An officer looked at a content that a list names, and it is what the list says."""

    content = models.ForeignKey(Content, on_delete=models.CASCADE, related_name="confirmations")
    officer = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="confirmations")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [models.UniqueConstraint(fields=["content", "officer"], name="confirmed_once")]
