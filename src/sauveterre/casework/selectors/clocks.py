"""How far the clocks of devices were apart, and whose devices they are."""

from dataclasses import dataclass

from sauveterre.casework.models import AccountFact, ClockSkew, Exhibit
from sauveterre.casework.selectors.access import Sight
from sauveterre.network.clocks import SERVICE


@dataclass(frozen=True, slots=True)
class Clock:
    """A device by the exhibit that it lies in, and the account that is its own."""

    exhibit: Exhibit | None
    account: str
    is_service: bool = False


@dataclass(frozen=True, slots=True)
class SkewRow:
    """One pair of clocks in one span of time."""

    device: Clock
    other: Clock
    found: ClockSkew


def skews(sight: Sight) -> list[SkewRow]:
    """Return the skews of all pairs of devices, the farthest apart first; those with one bound only come last."""
    clocks = _clocks(sight)
    unknown = Clock(None, "")
    rows = [
        SkewRow(clocks.get(found.device, unknown), clocks.get(found.other, unknown), found)
        for found in ClockSkew.objects.filter(operation=sight.operation).order_by("device", "other", "since", "pk")
    ]
    return sorted(rows, key=lambda row: (row.found.estimate is None, -abs(row.found.estimate or 0.0)))


def _clocks(sight: Sight) -> dict[str, Clock]:
    owners = AccountFact.objects.filter(source__exhibit__operation=sight.operation, is_owner=True)
    found = {
        row.prov_source: Clock(row.source.exhibit, row.stable_id)
        for row in owners.select_related("source__exhibit").order_by("-pk")
    }
    return found | {SERVICE: Clock(None, "", is_service=True)}
