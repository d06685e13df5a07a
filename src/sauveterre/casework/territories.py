"""Which unit is in charge of a place: the default table, or the workspace's own ``territories.csv``."""

from pathlib import Path

from django.conf import settings

from sauveterre.exchange.territories import Territory, default_territories, read_territories, unit_in_charge
from sauveterre.records.referral import Referral


def territories() -> tuple[Territory, ...]:
    """Return the workspace's table; the default one where the workspace has none."""
    own = Path(settings.WORKSPACE) / "territories.csv"
    return read_territories(own.read_text("utf-8").splitlines()) if own.is_file() else default_territories()


def unit_of(referral: Referral) -> tuple[str, str]:
    """Return the unit in charge of a referral's reported person and why; empty texts when no place tells."""
    places = [place for person in referral.people if person.part == "reported" for place in person.places]
    found = unit_in_charge(places, territories())
    return ("", "no stated place is in the table of territories") if found is None else found
