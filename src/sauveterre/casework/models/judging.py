"""What named officers decided about stacks: judgements, which no assessment changes."""

from django.db import models

from sauveterre.casework.models.findings import Stack
from sauveterre.casework.models.operation import Officer


class MergeAnswer(models.Model):
    """An officer said whether two decided stacks show the same."""

    class Answer(models.TextChoices):
        """What was said; *later* puts the question aside and binds nothing."""

        SAME = "same"
        DIFFERENT = "different"
        LATER = "later"

    first = models.ForeignKey(Stack, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Stack, on_delete=models.CASCADE, related_name="+")
    """By identity after the first."""
    answer = models.CharField(max_length=10, choices=Answer)
    officer = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["first", "second"], name="answered_once")]


class StackDecision(models.Model):
    """An officer gave a stack its category. The last one holds; a stack with one is decided."""

    stack = models.ForeignKey(Stack, on_delete=models.CASCADE, related_name="decisions")
    category_scheme = models.TextField()
    category_code = models.TextField()
    officer = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    through = models.ForeignKey(MergeAnswer, null=True, on_delete=models.CASCADE, related_name="decisions")
    """The answer that gave the stack another's category: taken back, the decision before holds again."""

    class Meta:
        ordering = ["pk"]
