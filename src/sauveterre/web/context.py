"""What every template may use."""

from django.http import HttpRequest


def chrome(request: HttpRequest) -> dict[str, object]:
    """Give the frame around each page what it shows."""
    return {}
