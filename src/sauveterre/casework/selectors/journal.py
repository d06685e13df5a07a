"""The audit log, as a member of the operation may read it."""

from django.db.models import QuerySet

from sauveterre.casework.models import AuditEvent
from sauveterre.casework.models.audit import LOOKING
from sauveterre.casework.selectors.access import Sight


def events(sight: Sight) -> QuerySet[AuditEvent]:
    """Return the events of the operation, the newest first."""
    return AuditEvent.objects.filter(operation=sight.operation.name).order_by("-sequence")


def changes(sight: Sight, *, limit: int = 8) -> list[AuditEvent]:
    """Return the newest events that changed something: looking at a page is none."""
    return list(events(sight).exclude(action__in=LOOKING)[:limit])
