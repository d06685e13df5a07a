"""Coming in and going out, the list of operations, language and appearance."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from sauveterre.casework import audit
from sauveterre.casework.selectors.access import operations_of
from sauveterre.casework.services.operations import create_operation, redeem_sign_in_link
from sauveterre.errors import NotAllowed, SauveterreError
from sauveterre.web.context import THEME_COOKIE, THEMES
from sauveterre.web.forms.entrance import OperationForm, SignInForm
from sauveterre.web.views.frame import show, viewer_of

BACKEND = "django.contrib.auth.backends.ModelBackend"
YEAR = 365 * 24 * 60 * 60


class SignIn(LoginView):
    """Sign in with name and password."""

    template_name = "web/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: SignInForm) -> HttpResponse:  # type: ignore[override]
        """Sign in, and say so in the log."""
        answer = super().form_valid(form)
        name = viewer_of(self.request).username
        audit.record(actor=name, action="signed-in", subject=name)
        return answer


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_by_link(request: HttpRequest, secret: str) -> HttpResponse:
    """Show a button first: a program that looks at links before people do must not use the link up."""
    if request.method != "POST":
        return show(request, "sign_in_link")
    try:
        officer = redeem_sign_in_link(secret=secret)
    except NotAllowed as error:
        messages.error(request, str(error))
        return redirect("sign-in")
    login(request, officer, backend=BACKEND)
    return redirect(settings.LOGIN_REDIRECT_URL)


@require_POST
@login_required
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    name = viewer_of(request).username
    audit.record(actor=name, action="signed-out", subject=name)
    logout(request)
    return redirect("sign-in")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """List the officer's operations and open new ones; with a single one, go straight to it."""
    viewer = viewer_of(request)
    form = OperationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            operation = create_operation(name=form.cleaned_data["name"], by=viewer)
        except SauveterreError as error:
            form.add_error("name", str(error))
        else:
            return redirect("operation", operation.pk)
    operations = list(operations_of(viewer))
    if request.method != "POST" and len(operations) == 1 and "all" not in request.GET:
        return redirect("operation", operations[0].pk)
    return show(request, "operations", operations=operations, form=form)


@require_POST
def appearance(request: HttpRequest) -> HttpResponse:
    """Keep the chosen appearance in a cookie and go back."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    answer = redirect(back)
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        answer.set_cookie(THEME_COOKIE, chosen, max_age=YEAR, httponly=True, samesite="Strict")
    return answer
