"""What every answer carries."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class ContentSecurityPolicy:
    """Let a page load nothing that this server does not serve itself, and let nobody keep a copy of it.

    The referrer goes to this server only. With none at all (``no-referrer``) browsers call a form's origin
    ``null``, and every form would be refused.
    """

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and say what the answer may do."""
        response = self.answer(request)
        response["Content-Security-Policy"] = POLICY
        response["Referrer-Policy"] = "same-origin"
        response["Cache-Control"] = "no-store" if request.user.is_authenticated else "no-cache"
        return response
