"""Signing in, and opening an operation."""

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _


class SignInForm(AuthenticationForm):
    """Name and password."""

    username = forms.CharField(
        label=_("Name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    error_messages = {
        "invalid_login": _("Name and password do not belong together, or the account is closed."),
        "inactive": _("This account is closed."),
    }


class OperationForm(forms.Form):
    """A new operation."""

    name = forms.CharField(label=_("Name of the operation"), max_length=200)
