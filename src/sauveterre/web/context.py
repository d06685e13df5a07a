"""What every template may use."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

THEMES = ("auto", "light", "dark")
THEME_COOKIE = "theme"

SECTIONS: tuple[tuple[str, str, str | Promise], ...] = (
    ("operation", "o", _("Overview")),
    ("referrals", "r", _("Referrals")),
    ("exhibits", "e", _("Exhibits")),
    ("gallery", "i", _("Pictures")),
    ("groups", "g", _("Groups")),
    ("people", "p", _("People")),
    ("spaces", "s", _("Storage spaces")),
    ("countries", "c", _("Countries")),
    ("action", "a", _("Action")),
    ("audit", "l", _("Audit log")),
)
"""The pages of an operation in the order of the work: name of the address, key after ``g``, title."""


@dataclass(frozen=True, slots=True)
class Section:
    """One line of the navigation."""

    title: str | Promise
    url: str
    key: str
    current: bool


def theme(request: HttpRequest) -> str:
    """Return the appearance that the officer chose: auto, light or dark."""
    chosen = request.COOKIES.get(THEME_COOKIE, "auto")
    return chosen if chosen in THEMES else "auto"


def chrome(request: HttpRequest) -> dict[str, Any]:
    """Give the frame around each page what it shows."""
    sight = getattr(request, "sight", None)
    section = getattr(request, "section", "")
    return {
        "theme": theme(request),
        "themes": (("auto", _("As the system")), ("light", _("Light")), ("dark", _("Dark"))),
        "sight": sight,
        "operation": sight.operation if sight else None,
        "sections": [
            Section(title, reverse(name, args=[sight.operation.pk]), key, name == section)
            for name, key, title in SECTIONS
        ]
        if sight
        else [],
    }
