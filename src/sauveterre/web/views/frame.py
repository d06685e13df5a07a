"""What every page of an operation has in common: signing in, membership, and the log of who looked at what."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from sauveterre.casework import audit
from sauveterre.casework.models import Officer
from sauveterre.casework.selectors.access import Sight, sight_of
from sauveterre.errors import NotAllowed, SauveterreError
from sauveterre.web.sentences import said

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, Sight, P], HttpResponse]
READ = ("GET", "HEAD")


def viewer_of(request: HttpRequest) -> Officer:
    """Return the signed-in officer; only for views behind ``login_required``."""
    if not isinstance(request.user, Officer):
        raise Http404
    return request.user


def operation_page(
    section: str, *, methods: tuple[str, ...] = READ, consulted: bool = False
) -> Callable[[Page[P]], Callable[..., HttpResponse]]:
    """Make a view a page of an operation: signed in, a member, else 404; personal data leave an audit event.

    The view is called with a ``Sight`` in place of the operation's number.
    """

    def frame(view: Page[P]) -> Callable[..., HttpResponse]:
        @login_required
        @require_http_methods(list(methods))
        @wraps(view)
        def page(request: HttpRequest, operation: int, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            viewer = viewer_of(request)
            try:
                sight = sight_of(viewer, operation)
            except NotAllowed as error:
                raise Http404 from error
            request.sight = sight  # type: ignore[attr-defined]
            request.section = section  # type: ignore[attr-defined]
            answer = view(request, sight, *args, **kwargs)
            if consulted and answer.status_code == 200:
                audit.record(actor=viewer.username, action="consulted", subject=request.path, operation=sight.operation)
            return answer

        return page

    return frame


def show(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    """Render a page."""
    return render(request, f"web/{template}.html", context)


def attempt(request: HttpRequest, act: Callable[[], object], *, done: str, to: str, **where: Any) -> HttpResponse:
    """Do what an officer asked for, say how it went, and go on to a page."""
    try:
        act()
    except SauveterreError as error:
        messages.error(request, said(error))
    else:
        messages.success(request, done)
    answer: HttpResponse = redirect(to, **where)
    return answer


def number(request: HttpRequest, name: str) -> int:
    """Return a whole number from the address; 0 where there is none or it is none."""
    given = request.GET.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0


def text(request: HttpRequest, name: str, *, longest: int = 300) -> str:
    """Return a text from the address, cut to a length that a query can bear."""
    return request.GET.get(name, "").replace("\x00", "")[:longest]


def found(value: Any) -> Any:
    """Return what a selector found, or answer 404 where it found nothing."""
    if value is None:
        raise Http404
    return value
