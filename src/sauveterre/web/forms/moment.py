"""Times as officers enter them: a moment by their own clock, and the zone of that clock beside it."""

from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

REGIONS = ("Europe/", "America/Cayenne", "America/Guadeloupe", "America/Martinique", "Indian/", "Pacific/")
FORMAT = "%Y-%m-%dT%H:%M"
FORMATS = [FORMAT, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M", "%Y-%m-%d", "%d/%m/%Y"]
CHOSEN = "zone"
"""The session's key for the zone that was chosen last."""


@cache
def zones() -> list[tuple[str, str]]:
    """Return the zones on offer: UTC, Europe, and where else French law is at home."""
    known = sorted(name for name in available_timezones() if name.startswith(REGIONS))
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in known)]


def usual_zone(request: HttpRequest) -> str:
    """Return the zone that an officer chose last, else the one of the language."""
    chosen = str(request.session.get(CHOSEN, ""))
    if chosen in dict(zones()):
        return chosen
    return "Europe/Paris" if get_language() == "fr" and ("Europe/Paris", "Europe/Paris") in zones() else "UTC"


def remember_zone(request: HttpRequest, name: str) -> None:
    """Offer this zone first from now on."""
    if request.session.get(CHOSEN) != name:
        request.session[CHOSEN] = name


def moment_field(label: Any, *, required: bool = True) -> forms.DateTimeField:
    """Return a field for a day and time, in the form that every browser's own calendar gives."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=FORMAT)
    return forms.DateTimeField(label=label, input_formats=FORMATS, widget=widget, required=required)


class ZonedForm(forms.Form):
    """A form whose times are meant in the zone that is chosen in it."""

    zone = forms.ChoiceField(label=_("Time zone"), choices=zones)

    def full_clean(self) -> None:
        """Read the times by the clock of the chosen zone."""
        chosen = str(self.data.get(self.add_prefix("zone"), ""))
        with timezone.override(ZoneInfo(chosen) if chosen in dict(zones()) else None):
            super().full_clean()


def by_clock(at: datetime | None, zone: str) -> str:
    """Return a time as a form shows it, by the clock of a zone."""
    return "" if at is None else at.astimezone(ZoneInfo(zone)).strftime(FORMAT)
