"""What a list settles."""

from django import forms
from django.utils.translation import gettext_lazy as _

from sauveterre.web.labels import choices


class RuleForm(forms.Form):
    """A rule for a list, or for one category of it."""

    list_name = forms.CharField(max_length=200, widget=forms.HiddenInput)
    scheme = forms.CharField(max_length=1_000, required=False, widget=forms.HiddenInput)
    code = forms.CharField(max_length=1_000, required=False, widget=forms.HiddenInput)
    rule = forms.ChoiceField(
        label=_("Rule"), choices=lambda: choices("rule"), widget=forms.Select(attrs={"aria-label": _("Rule")})
    )
    people = forms.IntegerField(min_value=0, max_value=9, required=False)
