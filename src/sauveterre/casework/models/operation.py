"""Who works on what."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class Officer(AbstractUser):
    """A person with an account here."""

    unit = models.CharField(max_length=200, blank=True)


class Operation(models.Model):
    """One investigation with its own need-to-know; everything belongs to exactly one."""

    name = models.CharField(max_length=200, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    members = models.ManyToManyField(Officer, through="Member", related_name="operations")

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """An officer who may see an operation."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE)
    officer = models.ForeignKey(Officer, on_delete=models.CASCADE)
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operation", "officer"], name="one_membership")]


class SignInLink(models.Model):
    """A link that signs an officer in once. Only a digest of its secret is kept."""

    officer = models.ForeignKey(Officer, on_delete=models.CASCADE)
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
